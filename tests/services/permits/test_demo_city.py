"""The demo city answers a permit check in every way: what conforms, what does not, and what nobody can tell yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import shapely
from shapely.affinity import scale
from shapely.geometry import mapping, shape

from gis.demo.load import load
from gis.model.layer import Catalog
from gis.store.database import connect
from services.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

CRS = "http://www.opengis.net/def/crs/EPSG/0/9210"
FACTS = {"district": "760", "house_form": "detached", "area_kind": "existing"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    make_database: Callable[..., str], catalog: Catalog, settings_for: Any
) -> AsyncIterator[httpx.AsyncClient]:
    dsn = make_database()
    with connect(dsn, autocommit=True) as connection:
        load(connection, catalog, 1_500, 1)
    app = create_app(settings_for(dsn))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        headers = {"Accept": "application/json", "Accept-Language": "vi"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
            yield opened


async def lots(town: httpx.AsyncClient, **where: str) -> list[dict[str, Any]]:
    response = await town.get("/collections/parcels/items", params={"limit": "5000", "crs": CRS, **where})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["features"]
    return found


async def answers(town: httpx.AsyncClient, chosen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is told of a house of two storeys in the middle of each lot, on 36 % of it."""
    told = []
    for lot in chosen:
        footprint = scale(shape(lot["geometry"]), 0.6, 0.6)
        inputs = {
            "parcel": {"id": lot["id"]}, "crs": "EPSG:9210", "work": "NEW", "use": "HOUSE", "storeys": "trệt + 1 lầu",
            "height_m": 7.5, "floor_areas": {"main": round(2 * footprint.area, 1), "basement": 0},
            "footprint": mapping(footprint), "cap_cong_trinh": "III", "existing": "demolished", "facts": FACTS,
        }  # fmt: skip
        response = await town.post(
            "/processes/permit-check/execution", json={"inputs": inputs, "outputs": {"answer": {}}}
        )
        assert response.status_code == 200, response.text
        told.append(response.json().get("answer", response.json()))
    return told


def statuses(told: dict[str, Any], status: str) -> set[str]:
    return {f"{f['pack']}/{f['rule']}" for f in told["findings"] if f["status"] == status}


def lacking(told: dict[str, Any]) -> set[str]:
    return {one["name"] for one in told["missing"]}


async def inside(town: httpx.AsyncClient, layer: str, **where: str) -> list[dict[str, Any]]:
    """The residential lots of which most lies inside the features of a layer."""
    response = await town.get(f"/collections/{layer}/items", params={"crs": CRS, **where})
    area = shapely.union_all([shape(one["geometry"]) for one in response.json()["features"]])
    shapely.prepare(area)
    return [lot for lot in await lots(town, land_use="ODT") if area.contains(shape(lot["geometry"]).centroid)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everywhere(town: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What is told of every tenth residential lot."""
    return await answers(town, (await lots(town, land_use="ODT"))[::10])


async def test_some_houses_conform_and_nothing_of_them_is_left_open(everywhere: list[dict[str, Any]]) -> None:
    good = [told for told in everywhere if told["verdict"] == "conforms"]
    assert good
    for told in good:
        assert told["word"]["vi"] == "Phù hợp"
        assert {f["status"] for f in told["findings"]} <= {"pass", "not-applicable"}
        passed = {"corridors/footprint-in-corridors", "heritage/lot-in-heritage", "flood/lot-in-flood"}
        assert passed <= statuses(told, "pass")
        assert {one["coverage"] for one in told["layers"] if one["id"] in ("corridors", "heritage", "flood")} == {
            "complete"
        }


async def test_a_house_in_the_core_of_the_heritage_site_does_not_conform(town: httpx.AsyncClient) -> None:
    told = await answers(town, await inside(town, "heritage", zone="I"))
    assert told and {one["verdict"] for one in told} == {"does-not-conform"}
    assert all("heritage/footprint-in-zone-i" in statuses(one, "fail") for one in told)


async def test_a_house_in_a_corridor_is_for_the_manager_of_the_corridor(town: httpx.AsyncClient) -> None:
    told = await answers(town, (await inside(town, "corridors"))[:12])
    assert told and all("corridors/footprint-in-corridors" in statuses(one, "warning") for one in told)
    assert "conforms" not in {one["verdict"] for one in told}


async def test_where_corridors_are_not_known_a_house_that_keeps_all_else_is_undetermined(
    everywhere: list[dict[str, Any]],
) -> None:
    gap = [told for told in everywhere if {"corridors"} <= lacking(told) <= {"corridors", "buildings"}]
    open_ = [told for told in gap if not statuses(told, "fail") and not statuses(told, "warning")]
    assert open_
    assert {told["verdict"] for told in open_} == {"undetermined"}
    assert {one["coverage"] for told in open_ for one in told["layers"] if one["id"] == "corridors"} == {"partial"}


def _themes(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for theme in document["themes"]:
        yield theme["layer"], theme["standing"]


async def test_an_extract_tells_the_protected_areas_too(town: httpx.AsyncClient) -> None:
    (lot, *_) = await inside(town, "heritage", zone="I")
    document = (await town.get(f"/parcels/{lot['id']}/extract.json")).json()
    standing = dict(_themes(document))
    assert standing["heritage"] == "concerned"
    (heritage,) = (theme for theme in document["themes"] if theme["layer"] == "heritage")
    assert {"Đình Mẫu"} == {one["properties"]["name"] for one in heritage["features"]}
    assert {"corridors", "flood"} <= set(standing)
