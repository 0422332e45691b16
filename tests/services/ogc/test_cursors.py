"""Cursors belong to one question and cannot be altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from gis.model.filter import Call, Property, Value
from gis.model.query import BBox, Cursor, ItemQuery
from services.ogc.cursors import decode, encode

QUERY = ItemQuery("parcels", bbox=BBox((106.0, 10.0, 107.0, 11.0)), filter=Call("=", (Property("sheet"), Value("12"))))
CURSOR = Cursor(7, datetime(2024, 8, 1, 1, 2, 3, 456789, UTC), -5, UUID(int=1), 47)

cursors = st.builds(
    Cursor,
    st.integers(0, 2**31 - 1),
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(-(2**63), 2**63 - 1),
    st.uuids(),
    st.none() | st.integers(0, 10_000_000),
)


@given(cursors)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    assert decode(encode(cursor, QUERY), QUERY) == cursor


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, layer="wards"),
        replace(QUERY, bbox=None),
        replace(QUERY, filter=None),
        replace(QUERY, crs=9210),
        replace(QUERY, known=7),
        replace(QUERY, at=datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_cursor_of_another_question_is_refused(other: ItemQuery) -> None:
    with pytest.raises(InvalidParameter, match="cursor"):
        decode(encode(CURSOR, QUERY), other)


def test_another_limit_is_the_same_question() -> None:
    assert decode(encode(CURSOR, QUERY), replace(QUERY, limit=500)) == CURSOR


@given(st.text(max_size=100))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="cursor"):
        decode(text, QUERY)


@given(st.integers(0, 70), st.sampled_from("ABab01-_"))
def test_an_altered_form_or_seal_is_refused(place: int, letter: str) -> None:
    text = encode(CURSOR, QUERY)
    altered = text[:place] + letter + text[place + 1 :]
    try:
        found = decode(altered, QUERY)
    except InvalidParameter:
        return
    assert isinstance(found, Cursor)  # only the place inside the same question moved, which shows nothing more
