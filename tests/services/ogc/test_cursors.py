"""Cursors belong to one question, cannot be altered and tell nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from gis.model.access import Area, Decision
from gis.model.filter import Call, Property, Value
from gis.model.query import BBox, Cursor, ItemQuery, Phrase, Shown, SortKey
from services.ogc.cursors import closed, decode, encode, opened

QUERY = ItemQuery("parcels", bbox=BBox((106.0, 10.0, 107.0, 11.0)), filter=Call("=", (Property("sheet"), Value("12"))))
PUBLIC = Decision(("sheet", "parcel"), False, None, "public", "")
CURSOR = Cursor(7, datetime(2024, 8, 1, 1, 2, 3, 456789, UTC), -5, UUID(int=1), 47)

SECRET = bytes(range(32))

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
    assert decode(encode(cursor, QUERY, PUBLIC), QUERY, PUBLIC) == cursor


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, layer="wards"),
        replace(QUERY, bbox=None),
        replace(QUERY, filter=None),
        replace(QUERY, crs=9210),
        replace(QUERY, known=7),
        replace(QUERY, at=datetime(2024, 1, 1, tzinfo=UTC)),
        replace(QUERY, terms=((Phrase("a"),),)),
        replace(QUERY, sort=(SortKey("sheet"),)),
        replace(QUERY, shown=Shown(("sheet",))),
    ],
)
def test_a_cursor_of_another_question_is_refused(other: ItemQuery) -> None:
    with pytest.raises(InvalidParameter, match="cursor"):
        decode(encode(CURSOR, QUERY, PUBLIC), other, PUBLIC)


@pytest.mark.parametrize(
    "other",
    [
        replace(PUBLIC, columns=("sheet", "parcel", "legal_area")),
        replace(PUBLIC, everywhere=True),
        replace(PUBLIC, area=Area("A", "1")),
    ],
)
def test_a_cursor_of_somebody_who_sees_more_is_refused(other: Decision) -> None:
    with pytest.raises(InvalidParameter, match="cursor"):
        decode(encode(CURSOR, QUERY, other), QUERY, PUBLIC)


def test_another_limit_is_the_same_question() -> None:
    assert decode(encode(CURSOR, QUERY, PUBLIC), replace(QUERY, limit=500), PUBLIC) == CURSOR


@given(st.text(max_size=100))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="cursor"):
        decode(text, QUERY, PUBLIC)
    with pytest.raises(InvalidParameter, match="cursor"):
        opened(text, SECRET)


@given(cursors, st.sampled_from(["", "00", "1f"]))
def test_an_address_carries_a_cursor_that_only_the_service_reads(cursor: Cursor, before: str) -> None:
    text = before + encode(cursor, QUERY, PUBLIC)
    carried = closed(text, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", carried)
    assert (opened(carried, SECRET), closed(text, SECRET)) == (text, carried)
    with pytest.raises(InvalidParameter, match="cursor"):
        opened(carried, b"another secret of some service")


@given(st.integers(0, 91), st.sampled_from("ABab01-_"))
def test_an_altered_address_is_refused(place: int, letter: str) -> None:
    carried = closed(encode(CURSOR, QUERY, PUBLIC), SECRET)
    altered = carried[:place] + letter + carried[place + 1 :]
    if altered != carried:
        with pytest.raises(InvalidParameter, match="cursor"):
            opened(altered, SECRET)


def test_cursors_that_differ_in_little_have_nothing_in_common() -> None:
    one, other = (closed(encode(replace(CURSOR, key=key), QUERY, PUBLIC), SECRET) for key in (5, 6))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 20


@given(st.integers(0, 70), st.sampled_from("ABab01-_"))
def test_an_altered_form_or_seal_is_refused(place: int, letter: str) -> None:
    text = encode(CURSOR, QUERY, PUBLIC)
    altered = text[:place] + letter + text[place + 1 :]
    try:
        found = decode(altered, QUERY, PUBLIC)
    except InvalidParameter:
        return
    assert isinstance(found, Cursor)  # only the place inside the same question moved, which shows nothing more
