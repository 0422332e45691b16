"""Many cases judged together are judged as each of them alone."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import pytest_asyncio
import shapely

from gis.crs.transform import transform_geometries
from gis.errors import Forbidden, InvalidParameter
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Text
from gis.model.query import CRS84
from gis.rules import batch
from gis.store.embedded import ServerInfo
from services.app import create_app
from services.dependencies import Services
from services.permits import batch as module
from services.permits.batch import PERMIT_CHECK_BATCH
from services.permits.check_process import PERMIT_CHECK
from services.processes.process import Call, Document, Json
from tests.services.permits import checking
from tests.services.permits.checking import BIG, CORNER, CUT, GOOD, HOLED, PARTS, SLIVER, THREE, Checks, question

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOTS = (GOOD, CUT, THREE, HOLED, PARTS, SLIVER, CORNER, BIG)


@pytest.fixture(scope="module")
def checks(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return checking.make_checks(server, tmp_path_factory.mktemp("batches"), "batches")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def call(checks: Checks, settings_for: Any) -> AsyncIterator[Call]:
    app = create_app(settings_for(checks.dsn, layers=checks.layers))
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        yield Call(
            catalog=services.catalog, pools=services.pools, keeper=services.keeper, settings=services.settings,
            secret=services.secret, actor=PUBLIC, base="http://land.test", language="en", progress=told,
        )  # fmt: skip


PROGRESS: list[int] = []


async def told(done: int, doing: Text) -> None:
    PROGRESS.append(done)


def row(of: UUID, **changes: Any) -> dict[str, Any]:
    """The columns that say the same as the inputs of `question`."""
    floors = {f"floor_{kind}_m2": area for kind, area in {"main": 288, "basement": 0}.items()}
    same = {"parcel": str(of), "works": "NEW", "use": "HOUSE", "storeys": "trệt + 3 lầu", "height_m": 15}
    return same | floors | checking.FACTS | changes


def footprint(of: UUID) -> shapely.Geometry:
    return shapely.geometry.shape(question(of)["footprint"])


def degrees(shapes: list[shapely.Geometry]) -> list[shapely.Geometry]:
    return list(transform_geometries(np.array(shapes, dtype=object), 9210, CRS84))


def features(*rows: tuple[UUID, dict[str, Any]]) -> dict[str, Json]:
    shapes = degrees([footprint(of) for of, _ in rows])
    listed: list[Any] = [
        {"type": "Feature", "id": f"HS-{n}", "properties": told, "geometry": json.loads(shapely.to_geojson(shape))}
        for n, ((_, told), shape) in enumerate(zip(rows, shapes, strict=True))
    ]
    return {"type": "FeatureCollection", "features": listed}


async def run(call: Call, cases: Json, **inputs: Json) -> tuple[list[dict[str, str]], dict[str, Any]]:
    given: dict[str, Json] = {"cases": cases, "datetime": checking.DAY, **inputs}
    outputs = await PERMIT_CHECK_BATCH.run(call, given)
    results = cast("Document", outputs["results"])
    return list(csv.DictReader(io.StringIO(results.content.decode()))), cast("dict[str, Any]", outputs["summary"])


async def alone(call: Call, **changes: Any) -> dict[str, Any]:
    asking = replace(call, outputs=frozenset({"answer"}))
    outputs = await PERMIT_CHECK.run(asking, json.loads(json.dumps(question(**changes))))
    return cast("dict[str, Any]", outputs["answer"])


def broken(answer: dict[str, Any], status: str) -> set[str]:
    return {f"{f['pack']}/{f['rule']}" for f in answer["findings"] if f["status"] == status}


async def test_together_is_as_alone(call: Call) -> None:
    changes: list[dict[str, Any]] = [{}, {"height_m": 60}, {"rear_setback_m": None}]
    asked = [(of, change) for of in LOTS for change in changes]
    PROGRESS.clear()
    rows, summary = await run(call, features(*((of, row(of, **change)) for of, change in asked)))
    noted = list(PROGRESS)
    for (of, change), found in zip(asked, rows, strict=True):
        facts = {
            name: value for name, value in (checking.FACTS | change).items() if value is not None and name != "height_m"
        }
        one = await alone(call, of=of, facts=facts, height_m=change.get("height_m", 15))
        assert found["verdict"] == one["verdict"]
        assert set(found["failed"].split()) == broken(one, "fail")
        assert set(found["to_review"].split()) == broken(one, "warning") | broken(one, "error")
        assert {m["name"] for m in one["missing"]} >= set(found["missing"].split())
        assert found["problem"] == ""
    assert sum(summary["verdicts"].values()) == summary["cases"] == len(asked)
    assert {found["verdict"] for found in rows} >= {"conforms", "does-not-conform", "undetermined"}
    assert noted and sorted(noted) == noted


async def test_a_file_says_the_same_as_features(call: Call) -> None:
    expected, _ = await run(call, features(*((of, row(of)) for of in LOTS)))
    frame = gpd.GeoDataFrame(
        [{"id": f"HS-{n}"} | row(of) for n, of in enumerate(LOTS)], geometry=[footprint(of) for of in LOTS], crs=9210
    )
    parquet = io.BytesIO()
    frame.to_parquet(parquet)
    text = frame.drop(columns="geometry").assign(wkt=frame.geometry.to_wkt()).to_csv(index=False, sep=";")
    for media_type, content in (
        ("application/vnd.apache.parquet", parquet.getvalue()),
        ("text/csv", b"\xef\xbb\xbf" + text.encode()),
    ):
        sent: dict[str, Json] = {"mediaType": media_type, "data": base64.b64encode(content).decode()}
        found, _ = await run(call, sent | ({"crs": "EPSG:9210"} if media_type == "text/csv" else {}))
        same = ("id", "verdict", "failed", "missing", "in_road_m2", "density_pct")
        assert [[r[name] for name in same] for r in found] == [[r[name] for name in same] for r in expected]


async def test_a_parcel_is_named_by_its_numbers_and_what_is_not_found_is_said_of_that_case_alone(
    call: Call, checks: Checks
) -> None:
    with psycopg.connect(checks.dsn) as db:
        known = db.execute("SELECT commune, sheet, parcel FROM land.parcels WHERE id = %s", (GOOD,)).fetchone()
    assert known is not None
    commune, sheet, number = known
    numbers = {"commune": commune, "sheet": sheet, "number": number}
    named = {name: value for name, value in row(GOOD).items() if name != "parcel"}
    others = [numbers | {"number": "99999"}, numbers | {"commune": "Không Có"}, {"sheet": "1"}, {"parcel": "no"}, {}]
    rows, summary = await run(call, features(*((GOOD, named | selector) for selector in (numbers, *others))))
    assert rows[0]["verdict"] == "conforms"
    assert all(found["verdict"] == "undetermined" and found["problem"] for found in rows[1:])
    assert (summary["not_judged"], summary["cases"]) == (5, 6)


async def test_codes_that_there_are_not_leave_their_cases_unjudged(call: Call) -> None:
    stated = [{}, {"land_use": "ODT"}, {"land_use": "OTC"}, {"district": "999"}, {"city": "01"}]
    rows, summary = await run(call, features(*((GOOD, row(GOOD) | one) for one in stated)))
    assert [found["verdict"] for found in rows] == ["conforms"] * 2 + ["undetermined"] * 3
    for found, (name, code) in zip(rows[2:], (next(iter(one.items())) for one in stated[2:]), strict=True):
        assert found["problem"].startswith(f"{name}: ") and f"'{code}'" in found["problem"]
    assert summary["not_judged"] == 3


async def test_the_pins_of_the_summary_give_the_same_answer_again(call: Call) -> None:
    rows, summary = await run(call, features((GOOD, row(GOOD)), (CUT, row(CUT))))
    again, pinned = await run(
        call, features((GOOD, row(GOOD)), (CUT, row(CUT))), datetime=summary["datetime"], knownAt=summary["knownAt"]
    )
    assert (again, pinned) == (rows, summary)
    one = await alone(call, of=GOOD)
    assert (summary["rules_version"], summary["data_version"]) == (one["rules_version"], one["data_version"])


async def test_an_outline_that_cannot_be_read_leaves_its_case_unjudged_and_the_others_judged(call: Call) -> None:
    sent = cast("dict[str, Any]", features((GOOD, row(GOOD)), (GOOD, row(GOOD))))
    sent["features"][0]["id"] = "=1+1"
    sent["features"][1]["geometry"] = {"type": "Point", "coordinates": [106.7, 10.77]}
    rows, summary = await run(call, sent)
    assert [(found["id"], found["verdict"]) for found in rows] == [("'=1+1", "conforms"), ("HS-1", "undetermined")]
    assert "Polygon" in rows[1]["problem"] and summary["not_judged"] == 1


class Cut(Exception):
    """The run was cut off."""


class Kept:
    """Parts that outlive a run, which is cut off after some of them."""

    def __init__(self, most: int) -> None:
        self.most, self.parts, self.restarts = most, dict[int, bytes](), 0

    async def kept(self) -> dict[int, bytes]:
        return dict(self.parts)

    async def restart(self, what: bytes) -> None:
        self.restarts += 1
        self.parts = {0: what}

    async def keep(self, number: int, content: bytes) -> None:
        if len(self.parts) > self.most:
            raise Cut
        self.parts[number] = content


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cases were judged together, each time; at most two are."""
    counts: list[int] = []
    group = module._group

    async def counted(asked: Any, together: Any, *more: Any) -> Any:
        counts.append(len(together))
        return await group(asked, together, *more)

    monkeypatch.setattr(module, "_group", counted)
    monkeypatch.setattr(batch, "AT_ONCE", 2)
    return counts


async def test_one_that_was_cut_off_goes_on_from_its_parts_to_the_same_bytes(
    call: Call, checks: Checks, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: dict[str, Json] = {"cases": features(*((of, row(of)) for of in LOTS))}
    parts = Kept(most=1)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    with pytest.raises(Cut):
        await PERMIT_CHECK_BATCH.run(replace(call, parts=parts), inputs)
    begun = len(judged)
    with psycopg.connect(checks.dsn, autocommit=True) as db:  # what is published meanwhile is of no concern to it
        db.execute("SELECT set_config('landmap.valid_from', (now() - interval '1 hour')::text, false)")
        db.execute("UPDATE land.zones SET far_max = far_max / 100")
        try:
            parts.most = 100
            outputs = await PERMIT_CHECK_BATCH.run(replace(call, parts=parts), inputs)
            again = len(judged) - begun
            other, _ = await run(call, inputs["cases"], datetime=json.loads(parts.parts[0])["at"])
        finally:
            db.execute("UPDATE land.zones SET far_max = far_max * 100")
    summary = cast("dict[str, Any]", outputs["summary"])
    assert (begun, again, parts.restarts) == (3, 3, 1)  # of four, of which one was kept
    pinned = {name: summary[name] for name in ("datetime", "knownAt")}
    whole = await PERMIT_CHECK_BATCH.run(call, inputs | pinned)
    assert outputs == whole
    assert list(csv.DictReader(io.StringIO(cast("Document", whole["results"]).content.decode()))) != other


async def test_parts_of_a_run_with_other_rights_are_not_gone_on_from(call: Call, judged: list[int]) -> None:
    inputs: dict[str, Json] = {"cases": features(*((of, row(of)) for of in LOTS[:3])), "datetime": checking.DAY}
    parts = Kept(most=100)
    first = await PERMIT_CHECK_BATCH.run(replace(call, parts=parts), inputs)
    begun = len(judged)
    assert await PERMIT_CHECK_BATCH.run(replace(call, parts=parts), inputs) == first
    assert (len(judged), parts.restarts) == (begun, 1)
    await PERMIT_CHECK_BATCH.run(replace(call, parts=parts, actor=Actor("x", Role.AUDITOR)), inputs)
    assert (len(judged), parts.restarts) == (2 * begun, 2)


async def test_what_is_finished_can_be_read_before_the_rest(call: Call, judged: list[int]) -> None:
    inputs: dict[str, Json] = {"cases": features(*((of, row(of)) for of in LOTS)), "datetime": checking.DAY}
    parts = Kept(most=2)
    with pytest.raises(Cut):
        await PERMIT_CHECK_BATCH.run(replace(call, parts=parts), inputs)
    assert PERMIT_CHECK_BATCH.partial is not None
    so_far = PERMIT_CHECK_BATCH.partial(parts.parts, call.actor).content.decode().splitlines()
    whole = cast("Document", (await PERMIT_CHECK_BATCH.run(call, inputs))["results"]).content.decode().splitlines()
    assert so_far[0] == whole[0] and 2 < len(so_far) < len(whole)
    assert [line for line in whole if line in so_far] == so_far
    assert PERMIT_CHECK_BATCH.partial({}, call.actor).content.decode().splitlines() == whole[:1]
    with pytest.raises(Forbidden, match="rights"):
        PERMIT_CHECK_BATCH.partial(parts.parts, replace(call.actor, reads=frozenset({"wards"})))


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ({"type": "FeatureCollection", "features": [{"id": "1", "properties": {"hight": 1}}]}, "no column of a case"),
        ({"type": "FeatureCollection", "features": [{"properties": {}}]}, "id"),
        ({"type": "FeatureCollection", "features": [{"id": "1", "properties": {}}] * 2}, "another one"),
        ({"type": "FeatureCollection", "features": [{"id": "1", "properties": {"height_m": "tall"}}]}, "a number"),
        ({"type": "FeatureCollection", "features": [{"id": "1", "properties": {"storeys": "nhiều"}}]}, "row 1"),
        ({"mediaType": "text/csv", "data": "%%%"}, "base64"),
        ({"mediaType": "text/csv", "data": base64.b64encode(b"id,wkt\n1,POINT").decode()}, "WKT"),
        ({"mediaType": "text/csv", "data": base64.b64encode(b"id,use\n1\n").decode()}, "cells"),
        ({"mediaType": "text/csv", "data": ""}, "send 1 to"),
        ({"mediaType": "application/vnd.apache.parquet", "data": base64.b64encode(b"PAR1").decode()}, "GeoParquet"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_place(call: Call, cases: Json, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        await run(call, cases)


async def test_what_becomes_of_the_buildings_that_stand_there_is_a_column(call: Call, checks: Checks) -> None:
    old = checking.whole(checking.rectangle(checking.NEXT[BIG], 20, 10, 10))
    checks.edit("buildings", [(UUID(int=(0x65 << 120) | 1), old, {"code": "A", "storeys": 2, "floor_area": 200.0})])
    fates = (None, "kept", "demolished", "included")
    rows, _ = await run(call, features(*((BIG, row(BIG, existing=fate)) for fate in fates)))
    for fate, found in zip(fates, rows, strict=True):
        one = await alone(call, of=BIG, existing=fate)
        assert found["verdict"] == one["verdict"]
        assert set(found["failed"].split()) == broken(one, "fail")
    assert len({row["missing"] for row in rows}) > 1  # it is asked for where it was not told


async def test_a_fate_that_there_is_not_is_refused_with_its_row(call: Call) -> None:
    with pytest.raises(InvalidParameter, match=r"existing \(row 2\)"):
        await run(call, features((GOOD, row(GOOD)), (GOOD, row(GOOD, existing="burned"))))


async def test_a_split_is_for_each_plot_that_results_and_not_for_a_batch_of_parcels(call: Call) -> None:
    rows, summary = await run(call, features((GOOD, row(GOOD)), (BIG, row(BIG, works="SPLIT"))))
    assert rows[0]["problem"] == "" and "each plot that results" in rows[1]["problem"]
    assert summary["cases"] == 2 and summary["not_judged"] == 1
