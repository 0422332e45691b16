"""The worker keeps the indicators up with what is published, and everybody is told how they stand."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from gis.crs.transform import transform_geometries
from gis.errors import ConflictError
from gis.model.layer import Catalog
from gis.store.coverage import Declaration, declare
from gis.store.indicator_runs import ALL, COMPARED, Standing, alone, as_standing, standing_sql
from gis.store.keeper import Keeper
from services.app import create_app
from services.indicators.compute import Order, compute
from services.indicators.keeping import Behind, IndicatorKeeper, Pace, due
from services.processes.running import Workplace
from services.settings import Settings
from tests.services.conftest import calling
from tests.services.indicators.district import DAYS, OTHER, District, box, make_district, permit

AT_ONCE = Pace(quiet=0, rest=0)
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
PACE = Pace(quiet=30, longest=600, rest=9)


def standing(minutes_ago: float | None = None, first: float | None = None, last: float | None = None) -> Standing:
    """A run of ten seconds that ended so many minutes ago, and publications so many seconds ago."""
    ended = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    began = None if ended is None else ended - timedelta(seconds=10)
    changeset = None if ended is None else 7
    times = [None if ago is None else NOW - timedelta(seconds=ago) for ago in (first, last)]
    return Standing(changeset, changeset, None if ended is None else date(2026, 11, 1), began, ended, *times)


def ordered(counted: Standing, compared: Standing | None = None) -> Order | None:
    return due(Behind(counted, compared or counted), NOW, DAY, PACE)


def test_nothing_is_due_before_anything_was_published_or_after_all_was_read() -> None:
    assert ordered(standing()) is None
    assert ordered(standing(minutes_ago=60)) is None


def test_a_row_of_publications_is_waited_for_but_not_for_ever() -> None:
    assert ordered(standing(60, first=400, last=5)) is None
    assert ordered(standing(60, first=400, last=31)) is not None
    assert ordered(standing(60, first=601, last=1)) is not None


def test_after_a_computation_there_is_a_rest_in_proportion_to_it() -> None:
    assert ordered(standing(1, first=50, last=45)) is None  # ten seconds of work, ninety of rest
    assert ordered(standing(2, first=100, last=45)) is not None


def test_a_new_month_is_counted_though_nothing_was_published() -> None:
    assert ordered(replace(standing(60), newest=date(2026, 10, 1))) is not None


def test_buildings_are_compared_again_only_where_something_of_them_changed_and_it_was_done_before() -> None:
    changed, same = standing(60, first=100, last=45), standing(60)
    assert [order and order.surveys for order in (ordered(changed, changed), ordered(changed, same))] == [1, 0]
    assert (order := ordered(changed, replace(changed, surveyed=None))) and order.surveys == 0
    assert (order := ordered(standing(None, first=100, last=45))) and order.surveys == 1


@pytest.fixture
def district(make_database: Callable[..., str], catalog: Catalog) -> District:
    return make_district(make_database, catalog)


@asynccontextmanager
async def keeper(district: District, settings: Settings, pace: Pace = AT_ONCE) -> AsyncIterator[IndicatorKeeper]:
    hand = await Keeper.open(district.dsn)
    try:
        yield IndicatorKeeper(Workplace(district.dsn, district.catalog, settings, b"", hand, {}), pace)
    finally:
        await hand.close()


def publish_permits(district: District, first: int) -> None:
    """Three publications in a row, of four permits in each ward."""
    for number in range(3):
        ids = range(first + 10 * number, first + 10 * number + 8)
        rows = [permit(n, 450 if n % 2 else 10, "ISSUED", date(2026, 10, 5)) for n in ids]
        district.load("permits", rows)


def runs(district: District) -> int:
    with psycopg.connect(district.dsn) as db:
        row = db.execute("SELECT count(*) FROM landmap.indicator_run").fetchone()
    assert row is not None
    return int(row[0])


def staged(district: District) -> int:
    """Changesets of indicators that wait for an officer, and ones that are not whole."""
    with psycopg.connect(district.dsn) as db:
        row = db.execute("SELECT count(*) FROM landmap.stage WHERE state IN ('staged', 'loading')").fetchone()
    assert row is not None
    return int(row[0])


async def told(client: httpx.AsyncClient, indicator: str, **inputs: str) -> dict[str, object]:
    answer = await client.post(
        "/processes/indicators/execution",
        json={"inputs": {"indicator": indicator, **inputs}},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.asyncio
async def test_many_publications_make_one_computation_and_until_then_the_figures_are_said_to_be_behind(
    district: District, settings_for: Callable[..., Settings]
) -> None:
    settings = settings_for(district.dsn)
    app = create_app(settings)
    async with app.router.lifespan_context(app), calling(app) as client, keeper(district, settings) as at_work:
        none = await told(client, "permits_issued")
        assert (none["figures"], none["dates"]) == (None, [])
        assert "computed" not in (await client.get("/collections/indicators")).json()
        assert await at_work.once() is True
        assert await at_work.once() is None  # all that was published before is in it
        await asyncio.to_thread(publish_permits, district, 500)
        behind, parcels = await told(client, "permits_issued"), await told(client, "share_residential")
        assert isinstance(behind["figures"], dict)
        assert isinstance(parcels["figures"], dict)
        assert behind["figures"]["behind_since"] is not None
        assert parcels["figures"]["behind_since"] is None  # what it is made of has not changed
        assert any(str(note).startswith("The data have changed since ") for note in _list(behind["notes"]))
        collection = (await client.get("/collections/indicators")).json()["computed"]
        assert collection["behindSince"] is not None
        page = (await client.get("/collections/indicators", params={"f": "html", "lang": "en"})).text
        assert "The data have changed since" in page
        assert await at_work.once() is True
        after = await told(client, "permits_issued")
        assert isinstance(after["figures"], dict)
        assert after["figures"]["behind_since"] is None
        assert after["figures"]["data_version"] > behind["figures"]["data_version"]
        wards = {ward["code"]: ward for ward in _list(after["wards"])}
        assert abs(wards[OTHER]["value"] - 12) <= 2
        as_then = await told(client, "permits_issued", knownAt=str(behind["knownAt"]))
        assert (as_then["figures"] or {}).get("data_version") == behind["figures"]["data_version"]  # type: ignore[attr-defined]
    assert runs(district) == 2


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


@pytest.mark.asyncio
async def test_a_declaration_of_coverage_is_news_too(district: District, settings_for: Callable[..., Settings]) -> None:
    async with keeper(district, settings_for(district.dsn)) as at_work:
        assert await at_work.once() is True
        assert await at_work.once() is None
        with psycopg.connect(district.dsn, autocommit=True) as db:
            place = transform_geometries(np.array([box(400, 0, 200, 400)], dtype=object), 9210, 4326)[0]
            declare(
                db,
                district.catalog.layers["permits"],
                [Declaration(place, "complete", date(2026, 1, 1), "Sở Xây dựng")],
            )
        assert await at_work.once() is True


def test_days_that_were_published_are_counted_again_with_all_others(
    district: District, settings_for: Callable[..., Settings]
) -> None:
    settings = settings_for(district.dsn)
    compute(settings, district.dsn, district.catalog, Order(DAYS[:1], 0))
    again = compute(settings, district.dsn, district.catalog, Order(DAYS[2:], 0))
    assert again.days == (DAYS[0], *DAYS[2:])


def test_two_do_not_compute_at_the_same_time(district: District, settings_for: Callable[..., Settings]) -> None:
    with (
        psycopg.connect(district.dsn, autocommit=True) as other,
        alone(other, wait=True),
        pytest.raises(ConflictError, match="by somebody else"),
    ):
        compute(settings_for(district.dsn), district.dsn, district.catalog, Order(DAYS, 0, wait=False))
    assert runs(district) == 0
    compute(settings_for(district.dsn), district.dsn, district.catalog, Order(DAYS, 0, wait=False))
    assert runs(district) == 1


def test_a_computation_that_is_killed_leaves_nothing_and_is_done_again(
    district: District, settings_for: Callable[..., Settings]
) -> None:
    """It is killed while it waits for the publishing lock, with all that it counted in its hands."""
    settings = settings_for(district.dsn)
    plain = settings.model_copy(update={"database_url": None}).model_dump_json()  # it would be hidden
    program = f"""
from services.settings import Settings
from services.indicators.keeping import live
from services.indicators.compute import Order
from datetime import date
live(Settings.model_validate_json({plain!r}), {district.dsn!r}, Order((date(2026, 1, 1),), 0))
"""
    with psycopg.connect(district.dsn, autocommit=True) as db:
        with db.transaction():
            db.execute("SELECT landmap.open_changeset('an editor', 'who takes long')")
            process = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).resolve().parents[3])
            with psycopg.connect(district.dsn, autocommit=True) as watch:
                waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()"
                until = time.monotonic() + 60
                while watch.execute(waiting).fetchone() == (0,):
                    assert process.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert db.execute("SELECT count(*) FROM land_history.indicators").fetchone() == (0,)
    assert staged(district) == 0
    assert runs(district) == 0
    done = compute(settings, district.dsn, district.catalog, Order((date(2026, 1, 1),), 0))
    assert done.changeset is not None
    assert runs(district) == 1


def test_a_conflict_leaves_nothing_that_waits_for_an_officer(
    district: District, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis.store.publish._PATIENCE", 0.1)
    settings, order = settings_for(district.dsn), Order((date(2026, 1, 1),), 0)
    with psycopg.connect(district.dsn, autocommit=True) as db, db.transaction():
        db.execute("SELECT landmap.open_changeset('an editor', 'who takes long')")
        with pytest.raises(ConflictError, match="editing or publishing"):
            compute(settings, district.dsn, district.catalog, order)
    assert (staged(district), runs(district)) == (0, 0)
    assert compute(settings, district.dsn, district.catalog, order).changeset is not None
    assert compute(settings, district.dsn, district.catalog, order).changeset is None
    assert staged(district) == 0


@pytest.mark.asyncio
async def test_what_touched_only_hidden_rows_is_told_to_nobody_but_counted(
    district: District, settings_for: Callable[..., Settings]
) -> None:
    settings = settings_for(district.dsn)
    hidden = [permit(900, 10, "DRAFT", date(2026, 10, 5))]
    with psycopg.connect(district.dsn) as db:
        shown = db.execute("SELECT max(number) FROM landmap.changeset").fetchone()
    assert shown is not None
    await asyncio.to_thread(district.load, "permits", hidden)
    app = create_app(settings)
    async with app.router.lifespan_context(app), calling(app) as client, keeper(district, settings) as at_work:
        assert await at_work.once() is True
        before = await told(client, "permits_issued")
        collection = (await client.get("/collections/indicators")).json()["computed"]
        assert isinstance(before["figures"], dict)
        assert (before["figures"]["data_version"], collection["dataVersion"]) == (shown[0], shown[0])
        hidden = [permit(901, 10, "DRAFT", date(2026, 10, 5))]
        await asyncio.to_thread(district.load, "permits", hidden)
        assert (await told(client, "permits_issued"))["figures"] == before["figures"]
        assert await at_work.once() is True  # whether it matters is known only when it is counted
        assert (await told(client, "permits_issued"))["figures"] == before["figures"]
        assert (await told(client, "over_far"))["figures"]["behind_since"] is None  # type: ignore[index]
        assert (await client.get("/collections/indicators")).json()["computed"] == collection
    with psycopg.connect(district.dsn) as db:
        titles = db.execute("SELECT title FROM landmap.changeset WHERE title LIKE 'Chỉ số theo%'").fetchall()
    assert titles == [(f"Chỉ số theo phường, xã, dữ liệu đến lần cập nhật {shown[0]}",)]


async def behind(hand: Keeper) -> tuple[bool, bool]:
    """Something was said or published that is not counted; that buildings were not compared with."""
    async with hand.transaction() as work:
        counted, compared = (
            await work.rows(standing_sql(ALL)),
            await work.rows(standing_sql(COMPARED, of_buildings=True)),
        )
    return as_standing(counted[0]).first is not None, as_standing(compared[0]).first is not None


@pytest.mark.asyncio
async def test_declarations_concern_what_is_made_of_their_layer_until_it_is_made_anew(
    district: District, settings_for: Callable[..., Settings]
) -> None:
    settings = settings_for(district.dsn)

    def run(surveys: int) -> None:
        compute(settings, district.dsn, district.catalog, Order((DAY,), surveys))

    def say(layer: str) -> None:
        place = transform_geometries(np.array([box(400, 0, 200, 400)], dtype=object), 9210, 4326)[0]
        said = Declaration(place, "complete", date(2026, 1, 1), "Sở Xây dựng")
        with psycopg.connect(district.dsn, autocommit=True) as db:
            declare(db, district.catalog.layers[layer], [said])

    (other, *_) = [name for name in district.catalog.layers if name not in ALL]
    hand = await Keeper.open(district.dsn)
    try:
        await asyncio.to_thread(run, 1)
        say(other)
        assert await behind(hand) == (False, False)
        say("permits")
        assert await behind(hand) == (True, False)
        say("buildings")
        assert await behind(hand) == (True, True)
        await asyncio.to_thread(run, 0)
        assert await behind(hand) == (False, True)  # they were not compared
        await asyncio.to_thread(run, 1)
        assert await behind(hand) == (False, False)
    finally:
        await hand.close()


def test_more_surveys_than_days_are_all_days(district: District, settings_for: Callable[..., Settings]) -> None:
    compute(settings_for(district.dsn), district.dsn, district.catalog, Order(DAYS[1:3], 3))
    with psycopg.connect(district.dsn) as db:
        days = db.execute(
            "SELECT DISTINCT observed_on FROM land_history.indicators WHERE indicator = 'over_far' ORDER BY 1"
        ).fetchall()
    assert days == [(day,) for day in DAYS[1:3]]


@pytest.mark.asyncio
async def test_a_process_that_cannot_be_started_is_tried_again(
    district: District, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    again, loop = asyncio.Event(), asyncio.get_running_loop()

    class Full:
        """A machine without memory to spare."""

        def Process(self, *, name: str, **_: object) -> Full:
            tried.append(name)
            return self

        def start(self) -> None:
            if len(tried) > 1:
                loop.call_soon_threadsafe(again.set)
            raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("services.indicators.keeping._PROCESSES", Full())
    async with keeper(district, settings_for(district.dsn), replace(AT_ONCE, failed=0)) as at_work:
        task = asyncio.create_task(at_work.work())
        async with asyncio.timeout(20):
            await again.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(tried) >= 2
