"""Calls those whom jobs are to tell: of results, of failure, of how far they are. It may be killed anywhere.

What is told is what the job's owner may see at that moment, in the documents of OGC API - Processes: `results.yaml` of success,
`statusInfo.yaml` of the rest. A call that was cut off is made again, with the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
import structlog

from gis.errors import Forbidden, StoreError, Unauthenticated
from gis.model.actor import Actor
from gis.store.audit import Entry, Kind, append_sql
from gis.store.job_calls import FAILED, SUCCESS, JobCall, as_job_call, next_call_sql, not_taken_sql, taken_sql
from gis.store.jobs import Job, Status, as_job, job_sql, outputs_sql
from gis.store.pools import Row
from gis.store.sql import Sql
from services.auth.identify import owner_now
from services.ogc.pygeoapi.documents import status_info
from services.ogc.pygeoapi.results import Wanted, answer
from services.processes.queue import values_of
from services.processes.running import Workplace
from services.subscriptions.callbacks import Callbacks, secret_of, signed

log = structlog.get_logger("landmap.jobs")

MOST_INLINE = 1_000_000
"""Bytes of results that are sent along; of larger ones their addresses are."""

_GONE = 410
_OF = {Status.SUCCESSFUL: SUCCESS, Status.FAILED: FAILED}


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds. `lease`: what one call may take; `poll`: between two looks where there is nothing to do; `progress`:
    between two words of progress; `backoff`: before the second call, each further one three times as long, up to `longest`;
    `patience`: for how long an end is told. `at_once`: calls at the same time."""

    lease: float = 60.0
    poll: float = 2.0
    progress: float = 10.0
    backoff: float = 10.0
    longest: float = 3_600.0
    patience: float = 86_400.0
    at_once: int = 4


def secret_of_jobs(key: bytes, owner: str) -> bytes:
    """The secret with which calls of the owner's jobs are signed: one for all of them."""
    return secret_of(key, b"jobs " + owner.encode())


@asynccontextmanager
async def calling_back(place: Workplace, pace: Pace | None = None) -> AsyncIterator[None]:
    """While this is open, jobs call those whom they are to tell."""
    caller = Caller(place, pace or Pace())
    tasks = [asyncio.create_task(caller.work()) for _ in range(caller.pace.at_once)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Caller:
    """Makes one call after the other."""

    def __init__(self, place: Workplace, pace: Pace) -> None:
        self.pace = pace
        self._place, self._callbacks = place, Callbacks(place.settings.callback_hosts)

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                if await self.once():
                    continue
            except StoreError as error:
                log.warning("calls of jobs cannot be made", error=error.en)
            await asyncio.sleep(self.pace.poll)

    async def once(self) -> bool:
        """Makes one call, if there is one to make."""
        row = await self._written(next_call_sql(self.pace.lease))
        if row is None:
            return False
        call = as_job_call(row)
        try:
            await self._make(call)
        except StoreError:
            raise
        except Exception:
            log.exception("a call of a job cannot be made", job=str(call.job), of=call.event)
            await self._written(not_taken_sql(call, None, "it could not be made", self._pause(call)))
        return True

    async def _make(self, call: JobCall) -> None:
        async with self._place.keeper.transaction() as work:
            row = await work.row(job_sql(call.job, None))
            outputs = await work.rows(outputs_sql(call.job)) if call.event == SUCCESS else []
        if row is None or _OF.get(as_job(row).status, call.event) != call.event:
            return  # dismissed, or run again, meanwhile
        job = as_job(row)
        try:
            actor = await owner_now(self._place.keeper, job.owner)
        except Unauthenticated:
            await self._written(not_taken_sql(call, None, "the key or account opens nothing any more", None))
            return
        try:
            body, state = self._body(call, job, outputs, actor), _state(job)
        except Forbidden:
            await self._written(not_taken_sql(call, None, "the owner has fewer rights than the run had", None))
            return
        await self._written(append_sql([_entry(call, job, actor, len(body))]))
        secret = secret_of_jobs(self._place.secret, job.owner)
        headers = signed(secret, f"{job.id}.{call.event}.{state}", int(time.time()), body)
        got = await self._callbacks.post(
            call.url, body, {"Content-Type": "application/json", "User-Agent": "Landmap", **headers}
        )
        if got.status is not None and got.taken:
            again = None if job.finished else self.pace.progress
            await self._written(taken_sql(call, state, got.status, again))
            return
        log.info("a call of a job was not taken", job=str(job.id), of=call.event, problem=got.problem)
        late = job.finished is not None and datetime.now(UTC) - job.finished > timedelta(seconds=self.pace.patience)
        over = late or got.status == _GONE
        await self._written(not_taken_sql(call, got.status, got.problem, None if over else self._pause(call)))

    def _body(self, call: JobCall, job: Job, outputs: Sequence[Row], owner: Actor) -> bytes:
        order = job.order
        if call.event != SUCCESS:
            info = status_info(job, order.base, order.language)
            return orjson.dumps({name: value for name, value in info.items() if value is not None})
        process = self._place.processes[order.process]
        values = values_of(outputs, owner)
        modes = {name: said["transmissionMode"] for name, said in (order.outputs or {}).items()}
        if sum(len(row["content"]) for row in outputs) > MOST_INLINE:
            modes = dict.fromkeys(values, "reference")
        wanted = Wanted(
            process,
            modes or dict.fromkeys(values, "value"),
            "document",
            lambda output: f"{order.base}/jobs/{job.id}/results/{output}",
        )
        return answer(wanted, values).body

    def _pause(self, call: JobCall) -> float:
        return min(self.pace.backoff * 3.0 ** min(call.failures, 20), self.pace.longest)

    async def _written(self, sql: Sql) -> Row | None:
        async with self._place.keeper.transaction() as work:
            return await work.row(sql)


def _state(job: Job) -> str:
    return str(job.status) if job.finished else str(job.progress)


def _entry(call: JobCall, job: Job, actor: Actor, size: int) -> Entry:
    return Entry(
        datetime.now(UTC),
        Kind.READ,
        actor.id,
        "job told",
        role=actor.role,
        agency=actor.agency,
        subject=str(job.id),
        detail={"process": job.order.process, "event": call.event},
        bytes=size,
    )
