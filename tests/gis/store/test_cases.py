"""Cases in the database: events in the order of commits, none lost, none changed; requests done once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
import pytest_asyncio
import shapely

from gis.errors import StoreError
from gis.model.access import Area, Decision
from gis.model.actor import Actor, Role
from gis.model.case import Advice, Asked, Case, Kind, NewEvent
from gis.model.case import Decision as Decided
from gis.model.deadline import Event, Outcome, Subject
from gis.model.layer import Catalog
from gis.model.verdict import Verdict
from gis.store import access
from gis.store.cases import (
    Wanted,
    case_of,
    case_sql,
    cases_sql,
    event_sql,
    events_sql,
    inside_sql,
    json_of,
    open_sql,
)
from gis.store.keeper import Keeper
from gis.store.kept_answers import Answer, Key, OtherRequestError, digest, earlier, keep
from gis.store.roles import login
from gis.store.sql import Sql

E0, N0, CRS = 603_700.0, 1_191_800.0, 9210
OFFICER = Actor("key:officer", Role.EDITOR, "phuong-a", owns=frozenset({"permits"}))
ALL = Decision((), True, None, "staff", "test")
WARD = Decision((), False, Area("phuong-a", "x"), "staff", "test")
HOUSE = Subject("MOI", "NEW", house=True)
INSIDE = Asked({"work": "NEW", "storeys": {"tang": 4}}, UUID(int=9), shapely.box(E0, N0, E0 + 5, N0 + 20))
OUTSIDE = Asked({"work": "NEW"}, None, shapely.box(E0 + 500, N0, E0 + 505, N0 + 20))
MONDAY = date(2026, 7, 6)


@pytest_asyncio.fixture
async def keeper(database: str, catalog: Catalog) -> AsyncIterator[Keeper]:
    with psycopg.connect(database, autocommit=True) as db:
        access.add_agency(db, "phuong-a", "Phường A", "tester")
        access.add_agency(db, "so-xd", "Sở Xây dựng", "tester")
        access.set_area(db, catalog, "phuong-a", shapely.box(E0 - 50, N0 - 50, E0 + 50, N0 + 50), "test", "tester")
    found = await Keeper.open(database)
    yield found
    await found.close()


def opening(asked: Asked = INSIDE) -> NewEvent:
    return NewEvent(0, Kind.OPENED, "RECEIVED", MONDAY, OFFICER, asked=asked)


def passing(seen: int, state: str, **more: Any) -> NewEvent:
    return NewEvent(seen, Kind.STATE, state, MONDAY, OFFICER, **more)


async def opened(keeper: Keeper, number: str = "H29-1", asked: Asked = INSIDE, agency: str = "phuong-a") -> UUID:
    async with keeper.transaction() as work:
        row = await work.row(open_sql(agency, number, HOUSE, OFFICER.id))
        assert row is not None
        found: UUID = row["id"]
        assert await work.row(event_sql(found, opening(asked), CRS)) is not None
    return found


async def added(keeper: Keeper, case: UUID, event: NewEvent) -> int | None:
    async with keeper.transaction() as work:
        row = await work.row(event_sql(case, event, CRS))
    return None if row is None else row["number"]


async def read(keeper: Keeper, case: UUID, by: Decision = ALL) -> Case | None:
    async with keeper.transaction() as work:
        row = await work.row(case_sql(case, by))
    return None if row is None else case_of(row)


async def listed(keeper: Keeper, by: Decision = ALL, **wanted: Any) -> list[Case]:
    async with keeper.transaction() as work:
        return [case_of(row) for row in await work.rows(cases_sql(Wanted(**({"limit": 100} | wanted)), by))]


async def test_a_case_is_what_its_events_made_of_it(keeper: Keeper) -> None:
    case = await opened(keeper)
    advice = Advice(
        Verdict.UNDETERMINED, "ab" * 32, datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 7, tzinfo=UTC), 5, "cd"
    )
    await added(keeper, case, NewEvent(1, Kind.CHECK, "RECEIVED", MONDAY, OFFICER, advice=advice))
    await added(keeper, case, passing(2, "IN_REVIEW"))
    decided = Decided(Outcome.REFUSED, Verdict.UNDETERMINED, departs=False)
    await added(keeper, case, passing(3, "REJECTED", reason="Thiếu bản vẽ", document="12/TB-UBND", decision=decided))
    found = await read(keeper, case)
    assert found is not None
    assert (found.number, found.state, found.version, found.subject) == ("H29-1", "REJECTED", 4, HOUSE)
    assert found.application == INSIDE.inputs and found.parcel == UUID(int=9)
    assert found.advice is not None and found.advice["verdict"] == "undetermined"
    assert found.decision == {"outcome": "refused", "verdict": "undetermined", "departs": False}
    assert found.events == tuple(Event(MONDAY, state) for state in ("RECEIVED", "IN_REVIEW", "REJECTED"))
    async with keeper.transaction() as work:
        rows = await work.rows(events_sql(case))
    assert [(row["version"], row["kind"], row["from_state"], row["state"]) for row in rows] == [
        (1, "opened", None, "RECEIVED"),
        (2, "check", "RECEIVED", "RECEIVED"),
        (3, "state", "RECEIVED", "IN_REVIEW"),
        (4, "state", "IN_REVIEW", "REJECTED"),
    ]
    assert rows[3]["reason"] == "Thiếu bản vẽ"
    assert json_of(rows[0]["application"]) == INSIDE.inputs


async def test_advice_on_other_inputs_is_no_advice_on_these(keeper: Keeper) -> None:
    case = await opened(keeper)
    advice = Advice(
        Verdict.CONFORMS, "ab" * 32, datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 7, tzinfo=UTC), 5, "cd"
    )
    await added(keeper, case, NewEvent(1, Kind.CHECK, "RECEIVED", MONDAY, OFFICER, advice=advice))
    await added(keeper, case, NewEvent(2, Kind.APPLICATION, "RECEIVED", MONDAY, OFFICER, asked=OUTSIDE))
    found = await read(keeper, case)
    assert found is not None
    assert (found.advice, found.parcel, found.application) == (None, None, {"work": "NEW"})


async def test_of_two_writers_on_one_case_one_is_told_that_it_came_too_late(keeper: Keeper) -> None:
    case = await opened(keeper)
    events = [passing(1, "IN_REVIEW"), passing(1, "NEED_MORE"), passing(1, "CANCELLED")]
    numbers = await asyncio.gather(*(added(keeper, case, event) for event in events))
    assert sorted(number is None for number in numbers) == [False, True, True]
    found = await read(keeper, case)
    assert found is not None and found.version == 2


async def test_one_agency_has_one_case_of_a_number(keeper: Keeper) -> None:
    case = await opened(keeper)
    async with keeper.transaction() as work:
        assert await work.row(open_sql("phuong-a", "H29-1", HOUSE, OFFICER.id)) is None
    assert [found.id for found in await listed(keeper, number="H29-1")] == [case]


async def test_events_are_never_changed_nor_taken_back(keeper: Keeper, database: str) -> None:
    case = await opened(keeper)
    for statement in (
        "UPDATE landmap.case_event SET reason = 'x'",
        "DELETE FROM landmap.case_event",
        "TRUNCATE landmap.case_event",
    ):
        with psycopg.connect(database) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)
    with psycopg.connect(database, **login(database, "landmap_keeper")) as hand:  # type: ignore[arg-type]
        for statement in ("UPDATE landmap.permit_case SET state = 'ISSUED'", "DELETE FROM landmap.permit_case"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                hand.execute(statement)
            hand.rollback()
    assert (await read(keeper, case)) is not None


@pytest.mark.parametrize("role", ["landmap_public", "landmap_staff", "landmap_writer"])
async def test_no_other_login_of_the_service_reads_cases(keeper: Keeper, database: str, role: str) -> None:
    await opened(keeper)
    with psycopg.connect(database, **login(database, role)) as other:  # type: ignore[arg-type]
        for table in ("permit_case", "case_event", "kept_answer"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(f"SELECT * FROM landmap.{table}")
            other.rollback()


async def test_an_agency_sees_its_own_cases_wherever_they_lie(keeper: Keeper) -> None:
    """Areas change; a case stays with the agency that has it."""
    outside = await opened(keeper, "H29-2", OUTSIDE)
    assert (await read(keeper, outside, WARD)) is not None
    assert [case.number for case in await listed(keeper, WARD)] == ["H29-2"]


async def test_a_bounded_agency_has_of_others_only_what_lies_in_its_area(keeper: Keeper) -> None:
    inside = await opened(keeper, agency="so-xd")
    outside = await opened(keeper, "H29-2", OUTSIDE, "so-xd")
    assert (await read(keeper, inside, WARD)) is not None
    assert (await read(keeper, outside, WARD)) is None
    assert [case.number for case in await listed(keeper, WARD)] == ["H29-1"]
    assert [case.number for case in await listed(keeper)] == ["H29-1", "H29-2"]
    async with keeper.transaction() as work:
        rows = [await work.row(inside_sql(asked.place, WARD, CRS)) for asked in (INSIDE, OUTSIDE)]
        free = await work.row(inside_sql(OUTSIDE.place, ALL, CRS))
    assert [row["inside"] for row in (*rows, free) if row is not None] == [True, False, True]


async def test_the_feed_has_each_case_once_where_it_changed_last(keeper: Keeper) -> None:
    first, second = await opened(keeper), await opened(keeper, "H29-2")
    page = await listed(keeper, limit=1)
    assert [case.id for case in page] == [first]
    await added(keeper, first, passing(1, "IN_REVIEW"))
    rest = await listed(keeper, after=page[-1].changed)
    assert [case.id for case in rest] == [second, first]
    assert await listed(keeper, after=rest[-1].changed) == []
    assert [case.id for case in await listed(keeper, since=rest[-1].changed_at)] == [first]
    assert [case.id for case in await listed(keeper, state="IN_REVIEW")] == [first]
    assert [case.id for case in await listed(keeper, number="H29-2")] == [second]


async def test_a_late_commit_is_not_lost_to_a_reader_who_has_seen_later_events(keeper: Keeper) -> None:
    """Whoever writes later waits for who writes first: no number is given before all below it are committed."""
    slow, fast = await opened(keeper), await opened(keeper, "H29-2")
    seen = (await listed(keeper))[-1].changed
    async with keeper.transaction() as work:
        await work.row(event_sql(slow, passing(1, "IN_REVIEW"), CRS))
        other = asyncio.create_task(added(keeper, fast, passing(1, "IN_REVIEW")))
        await asyncio.sleep(0.2)
        assert not other.done()
        assert await listed(keeper, after=seen) == []
    await other
    assert [case.id for case in await listed(keeper, after=seen)] == [slow, fast]


async def test_of_a_writer_that_is_killed_on_the_way_nothing_is_left(keeper: Keeper, database: str) -> None:
    case = await opened(keeper)
    key = Key("key:officer", "once", digest("x"), 24)
    with suppress(StoreError, asyncpg.PostgresError, OSError):
        async with keeper.transaction() as work:
            assert await earlier(work, key) is None
            await work.row(event_sql(case, passing(1, "IN_REVIEW"), CRS))
            row = await work.row(pid_sql())
            assert row is not None
            with psycopg.connect(database, autocommit=True) as owner:
                owner.execute("SELECT pg_terminate_backend(%s)", (row["pid"],))
            await work.row(pid_sql())
    found = await read(keeper, case)
    assert found is not None and found.version == 1
    async with keeper.transaction() as work:
        assert await earlier(work, key) is None  # done as if for the first time
        assert await work.row(event_sql(case, passing(1, "IN_REVIEW"), CRS)) is not None


def pid_sql() -> Sql:
    return Sql("SELECT pg_backend_pid() AS pid", ())


async def test_a_request_that_is_repeated_gets_the_first_answer(keeper: Keeper) -> None:
    key = Key("key:officer", "k1", digest("POST", {"b": 1, "a": 2}), 24)
    answer = Answer(201, {"ETag": '"1"'}, b'{"id": 1}')
    async with keeper.transaction() as work:
        assert await earlier(work, key) is None
        await keep(work, key, answer)
    async with keeper.transaction() as work:
        assert await earlier(work, Key(key.actor, key.key, digest("POST", {"a": 2, "b": 1}), 24)) == answer
        assert await earlier(work, Key("key:another", "k1", digest("other"), 24)) is None
    with pytest.raises(OtherRequestError):
        async with keeper.transaction() as work:
            await earlier(work, Key(key.actor, key.key, digest("POST", {"a": 3}), 24))


async def test_two_requests_with_one_key_at_once_do_the_work_once(keeper: Keeper) -> None:
    key = Key("key:officer", "k2", digest("x"), 24)
    done = []

    async def ask(number: int) -> Answer:
        async with keeper.transaction() as work:
            found = await earlier(work, key)
            if found is None:
                done.append(number)
                await asyncio.sleep(0.1)
                found = Answer(201, {}, str(number).encode())
                await keep(work, key, found)
            return found

    answers = await asyncio.gather(ask(1), ask(2), ask(3))
    assert len(done) == 1
    assert {answer.body for answer in answers} == {str(done[0]).encode()}


async def test_a_key_counts_for_its_time_and_no_longer(keeper: Keeper, database: str) -> None:
    key = Key("key:officer", "k3", digest("x"), 24)
    async with keeper.transaction() as work:
        await earlier(work, key)
        await keep(work, key, Answer(201, {}, b"old"))
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("UPDATE landmap.kept_answer SET at = at - interval '25 hours'")
    async with keeper.transaction() as work:
        assert await earlier(work, Key(key.actor, key.key, digest("another"), 24)) is None
