"""OGC API - Features - Part 1: Core (OGC 17-069r4), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import httpx
import pytest
import shapely
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate
from shapely.geometry import shape

from tests.conformance.asking import (
    CRS84,
    ITEMS,
    PARCELS,
    collection_ids,
    definition,
    found,
    get,
    href,
    links,
    operation,
    parameter,
    read,
    refused,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
GEOJSON = "application/geo+json"
AROUND, ELSEWHERE = "106.69,10.77,106.71,10.78", "0,0,1,1"


async def first_page(client: httpx.AsyncClient, **parameters: str) -> dict[str, Any]:
    return await read(client, ITEMS, GEOJSON, **parameters)


async def test_core__http(client: httpx.AsyncClient) -> None:
    for path in ("/", "/conformance", "/collections", PARCELS, ITEMS):
        assert (await get(client, path)).http_version == "HTTP/1.1"
    assert (await client.get(f"{ITEMS}/no-such-feature")).status_code == 404


async def test_core__crs84(client: httpx.AsyncClient, city: Any) -> None:
    west, south, east, north = city.catalog.territory.bounds
    response = await get(client, ITEMS, GEOJSON)
    assert response.headers["content-crs"] == f"<{CRS84}>"
    for feature in response.json()["features"]:
        assert shapely.box(west, south, east, north).contains(shape(feature["geometry"]))


async def test_core__root_op(client: httpx.AsyncClient) -> None:
    await get(client, "/", "application/json")


async def test_core__root_success(client: httpx.AsyncClient) -> None:
    assert {"service-desc", "service-doc", "conformance", "data"} <= {
        link["rel"] for link in (await read(client, "/"))["links"]
    }


async def test_core__api_definition_op(client: httpx.AsyncClient) -> None:
    for link in links(await read(client, "/"), "service-desc"):
        await get(client, link["href"], link["type"])


async def test_core__api_definition_success(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for collection in await collection_ids(client):
        assert {f"/collections/{collection}", f"/collections/{collection}/items"} <= set(document["paths"])


async def test_core__conformance_op(client: httpx.AsyncClient) -> None:
    await get(client, href(await read(client, "/"), "conformance") or "", "application/json")


async def test_core__conformance_success(client: httpx.AsyncClient) -> None:
    assert f"{STANDARD}core" in (await read(client, "/conformance"))["conformsTo"]


async def test_core__fc_md_op(client: httpx.AsyncClient) -> None:
    await get(client, href(await read(client, "/"), "data") or "", "application/json")


async def test_core__fc_md_success(client: httpx.AsyncClient) -> None:
    listed = await read(client, "/collections")
    assert {"self", "alternate"} <= {link["rel"] for link in listed["links"]}
    for one in listed["collections"]:
        assert one["id"] and one["itemType"] == "feature"
        formats = [link["type"] for link in links(one, "items")]
        assert GEOJSON in formats and "text/html" in formats
        for link in links(one, "items")[:2]:
            await get(client, link["href"], link["type"])
        assert all(len(box) in (4, 6) for box in one["extent"]["spatial"]["bbox"])


async def test_core__sfc_md_op(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        await get(client, f"/collections/{collection}", "application/json")


async def test_core__sfc_md_success(client: httpx.AsyncClient) -> None:
    for one in (await read(client, "/collections"))["collections"]:
        alone = await read(client, f"/collections/{one['id']}")
        for key in ("id", "title", "description", "extent", "itemType", "crs"):
            assert alone[key] == one[key]


async def test_core__fc_op(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        page = await read(client, f"/collections/{collection}/items", GEOJSON)
        assert page["type"] == "FeatureCollection"


async def test_core__fc_response(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    schema = operation(document, ITEMS)["responses"]["200"]["content"][GEOJSON]["schema"]
    OAS30Validator({**schema, "components": document["components"]}).validate(await first_page(client))


async def test_core__fc_bbox_definition(client: httpx.AsyncClient) -> None:
    box = parameter(await definition(client), ITEMS, "bbox")
    assert (box["in"], box["required"], box["style"], box["explode"]) == ("query", False, "form", False)
    schema = box["schema"]
    assert (schema["type"], schema["items"]["type"]) == ("array", "number")
    assert (schema["minItems"], schema["maxItems"]) == (4, 6)


async def test_core__fc_bbox_response(client: httpx.AsyncClient) -> None:
    """The features of a box are those whose geometries meet it, of the page of everything."""
    everything = (await first_page(client, limit="1000"))["features"]
    middle = shape(everything[0]["geometry"]).centroid
    west, south, east, north = middle.x - 2e-5, middle.y - 2e-5, middle.x + 2e-5, middle.y + 2e-5
    box = shapely.box(west, south, east, north)
    expected = {one["id"] for one in everything if shape(one["geometry"]).intersects(box)}
    assert 0 < len(expected) < len(everything)
    assert await found(client, bbox=f"{west},{south},{east},{north}") == expected
    assert await found(client, bbox=f"{west},{south},-100,{east},{north},100") == expected
    assert await found(client, bbox=ELSEWHERE) == set()
    assert await found(client, bbox="170,-90,-170,90") == set()  # across the antimeridian


async def test_core__fc_limit_definition(client: httpx.AsyncClient) -> None:
    limit = parameter(await definition(client), ITEMS, "limit")
    assert (limit["in"], limit["required"], limit["style"], limit["explode"]) == ("query", False, "form", False)
    schema = limit["schema"]
    assert (schema["type"], schema["minimum"]) == ("integer", 1)
    assert schema["minimum"] <= schema["default"] <= schema["maximum"]


async def test_core__fc_limit_response(client: httpx.AsyncClient) -> None:
    schema = parameter(await definition(client), ITEMS, "limit")["schema"]
    assert len((await first_page(client))["features"]) == schema["default"]
    assert len((await first_page(client, limit="3"))["features"]) == 3
    beyond = await first_page(client, limit=str(schema["maximum"] + 1))
    assert 0 < len(beyond["features"]) <= schema["maximum"]


async def test_core__fc_time_definition(client: httpx.AsyncClient) -> None:
    when = parameter(await definition(client), ITEMS, "datetime")
    assert (when["in"], when["required"], when["style"], when["explode"]) == ("query", False, "form", False)
    assert when["schema"]["type"] == "string"


async def test_core__fc_time_response(client: httpx.AsyncClient) -> None:
    """Times that meet nothing give nothing; open and closed intervals mean the same where they should."""
    assert await found(client, datetime="2019-01-01T00:00:00Z") == set()
    held = await found(client, datetime="2022-01-01T00:00:00Z")
    assert len(held) == 48
    assert held == await found(client, datetime="2022-01-01T00:00:00Z/2022-01-01T00:00:00Z")
    assert await found(client, datetime="2019-01-01T00:00:00Z/..") == held
    assert await found(client, datetime="2019-01-01T00:00:00Z/") == held
    assert await found(client, datetime="../2019-01-01T00:00:00Z") == set()
    assert held - await found(client, datetime="2024-01-01T00:00:00Z/..") == held - await found(client)


async def test_core__query_param_unknown(client: httpx.AsyncClient, city: Any) -> None:
    for path in ("/", "/conformance", "/collections", PARCELS, ITEMS, f"{ITEMS}/{city.first}"):
        await refused(client, path, no_such_parameter="1")


async def test_core__query_param_invalid(client: httpx.AsyncClient) -> None:
    for wrong in (
        {"limit": "0"},
        {"limit": "ten"},
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"datetime": "yesterday"},
        {"datetime": "2024-02-30"},
        {"f": "no-such-format"},
    ):
        await refused(client, ITEMS, **wrong)


async def test_core__fc_links(client: httpx.AsyncClient) -> None:
    page = await first_page(client, limit="5", bbox=AROUND)
    assert "limit=5" in (href(page, "self") or "") and AROUND in (href(page, "self") or "")
    assert {"self", "alternate", "next"} <= {link["rel"] for link in page["links"]}
    assert all(link["type"] for link in page["links"])
    for link in links(page, "alternate"):
        assert (await client.head(link["href"])).headers["content-type"].split(";")[0] == link["type"].split(";")[0]
    following = await read(client, href(page, "next") or "", GEOJSON)
    assert not {one["id"] for one in page["features"]} & {one["id"] for one in following["features"]}
    assert len(await found(client, limit="7")) == page["numberMatched"]


async def test_core__fc_timestamp(client: httpx.AsyncClient) -> None:
    page = await first_page(client)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", page["timeStamp"])
    assert abs((datetime.fromisoformat(page["timeStamp"]) - datetime.now().astimezone()).total_seconds()) < 60


async def test_core__fc_numbermatched(client: httpx.AsyncClient) -> None:
    for question in ({}, {"bbox": AROUND}, {"bbox": ELSEWHERE}, {"parcel": "3"}, {"datetime": "2022-01-01"}):
        page = await first_page(client, limit="2", **question)
        assert page["numberMatched"] == len(await found(client, **question))


async def test_core__fc_numberreturned(client: httpx.AsyncClient) -> None:
    for limit in ("1", "7", "1000"):
        page = await first_page(client, limit=limit)
        assert page["numberReturned"] == len(page["features"]) <= page["numberMatched"]


async def test_core__f_op(client: httpx.AsyncClient) -> None:
    for feature in (await first_page(client))["features"]:
        await get(client, f"{ITEMS}/{feature['id']}", GEOJSON)


async def test_core__f_success(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    schema = operation(document, f"{ITEMS}/{{featureId}}")["responses"]["200"]["content"][GEOJSON]["schema"]
    for feature in (await first_page(client))["features"]:
        alone = await read(client, f"{ITEMS}/{feature['id']}", GEOJSON)
        OAS30Validator({**schema, "components": document["components"]}).validate(alone)
        for key in ("type", "id", "geometry", "properties"):
            assert alone[key] == feature[key]


async def test_core__f_links(client: httpx.AsyncClient, city: Any) -> None:
    feature = await read(client, f"{ITEMS}/{city.first}", GEOJSON)
    assert {"self", "alternate", "collection"} <= {link["rel"] for link in feature["links"]}
    for link in feature["links"]:
        await get(client, link["href"], link["type"])


async def test_geojson__definition(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        response = await get(client, path, GEOJSON)
        assert response.headers["content-type"] == GEOJSON
        assert (await get(client, path, f="json")).headers["content-type"] == GEOJSON


async def test_geojson__content(client: httpx.AsyncClient) -> None:
    """RFC 7946: nothing but its types, closed rings, outer ones counter-clockwise, no `crs`."""
    page = await first_page(client, limit="100")
    assert page["type"] == "FeatureCollection" and "crs" not in page
    assert json.dumps(page["features"], allow_nan=False)
    for feature in page["features"]:
        assert feature["type"] == "Feature" and isinstance(feature["properties"], dict)
        assert feature["geometry"]["type"] == "MultiPolygon"
        for outer, *inner in feature["geometry"]["coordinates"]:
            assert outer[0] == outer[-1] and shapely.LinearRing(outer).is_ccw
            assert all(not shapely.LinearRing(ring).is_ccw for ring in inner)


async def test_html__definition(client: httpx.AsyncClient, city: Any) -> None:
    for path in (
        "/conformance",
        "/collections",
        PARCELS,
        ITEMS,
        f"{ITEMS}/{city.first}",
        f"{ITEMS}/{city.first}/versions",
    ):
        await get(client, path, "text/html")
        await get(client, path, f="html")


async def test_html__content(client: httpx.AsyncClient, city: Any) -> None:
    """A page has what the JSON has, and links that lead on."""
    page = (await get(client, ITEMS, "text/html")).text
    for feature in (await first_page(client))["features"]:
        assert feature["id"] in page
    one = (await get(client, f"{ITEMS}/{city.first}", "text/html")).text
    assert "<script>" not in one and "&lt;b&gt;" not in one  # an address is no field of the public
    for address in re.findall(r'href="(/collections/[^"#]+)"', page)[:20]:
        await get(client, address.replace("&amp;", "&"))


async def test_oas30__completeness(client: httpx.AsyncClient) -> None:
    """Every address that the pages link to is described, with the parameters that it takes."""
    document = await definition(client)
    patterns = [re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in document["paths"]]
    page = await first_page(client)
    feature = await read(client, f"{ITEMS}/{page['features'][0]['id']}", GEOJSON)
    parcels = await read(client, PARCELS)
    seen = [*page["links"], *feature["links"], *parcels["links"]]
    for path in {httpx.URL(link["href"]).path for link in seen if link["rel"] not in ("license", "describedby")}:
        assert any(pattern.fullmatch(path) for pattern in patterns), path


async def test_oas30__definition_1(client: httpx.AsyncClient) -> None:
    link = links(await read(client, "/"), "service-desc")[0]
    assert link["type"] == "application/vnd.oai.openapi+json;version=3.0"


async def test_oas30__definition_2(client: httpx.AsyncClient) -> None:
    validate(await definition(client))


async def test_oas30__oas_impl(client: httpx.AsyncClient) -> None:
    """Each parameter of items is taken as it is described."""
    document = await definition(client)
    values = {"integer": "1", "number": "1.5", "boolean": "true", "string": "x"}
    formats = {"date": "2024-01-01", "date-time": "2024-01-01T00:00:00Z"}
    meant = {"bbox": AROUND, "datetime": "2024-01-01", "knownAt": "1", "filter": "TRUE", "profile": "rfc7946"}
    meant |= {"properties": "parcel", "sortby": "-parcel"}
    for one in operation(document, ITEMS)["parameters"]:
        if one["name"] == "cursor":  # only what a next link gives
            continue
        schema = one["schema"]
        plain = schema.get("enum", [formats.get(schema.get("format", ""), values.get(schema.get("type", ""), "x"))])[0]
        value = meant.get(
            one["name"],
            str(schema.get("default", plain)).lower()
            if schema.get("type") == "boolean"
            else str(schema.get("default", plain)),
        )
        assert (await client.get(ITEMS, params={one["name"]: value})).status_code == 200, one["name"]


async def test_oas30__exception_codes(client: httpx.AsyncClient) -> None:
    """Errors are answered in the media type that the definition gives for them."""
    described = operation(await definition(client), ITEMS)["responses"]
    for path in (f"{ITEMS}?limit=0", f"{ITEMS}/no-such-feature", "/collections/no-such-collection"):
        response = await client.get(path)
        content = described.get(str(response.status_code), described["default"])["content"]
        assert response.headers["content-type"] in content


async def test_oas30__security(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    assert document["components"]["securitySchemes"] and {} in document["security"]
