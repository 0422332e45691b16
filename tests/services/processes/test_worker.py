"""Jobs run: once, on behalf of who asked as he is then, to an outcome that is his only; whatever happens on the way."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import psycopg
import pytest

from gis.errors import Forbidden
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.jobs import Status, as_job, claim_sql, dismiss_sql
from gis.store.runner import run
from services.dependencies import Services
from services.processes import child
from services.processes.dismissed import Dismissed
from services.processes.process import Document
from services.processes.queue import dismiss, results, status, submit
from tests.services.processes.conftest import ORDER, QUICK, Stage, Working, asked, key, read, settled, unlimited, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUER = "https://sso.test"


async def test_what_a_process_gives_is_the_result(services: Services, db: psycopg.Connection, working: Working) -> None:
    async with working():
        job = await asked(services, "echo", value=[1, {"a": "ă"}, None])
        done = await settled(db, job)
    assert (done.status, done.attempt, done.progress) == (Status.SUCCESSFUL, 1, 100)
    found, values = await results(services, PUBLIC, job.id)
    assert found == done
    assert values == {"out": {"times": 1, "value": [1, {"a": "ă"}, None]}, "file": Document("text/plain", b"\0 file")}


async def test_of_the_outputs_those_are_kept_that_were_wanted(
    services: Services, db: psycopg.Connection, working: Working
) -> None:
    async with working():
        job = await submit(services, PUBLIC, None, replace(ORDER, outputs={"file": "value"}), {"do": "echo"})
        await settled(db, job)
    assert (await results(services, PUBLIC, job.id))[1].keys() == {"file"}


async def test_a_job_is_heard_of_without_looking_for_it(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, poll=600)):
        for _ in range(3):
            assert (await settled(db, await asked(services, "echo"))).status is Status.SUCCESSFUL
    assert len(stage.begun) == 3


async def test_several_run_at_once_and_two_workers_never_run_one_twice(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    roomy = unlimited(services)
    jobs = [await asked(roomy, "echo", value=number) for number in range(20)]
    async with working(at_once=2), working(at_once=2):
        done = [await settled(db, job) for job in jobs]
    assert {(job.status, job.attempt) for job in done} == {(Status.SUCCESSFUL, 1)}
    assert len(stage.begun) == 20
    values = [(await results(services, PUBLIC, job.id))[1]["out"] for job in jobs]
    assert [value["value"] for value in values if isinstance(value, dict)] == list(range(20))


async def test_one_that_computes_holds_up_no_other(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, lease=2), at_once=2):
        blocked = await asked(services, "block")
        await until(stage.arrived.is_set)
        assert (await settled(db, await asked(services, "echo"))).status is Status.SUCCESSFUL
        held = (
            read(db, blocked).attempt,
            db.execute("SELECT due FROM landmap.job WHERE id = %s", (blocked.id,)).fetchone(),
        )
        await until(
            lambda: db.execute("SELECT due FROM landmap.job WHERE id = %s", (blocked.id,)).fetchone() != held[1]
        )
        stage.go.set()
        assert (await settled(db, blocked)).attempt == 1


async def test_progress_is_told_while_it_runs(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        job = await asked(services, "wait")
        await until(lambda: read(db, job).progress == 40)
        told = await status(services, PUBLIC, job.id)
        assert (told.status, told.message and told.message.en) == (Status.RUNNING, "at it")
        stage.go.set()
        assert (await settled(db, job)).status is Status.SUCCESSFUL


async def test_a_job_runs_for_its_owner_as_he_is_now(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage, catalog: Catalog
) -> None:
    holder = key(db, catalog)
    job = await asked(services, "echo", holder)
    access.set_layers(db, catalog, "so-xd", ["permits", "plans"], ["parcels"], "tester")
    async with working():
        await settled(db, job)
    (actor,) = stage.actors
    assert (actor.id, actor.role, actor.agency) == (holder.id, Role.VIEWER, "so-xd")
    assert actor.owns == {"permits", "plans"}


async def test_results_are_given_to_who_has_the_rights_still_with_which_the_job_ran(
    services: Services, db: psycopg.Connection, working: Working, catalog: Catalog
) -> None:
    holder = key(db, catalog)
    access.set_layers(db, catalog, "so-xd", ["permits"], ["parcels", "plans"], "tester")
    async with working():
        job = await settled(db, await asked(services, "echo", holder))
    before = await results(services, holder, job.id)
    assert before[1] and "" not in before[1]
    access.set_layers(db, catalog, "so-xd", ["permits"], ["plans"], "tester")
    with pytest.raises(Forbidden) as refused:
        await results(services, holder, job.id)
    assert "Submit it again" in refused.value.en and "Hãy gửi lại" in refused.value.vi
    assert (await status(services, holder, job.id)).status is Status.SUCCESSFUL  # that it ran is told still
    access.set_layers(db, catalog, "so-xd", ["permits"], ["parcels", "plans", "zones"], "tester")
    assert await results(services, holder, job.id) == before


async def test_results_without_word_of_the_rights_of_their_run_are_for_nobody_who_signed_in(
    services: Services, db: psycopg.Connection, working: Working, catalog: Catalog
) -> None:
    holder = key(db, catalog)
    async with working():
        mine, anybodys = [await settled(db, await asked(services, "echo", *who)) for who in ((holder,), ())]
    db.execute("DELETE FROM landmap.job_output WHERE name = ''")
    with pytest.raises(Forbidden):
        await results(services, holder, mine.id)
    assert (await results(services, PUBLIC, anybodys.id))[1]


@pytest.mark.parametrize(
    ("end", "word"),
    [
        ("UPDATE landmap.api_key SET revoked_at = now(), revoked_by = 'x'", "was revoked"),
        ("UPDATE landmap.api_key SET expires_at = now()", "has expired"),
        ("DELETE FROM landmap.api_key", "is not known"),
    ],
)
async def test_a_key_that_opens_nothing_any_more_opens_nothing_to_its_jobs(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage, catalog: Catalog, end: str, word: str
) -> None:
    holder = key(db, catalog)
    job = await asked(services, "echo", holder)
    db.execute(f"{end} WHERE id = %s", (holder.id.removeprefix("key:"),))  # type: ignore[arg-type]
    async with working():
        failed = await settled(db, job)
    assert failed.status is Status.FAILED
    assert failed.problem is not None
    assert (failed.problem["en"]["status"], word in failed.problem["en"]["detail"]) == (401, True)
    assert "gửi công việc" in failed.problem["vi"]["detail"]
    assert stage.begun == []


async def test_a_person_is_who_they_are_when_the_job_runs(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    def role(role: Role, subject: str) -> None:
        access.grant_role(db, (ISSUER, subject), "Lan", access.Grant(role, "so-xd", None), "tester")

    role(Role.EDITOR, "lan")
    role(Role.EDITOR, "minh")
    mine = await asked(services, "echo", Actor(f"{ISSUER} lan", Role.EDITOR, "so-xd"))
    other = await asked(services, "echo", Actor(f"{ISSUER} minh", Role.EDITOR, "so-xd"))
    role(Role.VIEWER, "lan")
    access.end_role(db, (ISSUER, "minh"), "tester")
    async with working():
        assert (await settled(db, mine)).status is Status.SUCCESSFUL
        assert (await settled(db, other)).status is Status.FAILED
    assert [(actor.id, actor.role) for actor in stage.actors] == [(f"{ISSUER} lan", Role.VIEWER)]


async def test_what_may_have_passed_is_tried_again(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        done = await settled(db, await asked(services, "busy"))
    assert (done.status, done.attempt, done.losses, stage.begun) == (Status.SUCCESSFUL, 2, 1, ["busy"] * 2)


async def test_what_does_not_pass_is_tried_a_few_times_and_told_without_its_inside(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        failed = await settled(db, await asked(services, "unavailable"))
    assert (failed.status, len(stage.begun)) == (Status.FAILED, QUICK.losses + 1)
    assert failed.problem is not None
    assert failed.problem["en"]["status"] == 503
    assert "secret" not in str(failed.problem)


async def test_a_pause_stands_between_tries(services: Services, db: psycopg.Connection, working: Working) -> None:
    async with working(replace(QUICK, backoff=600)):
        job = await asked(services, "busy")
        await until(lambda: read(db, job).losses == 1)
        pause = db.execute("SELECT due - clock_timestamp() > interval '9 minutes' FROM landmap.job").fetchone()
    assert (read(db, job).status, pause) == (Status.ACCEPTED, (True,))


@pytest.mark.parametrize(
    ("do", "code", "detail"), [("wrong", 400, "It is wrong."), ("broken", 500, "When you report it, give its id")]
)
async def test_what_the_inputs_or_the_process_cause_is_not_tried_again(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage, do: str, code: int, detail: str
) -> None:
    async with working():
        failed = await settled(db, await asked(services, do))
    assert (failed.status, failed.attempt, stage.begun) == (Status.FAILED, 1, [do])
    assert failed.problem is not None
    assert (failed.problem["en"]["status"], detail in failed.problem["en"]["detail"]) == (code, True)
    assert "secret" not in str(failed.problem)


@pytest.mark.parametrize("do", ["hang", "wait"])
async def test_a_job_that_takes_too_long_is_ended_and_not_tried_again(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage, do: str
) -> None:
    async with working(job_seconds=5):  # by then it runs on the slowest machine
        failed = await settled(db, await asked(services, do))
    assert failed.problem is not None
    assert (failed.problem["en"]["type"], failed.attempt) == ("urn:landmap:problem:job-timeout", 1)
    assert not alive(stage.pids[0])


async def test_a_run_that_never_pauses_is_ended_and_the_worker_goes_on(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(job_seconds=8):  # as long as a run may take to begin on the slowest machine
        late = await settled(db, await asked(services, "compute"))
        assert late.problem is not None
        assert (late.problem["en"]["type"], late.attempt) == ("urn:landmap:problem:job-timeout", 1)
        assert (await settled(db, await asked(services, "echo"))).status is Status.SUCCESSFUL
    assert not any(alive(pid) for pid in stage.pids)


async def test_a_dismissed_run_that_never_pauses_is_killed_alone(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, beat=600, lease=600), at_once=2):
        job, other = await asked(services, "compute"), await asked(services, "wait")
        await until(lambda: len(stage.begun) == 2 and stage.arrived.is_set())
        pid = stage.pids[stage.begun.index("compute")]
        await dismiss(services, PUBLIC, job.id)
        await until(lambda: not alive(pid))
        stage.go.set()
        assert (await settled(db, other)).status is Status.SUCCESSFUL
    assert read(db, job).status is Status.DISMISSED


async def test_a_run_that_is_killed_is_run_again_and_its_result_is_there_once(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        done = await settled(db, await asked(services, "die"))
    assert (done.status, done.attempt, done.losses, stage.begun) == (Status.SUCCESSFUL, 2, 1, ["die"] * 2)
    assert db.execute("SELECT count(*) FROM landmap.job_output").fetchone() == (3,)  # and its rights


async def test_the_run_after_one_that_was_killed_finds_its_parts_and_nothing_stays_of_them(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        done = await settled(db, await asked(services, "keep"))
    assert (done.status, done.attempt) == (Status.SUCCESSFUL, 2)
    assert stage.kept == ["{}", "{0: b'what', 1: b'part'}"]
    assert db.execute("SELECT count(*) FROM landmap.job_part").fetchone() == (0,)


async def test_a_run_that_takes_too_much_memory_fails_alone_and_is_not_tried_again(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(job_memory_megabytes=1_000):
        failed = await settled(db, await asked(services, "swallow"))
        assert (await settled(db, await asked(services, "echo"))).status is Status.SUCCESSFUL
    assert failed.problem is not None
    assert (failed.problem["en"]["type"], failed.attempt) == ("urn:landmap:problem:job-memory", 1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_dismissed_job_that_waits_is_never_run(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    job = await asked(services, "echo")
    await dismiss(services, PUBLIC, job.id)
    async with working():
        await settled(db, await asked(services, "busy"))
    assert stage.begun == ["busy"] * 2


@pytest.mark.parametrize("do", ["wait", "hang"])
async def test_a_dismissed_job_that_runs_stops_and_leaves_nothing(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage, do: str
) -> None:
    async with working(replace(QUICK, beat=600, lease=600)):  # it is told, and need not look
        job = await asked(services, do)
        await until(stage.arrived.is_set)
        await dismiss(services, PUBLIC, job.id)
        await until(lambda: not alive(stage.pids[0]))
    assert read(db, job).status is Status.DISMISSED
    assert (await results(services, PUBLIC, job.id))[1] == {}


async def test_a_run_that_was_told_nothing_learns_of_the_dismissal_when_it_tells_how_far_it_is(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, beat=600, lease=600)):
        job = await asked(services, "wait")
        await until(stage.arrived.is_set)
        run(db, dismiss_sql(job.id, None))
        await until(lambda: bool(stage.ended))
    assert (stage.ended, read(db, job).status) == (["Dismissed"], Status.DISMISSED)


async def test_a_run_that_was_dismissed_before_it_read_what_is_asked_is_given_nothing(
    services: Services, db: psycopg.Connection
) -> None:
    await asked(services, "echo")
    (job,) = map(as_job, run(db, claim_sql([ORDER.process], 600)))
    assert await child._inputs(services.keeper, job) == {"do": "echo"}
    run(db, dismiss_sql(job.id, None))
    with pytest.raises(Dismissed):
        await child._inputs(services.keeper, job)


async def test_results_that_come_after_the_dismissal_are_not_written(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working():
        job = await asked(services, "block")
        await until(stage.arrived.is_set)
        await dismiss(services, PUBLIC, job.id)
        stage.go.set()
    assert (read(db, job).status, stage.ended) == (Status.DISMISSED, [])
    assert db.execute("SELECT count(*) FROM landmap.job_output").fetchone() == (0,)


async def test_a_run_that_comes_back_late_does_not_overwrite_the_one_after_it(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, beat=600)):
        job = await asked(services, "block")
        await until(stage.arrived.is_set)
        db.execute("UPDATE landmap.job SET due = clock_timestamp()")
        async with working():
            done = await settled(db, job)
        stage.go.set()
    assert (done.status, done.attempt, done.losses) == (Status.SUCCESSFUL, 2, 1)
    assert read(db, job) == done
    out = (await results(services, PUBLIC, job.id))[1]["out"]
    assert isinstance(out, dict)
    assert out["times"] == 2
    assert len(stage.begun) == 2


async def test_a_worker_that_ends_gives_back_what_it_cannot_finish(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, patience=0.2)):
        job = await asked(services, "wait")
        await until(stage.arrived.is_set)
    back = read(db, job)
    assert (back.status, back.attempt, back.losses, alive(stage.pids[0])) == (Status.ACCEPTED, 1, 0, False)
    stage.go.set()
    async with working():
        done = await settled(db, job)
    assert (done.status, done.attempt, done.losses) == (Status.SUCCESSFUL, 2, 0)


async def test_a_worker_that_ends_finishes_what_is_almost_done(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    async with working(replace(QUICK, patience=30)) as worker:
        job = await asked(services, "wait")
        await until(stage.arrived.is_set)
        worker.end()
        later = await asked(services, "echo")
        stage.go.set()
    assert (read(db, job).status, read(db, later).status) == (Status.SUCCESSFUL, Status.ACCEPTED)


async def test_a_job_whose_workers_die_again_and_again_is_given_up(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    job = await asked(services, "echo")
    db.execute(
        """UPDATE landmap.job SET status = 'running', attempt = %s, losses = %s, started = now(), due = now()""",
        (QUICK.losses + 1, QUICK.losses),
    )
    async with working():
        failed = await settled(db, job)
    assert failed.problem is not None
    assert (failed.problem["en"]["type"], stage.begun) == ("urn:landmap:problem:job-lost", [])


async def test_the_worker_deletes_what_is_too_old(services: Services, db: psycopg.Connection, working: Working) -> None:
    async with working():
        old, new = await asked(services, "echo"), await asked(services, "echo")
        await settled(db, old)
        await settled(db, new)
    db.execute("UPDATE landmap.job SET updated = now() - interval '100 days' WHERE id = %s", (old.id,))
    async with working():
        await until(lambda: db.execute("SELECT count(*) FROM landmap.job").fetchone() == (1,))
    assert read(db, new).status is Status.SUCCESSFUL


async def test_a_worker_waits_for_a_database_that_is_gone_for_a_while(
    services: Services, db: psycopg.Connection, working: Working, stage: Stage
) -> None:
    """All its connections are cut, in the middle of a run and again and again."""
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'landmap_keeper' AND datname = current_database()"
    async with working(replace(QUICK, poll=0.05)):
        job = await asked(services, "block")
        await until(stage.arrived.is_set)
        for _ in range(5):
            db.execute(cut)
            await asyncio.sleep(0.1)
        stage.go.set()
        done = await settled(db, job)
        assert (done.status, done.attempt) == (Status.SUCCESSFUL, 1)
        assert (await settled(db, await asked(services, "echo"))).status is Status.SUCCESSFUL
