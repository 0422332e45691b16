"""What became of planned ground, asked over HTTP: on both time axes, within a polygon, by who may see what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely

from gis.crs.transform import transform_geometries
from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.model.query import CRS84
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

EAST, NORTH = 603_700.0, 1_191_800.0
SINCE, REVISED = datetime(2019, 12, 31, 17, tzinfo=UTC), datetime(2024, 7, 31, 17, tzinfo=UTC)
HOUSING, ROAD, PARK, SHOPS = "DAT_O_Nhomnhao", "DAT_HTKT_DuongGT", "DAT_HTXH_Cayxanhcc", "DAT_Dichvu"
BEFORE, AFTER = {"datetime": "2024-01-01"}, {"datetime": "2025-01-01"}


def box(west: float, east: float, south: float = 0.0, north: float = 20.0) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)])


def zone(number: int) -> UUID:
    return UUID(int=(0x30 << 120) | number)


@dataclass(frozen=True, slots=True)
class Plans:
    client: httpx.AsyncClient
    dsn: str
    catalog: Catalog

    async def diff(self, **inputs: Any) -> dict[str, Any]:
        sent = {"inputs": {"from": BEFORE, "to": AFTER, **inputs}, "outputs": {"result": {}}}
        answer = await self.client.post("/processes/plan-diff/execution", json=sent)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found.get("result", found)  # type: ignore[no-any-return]

    def publish(self, rows: list[tuple[int, shapely.Geometry, str, str, datetime, datetime | None]]) -> int:
        ids, shapes, functions, states, starts, ends = zip(*rows, strict=True)
        records = Records(
            np.array(shapes, dtype=object),
            {
                "id": pa.array([zone(number).bytes for number in ids], pa.binary()),
                "valid_from": pa.array(starts, pa.timestamp("us", tz="UTC")),
                "valid_to": pa.array(ends, pa.timestamp("us", tz="UTC")),
                "plan": pa.array(["QH1"] * len(rows)),
                "plan_status": pa.array(states),
                "code": pa.array([f"Z{number}" for number in ids]),
                "function": pa.array(functions),
            },
        )
        with psycopg.connect(self.dsn, autocommit=True) as db:
            layer = self.catalog.layers["zones"]
            number = publish(db, stage(db, layer, Provenance("test", "Nạp"), [records]), layer)
        assert number is not None
        return number


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plans(
    make_database: Callable[..., str], catalog: Catalog, settings_for: Callable[..., Any]
) -> AsyncIterator[Plans]:
    """Zone 1 (100 × 20 m) is housing; in August 2024 a road takes its southern 4 m. Zone 2 turns from a park into shops.
    Zone 3 has ended by then, and zone 9 is of a plan in draft."""
    dsn = make_database()
    app = create_app(settings_for(dsn))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://land.test", headers={"Accept-Language": "en"}
        ) as client:
            made = Plans(client, dsn, catalog)
            made.publish(
                [
                    (1, box(0, 100), HOUSING, "IN_FORCE", SINCE, REVISED),
                    (1, box(0, 100, 4), HOUSING, "IN_FORCE", REVISED, None),
                    (4, box(0, 100, 0, 4), ROAD, "IN_FORCE", REVISED, None),
                    (2, box(100, 150), PARK, "IN_FORCE", SINCE, REVISED),
                    (2, box(100, 150), SHOPS, "IN_FORCE", REVISED, None),
                    (3, box(200, 210), PARK, "IN_FORCE", SINCE, REVISED),
                    (9, box(300, 310), SHOPS, "DRAFT", REVISED, None),
                ]
            )
            yield made


def flows(result: dict[str, Any]) -> set[tuple[tuple[str, ...], tuple[str, ...], float, int]]:
    def names(side: list[dict[str, Any]]) -> tuple[str, ...]:
        return tuple(each["value"] for each in side)

    return {(names(c["from"]), names(c["to"]), c["area_m2"], c["parts"]) for c in result["changes"]}


async def test_the_ground_is_told_by_what_it_was_and_what_it_is(plans: Plans) -> None:
    result = await plans.diff()
    assert flows(result) == {
        ((HOUSING,), (ROAD,), 400.0, 1),
        ((PARK,), (SHOPS,), 1000.0, 1),
        ((PARK,), (), 200.0, 1),
    }
    assert result["changed_m2"] == 1600.0
    assert {v["value"]: v["net_m2"] for v in result["values"]} == {
        HOUSING: -400.0,
        ROAD: 400.0,
        PARK: -1200.0,
        SHOPS: 1000.0,
    }


async def test_features_that_came_went_moved_and_changed_are_named(plans: Plans) -> None:
    found = (await plans.diff())["features"]
    named = {what: [one["id"] for one in found[what]["listed"]] for what in found}
    assert named == {
        "appeared": [str(zone(4))],
        "went": [str(zone(3))],
        "moved": [str(zone(1))],
        "revalued": [str(zone(2))],
    }
    assert found["moved"]["listed"][0]["lost_m2"] == 400.0


async def test_ground_that_is_free_now_is_unknown_where_the_data_are_not_complete(plans: Plans) -> None:
    freed = next(c for c in (await plans.diff())["changes"] if not c["to"])
    assert freed["unknown_m2"] == freed["area_m2"] == 200.0


async def test_the_way_back_exchanges_both_sides(plans: Plans) -> None:
    there, back = flows(await plans.diff()), flows(await plans.diff(**{"from": AFTER, "to": BEFORE}))
    assert {(new, old, area, parts) for old, new, area, parts in there} == back


async def test_a_state_does_not_differ_from_itself(plans: Plans) -> None:
    result = await plans.diff(**{"from": AFTER, "to": AFTER})
    assert result["changes"] == result["values"] == []
    assert result["changed_m2"] == 0.0


async def test_only_the_polygon_counts(plans: Plans) -> None:
    # A box of 50 m around the middle of the road: only its part of the road lies in it.
    place = transform_geometries(np.array([box(25, 75).geoms[0]], dtype=object), 9210, CRS84)[0]
    result = await plans.diff(polygon=shapely.geometry.mapping(place))
    assert {(old, new, round(area)) for old, new, area, _ in flows(result)} == {((HOUSING,), (ROAD,), 200)}
    assert round(result["area_m2"]) == 1000


async def test_what_is_asked_again_with_the_pins_is_answered_with_the_same_bytes(plans: Plans) -> None:
    first = await plans.diff()
    pins = {side: {"datetime": first[side]["datetime"], "knownAt": first[side]["knownAt"]} for side in ("from", "to")}
    plans.publish([(7, box(400, 410), PARK, "IN_FORCE", SINCE, None)])
    assert await plans.diff(**pins) == first
    later = await plans.diff()
    assert later["to"]["dataVersion"] > first["to"]["dataVersion"]


async def test_what_was_learnt_later_is_a_difference_between_two_states_of_knowledge(plans: Plans) -> None:
    version = (await plans.diff())["to"]["dataVersion"]
    plans.publish([(8, box(500, 510), SHOPS, "IN_FORCE", SINCE, None)])
    result = await plans.diff(**{"from": {**AFTER, "knownAt": str(version)}, "to": AFTER})
    assert flows(result) == {((), (SHOPS,), 200.0, 1)}


async def test_the_pieces_come_as_geojson(plans: Plans) -> None:
    sent = {"inputs": {"from": BEFORE, "to": AFTER}, "outputs": {"geometry": {}}}
    answer = await plans.client.post("/processes/plan-diff/execution", json=sent)
    found = answer.json()
    found = found.get("geometry", found)
    largest = found["features"][0]
    assert (largest["properties"]["from"], largest["properties"]["to"]) == ([PARK], [SHOPS])
    shape = transform_geometries(np.array([shapely.geometry.shape(largest["geometry"])], dtype=object), CRS84, 9210)[0]
    assert round(shape.area, 1) == 1000.0


async def test_a_draft_shows_neither_as_ground_nor_as_a_feature_nor_by_its_value(plans: Plans) -> None:
    result = await plans.diff()
    assert str(zone(9)) not in str(result)
    assert "note" in result


async def test_properties_and_layers_that_cannot_be_compared_are_refused_with_those_that_can(plans: Plans) -> None:
    for inputs, where in (
        ({"property": "far_max"}, "property"),
        ({"layer": "permits"}, "layer"),
        ({"layer": "parcels", "property": "address"}, "property"),
        ({"from": {"datetime": "01/05/2018"}}, "datetime"),
    ):
        sent = {"inputs": {"from": BEFORE, "to": AFTER, **inputs}}
        answer = await plans.client.post("/processes/plan-diff/execution", json=sent)
        assert answer.status_code == 400
        assert where in answer.json()["detail"]
