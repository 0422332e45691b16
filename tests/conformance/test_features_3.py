"""OGC API - Features - Part 3: Filtering (OGC 19-079r2), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

from gis.crs.registry import crs as reference_system
from gis.crs.transform import transform
from tests.conformance.asking import (
    CRS84,
    EPSG,
    ITEMS,
    PARCELS,
    REL,
    collection_ids,
    definition,
    found,
    links,
    parameter,
    read,
    refused,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
SCHEMA = "application/schema+json"
LANGUAGES = {
    "cql2-text": ("parcel = '3'", "THIS IS NOT A FILTER"),
    "cql2-json": ('{"op":"=","args":[{"property":"parcel"},"3"]}', '{"op":"this is not a filter"}'),
}


async def queryables(client: httpx.AsyncClient, collection: str) -> dict[str, Any]:
    return await read(client, f"/collections/{collection}/queryables", SCHEMA)


async def bbox_of(client: httpx.AsyncClient) -> tuple[float, float, float, float]:
    west, south, east, north = (await read(client, PARCELS))["extent"]["spatial"]["bbox"][0]
    return west, south, east, north


def intersects(*corners: float) -> str:
    return f"S_INTERSECTS(geometry,BBOX({','.join(map(str, corners))}))"


async def test_queryables__get_conformance(client: httpx.AsyncClient) -> None:
    assert f"{STANDARD}queryables" in (await read(client, "/conformance"))["conformsTo"]


async def test_queryables__get_queryables(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        schema = await queryables(client, collection)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert httpx.URL(schema["$id"]).path == f"/collections/{collection}/queryables"
        assert schema["type"] == "object" and schema["properties"]


async def test_queryables__get_queryables_uris(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        described = await read(client, f"/collections/{collection}")
        link = links(described, f"{REL}queryables")[0]
        assert link["type"] == SCHEMA
        assert httpx.URL(link["href"]).path == f"/collections/{collection}/queryables"


async def test_queryables__get_queryables_response(client: httpx.AsyncClient) -> None:
    """Every queryable can stand in a filter; what is none cannot, and nothing more is allowed."""
    schema = await queryables(client, "parcels")
    assert schema["additionalProperties"] is False
    for name in schema["properties"]:
        await found(client, filter=f'"{name}" IS NULL')
    await refused(client, ITEMS, filter="holder_name IS NULL")


async def test_queryables_query_parameters__parameters(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for name, schema in (await queryables(client, "parcels"))["properties"].items():
        if "type" in schema:
            one = parameter(document, ITEMS, name)
            assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)


async def test_queryables_query_parameters__response(client: httpx.AsyncClient) -> None:
    for parameters, condition in (
        ({"parcel": "3"}, "parcel = '3'"),
        ({"map_scale": "500", "parcel": "4"}, "map_scale = 500 AND parcel = '4'"),
        ({"land_uses": "TMD"}, "A_CONTAINS(land_uses, ('TMD'))"),
        ({"registered_on": "2020-01-01"}, "registered_on = DATE('2020-01-01')"),
        ({"measured_area": "99.5"}, "measured_area = 99.5"),
    ):
        ids = await found(client, **parameters)
        assert ids == await found(client, filter=condition)
    await refused(client, ITEMS, map_scale="many")


async def test_filter__get_conformance(client: httpx.AsyncClient) -> None:
    assert f"{STANDARD}filter" in (await read(client, "/conformance"))["conformsTo"]


async def test_filter__get_queryables(client: httpx.AsyncClient) -> None:
    schema = await queryables(client, "parcels")
    spatial = [name for name, one in schema["properties"].items() if one.get("format", "").startswith("geometry-")]
    assert spatial == ["geometry"]


async def test_filter__get_collection(client: httpx.AsyncClient) -> None:
    described = await read(client, PARCELS)
    assert links(described, f"{REL}queryables") and described["extent"]["spatial"]["bbox"] and described["crs"]


async def test_filter__filter_param(client: httpx.AsyncClient) -> None:
    for language, (right, wrong) in LANGUAGES.items():
        question = {"filter-lang": language}
        page = await read(client, ITEMS, filter=right, **question)
        assert [one["properties"]["parcel"] for one in page["features"]] == ["3"]
        await refused(client, ITEMS, filter=wrong, **question)
    await refused(client, ITEMS, **{"filter": "TRUE", "filter-lang": "no-such-language"})


async def test_filter__filter_lang_default(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), ITEMS, "filter-lang")["schema"]
    assert one["default"] == "cql2-text" and set(one["enum"]) == set(LANGUAGES)
    right, wrong = LANGUAGES["cql2-text"]
    assert await found(client, filter=right) == await found(client, **{"filter": right, "filter-lang": "cql2-text"})
    await refused(client, ITEMS, filter=wrong)


async def test_filter__expression_construction(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        await refused(client, f"/collections/{collection}/items", filter="this_is_not_a_queryable IS NULL")


async def test_filter__filter_crs_wgs84(client: httpx.AsyncClient) -> None:
    everything = await found(client)
    assert await found(client, filter=intersects(*await bbox_of(client))) == everything
    await refused(client, ITEMS, filter=intersects(1000000, 1000000, 2000000, 2000000))


async def test_filter__filter_crs_param(client: httpx.AsyncClient) -> None:
    """The extent of the collection, told in each of its CRSs, holds all of it."""
    everything, (west, south, east, north) = await found(client), await bbox_of(client)
    for uri in (await read(client, PARCELS))["crs"]:
        code = 84 if uri == CRS84 else int(uri.removeprefix(EPSG))
        corners = transform(np.array([(west, south), (east, south), (east, north), (west, north)]), 84, code)
        low, high = corners.min(axis=0), corners.max(axis=0)
        if reference_system(code).axis == "yx":
            low, high = low[::-1], high[::-1]
        margin = 1e-6 if reference_system(code).geographic else 0.1
        text = intersects(*(float(n) for n in (*(low - margin), *(high + margin))))
        assert await found(client, **{"filter": text, "filter-crs": uri}) == everything, uri
    text = intersects(west, south, east, north)
    await refused(
        client, ITEMS, **{"filter": text, "filter-crs": "http://www.opengis.net/def/crs/OGC/0/does_not_exist"}
    )


async def test_filter__mixing_expression(client: httpx.AsyncClient) -> None:
    west, south, east, north = await bbox_of(client)
    text, here = intersects(west, south, east, north), f"{west},{south},{east},{north}"
    assert await found(client, filter=text, bbox=here) == await found(client)
    assert await found(client, filter=text, bbox="0,0,1,1") == set()
    assert len(await found(client, filter="parcel <> '3'", parcel="4", datetime="2024-01-01")) == 1
    assert await found(client, filter="parcel = '3'", parcel="4") == set()


async def test_filter__get_functions(client: httpx.AsyncClient) -> None:
    """The functions beyond CQL2's own are told where the parameter is described."""
    described = parameter(await definition(client), ITEMS, "filter")["description"]
    for name in ("area", "length", "lower", "upper"):
        assert name in described
    assert await found(client, filter="area(geometry) > 0 AND parcel > '0'")
    await refused(client, ITEMS, filter="no_such_function(parcel) = 1")


async def test_features_filter__get_conformance(client: httpx.AsyncClient) -> None:
    assert f"{STANDARD}features-filter" in (await read(client, "/conformance"))["conformsTo"]


async def test_features_filter__filter_on_items(client: httpx.AsyncClient) -> None:
    """All collections take filters, and pages of filtered features are GeoJSON."""
    for collection in await collection_ids(client):
        path = f"/collections/{collection}/items"
        for name in (await queryables(client, collection))["properties"]:
            page = await read(client, path, "application/geo+json", filter=f'"{name}" IS NOT NULL', limit="1")
            assert page["type"] == "FeatureCollection"
