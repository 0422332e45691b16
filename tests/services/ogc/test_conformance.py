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


RING = "(106.69 10.77, 106.71 10.77, 106.71 10.79, 106.69 10.79, 106.69 10.77)"
PREDICATES: dict[str, dict[str, int]] = {
    "basic-cql2": {
        "parcel = '3'": 1, "parcel <> '3'": 45, "map_scale < 501": 46, "map_scale > 500": 0, "map_scale <= 499": 0,
        "parcel >= '47'": 5, "street IS NULL": 46, "parcel = '3' OR parcel = '4' AND map_scale = 1": 1, "TRUE AND parcel > '0'": 46,
        "(parcel = '3' OR parcel = '4') AND map_scale = 500": 2, "registered_on >= DATE('2020-01-01')": 46, "parcel = '3' AND FALSE": 0,
        "valid_from > TIMESTAMP('2024-01-01T00:00:00Z')": 1,
    },
    "advanced-comparison-operators": {
        "parcel LIKE '4_'": 9, "parcel NOT LIKE '4%'": 36, "map_scale BETWEEN 499 AND 501": 46,
        "map_scale NOT BETWEEN 499 AND 501": 0, "parcel IN ('3', '4')": 2, "parcel NOT IN ('3', '4')": 44,
    },
    "case-insensitive-comparison": {"CASEI(land_use) = CASEI('tMd')": 1, "CASEI(land_use) LIKE CASEI('OD%')": 45},
    "accent-insensitive-comparison": {
        "ACCENTI(land_use) = ACCENTI('TMĐ')": 1, "ACCENTI(CASEI(land_use)) LIKE ACCENTI(CASEI('tmđ%'))": 1,
        "land_use = 'TMĐ'": 0,
    },
    "basic-spatial-functions": {
        "S_INTERSECTS(geometry, POINT(0 0)) AND parcel > '0'": 0, "S_INTERSECTS(geometry, BBOX(106.6,10.7,106.8,10.8)) AND parcel='3'": 1,
    },
    "basic-spatial-functions-plus": {
        f"S_INTERSECTS(geometry, POLYGON({RING})) AND parcel > '0'": 46,
        "S_INTERSECTS(geometry, LINESTRING(0 0, 1 1)) AND parcel > '0'": 0,
        f"S_INTERSECTS(geometry, MULTIPOLYGON(({RING}))) AND parcel > '0'": 46,
        "S_INTERSECTS(geometry, MULTIPOINT((0 0), (1 1))) AND parcel > '0'": 0,
        "S_INTERSECTS(geometry, MULTILINESTRING((0 0, 1 1))) AND parcel > '0'": 0,
        "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 1 1))) AND parcel > '0'": 0,
    },
    "spatial-functions": {
        f"S_WITHIN(geometry, POLYGON({RING})) AND parcel > '0'": 46, f"S_DISJOINT(geometry, POLYGON({RING})) AND parcel > '0'": 0,
        "S_EQUALS(geometry, geometry) AND parcel > '0'": 46, f"S_CONTAINS(geometry, POLYGON({RING})) AND parcel > '0'": 0,
        "S_TOUCHES(geometry, POINT(0 0)) AND parcel > '0'": 0, "S_CROSSES(geometry, LINESTRING(0 0, 1 1)) AND parcel > '0'": 0,
        f"S_OVERLAPS(geometry, POLYGON({RING})) AND parcel > '0'": 0, f"S_CONTAINS(POLYGON({RING}), geometry) AND parcel > '0'": 46,
    },
    "temporal-functions": {
        "T_AFTER(valid_from, DATE('2024-01-01'))": 1, "T_BEFORE(valid_from, DATE('2020-01-01'))": 0,
        "T_EQUALS(registered_on, DATE('2020-01-01'))": 46, "T_DISJOINT(valid_from, INTERVAL('2020-01-01', '2020-12-31'))": 1,
        "T_INTERSECTS(valid_from, DATE('2020-01-01'))": 45, "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('..', '2021-01-01'))": 45,
        "T_DURING(registered_on, INTERVAL('2019-12-31', '2020-01-02'))": 46, "T_CONTAINS(INTERVAL('..', '..'), registered_on)": 46,
        "T_MEETS(INTERVAL('2019-01-01', '2020-01-01'), INTERVAL(registered_on, '..'))": 46,
        "T_METBY(INTERVAL(registered_on, '..'), INTERVAL('2019-01-01', '2020-01-01'))": 46,
        "T_STARTS(INTERVAL(registered_on, '2021-01-01'), INTERVAL('2020-01-01', '..'))": 46,
        "T_STARTEDBY(INTERVAL(registered_on, '..'), INTERVAL('2020-01-01', '2021-01-01'))": 46,
        "T_FINISHES(INTERVAL(registered_on, '..'), INTERVAL('2019-01-01', '..'))": 46,
        "T_FINISHEDBY(INTERVAL('2019-01-01', '..'), INTERVAL(registered_on, '..'))": 46,
        "T_OVERLAPS(INTERVAL('2019-01-01', '2020-06-01'), INTERVAL(registered_on, '2021-01-01'))": 46,
        "T_OVERLAPPEDBY(INTERVAL(registered_on, '2021-01-01'), INTERVAL('2019-01-01', '2020-06-01'))": 46,
    },
    "array-functions": {
        "A_CONTAINS(land_uses, ('TMD'))": 1, "A_CONTAINEDBY(land_uses, ('TMD', 'ODT'))": 46,
        "A_EQUALS(land_uses, ('ODT'))": 45, "A_OVERLAPS(('TMD', 'CLN'), land_uses)": 1,
    },
    "property-property": {"parcel = parcel": 46, "sheet = parcel": 1, "'3' = parcel": 1, "measured_area < map_scale": 46},
    "functions": {"area(geometry) > 99 AND area(geometry) < 101 AND parcel > '0'": 46, "lower(land_use) = 'tmd'": 1},
    "arithmetic": {
        "measured_area + 1 = 101": 46, "map_scale / 2 = 250": 46, "map_scale div 3 = 166": 46, "map_scale % 3 = 2": 46,
        "map_scale ^ 2 = 250000": 46, "measured_area * -1 - 1 = -101": 46, "map_scale / 0 IS NULL": 46,
    },
}  # fmt: skip
"""Of 48 parcels the public sees 46 with their fields."""


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


async def test_queryables_and_their_parameters(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-features-3/1.0/conf/queryables conf: ogcapi-features-3/1.0/conf/queryables-query-parameters"""
    collection = await get(client, COLLECTION)
    link = next(one for one in collection["links"] if one["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/queryables")
    response = await client.get(link["href"], headers={"Accept": "application/schema+json"})
    assert response.headers["content-type"] == link["type"] == "application/schema+json"
    schema = response.json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"{COLLECTION}/queryables")
    assert schema["type"] == "object" and schema["additionalProperties"] is False
    assert (await get(client, f"{COLLECTION}/items?parcel=3&map_scale=500"))["numberMatched"] == 1
    assert (await client.get(f"{COLLECTION}/items?holder_name=x")).status_code == 400


async def test_features_are_filtered(client: httpx.AsyncClient) -> None:
    """conf: ogcapi-features-3/1.0/conf/filter conf: ogcapi-features-3/1.0/conf/features-filter
    conf: cql2/1.0/conf/cql2-text conf: cql2/1.0/conf/cql2-json"""
    json = '{"op":"=","args":[{"property":"parcel"},"3"]}'
    for text, language in (("parcel='3'", None), ("parcel='3'", "cql2-text"), (json, "cql2-json")):
        more = {} if language is None else {"filter-lang": language}
        assert await counted(client, text, **more) == 1
    crs = {"filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}
    assert await counted(client, "S_INTERSECTS(geometry,BBOX(10.5,106.5,10.9,106.9))", **crs) == 47
    assert await counted(client, "S_INTERSECTS(geometry,BBOX(106.5,10.5,106.9,10.9))") == 47
    assert await counted(client, "parcel='3'", bbox="0,0,1,1") == 0
    for wrong in ({"filter": "parcel ="}, {"filter": "nothing = 1"}, {"filter": "TRUE", "filter-lang": "sql"}):
        assert (await client.get(f"{COLLECTION}/items", params=wrong)).status_code == 400


@pytest.mark.parametrize("conformance_class", list(PREDICATES))
async def test_cql2(client: httpx.AsyncClient, conformance_class: str) -> None:
    """conf: cql2/1.0/conf/basic-cql2 conf: cql2/1.0/conf/advanced-comparison-operators
    conf: cql2/1.0/conf/case-insensitive-comparison conf: cql2/1.0/conf/accent-insensitive-comparison
    conf: cql2/1.0/conf/basic-spatial-functions conf: cql2/1.0/conf/basic-spatial-functions-plus
    conf: cql2/1.0/conf/spatial-functions conf: cql2/1.0/conf/temporal-functions conf: cql2/1.0/conf/array-functions
    conf: cql2/1.0/conf/property-property conf: cql2/1.0/conf/functions conf: cql2/1.0/conf/arithmetic"""
    for text, expected in PREDICATES[conformance_class].items():
        assert await counted(client, text) == expected, text
        if expected < 46:  # the other way round, as far as nothing is unknown
            assert await counted(client, f"NOT ({text})") == 46 - expected, text


async def test_every_class_of_cql2_has_predicates() -> None:
    """The two encodings are tested with the features that they filter."""
    classes = {uri.rsplit("/", 1)[1] for uri in CLASSES if "/cql2/" in uri}
    assert set(PREDICATES) == classes - {"cql2-text", "cql2-json"}


async def counted(client: httpx.AsyncClient, text: str, **more: str) -> int:
    found = await client.get(f"{COLLECTION}/items", params={"filter": text, "limit": "100", **more})
    assert found.status_code == 200, found.text
    return int(found.json()["numberMatched"])


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
