"""Formats and languages by parameter and by header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from gis.errors import InvalidParameter
from services.ogc.negotiation import GEOJSON, HTML, JSON, choose, language

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
OFFERS = (GEOJSON, HTML)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", GEOJSON),
        ("*/*", GEOJSON),
        (BROWSER, HTML),
        ("application/geo+json, application/json", GEOJSON),
        ("application/json", GEOJSON),
        ("text/html;q=0.5, application/json;q=0.9", GEOJSON),
        ("application/json;q=0, text/html", HTML),
        ("image/png", GEOJSON),
        ("text/html;q=x", GEOJSON),
        (";;;,,,", GEOJSON),
    ],
)
def test_accept_chooses_the_format(accept: str, expected: object) -> None:
    assert choose(OFFERS, None, accept) is expected


def test_f_comes_before_accept() -> None:
    assert choose(OFFERS, "json", BROWSER) is GEOJSON
    assert choose((JSON, HTML), "html", "application/json") is HTML


def test_an_unknown_f_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidParameter, match="json, html"):
        choose(OFFERS, "xml", "")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "vi"),
        ("vi", "vi"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("vi;q=0.8, en;q=0.9", "en"),
        ("en;q=0.5, vi", "vi"),
        ("fr", "vi"),
        ("*", "vi"),
        ("fr, *;q=0.5", "vi"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", "vi"),
    ],
)
def test_accept_language_chooses_the_language(header: str, expected: str) -> None:
    assert language(_request(header)) == expected


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose(OFFERS, None, header) in OFFERS
    assert language(_request(header.encode("utf-8").decode("latin-1"))) in ("vi", "en")


def _request(header: str, query: bytes = b"") -> Request:
    headers = [(b"accept-language", header.encode("latin-1"))]
    return Request({"type": "http", "headers": headers, "query_string": query})
