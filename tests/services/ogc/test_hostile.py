"""Whatever is sent, the answer is a problem with a 4xx status, never a 5xx and never everything."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from services.ogc.ask import read_parameters

in_session = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"

REFUSED = [
    "bbox=NaN,0,1,1",
    "bbox=Infinity,0,1,1",
    "bbox=-inf,0,1,1",
    "bbox=1e400,0,1,1",
    "bbox=1e308,1e308,1e309,1e309&bbox-crs=EPSG:9210",
    "bbox=" + ",".join(["9" * 400] * 4),
    "bbox=%D9%A1,%D9%A2,%D9%A3,%D9%A4",  # Arabic-Indic digits
    "bbox=1_0,2,3,4",
    "bbox=0x1,2,3,4",
    "bbox=1,2,3,4,5",
    "bbox=1%2C2%2C3%2C4%00",
    "bbox=,,,",
    "limit=%EF%BC%91%EF%BC%90",  # full-width 10
    "limit=1e3",
    "limit=+5",
    "limit=%20",
    "limit=" + "9" * 41,
    "map_scale=" + "9" * 5000,
    "map_scale=%D9%A1",
    "map_scale=-9223372036854775809",
    "measured_area=1e999",
    "measured_area=inf",
    "parcel=%00",
    "parcel=" + "a" * 501,
    "parcel=" + "a" * 10_000,
    "parcel=%FF%FE",
    "parcel=a%0D%0ASet-Cookie:x",
    "datetime=99999-01-01",
    "datetime=2024-02-30",
    "datetime=2024-01-01T25:00:00Z",
    "datetime=2024-01-01T00:00:61Z",
    "datetime=2024-01-01T00:00:00",
    "datetime=2024-01-01T00:00:00%2B99:99",
    "datetime=%D9%A2%D9%A0%D9%A2%D9%A4-01-01",
    "datetime=2024-01-01/2024-01-02/2024-01-03",
    "datetime=-infinity",
    "datetime=now()",
    "datetime=" + "2" * 3000,
    "knownAt=99999999999999999999999999",
    "knownAt=1.5",
    "knownAt=%D9%A1",
    "crs=" + "A" * 3000,
    "crs=http://www.opengis.net/def/crs/EPSG/0/999999",
    "crs=../../etc/passwd",
    "crs=EPSG:4326%27",
    "cursor=" + "A" * 5000,
    "cursor=" + "A" * 71,
    "cursor=" + "_" * 71,
    "cursor=%00",
    "f=../../../etc/passwd",
    "lang=xx",
    "%00=1",
    "=1",
    "&".join(f"p{n}=1" for n in range(2000)),
    "limit=5&limit=5",
    "sheet;DROP TABLE=1",
    "__proto__=1",
    "%C3%28=1",
]


@pytest.mark.parametrize("query", REFUSED, ids=range(len(REFUSED)))
@in_session
async def test_a_hostile_query_is_refused_as_a_problem(client: httpx.AsyncClient, query: str) -> None:
    _is_problem(await client.get(f"{ITEMS}?{query}"))


ODD_BUT_SOUND = [
    "bbox=-1e300,-1e300,1e300,1e300",
    "bbox=170,-10,-170,10",
    "bbox=0,0,0,0",
    "datetime=0001-01-01T00:00:00%2B23:59",
    "datetime=9999-12-31T23:59:59-23:59",
    "datetime=0000-01-01T00:00:00Z",
    "datetime=0000-01-01",
    "datetime=9999-12-31",
    "datetime=2016-12-31T23:59:60Z",
    "datetime=../..",
    "datetime=2024-01-01T00:00:00.123456789012Z",
    "knownAt=2147483647",
    "knownAt=0",
    "knownAt=9999-12-31T00:00:00Z",
    "measured_area=1e308",
    "parcel=%27%22%3C%3E%5C%25_",
    "parcel=",
    "parcel=%F0%9F%8F%A0",
    "limit=99999999999999999999",
]


@pytest.mark.parametrize("query", ODD_BUT_SOUND)
@in_session
async def test_an_odd_but_sound_query_is_answered(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"{ITEMS}?{query}")
    assert response.status_code == 200, response.text
    assert response.json()["type"] == "FeatureCollection"


PATHS = [
    "/collections/..%2f..%2fetc%2fpasswd/items",
    "/collections/parcels%00/items",
    "/collections/" + "a" * 4000,
    "/collections/parcels/items/..%2f..%2f",
    "/collections/parcels/tiles/WebMercatorQuad/-1/0/0",
    "/collections/parcels/tiles/WebMercatorQuad/16/99999999999999999999/0",
    "/collections/parcels/tiles/WebMercatorQuad/%D9%A1%D9%A6/1/1",
    "/collections/parcels/tiles/WebMercatorQuad/16/1e3/0",
    "/collections/parcels/tiles/../../x",
    "/assets/..%2f..%2fsettings.py",
    "/assets/%2e%2e/%2e%2e/app.py",
    "/static/../../app.py",
    "/%2e%2e/settings.py",
    "/tileMatrixSets/x%27",
    "/styles/..%2f",
    "/nowhere/at/all",
]


@pytest.mark.parametrize("path", PATHS)
@in_session
async def test_a_hostile_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    _is_problem(response)


@in_session
async def test_other_methods_are_refused(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        for path in (ITEMS, "/collections"):
            response = await client.request(method, path)
            _is_problem(response)
            if (method, path) == ("POST", ITEMS):
                assert response.status_code == 401
                continue
            assert response.status_code == 405
            assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@given(
    query=st.text(max_size=60),
    name=st.sampled_from(["bbox", "datetime", "knownAt", "limit", "cursor", "crs", "map_scale"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@in_session
async def test_no_value_of_any_parameter_breaks_the_service(client: httpx.AsyncClient, query: str, name: str) -> None:
    response = await client.get(ITEMS, params={name: query})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        _is_problem(response)


@given(query=st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_bytes_that_no_client_library_sends_are_read_or_refused(query: bytes) -> None:
    try:
        found = read_parameters(query, ("limit", "bbox"))
    except InvalidParameter:
        return
    assert set(found) <= {"limit", "bbox", "f", "lang"}


def _is_problem(response: httpx.Response) -> None:
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"]
    assert body["requestId"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    assert len(response.content) < 2_000
