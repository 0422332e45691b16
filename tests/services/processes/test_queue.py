"""Jobs as their owners see them, and nobody else."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from uuid import uuid4

import orjson
import psycopg
import pytest

from gis.errors import NotFound, TooMany
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Catalog
from gis.store.jobs import Status, Wanted
from gis.store.keeper import Keeper
from services.dependencies import Services
from services.errors import problem_of
from services.metrics import Metrics, count_jobs
from services.processes.queue import dismiss, jobs_of, results, status, submit
from tests.services.processes.conftest import ORDER, Working, asked, key, read, settled

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID = re.compile(r"[0-9a-f]{8}[0-9a-f-]{28}")
HOLDER = Actor("key:aaaaaaaaaa", Role.VIEWER, "so-xd")
OTHERS = [Actor("key:bbbbbbbbbb", Role.VIEWER, "so-xd"), Actor("key:cccccccccc", Role.ADMIN), PUBLIC]


def limited(services: Services, **limits: int) -> Services:
    return replace(services, settings=services.settings.model_copy(update=limits))


@pytest.mark.parametrize("other", OTHERS, ids=[actor.id for actor in OTHERS])
async def test_a_job_is_there_for_its_owner_only(services: Services, db: psycopg.Connection, other: Actor) -> None:
    job = await asked(services, "echo", HOLDER)
    assert await status(services, HOLDER, job.id) == job
    for ask in (status, results, dismiss):
        with pytest.raises(NotFound) as refused:
            await ask(services, other, job.id)
        with pytest.raises(NotFound) as unknown:
            await ask(services, other, uuid4())
        assert ID.sub("", refused.value.en) == ID.sub("", unknown.value.en)
    assert await jobs_of(services, other, Wanted(HOLDER.id)) == []
    assert await jobs_of(services, HOLDER, Wanted(None)) == [job]
    assert read(db, job).status is Status.ACCEPTED


async def test_who_does_not_sign_in_reaches_a_job_by_its_id_and_is_told_of_none(
    services: Services, db: psycopg.Connection
) -> None:
    job = await asked(services, "echo")
    assert await status(services, PUBLIC, job.id) == job
    assert await jobs_of(services, PUBLIC, Wanted(None)) == []
    with pytest.raises(NotFound):
        await status(services, HOLDER, job.id)
    assert (await dismiss(services, PUBLIC, job.id)).status is Status.DISMISSED


async def test_one_key_has_so_many_jobs_on_their_way_and_others_have_theirs(
    services: Services, db: psycopg.Connection
) -> None:
    few = limited(services, jobs_of_caller=2)
    first = await asked(few, "echo", HOLDER)
    await asked(few, "echo", HOLDER)
    with pytest.raises(TooMany, match="2 jobs") as refused:
        await asked(few, "echo", HOLDER)
    problem = problem_of(refused.value)
    assert (problem.status, problem.retry_after) == (429, 30)
    await asked(few, "echo", OTHERS[0])
    await dismiss(few, HOLDER, first.id)
    await asked(few, "echo", HOLDER)


@pytest.mark.parametrize(
    ("addresses", "same"),
    [
        (("192.0.2.1", "192.0.2.1"), True),
        (("192.0.2.1", "192.0.2.2"), False),
        (("192.0.2.1", "::ffff:192.0.2.1"), True),
        (("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), True),
        (("2001:db8:1:2::1", "2001:db8:1:3::1"), False),
        ((None, "unix socket"), True),
    ],
)
async def test_who_does_not_sign_in_is_counted_by_address(
    services: Services, db: psycopg.Connection, addresses: tuple[str | None, str | None], same: bool
) -> None:
    few = limited(services, jobs_of_address=1)
    await submit(few, PUBLIC, addresses[0], ORDER, {"do": "echo"})
    if same:
        with pytest.raises(TooMany):
            await submit(few, PUBLIC, addresses[1], ORDER, {"do": "echo"})
    else:
        await submit(few, PUBLIC, addresses[1], ORDER, {"do": "echo"})


async def test_all_who_do_not_sign_in_have_so_many_together(services: Services, db: psycopg.Connection) -> None:
    few = limited(services, jobs_of_public=2)
    for number in range(2):
        await submit(few, PUBLIC, f"192.0.2.{number}", ORDER, {"do": "echo"})
    with pytest.raises(TooMany):
        await submit(few, PUBLIC, "192.0.2.9", ORDER, {"do": "echo"})
    await asked(few, "echo", HOLDER)


async def test_the_address_itself_is_kept_nowhere(services: Services, db: psycopg.Connection) -> None:
    await submit(services, PUBLIC, "192.0.2.77", ORDER, {"do": "echo"})
    await submit(replace(services, secret=b"another"), PUBLIC, "192.0.2.77", ORDER, {"do": "echo"})
    rows = db.execute("SELECT address, to_jsonb(j)::text FROM landmap.job j").fetchall()
    assert len({row[0] for row in rows}) == 2
    assert not [row for row in rows if "192.0.2" in row[1] or b"192" in row[0]]


async def test_what_is_submitted_and_dismissed_by_who_signed_in_is_on_record(
    services: Services, db: psycopg.Connection
) -> None:
    job = await asked(services, "echo", HOLDER, value="Nguyễn Văn Mật")
    await dismiss(services, HOLDER, job.id)
    await dismiss(services, HOLDER, job.id)
    rows = db.execute(
        "SELECT kind, actor, agency, action, detail FROM landmap.audit WHERE subject = %s ORDER BY number",
        (str(job.id),),
    ).fetchall()
    assert rows == [
        ("read", HOLDER.id, "so-xd", "job submitted", {"process": "stage"}),
        ("edit", HOLDER.id, "so-xd", "job dismissed", {"process": "stage"}),
    ]
    before = db.execute("SELECT count(*) FROM landmap.audit").fetchone()
    public = await asked(services, "echo")
    await dismiss(services, PUBLIC, public.id)
    assert db.execute("SELECT count(*) FROM landmap.audit").fetchone() == before


async def test_a_refused_job_leaves_nothing(services: Services, db: psycopg.Connection) -> None:
    before = db.execute("SELECT count(*) FROM landmap.audit").fetchone()
    few = limited(services, jobs_of_caller=1)
    await asked(few, "echo", HOLDER)
    with pytest.raises(TooMany):
        await asked(few, "echo", HOLDER)
    assert db.execute("SELECT count(*) FROM landmap.job").fetchone() == (1,)
    after = db.execute("SELECT count(*) FROM landmap.audit").fetchone()
    assert before and after and after[0] == before[0] + 1


async def test_a_dismissed_job_holds_nothing_of_what_was_asked_and_answered(
    services: Services, db: psycopg.Connection, working: Working, catalog: Catalog
) -> None:
    holder = key(db, catalog)
    job = await asked(services, "echo", holder, value="Nguyễn Văn Mật")
    async with working():
        await settled(db, job)
    assert (await results(services, holder, job.id))[1]
    assert (await dismiss(services, holder, job.id)).status is Status.DISMISSED
    again = await dismiss(services, holder, job.id)
    assert again.status is Status.DISMISSED
    assert db.execute("SELECT inputs FROM landmap.job WHERE id = %s", (job.id,)).fetchall() == [({},)]
    assert (await results(services, holder, job.id))[1] == {}
    kept = db.execute(
        "SELECT to_jsonb(j)::text FROM landmap.job j UNION ALL SELECT encode(content, 'escape') FROM landmap.job_output"
    ).fetchall()
    assert "Mật" not in orjson.dumps(kept).decode()


async def test_what_waits_and_runs_is_in_the_metrics(services: Services, db: psycopg.Connection) -> None:
    await asked(services, "echo", HOLDER)
    await asked(services, "echo", OTHERS[0])
    db.execute("UPDATE landmap.job SET created = now() - interval '90 seconds' WHERE owner = %s", (HOLDER.id,))
    assert await counted(services) == {"waiting": 2, "running": 0, "oldest": 90}
    db.execute("UPDATE landmap.job SET status = 'running', attempt = 1, started = now() WHERE owner = %s", (HOLDER.id,))
    assert await counted(services) == {"waiting": 1, "running": 1, "oldest": 0}


async def test_metrics_are_told_without_the_jobs_where_the_database_does_not_say(services: Services) -> None:
    nowhere = await Keeper.open("postgresql://landmap@/nowhere?host=/nowhere")
    found = await counted(replace(services, keeper=nowhere))
    assert all(math.isnan(value) for value in found.values())


async def counted(services: Services) -> dict[str, float]:
    metrics = Metrics()
    await count_jobs(metrics, services.keeper)
    values = dict(line.rsplit(" ", 1) for line in metrics.exposition().decode().splitlines() if "_job" in line)
    found = {state: float(values[f'landmap_jobs{{state="{state}"}}']) for state in ("waiting", "running")}
    oldest = float(values["landmap_oldest_job_seconds"])
    return {**found, "oldest": oldest if math.isnan(oldest) else oldest // 10 * 10}


async def test_an_owner_turns_the_pages_of_his_jobs(services: Services, db: psycopg.Connection) -> None:
    made = [(await asked(services, "echo", HOLDER)).id for _ in range(5)]
    wanted, found = Wanted(None, limit=2), []
    while page := await jobs_of(services, HOLDER, wanted):
        found += [job.id for job in page]
        wanted = replace(wanted, before=(page[-1].created, page[-1].id))
    assert found == made[::-1]
