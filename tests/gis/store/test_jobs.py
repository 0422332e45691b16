"""Jobs in the database: whatever comes in whatever order, one run at a time has a job, and only the last one writes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.conninfo import make_conninfo

from gis.errors import Unstorable
from gis.model.layer import Text
from gis.store.jobs import (
    CHANNEL,
    Content,
    Job,
    Limits,
    Order,
    Status,
    Wanted,
    again_sql,
    as_inputs,
    as_job,
    beat_sql,
    claim_sql,
    dismiss_sql,
    expire_sql,
    fail_sql,
    finish_sql,
    forget_sql,
    inputs_sql,
    job_sql,
    keep_sql,
    list_sql,
    outputs_sql,
    progress_sql,
    state_sql,
    submit_sql,
    turn_sql,
)
from gis.store.roles import LOGINS
from gis.store.runner import run
from gis.store.sql import Sql
from tests.gis.store.conftest import table

ORDER = Order("echo", None, "raw", "http://land.test", "vi")
INPUTS = {"a": [1, 2.5, "ă"]}
MANY = Limits(100, 100, 100)
PROBLEM = {"vi": {"status": 500}, "en": {"status": 500}}


@pytest.fixture
def keeper(database: str) -> Iterator[psycopg.Connection]:
    """As the service writes them."""
    with psycopg.connect(make_conninfo(database, user="landmap_keeper"), autocommit=True) as connection:
        yield connection


def one(connection: psycopg.Connection, sql: Sql) -> Job | None:
    rows = run(connection, sql)
    return as_job(rows[0]) if rows else None


def submit(
    connection: psycopg.Connection,
    owner: str = "key:abc",
    address: bytes | None = None,
    limits: Limits = MANY,
    order: Order = ORDER,
) -> Job | None:
    with connection.transaction():
        run(connection, turn_sql())
        return one(connection, submit_sql(order, INPUTS, owner, address, limits))


def submitted(connection: psycopg.Connection, owner: str = "key:abc", **more: Any) -> Job:
    job = submit(connection, owner, **more)
    assert job is not None
    return job


def claim(connection: psycopg.Connection, lease: float = 600) -> Job | None:
    return one(connection, claim_sql(["echo"], lease))


def claimed(connection: psycopg.Connection) -> Job:
    job = claim(connection)
    assert job is not None
    return job


def read(connection: psycopg.Connection, job: Job) -> Job:
    found = one(connection, job_sql(job.id, None))
    assert found is not None
    return found


def finish(connection: psycopg.Connection, job: Job, contents: list[Content]) -> bool:
    with connection.transaction():
        done = bool(run(connection, finish_sql(job, sum(len(c.content) for c in contents))))
        if done:
            run(connection, keep_sql(job, contents))
    return done


def lapse(owner: psycopg.Connection, job: Job) -> None:
    owner.execute("UPDATE landmap.job SET due = clock_timestamp() - interval '1 second' WHERE id = %s", (job.id,))


def test_a_job_is_read_as_it_was_submitted_run_and_done(keeper: psycopg.Connection) -> None:
    job = submitted(keeper, order=replace(ORDER, outputs={"x": "value"}))
    assert (job.status, job.attempt, job.progress, job.owner) == (Status.ACCEPTED, 0, 0, "key:abc")
    assert job.order.outputs == {"x": "value"}
    assert not run(keeper, inputs_sql(job))  # nobody runs it
    mine = claimed(keeper)
    assert [as_inputs(row) for row in run(keeper, inputs_sql(mine))] == [INPUTS]
    assert (mine.id, mine.status, mine.attempt) == (job.id, Status.RUNNING, 1)
    assert run(keeper, progress_sql(mine, 40, Text("đang đọc", "reading")))
    assert run(keeper, progress_sql(mine, 30, Text("đang ghi", "writing")))
    now = read(keeper, job)
    assert (now.progress, now.message) == (40, Text("đang ghi", "writing"))
    assert finish(keeper, mine, [Content("x", None, b"[1]"), Content("f", "application/pdf", b"\0%PDF")])
    done = read(keeper, job)
    assert (done.status, done.progress, done.message) == (Status.SUCCESSFUL, 100, None)
    assert done.created <= (done.started or done.created) <= (done.finished or done.created) == done.updated
    found = [(row["name"], row["media_type"], bytes(row["content"])) for row in run(keeper, outputs_sql(job.id))]
    assert found == [("f", "application/pdf", b"\0%PDF"), ("x", None, b"[1]")]


def test_a_run_begins_and_ends_when_the_job_was_last_written(keeper: psycopg.Connection) -> None:
    for number in range(200):  # two looks at a clock differ now and then, and by a microsecond
        submitted(keeper, f"key:{number}")
    while (job := claim(keeper)) is not None:
        assert job.started == job.updated
        if job.owner.endswith("7"):
            assert run(keeper, dismiss_sql(job.id, job.owner))
        elif job.owner.endswith("5"):
            assert run(keeper, fail_sql(job, PROBLEM))
        else:
            assert finish(keeper, job, [])
        over = read(keeper, job)
        assert over.finished == over.updated


def test_many_who_claim_at_the_same_time_get_each_job_once(database: str, keeper: psycopg.Connection) -> None:
    jobs = {submitted(keeper, f"key:{number % 3}").id for number in range(24)}
    start = Barrier(6)

    def work() -> list[UUID]:
        found = []
        with psycopg.connect(make_conninfo(database, user="landmap_keeper"), autocommit=True) as connection:
            start.wait()
            while (job := claim(connection)) is not None:
                found.append(job.id)
        return found

    with ThreadPoolExecutor(6) as workers:
        each = [future.result() for future in [workers.submit(work) for _ in range(6)]]
    taken = [taken for one_of_them in each for taken in one_of_them]
    assert len(taken) == len(jobs)
    assert set(taken) == jobs


def test_many_who_submit_at_the_same_time_stay_within_the_limit(database: str) -> None:
    start, limits = Barrier(8), Limits(5, 5, 5)

    def ask(_: int) -> bool:
        with psycopg.connect(make_conninfo(database, user="landmap_keeper"), autocommit=True) as connection:
            start.wait()
            return submit(connection, limits=limits) is not None

    with ThreadPoolExecutor(8) as callers:
        assert sum(callers.map(ask, range(8))) == 5


def test_limits_hold_for_each_owner_for_an_address_and_for_all_addresses_together(keeper: psycopg.Connection) -> None:
    limits = Limits(owner=1, address=2, public=3)
    here, there, elsewhere = b"here", b"there", b"elsewhere"
    assert submit(keeper, "key:a", limits=limits)
    assert submit(keeper, "key:a", limits=limits) is None
    assert submit(keeper, "key:b", limits=limits)
    assert all(submit(keeper, "public", here, limits) for _ in range(2))
    assert submit(keeper, "public", here, limits) is None
    assert submit(keeper, "public", there, limits)
    assert submit(keeper, "public", elsewhere, limits) is None
    first = claimed(keeper)
    assert submit(keeper, first.owner, here if first.owner == "public" else None, limits) is None  # what runs counts
    while (job := claim(keeper)) is not None:
        finish(keeper, job, [])
    finish(keeper, first, [])
    assert submit(keeper, "key:a", limits=limits)
    assert submit(keeper, "public", here, limits)


def test_owners_take_turns_and_the_public_is_one_of_them(keeper: psycopg.Connection) -> None:
    for number in range(3):
        submitted(keeper, "key:busy")
        submitted(keeper, "public", address=b"%d" % number)
    submitted(keeper, "key:late")
    order = []
    while (job := claim(keeper)) is not None:
        order.append(job.owner)
        finish(keeper, job, [])
    assert order == ["key:busy", "public", "key:late", "key:busy", "public", "key:busy", "public"]


def test_a_worker_takes_no_job_of_a_process_that_it_does_not_know(keeper: psycopg.Connection) -> None:
    submitted(keeper)
    assert one(keeper, claim_sql(["other"], 60)) is None
    assert one(keeper, claim_sql([], 60)) is None
    assert claim(keeper)


def test_an_address_is_forgotten_when_the_job_is_over(keeper: psycopg.Connection) -> None:
    for number in range(3):
        submitted(keeper, "public", address=b"%d" % number)
    finish(keeper, claimed(keeper), [])
    run(keeper, fail_sql(claimed(keeper), PROBLEM))
    (left,) = run(keeper, Sql("SELECT id FROM landmap.job WHERE address IS NOT NULL", ()))
    run(keeper, dismiss_sql(left["id"], "public"))
    assert run(keeper, Sql("SELECT FROM landmap.job WHERE address IS NOT NULL", ())) == []


def test_nothing_is_left_of_a_dismissed_job_but_that_it_was(keeper: psycopg.Connection) -> None:
    job = submitted(keeper)
    finish(keeper, claimed(keeper), [Content("x", None, b"1")])
    assert one(keeper, dismiss_sql(job.id, "key:other")) is None
    assert read(keeper, job).status is Status.SUCCESSFUL
    with keeper.transaction():
        dismissed = one(keeper, dismiss_sql(job.id, "key:abc"))
        run(keeper, forget_sql(job.id))
    assert dismissed is not None
    assert dismissed.status is Status.DISMISSED
    assert run(keeper, Sql("SELECT inputs::text FROM landmap.job WHERE id = $1::uuid", (job.id,))) == [{"inputs": "{}"}]
    assert run(keeper, outputs_sql(job.id)) == []
    assert one(keeper, dismiss_sql(job.id, "key:abc")) is None


def test_who_waits_is_told_of_new_jobs_and_of_dismissed_ones(database: str, keeper: psycopg.Connection) -> None:
    with psycopg.connect(make_conninfo(database, user="landmap_keeper"), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        job = submitted(keeper)
        run(keeper, forget_sql(job.id))
        mine = claimed(keeper)
        run(keeper, again_sql(mine, 0, lost=False))
        told = [notice.payload for notice in listener.notifies(timeout=5, stop_after=3)]
    assert told == ["", str(job.id), ""]


def test_jobs_of_an_owner_are_listed_in_pages_without_gaps(keeper: psycopg.Connection) -> None:
    jobs = [submitted(keeper, "key:a").id for _ in range(7)]
    submitted(keeper, "key:b")
    found: list[UUID] = []
    wanted = Wanted("key:a", limit=3)
    while page := [as_job(row) for row in run(keeper, list_sql(wanted))]:
        found += [job.id for job in page]
        wanted = replace(wanted, before=(page[-1].created, page[-1].id))
    assert found == jobs[::-1]
    assert len(run(keeper, list_sql(Wanted(None)))) == 8


def test_the_list_is_narrowed_by_process_state_time_and_duration(
    db: psycopg.Connection, keeper: psycopg.Connection
) -> None:
    waiting, short, long = (submitted(keeper) for _ in range(3))
    for job, seconds, age in ((short, 5, 10), (long, 500, 20)):
        db.execute(
            """UPDATE landmap.job SET status = 'successful', due = NULL, attempt = 1, created = now() - %s * interval '1 day',
               started = now() - %s * interval '1 second', finished = now() WHERE id = %s""",
            (age, seconds, job.id),
        )
    now = datetime.now(UTC)
    for narrowed, expected in (
        ({"statuses": [Status.ACCEPTED]}, {waiting.id}),
        ({"statuses": [Status.ACCEPTED, Status.SUCCESSFUL]}, {waiting.id, short.id, long.id}),
        ({"processes": ["other"]}, set()),
        ({"processes": ["echo", "other"]}, {waiting.id, short.id, long.id}),
        ({"since": now - timedelta(days=15)}, {waiting.id, short.id}),
        ({"until": now - timedelta(days=15)}, {long.id}),
        ({"shortest": 60.0}, {long.id}),
        ({"longest": 60.0}, {short.id}),
    ):
        found = {row["id"] for row in run(keeper, list_sql(Wanted("key:abc", **narrowed)))}  # type: ignore[arg-type]
        assert found == expected, narrowed


def test_old_jobs_go_and_of_too_many_results_the_publics_go_first(
    db: psycopg.Connection, keeper: psycopg.Connection
) -> None:
    old, held, runs, public, mine = (
        submitted(keeper, owner, address=b"x" if owner == "public" else None)
        for owner in ("key:a", "key:b", "key:c", "public", "key:d")
    )
    db.execute(
        "UPDATE landmap.job SET status = 'successful', due = NULL, address = NULL, finished = now(), bytes = 5000 WHERE id = ANY(%s)",
        ([old.id, public.id, mine.id],),
    )
    db.execute(
        "UPDATE landmap.job SET status = 'running', attempt = 1, started = now(), due = now() + interval '1 hour' WHERE id = %s",
        (runs.id,),
    )
    db.execute(
        "UPDATE landmap.job SET updated = now() - interval '3 hours' WHERE id = ANY(%s)", ([old.id, held.id, runs.id],)
    )
    gone = {row["id"] for row in run(keeper, expire_sql(2, 1_000_000))}
    assert gone == {old.id, held.id}
    assert {row["id"] for row in run(keeper, expire_sql(2, 12_000))} == set()
    assert {row["id"] for row in run(keeper, expire_sql(2, 7_000))} == {public.id}


def test_results_go_with_their_job(db: psycopg.Connection, keeper: psycopg.Connection) -> None:
    submitted(keeper)
    finish(keeper, claimed(keeper), [Content("x", None, b"1")])
    db.execute("UPDATE landmap.job SET updated = now() - interval '3 hours'")
    assert len(run(keeper, expire_sql(2, 1_000_000))) == 1
    assert table(db, "SELECT count(*) FROM landmap.job_output") == [(0,)]


def test_what_waits_and_runs_is_counted(keeper: psycopg.Connection) -> None:
    assert run(keeper, state_sql()) == [{"waiting": 0, "running": 0, "oldest": 0.0}]
    for _ in range(3):
        submitted(keeper)
    claimed(keeper)
    (state,) = run(keeper, state_sql())
    assert (state["waiting"], state["running"]) == (2, 1)
    assert 0 < state["oldest"] < 600


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(Unstorable):
        submit_sql(ORDER, {"a": object()}, "key:a", None, MANY)


@pytest.mark.parametrize("role", LOGINS)
def test_the_keeper_alone_sees_jobs(db: psycopg.Connection, role: str) -> None:
    for name in ("landmap.job", "landmap.job_output"):
        for right in ("SELECT", "INSERT", "DELETE"):
            allowed = role == "landmap_keeper"
            assert table(db, "SELECT has_table_privilege(%s, %s, %s)", role, name, right) == [(allowed,)]
            if right != "DELETE":
                assert table(db, "SELECT has_any_column_privilege(%s, %s, %s)", role, name, right) == [(allowed,)]
    fixed = ("id", "process", "owner", "created")
    for name in fixed:
        assert table(db, "SELECT has_column_privilege(%s, 'landmap.job', %s, 'UPDATE')", role, name) == [(False,)]


@dataclass
class Known:
    """What is to be so of a job."""

    status: Status
    due: bool
    attempt: int = 0
    losses: int = 0
    results: bool = False


class Jobs(RuleBasedStateMachine):
    """Submits, claims, ends and dismisses in any order, with the tokens of runs that are long over too."""

    owner: psycopg.Connection
    keeper: psycopg.Connection

    @initialize()
    def empty(self) -> None:
        self.owner.execute("TRUNCATE landmap.job CASCADE")
        self.known: dict[UUID, Known] = {}
        self.runs: list[Job] = []

    @rule()
    def submit(self) -> None:
        job = submitted(self.keeper)
        self.known[job.id] = Known(Status.ACCEPTED, due=True)

    @rule()
    def claim(self) -> None:
        job = claim(self.keeper)
        due = {number for number, known in self.known.items() if known.due}
        if job is None:
            assert not due
            return
        known = self.known[job.id]
        assert job.id in due
        assert job.attempt == known.attempt + 1
        lost = known.status is Status.RUNNING
        assert job.losses == known.losses + lost
        self.known[job.id] = Known(Status.RUNNING, due=False, attempt=job.attempt, losses=job.losses)
        self.runs.append(job)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def lapse(self, data: st.DataObject) -> None:
        """Nothing was heard of the run, or its pause is over."""
        job = data.draw(st.sampled_from(self.runs))
        known = self.known[job.id]
        if known.status.open:
            lapse(self.owner, job)
            known.due = True

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), what=st.sampled_from(["beat", "progress", "finish", "fail", "again", "back"]))
    def tell(self, data: st.DataObject, what: str) -> None:
        """A run, perhaps one of long ago, says something."""
        job = data.draw(st.sampled_from(self.runs))
        known = self.known[job.id]
        mine = known.status is Status.RUNNING and known.attempt == job.attempt
        assert self._said(job, what) is mine
        if not mine:
            return
        if what == "beat":
            known.due = False
        elif what == "finish":
            known.status, known.due, known.results = Status.SUCCESSFUL, False, True
        elif what == "fail":
            known.status, known.due = Status.FAILED, False
        elif what in ("again", "back"):
            known.status, known.due = Status.ACCEPTED, what == "back"
            known.losses += what == "again"

    def _said(self, job: Job, what: str) -> bool:
        if what == "finish":
            return finish(self.keeper, job, [Content("attempt", None, b"%d" % job.attempt)])
        sql = {
            "beat": beat_sql(job, 600),
            "progress": progress_sql(job, 50, Text("a", "b")),
            "fail": fail_sql(job, PROBLEM),
            "again": again_sql(job, 600, lost=True),
            "back": again_sql(job, 0, lost=False),
        }[what]
        return bool(run(self.keeper, sql))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def dismiss(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from([*self.known]))  # by age: ids are random
        known = self.known[chosen]
        with self.keeper.transaction():
            found = run(self.keeper, dismiss_sql(chosen, "key:abc"))
            run(self.keeper, forget_sql(chosen))
        assert bool(found) is (known.status is not Status.DISMISSED)
        known.status, known.due, known.results = Status.DISMISSED, False, False

    @invariant()
    def all_is_as_it_is_to_be(self) -> None:
        rows = run(
            self.keeper,
            Sql("SELECT id, status, due <= clock_timestamp() IS TRUE AS due, attempt, losses FROM landmap.job", ()),
        )
        assert {row["id"]: (row["status"], row["due"], row["attempt"], row["losses"]) for row in rows} == {
            job: (k.status, k.due, k.attempt, k.losses) for job, k in self.known.items()
        }
        kept = run(self.keeper, Sql("SELECT job, content FROM landmap.job_output", ()))
        assert {row["job"]: int(bytes(row["content"])) for row in kept} == {
            job: k.attempt for job, k in self.known.items() if k.results
        }


def test_whatever_comes_in_whatever_order_only_the_last_run_writes_and_once(
    db: psycopg.Connection, keeper: psycopg.Connection
) -> None:
    machine = type("Bound", (Jobs,), {"owner": db, "keeper": keeper})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
