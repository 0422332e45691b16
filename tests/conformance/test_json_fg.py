"""OGC Features and Geometries JSON - Part 1: Core (JSON-FG, OGC 21-045r1), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import shapely
from shapely.geometry import shape

from tests.conformance.asking import CRS84, EPSG, ITEMS, get, read

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/json-fg-1/1.0/conf/"
ALL = {"datetime": "2019-01-01/.."}
SYSTEMS = (CRS84, f"{EPSG}4326", f"{EPSG}9210", f"{EPSG}3857")


async def document(client: httpx.AsyncClient, crs: str = CRS84, profile: str = "jsonfg") -> dict[str, Any]:
    found = await read(client, ITEMS, "application/geo+json", profile=profile, crs=crs, **ALL)
    assert len(found["features"]) == 48
    return found


async def test_core__metadata(client: httpx.AsyncClient) -> None:
    assert f"{STANDARD}core" in (await document(client))["conformsTo"]


async def test_core__feature(client: httpx.AsyncClient) -> None:
    for one in (await document(client))["features"]:
        assert one["type"] == "Feature" and {"id", "geometry", "place", "time", "properties"} <= one.keys()


async def test_core__temporal(client: httpx.AsyncClient) -> None:
    told = [one["time"] for one in (await document(client))["features"]]
    assert any(time is None for time in told) and any(told)  # what is shown in part tells no times
    for begin, end in (time["interval"] for time in told if time is not None):
        assert all(re.fullmatch(r"\.\.|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", bound) for bound in (begin, end))
        assert ".." in (begin, end) or begin < end


async def test_core__place_and_geometry(client: httpx.AsyncClient) -> None:
    """`place` where another CRS was asked for, `geometry` in CRS84 always, and never twice the same."""
    for crs in SYSTEMS:
        for one in (await document(client, crs))["features"]:
            assert (one["place"] is not None) is (crs != CRS84) and one["place"] != one["geometry"]
            west, south, east, north = shape(one["geometry"]).bounds
            assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90


async def test_core__valid_geometry(client: httpx.AsyncClient) -> None:
    for crs in SYSTEMS:
        for one in (await document(client, crs))["features"]:
            drawn = shape(one["place"] or one["geometry"])
            assert drawn.is_valid and shapely.get_coordinate_dimension(drawn) == 2


async def test_core__coordinate_reference_system(client: httpx.AsyncClient) -> None:
    for crs in SYSTEMS:
        assert (await document(client, crs)).get("coordRefSys") == (None if crs == CRS84 else crs)


async def test_types_schemas__feature_type(client: httpx.AsyncClient) -> None:
    found = await document(client)
    assert f"{STANDARD}types-schemas" in found["conformsTo"] and found["featureType"] == "parcels"


async def test_types_schemas__geometry_dimension(client: httpx.AsyncClient) -> None:
    assert (await document(client))["geometryDimension"] == 2


async def test_types_schemas__feature_schema(client: httpx.AsyncClient) -> None:
    schema = await read(client, (await document(client))["featureSchema"], "application/schema+json")
    roles = {one.get("x-ogc-role") for one in schema["properties"].values()}
    assert {"id", "primary-geometry", "primary-interval-start", "primary-interval-end"} <= roles


async def test_profiles__jsonfg(client: httpx.AsyncClient) -> None:
    for profile in ("jsonfg", "jsonfg-plus"):
        uri = f"http://www.opengis.net/def/profile/OGC/0/{profile}"
        answer = await get(client, ITEMS, "application/geo+json", profile=profile)
        assert f'<{uri}>; rel="profile"' in answer.headers["link"]
        assert [link["href"] for link in answer.json()["links"] if link["rel"] == "profile"] == [uri]


async def test_profiles__rfc7946(client: httpx.AsyncClient) -> None:
    plain = await read(client, ITEMS, "application/geo+json", profile="rfc7946")
    assert "conformsTo" not in plain and not any("place" in one for one in plain["features"])
