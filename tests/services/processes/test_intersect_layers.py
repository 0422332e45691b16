"""How much of a polygon each layer takes, over HTTP: nothing there, and nothing known, are never the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
import pytest_asyncio
import shapely

from gis.model.layer import Catalog
from services.settings import Settings
from tests.services.processes.quarter import (
    CORNER,
    FORMER,
    TODAY,
    TWIN,
    Quarter,
    box,
    calling,
    degrees,
    geojson,
    lot,
    make_quarter,
    run,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSE = 0.02  # m2: answers are rounded to a hundredth, and polygons go through degrees


@pytest.fixture(scope="module")
def quarter(make_database: Callable[..., str], catalog: Catalog) -> Quarter:
    return make_quarter(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(quarter: Quarter, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(quarter, settings_for) as opened:
        yield opened


async def laid(
    client: httpx.AsyncClient,
    shape: shapely.Geometry,
    *layers: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The result by layer."""
    inputs = {"polygon": geojson(shape), **({"layers": list(layers)} if layers else {}), **more}
    answer = await run(client, "intersect-layers", inputs, headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of(found: Mapping[str, Any], layer: str) -> dict[str, Any]:
    told: dict[str, Any] = next(one for one in found["layers"] if one["layer"] == layer)
    return told


async def test_areas_and_shares_are_told_by_feature_and_in_total(client: httpx.AsyncClient) -> None:
    found = await laid(client, lot(CORNER), "zones")
    zones = of(found, "zones")
    assert zones["status"] == "concerned"
    assert zones["area_m2"] == pytest.approx(100, abs=CLOSE)
    assert zones["percent"] == pytest.approx(50, abs=CLOSE)
    assert zones["free_m2"] == pytest.approx(100, abs=CLOSE)
    assert zones["unknown_m2"] == 0
    assert [(one["label"], one["area_m2"]) for one in zones["features"]] == [("NO-1", pytest.approx(100, abs=CLOSE))]
    assert zones["features"][0]["href"].startswith("http://land.test/collections/zones/items/")
    assert found["polygon"]["area_m2"] == pytest.approx(200, abs=CLOSE)
    assert found["crs"].endswith("/9210")
    assert zones["source"]["owner"] and zones["coverage"][0]["level"] == "complete"


async def test_what_is_below_the_declared_tolerance_is_told_apart(client: httpx.AsyncClient) -> None:
    found = await laid(client, lot(TWIN), "zones")
    zones = of(found, "zones")  # a strip of 2 cm along one side
    assert zones["status"] == "partial"
    assert zones["features"] == [] and zones["area_m2"] == 0
    assert zones["slivers_m2"] == 0  # the strip ends before this lot begins
    found = await laid(client, box(10, 0, 9, 20), "zones")
    zones = of(found, "zones")
    assert zones["status"] == "not-concerned"
    assert 0 < zones["slivers_m2"] == pytest.approx(9 * 0.02, abs=CLOSE)
    assert found["tolerance"] == {"area_m2": 0.5, "width_m": 0.1}


@pytest.mark.parametrize(
    ("place", "status", "covered"),
    [
        (box(12, 2, 5, 5), "not-concerned", 100),
        (box(20, 0, 5.05, 10), "not-concerned", 100),  # 5 cm of it are too thin to count
        (box(20, 0, 10, 10), "partial", 50),
        (lot(FORMER), "no-data", 0),
    ],
)
async def test_nothing_there_is_told_only_where_the_data_are_complete(
    client: httpx.AsyncClient, place: shapely.Polygon, status: str, covered: float
) -> None:
    zones = of(await laid(client, place, "zones"), "zones")
    assert (zones["status"], zones["numberMatched"]) == (status, 0)
    assert zones["covered_percent"] == pytest.approx(covered, abs=0.2)


async def test_every_layer_is_asked_and_the_areas_of_each_are_the_polygon(client: httpx.AsyncClient) -> None:
    for place in (lot(CORNER), lot(TODAY), box(-30, -30, 100, 100)):
        found = await laid(client, place)
        assert {one["layer"] for one in found["layers"]} >= {"parcels", "zones", "road_lines", "buildings", "wards"}
        for one in found["layers"]:
            whole = one["area_m2"] + one["free_m2"] + one["unknown_m2"]
            assert whole == pytest.approx(found["polygon"]["area_m2"], abs=CLOSE), one["layer"]


async def test_a_layer_of_which_nothing_is_declared_is_no_data(client: httpx.AsyncClient) -> None:
    buildings = of(await laid(client, lot(CORNER), "buildings"), "buildings")
    assert (buildings["status"], buildings["coverage"]) == ("no-data", [])


async def test_where_rows_may_be_withheld_the_public_is_never_told_that_there_is_nothing(
    client: httpx.AsyncClient, quarter: Quarter
) -> None:
    here, there = lot(CORNER), lot(TWIN)
    empty = of(await laid(client, here, "permits"), "permits")
    assert empty["status"] == "no-data" and "not public" in empty["note"]
    quarter.publish(
        "permits", [box(2, 2, 4, 4)], [{"id": UUID(int=(0x73 << 120) | 1), "number": "1", "status": "DRAFT"}]
    )
    after = of(await laid(client, here, "permits"), "permits")
    elsewhere = of(await laid(client, there, "permits"), "permits")
    assert after == empty
    assert {k: v for k, v in elsewhere.items() if "m2" not in k} == {k: v for k, v in empty.items() if "m2" not in k}


async def test_the_order_of_layers_and_how_often_they_are_named_do_not_matter(client: httpx.AsyncClient) -> None:
    at = "2026-11-20T00:00:00Z"
    one = await laid(client, lot(CORNER), "zones", "parcels", datetime=at)
    other = await laid(client, lot(CORNER), "parcels", "zones", "parcels", datetime=at)
    assert [one["layer"] for one in other["layers"]] == ["parcels", "zones"]
    assert {json.dumps(each, sort_keys=True) for each in one["layers"]} == {
        json.dumps(each, sort_keys=True) for each in other["layers"]
    }
    assert one["dataVersion"] == other["dataVersion"]


async def test_lines_are_told_by_their_length(client: httpx.AsyncClient) -> None:
    roads = of(await laid(client, lot(CORNER), "road_lines"), "road_lines")
    assert roads["status"] == "concerned"
    assert [(one["label"], one["area_m2"], one["length_m"]) for one in roads["features"]] == [
        ("Lê Lợi", 0, pytest.approx(10, abs=0.01))
    ]


async def test_a_parcel_is_asked_as_a_polygon_is(client: httpx.AsyncClient) -> None:
    answer = await run(client, "intersect-layers", {"parcel": {"id": str(CORNER)}, "layers": ["zones"]})
    found = answer.json()
    assert found["polygon"]["parcel"] == str(CORNER)
    assert of(found, "zones")["area_m2"] == pytest.approx(100, abs=CLOSE)
    several = await run(client, "intersect-layers", {"parcel": {"address": "Lê Lợi"}})
    assert several.status_code == 409


async def test_the_pins_of_an_answer_give_the_same_bytes_again(client: httpx.AsyncClient, quarter: Quarter) -> None:
    place = box(40, 0, 30, 20)
    inputs = {"polygon": geojson(place)}
    first = await run(client, "intersect-layers", inputs)
    pins = {name: first.json()[name] for name in ("datetime", "knownAt")}
    quarter.publish("zones", [place], [{"id": UUID(int=(0x74 << 120) | 1), "code": "NEW", "plan": "P"}])
    quarter.declare("buildings", place, "complete")
    assert of((await run(client, "intersect-layers", inputs)).json(), "zones")["status"] == "concerned"
    again = await run(client, "intersect-layers", {**inputs, **pins})
    assert again.content == first.content


async def test_the_pins_know_the_parcel_that_was_asked_whatever_the_layers(
    client: httpx.AsyncClient, quarter: Quarter
) -> None:
    new = UUID(int=(0x74 << 120) | 2)
    number = quarter.publish("parcels", [box(5_000, 0, 10, 10)], [{"id": new, "commune": "26740"}])
    inputs = {"parcel": {"id": str(new)}, "layers": ["wards"]}
    first = await run(client, "intersect-layers", inputs)
    assert first.json()["dataVersion"] == number
    again = await run(client, "intersect-layers", {**inputs, **{n: first.json()[n] for n in ("datetime", "knownAt")}})
    assert (again.status_code, again.content) == (200, first.content)


BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[106.7, 10.77], [106.71, 10.78], [106.71, 10.77], [106.7, 10.78], [106.7, 10.77]]],
}


def round_polygon(vertices: int) -> dict[str, Any]:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    ring = np.round(np.column_stack([106.7 + 0.01 * np.cos(angle), 10.77 + 0.01 * np.sin(angle)]), 9).tolist()
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def around(lon: float, lat: float, size: float = 0.001) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.box(lon, lat, lon + size, lat + size))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("inputs", "advice"),
    [
        ({"polygon": BOW_TIE}, "is not a valid polygon: Self-intersection"),
        ({"polygon": round_polygon(2_500)}, "more than 2,000 vertices"),
        ({"polygon": around(2.35, 48.85)}, "do not lie in"),
        ({"polygon": around(10.77, 106.7)}, "check CRS and axis order"),
        ({"polygon": around(179.9995, 10.77)}, "do not lie in"),
        ({"polygon": around(-180.0, 10.77, 360.0)}, "do not lie in"),
        ({"polygon": around(106.7, 10.77), "crs": "EPSG:9210"}, "do not lie in"),
        ({"polygon": around(106.7, 10.77), "crs": "EPSG:2154"}, "is not served here"),
        ({"polygon": {"type": "Polygon", "coordinates": []}}, "positions"),
        ({"polygon": {"type": "Polygon", "coordinates": [[[106.7, 10.77]]]}}, "rings of at least four"),
        ({"polygon": {"type": "Polygon", "coordinates": [[["106.7", "10.77"]] * 4]}}, "positions"),
        ({"polygon": {"type": "Point", "coordinates": [106.7, 10.77]}}, "polygon"),
        ({"polygon": {"type": "Feature", "geometry": None}}, "Polygon or MultiPolygon"),
        ({"polygon": around(106.7, 10.77), "layers": ["zone"]}, "there is no layer 'zone'"),
        ({"polygon": around(106.7, 10.77), "layers": []}, "layers"),
        ({"polygon": around(106.7, 10.77), "parcel": {"id": str(CORNER)}}, "either 'polygon' or 'parcel'"),
        ({}, "either 'polygon' or 'parcel'"),
        ({"polygon": around(106.7, 10.77), "datetime": "2020-01-01/2021-01-01"}, "no interval"),
        ({"polygon": around(106.7, 10.77), "knownAt": "yesterday"}, "knownAt"),
    ],
)
async def test_what_cannot_be_laid_over_anything_is_told_with_the_mend(
    client: httpx.AsyncClient, inputs: dict[str, Any], advice: str
) -> None:
    answer = await run(client, "intersect-layers", inputs)
    assert answer.status_code == 400, answer.text[:500]
    assert advice in answer.text


async def test_a_million_vertices_are_refused_before_they_are_looked_at(client: httpx.AsyncClient) -> None:
    answer = await run(client, "intersect-layers", {"polygon": round_polygon(1_000_000)})
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(("crs", "turned"), [("EPSG:9210", False), ("EPSG:4326", True), ("OGC:CRS84", False)])
async def test_a_polygon_has_the_axes_of_its_crs(client: httpx.AsyncClient, crs: str, turned: bool) -> None:
    shape = lot(CORNER) if crs == "EPSG:9210" else degrees(lot(CORNER))
    sent = shapely.transform(shape, lambda xy: xy[:, ::-1]) if turned else shape
    inputs = {"polygon": shapely.geometry.mapping(sent), "crs": crs, "layers": ["zones"]}
    answer = await run(client, "intersect-layers", inputs)
    assert of(answer.json(), "zones")["area_m2"] == pytest.approx(100, abs=CLOSE)
