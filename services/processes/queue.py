"""Jobs as their owners see them: submitted, looked at, dismissed. Nobody else learns that one is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson

from gis.errors import NoSuchJob, TooMany
from gis.model.actor import PUBLIC, Actor
from gis.store.audit import Entry, Kind, append_sql
from gis.store.job_calls import JobCall, as_job_call, calls_sql, calls_wanted_sql
from gis.store.job_parts import parts_sql
from gis.store.jobs import (
    Content,
    Job,
    Limits,
    Order,
    Wanted,
    as_job,
    dismiss_sql,
    forget_sql,
    job_sql,
    list_sql,
    outputs_sql,
    submit_sql,
    turn_sql,
)
from gis.store.pools import Row, Transaction
from services.auth.address import hidden
from services.auth.identify import owner_now
from services.dependencies import Services
from services.processes.process import Document, Json, Value
from services.processes.rights import granted
from services.settings import Settings


async def submit(
    services: Services,
    actor: Actor,
    address: str | None,
    order: Order,
    inputs: Mapping[str, Json],
    calls: Mapping[str, str] | None = None,
) -> Job:
    """A new job of `actor`, for whom it will run; inputs are as their schemas say. `address`: where the request came from
    (None: not known), which counts where nobody signed in, and is not kept in clear. `calls`: addresses that were checked,
    by the events (`gis.store.job_calls`) of which they are told.

    Raises TooMany where as many of its jobs wait and run as may, Busy, DatabaseUnavailable.
    """
    settings = services.settings
    limits = Limits(settings.jobs_of_caller, settings.jobs_of_address, settings.jobs_of_public)
    counted = hidden(services.secret, b"job address", address) if actor == PUBLIC else None
    async with services.keeper.transaction() as work:
        await work.row(turn_sql())
        row = await work.row(submit_sql(order, inputs, actor.id, counted, limits))
        if row is None:
            raise _too_many(actor, settings)
        job = as_job(row)
        if calls:
            await work.rows(calls_wanted_sql(job.id, calls))
        await _record(work, actor, job, Kind.READ, "job submitted")
    return job


async def status(services: Services, actor: Actor, id: UUID) -> Job:
    """The job as it is now. NotFound where `actor` has none of this id."""
    async with services.keeper.transaction() as work:
        return await _job(work, actor, id)


async def results(services: Services, actor: Actor, id: UUID) -> tuple[Job, dict[str, Value]]:
    """The job and what came out, by the name of the output; nothing unless it was successful. NotFound as `status`;
    Forbidden where the owner has fewer rights by now than its run had."""
    async with services.keeper.transaction() as work:
        job = await _job(work, actor, id)
        rows = await work.rows(outputs_sql(id))
    return job, values_of(rows, await owner_now(services.keeper, job.owner))


async def parts_of(services: Services, actor: Actor, id: UUID) -> tuple[Job, dict[int, bytes], Actor]:
    """The job, the parts that its run has finished so far, and its owner as it is now. NotFound as `status`."""
    async with services.keeper.transaction() as work:
        job = await _job(work, actor, id)
        parts = {row["number"]: row["content"] for row in await work.rows(parts_sql(id))}
    return job, parts, await owner_now(services.keeper, job.owner)


async def calls_of(services: Services, job: Job) -> list[JobCall]:
    """Whom the job calls, and what came of it."""
    async with services.keeper.transaction() as work:
        return [as_job_call(row) for row in await work.rows(calls_sql(job.id))]


async def dismiss(services: Services, actor: Actor, id: UUID) -> Job:
    """Nobody wants the job any more: it does not run, or stops, and its inputs and results are deleted. What is dismissed
    already stays so. NotFound as `status`."""
    async with services.keeper.transaction() as work:
        row = await work.row(dismiss_sql(id, actor.id))
        if row is None:
            return await _job(work, actor, id)
        await work.row(forget_sql(id))
        job = as_job(row)
        await _record(work, actor, job, Kind.EDIT, "job dismissed")
    return job


async def jobs_of(services: Services, actor: Actor, wanted: Wanted) -> list[Job]:
    """The jobs of `actor` that are wanted, the newest first; of the next page, `wanted.before` is (created, id) of the last.

    Nobody who has not signed in is told of any: who submitted a job so knows its id.
    """
    if actor == PUBLIC:
        return []
    async with services.keeper.transaction() as work:
        return [as_job(row) for row in await work.rows(list_sql(replace(wanted, owner=actor.id)))]


def contents(outputs: Mapping[str, Value]) -> list[Content]:
    """What a process gave, as it is kept; numbers that JSON has no way to write become null."""
    return [
        Content(name, value.media_type, value.content)
        if isinstance(value, Document)
        else Content(name, None, orjson.dumps(value))
        for name, value in outputs.items()
    ]


def values_of(rows: Sequence[Row], owner: Actor) -> dict[str, Value]:
    """The results by the name of the output, of the rows of `outputs_sql`, for the owner as it is now. Forbidden as
    `results`."""
    return {
        row["name"]: _value(Content(row["name"], row["media_type"], row["content"])) for row in granted(rows, owner)
    }


def _value(content: Content) -> Value:
    if content.media_type is not None:
        return Document(content.media_type, content.content)
    value: Value = orjson.loads(content.content)
    return value


async def _job(work: Transaction, actor: Actor, id: UUID) -> Job:
    row = await work.row(job_sql(id, actor.id))
    if row is None:
        raise NoSuchJob(
            f"You have no job {id}: it is somebody else's, or has been deleted, or never was.",
            f"Bạn không có công việc {id}: có thể là của người khác, đã bị xoá, hoặc chưa từng có.",
        )
    return as_job(row)


async def _record(work: Transaction, actor: Actor, job: Job, kind: Kind, action: str) -> None:
    """On record with the deed, in its transaction; of those who did not sign in nothing is."""
    if actor == PUBLIC:
        return
    entry = Entry(
        datetime.now(UTC),
        kind,
        actor.id,
        action,
        role=actor.role,
        agency=actor.agency,
        subject=str(job.id),
        detail={"process": job.order.process},
    )
    await work.rows(append_sql([entry]))


def _too_many(actor: Actor, settings: Settings) -> TooMany:
    if actor == PUBLIC:
        return TooMany(
            f"As many jobs of people who did not sign in are on their way as may be: {settings.jobs_of_address} from one "
            f"address, {settings.jobs_of_public} from all. Wait until one is done, or dismiss it.",
            f"Đã có đủ số công việc của người không đăng nhập đang chờ hoặc đang chạy: {settings.jobs_of_address} từ một địa "
            f"chỉ, {settings.jobs_of_public} từ tất cả. Hãy đợi một công việc xong, hoặc huỷ nó.",
        )
    return TooMany(
        f"You have {settings.jobs_of_caller} jobs on their way, as many as may be. Wait until one is done, or dismiss it.",
        f"Bạn đã có {settings.jobs_of_caller} công việc đang chờ hoặc đang chạy, là số tối đa. Hãy đợi một công việc xong, hoặc "
        "huỷ nó.",
    )
