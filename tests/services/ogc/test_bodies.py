"""Bodies from strangers: bounded, refused at once, and never an error of the server's own."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ogc.bodies import MAX_BYTES, MAX_FEATURES, MAX_VERTICES, Preferences
from services.ogc.item_tags import versions_of
from tests.services.ogc.writing import PARCELS, Land, feature, parcel_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}


def ring(count: int) -> list[list[float]]:
    made = [[106.7 + i * 1e-7, 10.77] for i in range(count)]
    return [*made, made[0]]


HOSTILE: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"[" * 2_000, 400),
    (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"Feature"', 422),
    (b'{"type":"FeatureCollection"}', 400),
    (b'{"type":"FeatureCollection","features":[]}', 400),
    (b'{"type":"FeatureCollection","features":{}}', 400),
    (b'{"type":"FeatureCollection","features":[1,null]}', 422),
    (b'{"type":"Feature"}', 422),
    (b'{"type":"Feature","geometry":null,"properties":7}', 422),
    (b'{"type":"Feature","geometry":null,"properties":{"sheet":' + b"[" * 900 + b"]" * 900 + b"}}", 422),
    (
        b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":'
        + b"[" * 900
        + b"]" * 900
        + b'},"properties":{}}',
        422,
    ),
    (b'{"type":"Feature","geometry":null,"properties":{"sheet":"\\ud800"}}', 400),
    (b'{"type":"Feature","geometry":null,"properties":{"map_scale":1e400}}', 400),
    (b'{"type":"Feature","geometry":null,"properties":{"map_scale":NaN}}', 400),
    (orjson.dumps({"type": "Feature", "geometry": None, "properties": {"street": "x" * 20_000}}), 422),
    (orjson.dumps({"type": "Feature", "geometry": None, "properties": {f"p{i}": i for i in range(2_000)}}), 422),
    (orjson.dumps({"type": "FeatureCollection", "features": [{}] * (MAX_FEATURES + 1)}), 413),
    (
        orjson.dumps(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring(MAX_VERTICES + 5_000)]},
                "properties": {},
            }
        ),
        413,
    ),
    (b" " * (MAX_BYTES + 1), 413),
]


@pytest.mark.parametrize(("body", "status"), HOSTILE, ids=range(len(HOSTILE)))
async def test_what_cannot_be_is_refused(writer: httpx.AsyncClient, land: Land, body: bytes, status: int) -> None:
    before = land.changesets()
    answer = await writer.post(PARCELS, content=body, headers=GEOJSON)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 100_000
    assert land.changesets() == before


async def test_a_body_that_does_not_end_is_cut_off(writer: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * MAX_BYTES:
            sent += 1 << 20
            yield b" " * (1 << 20)

    answer = await writer.post(PARCELS, content=endless(), headers=GEOJSON)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/geo+json; charset=latin-1"}, 415),
        ({"Content-Type": "application/geo+json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/merge-patch+json"}, 415),
        ({"Content-Type": "application/geo+json; charset=utf-8"}, 201),
        ({"Content-Type": "application/json"}, 201),
    ],
)
async def test_the_kind_of_a_body_is_said(writer: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    body = feature(f"k{random.getrandbits(40)}", 2000 + random.randrange(5000) * 6)
    answer = await writer.post(PARCELS, content=orjson.dumps(body), headers=headers)
    assert answer.status_code == status, answer.text
    if status == 415:
        assert "application/geo+json" in answer.headers["accept-post"]
    path = f"{PARCELS}/{parcel_id(1)}"
    refused = await writer.patch(path, content=b"{}", headers={**GEOJSON, "If-Match": "*"})
    assert (refused.status_code, refused.headers["accept-patch"]) == (415, "application/merge-patch+json")


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    [
                        "type",
                        "geometry",
                        "place",
                        "properties",
                        "coordinates",
                        "features",
                        "id",
                        "coordRefSys",
                        "sheet",
                        "valid_from",
                        "changeset",
                        "land_uses",
                        "commune",
                    ]
                ),
                st.text(max_size=8),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=JSON, kind=st.sampled_from(["POST", "PUT", "PATCH"]), wrap=st.booleans())
async def test_no_json_is_an_error_of_the_server(writer: httpx.AsyncClient, body: Any, kind: str, wrap: bool) -> None:
    if wrap:
        body = {"type": "Feature", "geometry": body, "properties": body if isinstance(body, dict) else {"sheet": body}}
    try:
        sent = orjson.dumps(body)
    except TypeError:
        return  # a lone surrogate cannot be sent
    path = PARCELS if kind == "POST" else f"{PARCELS}/{parcel_id(3)}"
    headers = {**(PATCH if kind == "PATCH" else GEOJSON), "If-Match": '"0"'}
    answer = await writer.request(kind, path, content=sent, headers=headers)
    assert answer.status_code < 500, (sent, answer.text)


@pytest.mark.parametrize(
    "header", ["", '"', "W/", '""', "*, *", '"a', "x" * 10_000, '"\u00ff"'.encode("latin-1").decode("latin-1")]
)
async def test_a_tag_that_is_none_names_no_version(writer: httpx.AsyncClient, header: str) -> None:
    answer = await writer.delete(f"{PARCELS}/{parcel_id(3)}", headers={"If-Match": header.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 412


async def test_tags_are_read_whatever_stands_around_them() -> None:
    assert versions_of('W/"aa-1", "bb-2","cc"') == {"aa", "bb", "cc"}
    assert versions_of("nonsense") == frozenset()


async def test_what_was_applied_is_told() -> None:
    assert Preferences("strict", "minimal").applied() == {"Preference-Applied": "handling=strict, return=minimal"}
    assert Preferences(None, "representation").applied(representation=False) == {}
