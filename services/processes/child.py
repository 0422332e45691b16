"""One run of a job, in the process that it has to itself: with an event loop, connections and a limit of memory of its own.

Nothing of it is left when it is killed: what it had not committed is rolled back, and the worker that started it goes on.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection

import structlog

from gis.catalog.read import read_catalog
from gis.errors import Busy, DatabaseUnavailable, LandmapError, Making, StoreError, TooLarge
from gis.model.layer import Text
from gis.store.job_parts import keep_part_sql, parts_sql, restart_parts_sql
from gis.store.jobs import Job, as_inputs, inputs_sql, progress_sql
from gis.store.keeper import Keeper
from gis.store.pools import Exports, Pools
from services.auth.identify import owner_now
from services.errors import INTERNAL, problem_of
from services.logs import configure
from services.processes.dismissed import Dismissed
from services.processes.outcome import BROKEN, TOO_BIG, Again, Done, Gone, Outcome, failed
from services.processes.process import Call, Json, Value
from services.processes.queue import contents
from services.processes.rights import kept_rights
from services.settings import Settings

log = structlog.get_logger("landmap.jobs")

WORTH_ANOTHER = (DatabaseUnavailable, Busy, Making)
"""What may have passed by the next time. Whatever the inputs cause does not."""

LARGEST = 100_000_000
"""Bytes of all results of a job: they are held in memory, by the worker and by who fetches them."""

_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Task:
    """What the process is handed. `run`: of the process of the job; `told`: seconds between two notes of progress."""

    dsn: str
    settings: Settings
    secret: bytes
    job: Job
    run: Callable[[Call, Mapping[str, Json]], Awaitable[Mapping[str, Value]]]
    told: float


def live(tell: Connection, task: Task) -> None:
    """Runs the job and tells what came out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the worker, which ends this one
    threading.Thread(target=end_with_worker, daemon=True).start()
    most = task.settings.job_memory_megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    configure(task.settings.log_level)
    tell.send(asyncio.run(_outcome(task)))


def end_with_worker() -> None:
    """A run whose worker was killed would go on for nothing."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


async def _outcome(task: Task) -> Outcome:
    job = task.job
    try:
        return await _results(task)
    except Dismissed:
        return Gone()
    except LandmapError as error:
        return _after(error, job)
    except MemoryError:
        log.warning("a job needs too much memory", job=str(job.id), process=job.order.process)
        return failed(TOO_BIG)
    except Exception:
        log.exception("a process is broken", job=str(job.id), process=job.order.process)
        return failed(BROKEN)


async def _results(task: Task) -> Done:
    async with _call(task) as call:
        outputs = await task.run(call, await _inputs(call.keeper, task.job))
        rights = kept_rights(call.actor)
    found = contents({name: value for name, value in outputs.items() if call.wants(name)})
    if sum(len(content.content) for content in found) > LARGEST:
        raise _too_large()
    return Done([*found, rights])


async def _inputs(keeper: Keeper, job: Job) -> dict[str, Json]:
    async with keeper.transaction() as work:
        row = await work.row(inputs_sql(job))
    if row is None:
        raise Dismissed
    return as_inputs(row)


def _too_large() -> TooLarge:
    megabytes = LARGEST // 1_000_000
    return TooLarge(
        f"The results are larger than the {megabytes} MB that are kept. Ask for a smaller area or fewer features.",
        f"Kết quả lớn hơn {megabytes} MB là mức được lưu. Hãy thu nhỏ vùng hoặc giảm số đối tượng.",
    )


@asynccontextmanager
async def _call(task: Task) -> AsyncIterator[Call]:
    """The run on behalf of the job's owner, as the owner is now."""
    job, settings = task.job, task.settings
    catalog = read_catalog(settings.layers, settings.territory)
    zone, patience = catalog.territory.time_zone, settings.statement_timeout_ms
    async with AsyncExitStack() as open_:
        keeper = await Keeper.open(task.dsn, statement_timeout_ms=patience, time_zone=zone, size=_CONNECTIONS)
        open_.push_async_callback(keeper.close)
        actor = await owner_now(keeper, job.owner)
        exports = Exports(settings.exports)
        pools = await Pools.open(
            task.dsn, statement_timeout_ms=patience, time_zone=zone, size=_CONNECTIONS, exports=exports
        )
        open_.push_async_callback(pools.close)
        yield Call(
            catalog=catalog,
            pools=pools,
            keeper=keeper,
            settings=settings,
            secret=task.secret,
            actor=actor,
            base=job.order.base,
            language=job.order.language,
            progress=_Progress(task.told, keeper, job),
            outputs=None if job.order.outputs is None else frozenset(job.order.outputs),
            parts=_Parts(keeper, job),
            dsn=task.dsn,
        )


class _Parts:
    """What the run keeps for the one after it, if it is cut off."""

    def __init__(self, keeper: Keeper, job: Job) -> None:
        self._keeper, self._job = keeper, job
        self._size = 0

    async def kept(self) -> dict[int, bytes]:
        async with self._keeper.transaction() as work:
            found = {row["number"]: row["content"] for row in await work.rows(parts_sql(self._job.id))}
        self._size = sum(map(len, found.values()))
        return found

    async def restart(self, what: bytes) -> None:
        async with self._keeper.transaction() as work:
            await work.rows(restart_parts_sql(self._job))
        self._size = 0
        await self.keep(0, what)

    async def keep(self, number: int, content: bytes) -> None:
        self._size += len(content)
        if self._size > LARGEST:
            raise _too_large()
        async with self._keeper.transaction() as work:
            if await work.row(keep_part_sql(self._job, number, content)) is None:
                raise Dismissed


class _Progress:
    """What a process tells of how far it is, noted now and then."""

    def __init__(self, every: float, keeper: Keeper, job: Job) -> None:
        self._every, self._keeper, self._job = every, keeper, job
        self._last = float("-inf")

    async def __call__(self, percent: int, message: Text) -> None:
        """Raises Dismissed where nobody waits for the results any more."""
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        try:
            async with self._keeper.transaction() as work:
                row = await work.row(progress_sql(self._job, percent, message))
        except StoreError as error:  # what is done is worth more than word of it
            log.warning("progress cannot be noted", job=str(self._job.id), error=error.en)
            return
        if row is None:
            raise Dismissed


def _after(error: LandmapError, job: Job) -> Outcome:
    known = problem_of(error)
    problem = BROKEN if known is INTERNAL else known
    if problem.status >= 500:
        cause = repr(error.__cause__) if error.__cause__ else None
        log.error("a job failed", job=str(job.id), process=job.order.process, error=error.en, cause=cause)
    told = failed(problem, error)
    return Again(told) if isinstance(error, WORTH_ANOTHER) else told
