"""OGC API - Features - Part 2: Coordinate Reference Systems by Reference (OGC 18-058r1), Annex A.

Names: test_<class>__<abstract test>.
"""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from gis.crs.registry import crs as reference_system
from gis.crs.transform import transform_geometries
from tests.conformance.asking import CRS84, EPSG, ITEMS, PARCELS, definition, found, get, parameter, read, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
UNKNOWN = f"{EPSG}2154"
FAR = 0.000_001  # degrees, about 0.1 m


async def supported(client: httpx.AsyncClient) -> list[str]:
    listed: list[str] = (await read(client, PARCELS))["crs"]
    return listed


async def test_crs__crs_uri(client: httpx.AsyncClient) -> None:
    for uri in await supported(client):
        assert uri == CRS84 or (uri.startswith(EPSG) and uri.removeprefix(EPSG).isdigit())


async def test_crs__fc_md_crs_list_a(client: httpx.AsyncClient) -> None:
    for one in (await read(client, "/collections"))["collections"]:
        assert CRS84 in one["crs"], "the default CRS has to be among them"


async def test_crs__fc_md_crs_list_b(client: httpx.AsyncClient) -> None:
    for one in (await read(client, "/collections"))["collections"]:
        assert one["crs"][0] == CRS84 and len(one["crs"]) == len(set(one["crs"]))


async def test_crs__fc_md_crs_list_global(client: httpx.AsyncClient) -> None:
    listed = await read(client, "/collections")
    for one in listed["collections"]:
        assert set(one["crs"]) <= set(listed["crs"])


async def test_crs__fc_md_storage_crs(client: httpx.AsyncClient) -> None:
    for one in (await read(client, "/collections"))["collections"]:
        assert one["storageCrs"] in one["crs"]


async def test_crs__fc_md_storage_crs_valid_value(client: httpx.AsyncClient, city: Any) -> None:
    storage = (await read(client, PARCELS))["storageCrs"]
    assert storage == f"{EPSG}{city.catalog.territory.storage_crs}"


async def test_crs__fc_bbox_crs_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), ITEMS, "bbox-crs")
    assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
    assert (one["schema"]["type"], one["schema"]["format"]) == ("string", "uri")


async def test_crs__fc_bbox_crs_valid_value(client: httpx.AsyncClient) -> None:
    await refused(client, ITEMS, **{"bbox": "0,0,1,1", "bbox-crs": UNKNOWN})
    await refused(client, ITEMS, **{"bbox": "0,0,1,1", "bbox-crs": "no-such-crs"})


async def test_crs__fc_bbox_crs_valid_default_value(client: httpx.AsyncClient) -> None:
    box = "106.69,10.77,106.71,10.78"
    assert await found(client, bbox=box) == await found(client, **{"bbox": box, "bbox-crs": CRS84})


async def test_crs__fc_bbox_crs_action(client: httpx.AsyncClient) -> None:
    """The box of one feature in each CRS, in its own axis order, finds that feature."""
    feature = (await read(client, ITEMS, limit="1"))["features"][0]
    for uri in await supported(client):
        page = await read(client, f"{ITEMS}/{feature['id']}", crs=uri)
        west, south, east, north = shape(page["geometry"]).bounds
        ids = await found(client, **{"bbox": f"{west},{south},{east},{north}", "bbox-crs": uri})
        assert feature["id"] in ids and len(ids) < 48, uri


async def test_crs__fc_crs_definition(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for path in (ITEMS, f"{ITEMS}/{{featureId}}"):
        one = parameter(document, path, "crs")
        assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
        assert one["schema"]["type"] == "string"


async def test_crs__fc_crs_valid_value(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        await refused(client, path, crs=UNKNOWN)
        await refused(client, path, crs="no-such-crs")


async def test_crs__fc_crs_default_value(client: httpx.AsyncClient) -> None:
    plain, said = await read(client, ITEMS), await read(client, ITEMS, crs=CRS84)
    assert plain["features"] == said["features"]


async def test_crs__fc_crs_action(client: httpx.AsyncClient) -> None:
    """Coordinates in each CRS, in its own axis order, are those of CRS84."""
    plain = [shape(one["geometry"]) for one in (await read(client, ITEMS, limit="3"))["features"]]
    for uri in await supported(client):
        page = await read(client, ITEMS, crs=uri, limit="3")
        code = 84 if uri == CRS84 else int(uri.removeprefix(EPSG))
        there = [shape(one["geometry"]) for one in page["features"]]
        if reference_system(code).axis == "yx":
            there = [shapely.transform(one, lambda points: points[:, ::-1]) for one in there]
        for here, back in zip(plain, transform_geometries(np.array(there, dtype=object), code, 84), strict=True):
            assert here.hausdorff_distance(back) < FAR, uri


async def test_crs__ogc_crs_header(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        assert (await get(client, path, "application/geo+json")).headers["content-crs"]


async def test_crs__ogc_crs_header_value(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        for uri in await supported(client):
            assert (await get(client, path, "application/geo+json", crs=uri)).headers["content-crs"] == f"<{uri}>"


async def test_crs__geojson(client: httpx.AsyncClient) -> None:
    """Coordinates other than CRS84 are told by the header alone: GeoJSON has no member `crs` any more."""
    for uri in await supported(client):
        assert "crs" not in await read(client, ITEMS, "application/geo+json", crs=uri)
