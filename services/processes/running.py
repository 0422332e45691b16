"""One run of a job: in a thread and an event loop of its own, so that whatever it computes holds up nothing else.

The run is watched from outside: its hold on the job is renewed, and it is stopped where the job was dismissed, takes too
long, may be somebody else's by now, or where the worker ends.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from gis.errors import Busy, DatabaseUnavailable, LandmapError, Making, StoreError, TooLarge
from gis.model.layer import Catalog, Text
from gis.store.jobs import Content, Job, progress_sql
from gis.store.keeper import Keeper
from gis.store.pools import Exports, Pools
from services.auth.identify import owner_now
from services.errors import INTERNAL, Problem, problem_document, problem_of
from services.processes.dismissed import Dismissed
from services.processes.process import Call, Process
from services.processes.queue import contents
from services.settings import Settings

log = structlog.get_logger("landmap.jobs")

WORTH_ANOTHER = (DatabaseUnavailable, Busy, Making)
"""What may have passed by the next time. Whatever the inputs cause does not."""

LARGEST = 100_000_000
"""Bytes of all results of a job: they are held in memory, by the worker and by who fetches them."""

_CONNECTIONS = 4

BROKEN = Problem(
    500,
    "internal",
    Text("Lỗi máy chủ", "Server error"),
    Text(
        "Máy chủ gặp lỗi khi chạy công việc này. Khi báo lỗi, hãy gửi kèm mã công việc (jobID).",
        "The server failed on this job. When you report it, give its id (jobID).",
    ),
)
TOO_LONG = Problem(
    504,
    "job-timeout",
    Text("Quá thời gian xử lý", "The job took too long"),
    Text(
        "Công việc này cần nhiều thời gian hơn mức cho phép. Hãy thu nhỏ vùng hoặc giảm số đối tượng.",
        "This job needs more time than is allowed. Ask for a smaller area or fewer features.",
    ),
)
LOST = Problem(
    500,
    "job-lost",
    Text("Không chạy được công việc", "The job could not be run"),
    Text(
        "Nhiều lần chạy công việc này đã bị ngắt giữa chừng, nên không thử nữa. Hãy gửi lại; nếu vẫn vậy, hãy báo đơn vị vận "
        "hành kèm mã công việc (jobID).",
        "Several runs of this job were cut off in the middle, so it is not tried any more. Submit it again; if that does not "
        "help, tell the operator the job's id (jobID).",
    ),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """Times in seconds. `lease`: for how long a run holds its job without a word, which it says every `beat`; `patience`:
    what a run is given to end; `backoff`: pause before the second run, each further one twice as long; `losses`: runs
    without an outcome after which there is no other; `told`: between two notes of progress."""

    lease: float = 60.0
    beat: float = 15.0
    patience: float = 10.0
    backoff: float = 5.0
    losses: int = 4
    told: float = 1.0
    poll: float = 5.0
    clean: float = 60.0


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker works with; `processes` by their ids. `keeper` belongs to the worker's own event loop."""

    dsn: str
    catalog: Catalog
    settings: Settings
    secret: bytes
    keeper: Keeper
    processes: Mapping[str, Process]
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Done:
    """It gave these results."""

    contents: list[Content]


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot give any, by this problem document in each language."""

    problem: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Again:
    """It may give some the next time. `failed`: what is told where there is none; None: the run counts for nothing."""

    failed: Failed | None


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody wants its results."""


type Outcome = Done | Failed | Again | Gone


def failed(problem: Problem, error: LandmapError | None = None) -> Failed:
    """The problem in both languages."""
    return Failed({language: problem_document(problem, error, language) for language in ("vi", "en")})


class Run:
    """A job that was claimed, on its way."""

    def __init__(self, place: Workplace, job: Job) -> None:
        self._place, self._job = place, job
        self._unwanted = threading.Event()
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Outcome]] | None = None

    def start(self) -> asyncio.Future[Outcome]:
        """Begins; what comes out is told in the loop of the caller. Never an error."""
        threads = ThreadPoolExecutor(1, f"job-{self._job.id}")
        outcome = asyncio.get_running_loop().run_in_executor(threads, asyncio.run, self._live())
        threads.shutdown(wait=False)
        return outcome

    def stop(self) -> None:
        """Ends the run where it waits for something next, or tells how far it is."""
        self._unwanted.set()
        if self._task is not None:
            loop, task = self._task
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                return  # it has ended meanwhile, and its loop with it

    async def _live(self) -> Outcome:
        task = asyncio.create_task(self._outcome())
        self._task = (asyncio.get_running_loop(), task)
        if self._unwanted.is_set():
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return Gone()

    async def _outcome(self) -> Outcome:
        try:
            return await self._results()
        except Dismissed:
            return Gone()
        except LandmapError as error:
            return _after(error, self._job)
        except Exception:
            log.exception("a process is broken", job=str(self._job.id), process=self._job.order.process)
            return failed(BROKEN)

    async def _results(self) -> Done:
        order = self._job.order
        async with _call(self._place, self._job, self._unwanted) as call:
            outputs = await self._place.processes[order.process].run(call, order.inputs)
        found = contents({name: value for name, value in outputs.items() if call.wants(name)})
        if sum(len(content.content) for content in found) > LARGEST:
            megabytes = LARGEST // 1_000_000
            raise TooLarge(
                f"The results are larger than the {megabytes} MB that are kept. Ask for a smaller area or fewer features.",
                f"Kết quả lớn hơn {megabytes} MB là mức được lưu. Hãy thu nhỏ vùng hoặc giảm số đối tượng.",
            )
        return Done(found)


@asynccontextmanager
async def _call(place: Workplace, job: Job, unwanted: threading.Event) -> AsyncIterator[Call]:
    """The run on behalf of the job's owner, as the owner is now, with connections of this event loop."""
    zone, patience = place.catalog.territory.time_zone, place.settings.statement_timeout_ms
    async with AsyncExitStack() as open_:
        keeper = await Keeper.open(place.dsn, statement_timeout_ms=patience, time_zone=zone, size=_CONNECTIONS)
        open_.push_async_callback(keeper.close)
        actor = await owner_now(keeper, job.owner)
        exports = Exports(place.settings.exports)
        pools = await Pools.open(
            place.dsn, statement_timeout_ms=patience, time_zone=zone, size=_CONNECTIONS, exports=exports
        )
        open_.push_async_callback(pools.close)
        yield Call(
            catalog=place.catalog,
            pools=pools,
            keeper=keeper,
            settings=place.settings,
            secret=place.secret,
            actor=actor,
            base=job.order.base,
            language=job.order.language,
            progress=_Progress(place.terms.told, keeper, job, unwanted),
            outputs=None if job.order.outputs is None else frozenset(job.order.outputs),
        )


class _Progress:
    """What a process tells of how far it is, noted now and then."""

    def __init__(self, every: float, keeper: Keeper, job: Job, unwanted: threading.Event) -> None:
        self._every, self._keeper, self._job, self._unwanted = every, keeper, job, unwanted
        self._last = float("-inf")

    async def __call__(self, percent: int, message: Text) -> None:
        """Raises Dismissed where nobody waits for the results any more."""
        if self._unwanted.is_set():
            raise Dismissed
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
