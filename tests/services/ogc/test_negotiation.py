"""Formats and languages by parameter and by header."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from gis.errors import InvalidParameter, NotAcceptable
from services.ogc.features import ITEMS_OFFERS
from services.ogc.negotiation import GEOJSON, HTML, JSON, SCHEMA, choose, language
from services.ogc.openapi import OPENAPI_JSON

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
        ("application/*", GEOJSON),
        ("text/*", HTML),
        ("image/png, */*;q=0.1", GEOJSON),
        ("application/geo+json;q=0, application/json;q=0, */*", HTML),
        ("text/html;q=x", GEOJSON),
        (";;;,,,", GEOJSON),
    ],
)
def test_accept_chooses_the_format(accept: str, expected: object) -> None:
    assert choose(OFFERS, None, accept) is expected


@pytest.mark.parametrize("accept", ["image/png", "text/csv, image/*", "application/json;q=0", "*/*;q=0"])
def test_a_header_that_takes_nothing_there_is_is_told_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptable, match=r"application/geo[+]json, text/html.*f=json, f=html"):
        choose(OFFERS, None, accept)
    assert choose(OFFERS, "html", accept) is HTML


QGIS = {
    "the landing page": ((JSON, HTML), "application/json", JSON),
    "the API": (
        (OPENAPI_JSON, HTML),
        "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json",
        OPENAPI_JSON,
    ),
    "queryables": ((SCHEMA, HTML), "application/schema+json", SCHEMA),
    "items": (ITEMS_OFFERS, "application/geo+json, application/json", GEOJSON),
}


@pytest.mark.parametrize("resource", QGIS)
def test_qgis_gets_what_it_asks_for(resource: str) -> None:
    offers, accept, expected = QGIS[resource]
    assert choose(offers, None, accept) is expected


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
    with suppress(NotAcceptable):
        assert choose(OFFERS, None, header) in OFFERS
    assert language(_request(header.encode("utf-8").decode("latin-1"))) in ("vi", "en")


def _request(header: str, query: bytes = b"") -> Request:
    headers = [(b"accept-language", header.encode("latin-1"))]
    return Request({"type": "http", "headers": headers, "query_string": query})


RESOURCES = (
    "/", "/api", "/conformance", "/collections", "/collections/parcels", "/collections/parcels/items", "/collections/parcels/schema",
    "/collections/parcels/schema.xsd", "/collections/parcels/queryables", "/collections/parcels/tiles", "/tileMatrixSets",
    "/collections/parcels/tiles/WebMercatorQuad", "/collections/parcels/tiles/WebMercatorQuad/16/30790/52190", "/map/style.json",
    "/coverage?point=106.7,10.77", "/open-data", "/open-data/parcels",
)  # fmt: skip


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.asyncio(loop_scope="session")
async def test_every_resource_refuses_what_it_cannot_send_and_takes_what_says_nothing(
    client: httpx.AsyncClient, path: str
) -> None:
    refused = await client.get(path, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")
    assert refused.json()["where"] == "Accept"
    for accept in ("*/*", "", BROWSER):
        assert (await client.get(path, headers={"Accept": accept})).status_code in (200, 204)
