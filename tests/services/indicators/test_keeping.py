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
from gis.store.indicator_runs import Standing, alone
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
    assert runs(district) == 0
    done = compute(settings, district.dsn, district.catalog, Order((date(2026, 1, 1),), 0))
    assert done.changeset is not None
    assert runs(district) == 1
