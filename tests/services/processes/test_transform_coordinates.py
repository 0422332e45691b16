"""The process that transforms coordinates, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from services.processes.transform_coordinates import TRANSFORM_COORDINATES, supported

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXECUTE = "/processes/transform-coordinates/execution"
CENTRE = [603699.1, 1191842.4]


async def run(client: httpx.AsyncClient, **inputs: object) -> dict[str, Any]:
    response = await client.post(EXECUTE, json={"inputs": {"from": "EPSG:9210", "to": "OGC:CRS84", **inputs}})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    Draft202012Validator(dict(TRANSFORM_COORDINATES.outputs["result"].schema)).validate(found)
    return found


async def test_its_example_runs(client: httpx.AsyncClient) -> None:
    response = await client.post(EXECUTE, json=dict(TRANSFORM_COORDINATES.example))
    assert response.json()["coordinates"] == [pytest.approx([106.7, 10.776], abs=1e-6)]


async def test_it_says_which_operation_it_took_and_how_exact_that_is(client: httpx.AsyncClient) -> None:
    found = await run(client, coordinates=[CENTRE])
    assert found["operations"] == [{"name": "VN-2000 to WGS 84 (2)", "code": "EPSG:6960", "accuracy": 1.0}]
    assert found["accuracy"] == 1.0
    zones = await run(client, to="EPSG:5899", coordinates=[CENTRE])
    assert zones["accuracy"] == 0.0


async def test_it_names_the_axes_and_what_surveyors_call_them(client: httpx.AsyncClient) -> None:
    found = await run(client, to="EPSG:4326", coordinates=[CENTRE])
    assert (found["from"]["axes"], found["to"]["axes"]) == (["easting", "northing"], ["latitude", "longitude"])
    assert "X is the northing" in found["from"]["note"] and "note" not in found["to"]
    paper = await run(client, fromAxes="north-east", toAxes="north-east", coordinates=[CENTRE[::-1]])
    assert (paper["from"]["axes"], paper["to"]["axes"]) == (["northing", "easting"], ["latitude", "longitude"])
    assert paper["coordinates"][0] == found["coordinates"][0]


async def test_a_geometry_comes_back_as_one(client: httpx.AsyncClient) -> None:
    ring = [CENTRE, [603704.1, 1191842.4], [603704.1, 1191862.4], CENTRE]
    found = await run(client, geometry={"type": "Polygon", "coordinates": [ring]})
    assert found["geometry"]["type"] == "Polygon" and len(found["geometry"]["coordinates"][0]) == 4
    assert "coordinates" not in found


async def test_numbers_or_a_geometry_but_not_both_and_not_neither(client: httpx.AsyncClient) -> None:
    point = {"type": "Point", "coordinates": CENTRE}
    for inputs in ({}, {"coordinates": [CENTRE], "geometry": point}):
        body = {"inputs": {"from": "EPSG:9210", "to": "OGC:CRS84", **inputs}}
        response = await client.post(EXECUTE, json=body)
        assert (response.status_code, response.json()["where"]) == (400, "inputs")


async def test_errors_speak_the_language_of_the_request(client: httpx.AsyncClient) -> None:
    body = {"inputs": {"from": "EPSG:9210", "to": "OGC:CRS84", "coordinates": [CENTRE[::-1]]}}
    said = (await client.post(EXECUTE, json=body, params={"lang": "vi"})).json()
    assert said["where"] == "inputs.coordinates[0]" and "X là hướng Bắc" in said["detail"]


async def test_every_supported_system_is_reached(client: httpx.AsyncClient, city: Any) -> None:
    codes = supported(city.catalog.territory)
    assert {9210, 5899, 3405, 3406, 4756, 4326, 3857} <= set(codes)
    for code in codes:
        if code not in (3406, 5896, 9205):  # whose meridians are far from the city
            await run(client, to="OGC:CRS84" if code < 1_000 else f"EPSG:{code}", coordinates=[CENTRE])
