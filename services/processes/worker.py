"""The worker: takes jobs, watches their runs and writes down what came out. It may be killed anywhere.

A run whose worker is gone is taken by another one when its lease is over; a run that was thought gone and comes back with
results finds that the job is not its own any more, and nothing is written.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from gis.errors import Busy, DatabaseUnavailable, LandmapError, QueryTimeout, StoreError
from gis.store.job_parts import drop_parts_sql
from gis.store.jobs import (
    CHANNEL,
    Job,
    again_sql,
    as_job,
    beat_sql,
    claim_sql,
    expire_sql,
    fail_sql,
    finish_sql,
    keep_sql,
)
from gis.store.sql import Sql
from services.processes.outcome import BROKEN, LOST, TOO_LONG, Again, Done, Failed, Gone, Outcome, failed
from services.processes.running import Run, Workplace, prepare

log = structlog.get_logger("landmap.jobs")

_PASSING = (DatabaseUnavailable, Busy, QueryTimeout)
_PAUSE = 1.0
_NEVER = float("inf")


class Worker:
    """Runs jobs, `at_once` at the same time, from `work` until `end`."""

    def __init__(self, place: Workplace, at_once: int) -> None:
        self._place, self._terms, self._at_once = place, place.terms, at_once
        self._bell = asyncio.Event()
        self._looks: dict[str, asyncio.Event] = {}
        self._closing = _NEVER

    async def work(self) -> None:
        """Returns when it was told to end and no job of its own runs any more."""
        prepare()
        aside = [asyncio.create_task(each) for each in (self._listen(), self._clean())]
        try:
            await asyncio.gather(*(self._lane() for _ in range(self._at_once)))
        finally:
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)

    def end(self) -> None:
        """No more jobs; those that run are given a moment to end, else given back."""
        if self._closing == _NEVER:
            self._closing = _now() + self._terms.patience
        for waiting in (self._bell, *self._looks.values()):
            waiting.set()

    async def _lane(self) -> None:
        while self._closing == _NEVER:
            self._bell.clear()
            held = _now() + self._terms.lease
            job = await self._claim()
            if job is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._bell.wait(), self._terms.poll)
            else:
                self._bell.set()  # where one waits there may be another
                await self._take(job, held)

    async def _claim(self) -> Job | None:
        try:
            async with self._place.keeper.transaction() as work:
                row = await work.row(claim_sql([*self._place.processes], self._terms.lease))
        except StoreError as error:
            _complain("no job can be taken", error)
            return None
        return None if row is None else as_job(row)

    async def _take(self, job: Job, held: float) -> None:
        """`held`: until when the job is this run's own at least."""
        about = log.bind(job=str(job.id), process=job.order.process, attempt=job.attempt)
        about.info("job begun")
        look = self._looks[str(job.id)] = asyncio.Event()
        try:
            outcome = failed(LOST) if job.losses > self._terms.losses else await self._watched(job, held, look)
        finally:
            del self._looks[str(job.id)]
        try:
            await self._keep(job, outcome)
        except StoreError:
            about.exception("what came out of a job cannot be kept")
            await self._written(job, fail_sql(job, failed(BROKEN).problem), drop_parts_sql(job))
        about.info("job ended", outcome=type(outcome).__name__.lower())

    async def _watched(self, job: Job, held: float, look: asyncio.Event) -> Outcome:
        """Runs it, and looks after it every so often and whenever `look` is set."""
        run = Run(self._place, job)
        outcome = run.start()
        late = _now() + self._place.settings.job_seconds
        while True:
            await _first(outcome, look, min(self._terms.beat, min(late, held, self._closing) - _now()))
            if outcome.done():
                ended = outcome.result()
                stopped = (
                    isinstance(ended, Again) and self._closing < _NEVER
                )  # whoever ends the worker may end its runs too
                return Again(None) if stopped else ended
            if _now() >= late:
                return await self._stopped(run, outcome, failed(TOO_LONG))
            if _now() >= self._closing:
                return await self._stopped(run, outcome, Again(None))
            begun = _now()
            mine = await self._beat(job)
            if mine:
                held = begun + self._terms.lease
            elif mine is False or _now() >= held:
                return await self._stopped(run, outcome, Gone())

    async def _beat(self, job: Job) -> bool | None:
        """Whether the job is still the run's own; None where that cannot be known now."""
        try:
            async with self._place.keeper.transaction() as work:
                return await work.row(beat_sql(job, self._terms.lease)) is not None
        except StoreError as error:
            _complain("the hold on a job cannot be renewed", error)
            return None

    async def _stopped(self, run: Run, outcome: asyncio.Future[Outcome], instead: Outcome) -> Outcome:
        run.stop()
        await outcome
        return instead

    async def _keep(self, job: Job, outcome: Outcome) -> None:
        """Writes down what came out, unless the job is somebody else's by now."""
        match outcome:
            case Done(contents):
                size = sum(len(content.content) for content in contents)
                await self._written(job, finish_sql(job, size), keep_sql(job, contents), drop_parts_sql(job))
            case Failed(problem):
                await self._written(job, fail_sql(job, problem), drop_parts_sql(job))
            case Again(None):
                await self._written(job, again_sql(job, 0, lost=False))
            case Again(Failed(problem)) if job.losses >= self._terms.losses:
                await self._written(job, fail_sql(job, problem), drop_parts_sql(job))
            case Again():
                await self._written(job, again_sql(job, self._terms.backoff * 2**job.losses, lost=True))
            case Gone():
                pass

    async def _written(self, job: Job, first: Sql, *others: Sql) -> None:
        """Together, if the first one finds that the job is still the run's own. A database that starts again meanwhile costs
        no work: it is tried for as long as a lease."""
        until = min(_now() + self._terms.lease, self._closing + self._terms.patience)
        while True:
            try:
                async with self._place.keeper.transaction() as work:
                    if await work.row(first) is None:
                        log.warning("a run came to its end when the job was no longer its own", job=str(job.id))
                        return
                    for sql in others:
                        await work.rows(sql)
                return
            except _PASSING as error:
                _complain("what came out of a job cannot be written yet", error)
                if _now() >= until:
                    return  # the lease ends, and somebody else runs it
                await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        """What is told of jobs wakes who waits; where nobody tells, they look by themselves now and then."""
        while True:
            try:
                async with self._place.keeper.hearing(CHANNEL, self._heard) as lost:
                    self._bell.set()  # for what was told before
                    await lost.wait()
            except LandmapError as error:
                _complain("new jobs cannot be heard of", error)
            await asyncio.sleep(self._terms.poll)

    def _heard(self, dismissed: str) -> None:
        waiting = self._looks.get(dismissed) if dismissed else self._bell
        if waiting is not None:
            waiting.set()

    async def _clean(self) -> None:
        settings = self._place.settings
        sql = expire_sql(settings.job_hours, settings.job_megabytes * 1_000_000)
        while True:
            try:
                async with self._place.keeper.transaction() as work:
                    gone = await work.rows(sql)
                if gone:
                    log.info("old jobs deleted", count=len(gone))
            except StoreError as error:
                _complain("old jobs cannot be deleted", error)
            await asyncio.sleep(self._terms.clean)


async def _first(outcome: asyncio.Future[Outcome], look: asyncio.Event, seconds: float) -> None:
    """Returns when the run has ended, when somebody is to look after it, or after `seconds`."""
    looking = asyncio.create_task(look.wait())
    either: set[asyncio.Future[Any]] = {outcome, looking}
    await asyncio.wait(either, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    look.clear()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _complain(what: str, error: LandmapError) -> None:
    log.warning(what, error=error.en, cause=repr(error.__cause__) if error.__cause__ else None)
