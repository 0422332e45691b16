"""All buildings against the limits of today: soundly, the same however the ground is walked, and of no single one to the public."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import pytest_asyncio
import shapely

from gis.crs.transform import transform_geometries
from gis.errors import NotFound, Unauthenticated
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.disclosure import LEAST
from gis.model.layer import Text
from gis.model.query import CRS84
from services.app import create_app
from services.dependencies import Services
from services.permits.survey import CONFORMITY_SURVEY, run
from services.processes.process import Call, Document, Json
from tests.services.permits import checking
from tests.services.permits.checking import rectangle
from tests.services.permits.surveys import building

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def call(surveyed_city: checking.Checks, settings_for: Any) -> AsyncIterator[Call]:
    """As an agency that has the layer of buildings."""
    app = create_app(settings_for(surveyed_city.dsn, layers=surveyed_city.layers))
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        agency = Actor("key:test", Role.VIEWER, "so-xd", frozenset({"buildings"}))
        yield Call(
            catalog=services.catalog, pools=services.pools, keeper=services.keeper, settings=services.settings,
            secret=services.secret, actor=agency, base="http://land.test", language="vi", progress=noted,
        )  # fmt: skip


PROGRESS: list[int] = []


async def noted(done: int, doing: Text) -> None:
    PROGRESS.append(done)


async def survey(call: Call, cell: float = 1_000.0, **inputs: Json) -> tuple[dict[str, Any], list[dict[str, str]]]:
    found = await run(call, {"datetime": checking.DAY, **inputs}, cell)
    listed = cast("Document", found["buildings"]).content.decode() if "buildings" in found else ""
    return cast("dict[str, Any]", found["wards"]), list(csv.DictReader(io.StringIO(listed)))


def of(rows: list[dict[str, str]], number: int, aspect: str) -> set[tuple[str, str]]:
    return {
        (row["status"], row["lacking"])
        for row in rows
        if row["building"] == str(building(number)) and row["aspect"] == aspect
    }


def area(west: float, east: float) -> Json:
    shape = rectangle(west, -500, east - west, 1000)
    moved = transform_geometries(np.array([shape], dtype=object), 9210, CRS84)[0]
    return cast("Json", json.loads(shapely.to_geojson(moved)))


def tally(wards: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for ward in wards["wards"]:
        found[ward["code"], "", ""] += ward["buildings"]
        for aspect, told in ward["aspects"].items():
            for status in ("conforms", "exceeds", "unknown"):
                found[ward["code"], aspect, status] += told[status]
            for name, number in told["lacking"].items():
                found[ward["code"], aspect, name] += number
    return +found


async def test_each_building_is_held_against_its_zone_and_what_is_missing_never_conforms(call: Call) -> None:
    PROGRESS.clear()
    wards, rows = await survey(call)
    for aspect in ("density", "far", "storeys", "height", "road-line"):
        assert of(rows, 1, aspect) == {("conforms", "")}, aspect
    assert of(rows, 2, "road-line") == {("exceeds", "")}
    assert {
        row["measured"] for row in rows if row["building"] == str(building(2)) and row["aspect"] == "road-line"
    } == {"10"}
    assert of(rows, 3, "storeys") == of(rows, 3, "height") == {("exceeds", "")}
    assert of(rows, 4, "height") == {("unknown", "height_m")}
    assert {status for status, _ in of(rows, 5, "far")} == {status for status, _ in of(rows, 6, "far")} == {"unknown"}
    assert of(rows, 9, "density") == of(rows, 9, "far") == {("unknown", "lot")}
    assert {status for status, _ in of(rows, 10, "storeys")} == {"unknown"}
    assert wards["wards"][0]["buildings"] == 10
    assert all(
        sum(told[s] for s in ("conforms", "exceeds", "unknown")) == 10 for told in wards["wards"][0]["aspects"].values()
    )
    assert sorted(PROGRESS) == PROGRESS and PROGRESS[-1] == 99


async def test_buildings_of_one_lot_count_together_for_density_and_floor_area(call: Call) -> None:
    _, rows = await survey(call)
    for number in (7, 8):
        own = {row["aspect"]: row for row in rows if row["building"] == str(building(number))}
        assert float(own["density"]["measured"]) == pytest.approx(100 * (300 + 120) / 450, abs=1e-3)
        assert float(own["far"]["measured"]) == pytest.approx(2_400 / 450, abs=1e-3)
        assert own["far"]["status"] == "exceeds"  # either alone would not


async def test_the_grouping_changes_nothing(call: Call) -> None:
    wards, rows = await survey(call)
    for cell in (70.0, 333.0, 5_000.0):
        assert await survey(call, cell) == (wards, rows)


async def test_the_survey_of_two_areas_is_the_sum_of_both(call: Call) -> None:
    cuts = [-200.0, 100.0, 250.0, 483.0, 1_000.0]
    for middle in cuts[1:-1]:
        whole, rows = await survey(call, polygon=area(cuts[0], cuts[-1]))
        west, left = await survey(call, polygon=area(cuts[0], middle))
        east, right = await survey(call, polygon=area(middle, cuts[-1]))
        assert tally(west) + tally(east) == tally(whole)
        assert sorted(map(str, left + right)) == sorted(map(str, rows))


async def test_wards_add_up_too_and_one_that_is_unknown_is_refused(call: Call) -> None:
    whole, _ = await survey(call)
    parts = [tally((await survey(call, wards=[code]))[0]) for code in ("26740", "26743")]
    assert parts[0] + parts[1] == tally(whole)
    with pytest.raises(NotFound, match="99999"):
        await survey(call, wards=["99999"])


async def test_its_pins_give_the_same_answer_again(call: Call) -> None:
    wards, rows = await survey(call)
    assert await survey(call, datetime=wards["datetime"], knownAt=wards["knownAt"]) == (wards, rows)


async def test_the_public_is_told_of_whole_wards_only_and_of_no_single_building(call: Call) -> None:
    public = replace(call, actor=PUBLIC)
    found = await CONFORMITY_SURVEY.run(public, {"datetime": checking.DAY})
    assert set(found) == {"wards"}
    told = cast("dict[str, Any]", found["wards"])["wards"][0]
    for aspect in told["aspects"].values():
        assert all(
            aspect[status] in (None, 0) or aspect[status] >= LEAST for status in ("conforms", "exceeds", "unknown")
        )
        assert all(number >= LEAST for number in aspect["lacking"].values())
    refused: tuple[tuple[Call, dict[str, Json]], ...] = (
        (public, {"polygon": area(0, 100)}),
        (replace(public, outputs=frozenset({"buildings"})), {}),
    )
    for one, inputs in refused:
        with pytest.raises(Unauthenticated):
            await CONFORMITY_SURVEY.run(one, inputs)


async def test_existing_buildings_are_never_said_to_break_the_law(call: Call) -> None:
    told = json.dumps([(await survey(call))[0], str(CONFORMITY_SURVEY.description)], ensure_ascii=False)
    assert "vượt chỉ tiêu hiện hành" in told
    assert "vi phạm" not in told.lower()
