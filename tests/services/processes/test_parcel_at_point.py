"""Which parcel lies at a point, over HTTP, and where there is none, whether that is known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import shapely

from gis.model.layer import Catalog
from services.settings import Settings
from tests.services.processes.quarter import ARMY, CORNER, Quarter, box, calling, degrees, lot, make_quarter, run

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def quarter(make_database: Callable[..., str], catalog: Catalog) -> Quarter:
    return make_quarter(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(quarter: Quarter, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(quarter, settings_for) as opened:
        yield opened


def middle(shape: shapely.Geometry) -> dict[str, float]:
    point = degrees(shape).centroid
    return {"lon": point.x, "lat": point.y}


async def at(client: httpx.AsyncClient, shape: shapely.Geometry, **more: Any) -> dict[str, Any]:
    answer = await run(client, "parcel-at-point", {"point": middle(shape), **more.pop("inputs", {})}, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_parcel_is_told_as_the_caller_may_see_it(client: httpx.AsyncClient, quarter: Quarter) -> None:
    public = await at(client, lot(CORNER))
    assert public["status"] == "found"
    assert [UUID(one["id"]) for one in public["parcels"]] == [CORNER]
    properties = public["parcels"][0]["properties"]
    assert (properties["sheet"], properties["parcel"], properties["valid_from"]) == ("1", "1", "2019-12-31T17:00:00Z")
    assert not {"address", "parcel_identifier", "legal_area"} & set(properties)
    officer = await at(client, lot(CORNER), headers=quarter.officer)
    assert officer["parcels"][0]["properties"]["address"] == "12 Lê Lợi, Phường Sài Gòn"


async def test_a_reduced_parcel_tells_nothing_but_that_it_is_there(client: httpx.AsyncClient) -> None:
    found = await at(client, lot(ARMY))
    assert set(found["parcels"][0]["properties"].values()) == {None}


@pytest.mark.parametrize(
    ("place", "status", "levels"),
    [
        (box(-60, -60, 2, 2), "no-parcel", ["complete"]),
        (box(340, 0, 2, 2), "no-data", ["partial"]),
        (box(2000, 0, 2, 2), "no-data", []),
    ],
)
async def test_no_parcel_is_known_only_where_the_data_are_complete(
    client: httpx.AsyncClient, place: shapely.Polygon, status: str, levels: list[str]
) -> None:
    found = await at(client, place)
    assert (found["status"], found["parcels"]) == (status, [])
    assert [one["level"] for one in found["coverage"]] == levels


async def test_on_a_line_between_two_parcels_both_are_told(client: httpx.AsyncClient, quarter: Quarter) -> None:
    beside = UUID(int=(0x75 << 120) | 1)
    quarter.publish("parcels", [box(-10, 0, 10, 20)], [{"id": beside, "sheet": "8", "parcel": "1"}])
    point = {"x": 603_700.0, "y": 1_191_810.0, "crs": "EPSG:9210"}
    found = (await run(client, "parcel-at-point", {"point": point})).json()
    assert {UUID(one["id"]) for one in found["parcels"]} == {CORNER, beside}


async def test_both_time_axes_select(client: httpx.AsyncClient) -> None:
    assert (await at(client, lot(CORNER), inputs={"datetime": "2010-01-01"}))["parcels"] == []
    unknown = await at(client, lot(CORNER), inputs={"knownAt": "2020-01-01"})
    assert (unknown["status"], unknown["knownAt"], unknown["dataVersion"]) == ("no-data", None, 0)


@pytest.mark.parametrize(
    ("point", "status"),
    [
        ({"lon": 2.35, "lat": 48.85}, 400),
        ({"lon": 10.77, "lat": 106.7}, 400),
        ({"lon": 180.0, "lat": 10.77}, 400),
        ({"x": 603_700.0, "y": 1_191_810.0}, 400),
        ({"lon": "106.7", "lat": 10.77}, 400),
        ({"lon": 106.7, "lat": 10.77, "x": 1.0}, 400),
        ([106.7, 10.77], 400),
    ],
)
async def test_what_is_no_point_of_the_territory_is_refused(client: httpx.AsyncClient, point: Any, status: int) -> None:
    assert (await run(client, "parcel-at-point", {"point": point})).status_code == status
