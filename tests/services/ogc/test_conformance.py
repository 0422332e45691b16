"""Each conformance class that is claimed has its test here; the list and the tests are compared."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from services.ogc.conformance import CLASSES

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLLECTION = "/collections/parcels"
JSON_PAGES = (
    "/",
    "/conformance",
    "/collections",
    COLLECTION,
    f"{COLLECTION}/tiles",
    f"{COLLECTION}/tiles/WebMercatorQuad",
)


async def get(client: httpx.AsyncClient, path: str, **headers: str) -> dict[str, Any]:
    response = await client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def rels(document: dict[str, Any]) -> set[str]:
    return {link["rel"] for link in document["links"]}


async def test_every_class_that_is_claimed_is_tested() -> None:
    """No class without a test, no test without a class."""
    tests = inspect.getmembers(sys.modules[__name__], inspect.iscoroutinefunction)
    tested = {uri for _, test in tests for uri in re.findall(r"conf: (\S+)", inspect.getdoc(test) or "")}
    assert tested == {uri.removeprefix("http://www.opengis.net/spec/") for uri in CLASSES}


async def test_common_core_and_landing_page(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-common-1/1.0/conf/core conf: ogcapi-common-1/1.0/conf/landing-page"""
    landing = await get(client, "/")
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= rels(landing)
    assert landing["title"]
    assert (await get(client, "/conformance"))["conformsTo"] == list(CLASSES)
    for link in landing["links"]:
        answer = await client.get(link["href"], headers={"Accept": link["type"]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


async def test_every_resource_is_json(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-common-1/1.0/conf/json"""
    for path in JSON_PAGES:
        response = await client.get(path, headers={"Accept": "application/json"})
        assert response.headers["content-type"] == "application/json"
        assert (await client.get(path, params={"f": "json"}, headers={"Accept": "text/html"})).json()


async def test_every_resource_is_html(client: httpx.AsyncClient, city: Any) -> None:
    """conf: ogcapi-common-1/1.0/conf/html conf: ogcapi-features-1/1.0/conf/html"""
    items = f"{COLLECTION}/items"
    for path in (*JSON_PAGES, items, f"{items}/{city.first}", f"{items}/{city.first}/versions", "/api"):
        for asked in ({"params": {"f": "html"}}, {"headers": {"Accept": "text/html"}}):
            response = await client.get(path, **asked)  # type: ignore[arg-type]
            assert response.status_code == 200, path
            assert response.headers["content-type"] == "text/html; charset=utf-8"
            assert "</html>" in response.text


async def test_the_api_is_described_in_openapi_3(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-common-1/1.0/conf/oas30 conf: ogcapi-features-1/1.0/conf/oas30 conf: ogcapi-tiles-1/1.0/conf/oas30"""
    response = await client.get("/api", headers={"Accept": "application/vnd.oai.openapi+json;version=3.0"})
    assert response.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = response.json()
    validate(document)
    assert document["openapi"].startswith("3.0.")
    tile = f"{COLLECTION}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    assert {"/", "/conformance", "/collections", COLLECTION, f"{COLLECTION}/items", tile} <= set(document["paths"])


async def test_collections_are_listed_and_described(client: httpx.AsyncClient, city: Any) -> None:
    """conf: ogcapi-common-2/1.0/conf/collections"""
    listed = (await get(client, "/collections"))["collections"]
    assert [one["id"] for one in listed] == list(city.catalog.layers)
    for one in listed:
        assert {"self", "items"} <= rels(one)
        assert one["extent"]["spatial"]["bbox"][0][0] >= -180
        assert (await get(client, f"/collections/{one['id']}"))["id"] == one["id"]
    assert (await client.get("/collections/nothing")).status_code == 404


async def test_features_core(client: httpx.AsyncClient, city: Any) -> None:
    """conf: ogcapi-features-1/1.0/conf/core conf: ogcapi-features-1/1.0/conf/geojson"""
    items = f"{COLLECTION}/items"
    response = await client.get(items, headers={"Accept": "application/geo+json"})
    assert response.headers["content-type"] == "application/geo+json"
    page = response.json()
    assert page["type"] == "FeatureCollection"
    assert len(page["features"]) == page["numberReturned"] == 10
    assert page["numberMatched"] == 47
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", page["timeStamp"])
    assert {"self", "alternate", "next"} <= rels(page)
    feature = await get(client, f"{items}/{city.first}")
    assert feature["type"] == "Feature"
    assert feature["id"] == str(city.first)
    assert {"self", "alternate", "collection"} <= rels(feature)
    assert (await client.get(items, params={"unknown": "1"})).status_code == 400
    assert (await client.get(items, params={"limit": "0"})).status_code == 400
    inside = await get(client, f"{items}?bbox=106.69,10.77,106.71,10.78&limit=100")
    assert inside["numberMatched"] == 47
    assert (await get(client, f"{items}?bbox=0,0,1,1"))["numberMatched"] == 0
    assert (await get(client, f"{items}?datetime=2019-01-01T00:00:00Z"))["numberMatched"] == 0
    assert (await get(client, f"{items}?datetime=2019-01-01T00:00:00Z/.."))["numberMatched"] == 48


async def test_features_crs(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-features-2/1.0/conf/crs"""
    collection = await get(client, COLLECTION)
    assert collection["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    codes = {uri.rsplit("/", 1)[1] for uri in collection["crs"]}
    assert {"CRS84", "4326", "3857", "9210", "5899", "3405"} <= codes
    assert collection["storageCrs"] in collection["crs"]
    assert (await get(client, "/collections"))["crs"] == collection["crs"]
    for uri in collection["crs"]:
        response = await client.get(f"{COLLECTION}/items", params={"crs": uri, "limit": "1"})
        assert response.headers["content-crs"] == f"<{uri}>"
    for name in ("crs", "bbox-crs"):
        refused = await client.get(f"{COLLECTION}/items", params={name: "http://www.opengis.net/def/crs/EPSG/0/2154"})
        assert refused.status_code == 400


async def test_tiles_and_tilesets(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-tiles-1/1.0/conf/core conf: ogcapi-tiles-1/1.0/conf/tileset
    conf: ogcapi-tiles-1/1.0/conf/tilesets-list conf: ogcapi-tiles-1/1.0/conf/geodata-tilesets
    conf: ogcapi-tiles-1/1.0/conf/mvt"""
    collection = await get(client, COLLECTION)
    link = next(one for one in collection["links"] if one["rel"].endswith("/tilesets-vector"))
    tileset = (await get(client, link["href"]))["tilesets"][0]
    assert tileset["dataType"] == "vector"
    assert tileset["crs"].endswith("/EPSG/0/3857")
    scheme = next(one["href"] for one in tileset["links"] if one["rel"].endswith("/tiling-scheme"))
    matrices = (await get(client, scheme))["tileMatrices"]
    assert matrices[16]["matrixWidth"] == 65536
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.028717)
    described = await get(client, next(one["href"] for one in tileset["links"] if one["rel"] == "self"))
    template = next(one for one in described["links"] if one["rel"] == "item")
    tile = await client.get(template["href"].format(tileMatrix=14, tileRow=7697, tileCol=13047))
    assert tile.status_code in (200, 204)
    assert template["type"] == "application/vnd.mapbox-vector-tile"
    assert (await client.get(template["href"].format(tileMatrix=30, tileRow=0, tileCol=0))).status_code == 404
