"""One row that the database does not take, or one error of another kind, holds up no other row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gis.store.audit import Entry, Kind, proved
from gis.store.keeper import Keeper
from gis.store.usage import Count, Counted
from services.auth import recording as writing
from services.auth.meter import Meter
from services.auth.recording import recording, write_down
from services.auth.trail import Trail
from tests.services.auth.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
TODAY = date(2026, 11, 22)
BAD: list[dict[str, Any]] = [
    {"detail": {"parameters": {"limit": "\0"}}},
    {"detail": {"parameters": {"limit": "\ud800"}}},
    {"detail": {"deep": 2**70}},
    {"subject": "a\0b"},
    {"actor": "\udcff" * 300},
    {"layer": "x\0"},
    {"action": "\0"},
    {"request_id": "\ud800"},
    {"status": 70_000},
    {"times": 2**31},
    {"times": 0},
    {"rows": 2**63},
    {"bytes": -(2**63) - 1},
]


@pytest.fixture(scope="module")
def dsn(make_database: Callable[..., str]) -> str:
    return make_database()


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection]:
    """With an empty record."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE landmap.audit DISABLE TRIGGER keep")
        connection.execute("TRUNCATE landmap.audit, landmap.usage")
        connection.execute("ALTER TABLE landmap.audit ENABLE TRIGGER keep")
        yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def keeper(dsn: str) -> AsyncIterator[Keeper]:
    found = await Keeper.open(dsn)
    yield found
    await found.close()


def entry(number: int, **changes: Any) -> Entry:
    return replace(Entry(NOON, Kind.READ, "key:abc", "items", layer="parcels", subject=f"s{number}"), **changes)


def meter() -> Meter:
    return Meter([], ZoneInfo("UTC"))


def waiting(entries: list[Entry]) -> Trail:
    trail = Trail()
    trail.put_back(entries)
    return trail


async def until(reached: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not reached in ten seconds")


@pytest.mark.parametrize("changes", BAD, ids=range(len(BAD)))
async def test_of_what_the_database_does_not_take_a_stub_is_written(
    keeper: Keeper, db: psycopg.Connection, changes: dict[str, Any]
) -> None:
    trail = waiting([entry(1), entry(2, **changes), entry(3)])
    await write_down(keeper, trail, meter())
    assert len(trail) == 0
    rows = db.execute(
        "SELECT subject, detail, layer IS NOT NULL, kind, at FROM landmap.audit ORDER BY number"
    ).fetchall()
    assert [row[0] for row in (rows[0], rows[2])] == ["s1", "s3"]
    assert rows[1][1:] == ({"unwritable": True}, True, "read", NOON)
    assert proved(db)[:2] == (None, 3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=st.lists(st.none() | st.sampled_from(BAD), max_size=40), at_once=st.integers(1, 16))
async def test_wherever_they_stand_all_others_are_written_once_in_their_order(
    keeper: Keeper, db: psycopg.Connection, bad: list[dict[str, Any] | None], at_once: int
) -> None:
    before = db.execute("SELECT coalesce(max(number), 0) FROM landmap.audit").fetchone()
    changed = [{**(changes or {}), "role": f"r{number}"} for number, changes in enumerate(bad)]
    trail = waiting(
        [entry(number, **{**one, "subject": f"{number}{one.get('subject', '')}"}) for number, one in enumerate(changed)]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "AT_ONCE", at_once)
        await write_down(keeper, trail, meter())
    assert len(trail) == 0
    found = db.execute(
        "SELECT role, detail ? 'unwritable' FROM landmap.audit WHERE number > %s ORDER BY number", before
    ).fetchall()
    assert found == [(f"r{number}", changes is not None) for number, changes in enumerate(bad)]


async def test_a_kind_that_no_table_knows_is_given_up_and_the_others_are_not(
    keeper: Keeper, db: psycopg.Connection
) -> None:
    trail = waiting([entry(1), entry(2, kind="unheard of"), entry(3)])
    with capture_logs() as logs:
        await write_down(keeper, trail, meter())
    assert (len(trail), len(logs)) == (0, 2)
    assert db.execute("SELECT subject FROM landmap.audit ORDER BY number").fetchall() == [("s1",), ("s3",)]


async def test_what_was_written_before_the_database_went_is_not_written_again(
    keeper: Keeper, dsn: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 2)
    trail = waiting([entry(number) for number in range(7)])
    hangs = "pg_sleep(CASE subject WHEN 's4' THEN 9 ELSE 0 END) IS NOT NULL"
    db.execute(f"ALTER TABLE landmap.audit ADD CONSTRAINT hangs CHECK ({hangs})")  # type: ignore[arg-type]
    impatient = await Keeper.open(dsn, statement_timeout_ms=300)
    await write_down(impatient, trail, meter())
    await impatient.close()
    db.execute("ALTER TABLE landmap.audit DROP CONSTRAINT hangs")
    left = trail.drain()
    assert [one.subject for one in left] == ["s4", "s5", "s6"]
    trail.put_back(left)
    await write_down(keeper, trail, meter())
    assert db.execute("SELECT subject, times FROM landmap.audit ORDER BY number").fetchall() == [
        (f"s{number}", 1) for number in range(7)
    ]


async def test_a_count_that_no_table_takes_holds_up_no_other(keeper: Keeper, db: psycopg.Connection) -> None:
    counted = meter()
    bad = {
        Counted(TODAY, "", "public", "", "huge", 2): Count(1, 2**63),
        Counted(TODAY, "", "\0", "", "items", 2): Count(1, 1),
        Counted(TODAY, "", "\ud800", "", "items", 2): Count(1, 1),
        Counted(TODAY, "", "public", "", "items", 70_000): Count(1, 1),
    }
    good = {Counted(TODAY, "", "public", "", f"c{number}", 2): Count(number, 1) for number in range(5)}
    counted.put_back(bad | good)
    await write_down(keeper, Trail(), counted)
    assert len(counted) == 0
    assert db.execute("SELECT channel, hits FROM landmap.usage ORDER BY channel").fetchall() == [
        (f"c{number}", number) for number in range(5)
    ]


async def test_an_error_of_another_kind_is_told_and_does_not_end_the_writing(
    keeper: Keeper, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail, counted = waiting([entry(1)]), meter()
    counted.put_back({Counted(TODAY, "", "public", "", "items", 2): Count(1, 1)})

    def broken(entries: list[Entry]) -> None:
        raise RuntimeError("of another kind")

    with capture_logs() as logs:
        async with recording(keeper, trail, counted, every=0.01):
            with monkeypatch.context() as patch:
                patch.setattr(writing, "append_sql", broken)
                await until(lambda: len(logs) >= 3)
                assert len(trail) == 1
                assert db.execute("SELECT count(*) FROM landmap.usage").fetchone() == (1,)
            await until(lambda: len(trail) == 0)
    assert {(log["event"], log["log_level"], log["exc_info"]) for log in logs} == {
        ("the audit cannot be written", "error", True)
    }
    assert db.execute("SELECT subject, times FROM landmap.audit").fetchall() == [("s1", 1)]


@pytest.mark.parametrize(
    "path",
    [
        "/audit?limit=%00",
        "/search?limit=%00&f=%00",
        "/collections/permits/changes?since=%00",
        "/collections/permits/tiles/WebMercatorQuad/%00/1/1",
        "/collections/%00/tiles/WebMercatorQuad/%ED%A0%80/1/1",
    ],
)
async def test_what_is_sent_with_a_key_cannot_stop_the_record(
    door: httpx.AsyncClient, guarded_app: FastAPI, guarded: Guarded, path: str
) -> None:
    """Routes without a handler of their own for OPTIONS answer it without reading the address."""
    headers = guarded.headers["viewer"] | {"X-Request-Id": "hostile"}
    assert (await door.request("OPTIONS", path, headers=headers)).status_code == 204
    services = guarded_app.state.services
    with capture_logs() as logs:
        await write_down(services.keeper, services.trail, meter())
    assert (len(services.trail), logs) == (0, [])
    with psycopg.connect(guarded.dsn) as db:
        assert db.execute(
            "SELECT detail ? 'unwritable' FROM landmap.audit WHERE request_id = 'hostile' ORDER BY number DESC LIMIT 1"
        ).fetchone() == (False,)
