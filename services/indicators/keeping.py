"""Keeps the indicators up with what is published: the worker looks now and then whether they are behind, and computes them.

Nothing is queued: the indicators are behind as long as something was published that their last run has not read. So many
publications in a row make one computation, and of a worker that is killed the next one finds the same to do. The
computation has a process to itself, which ends with the worker; two workers do not compute at the same time.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from gis.catalog.read import read_catalog
from gis.errors import LandmapError, StoreError
from gis.store.indicator_runs import ALL, COMPARED, Standing, as_standing, standing_sql
from services.indicators.compute import Order, compute, usual_days
from services.logs import configure
from services.processes.child import end_with_worker
from services.processes.running import Workplace
from services.settings import Settings

log = structlog.get_logger("landmap.indicators")

_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds. `poll`: between two looks; `quiet`: without another publication before they are computed, but no
    longer than `longest` after the first; `failed`: after a computation that failed. `rest`: so many times as long as a
    computation took nothing is computed after it, so that a large city does not count all day."""

    poll: float = 10.0
    quiet: float = 30.0
    longest: float = 600.0
    failed: float = 300.0
    rest: float = 9.0


@dataclass(frozen=True, slots=True)
class Behind:
    """How all indicators stand, and those of buildings alone."""

    counted: Standing
    compared: Standing


def due(behind: Behind, now: datetime, today: date, pace: Pace) -> Order | None:
    """What is to be computed now, if anything.

    Buildings are compared where that was done before, or nothing ever was: the first time in a large city is up to whoever
    runs it.
    """
    counted, compared = behind.counted, behind.compared
    days = usual_days(today)
    new_day = counted.newest is not None and counted.newest < days[-1]
    if counted.began is not None and counted.finished is not None:
        took = counted.finished - counted.began
        if now < counted.finished + pace.rest * took:
            return None
    if not new_day:
        if counted.first is None or counted.last is None:
            return None
        settled = now - counted.last >= timedelta(seconds=pace.quiet)
        if not settled and now - counted.first < timedelta(seconds=pace.longest):
            return None
    again = compared.surveyed is not None and (new_day or compared.first is not None)
    return Order(days, 1 if counted.changeset is None or again else 0, wait=False)


@asynccontextmanager
async def keeping(place: Workplace, pace: Pace | None = None) -> AsyncIterator[None]:
    """While this is open the indicators are kept up."""
    task = asyncio.create_task(IndicatorKeeper(place, pace or Pace()).work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class IndicatorKeeper:
    """Computes one time after the other."""

    def __init__(self, place: Workplace, pace: Pace) -> None:
        self._place, self._pace = place, pace
        self._zone = ZoneInfo(place.catalog.territory.time_zone)

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            pause = self._pace.poll
            try:
                if await self.once() is False:
                    pause = self._pace.failed
            except StoreError as error:
                log.warning("it cannot be known whether indicators are behind", error=error.en)
            except OSError as error:  # the machine has no memory or no process to spare
                log.warning("the computation of indicators cannot be started", error=str(error))
                pause = self._pace.failed
            await asyncio.sleep(pause)

    async def once(self) -> bool | None:
        """Computes them if they are behind: whether that came to its end, None where there is nothing to do yet."""
        now = datetime.now(UTC)
        order = due(await self._behind(), now, now.astimezone(self._zone).date(), self._pace)
        if order is None:
            return None
        log.info("indicators are computed", days=len(order.days), surveys=order.surveys)
        ended = await self._run(order)
        if ended:
            log.warning("indicators were not computed", exitcode=ended)
        return ended == 0

    async def _behind(self) -> Behind:
        async with self._place.keeper.transaction() as work:
            counted = await work.rows(standing_sql(ALL))
            compared = await work.rows(standing_sql(COMPARED, of_buildings=True))
        return Behind(as_standing(counted[0]), as_standing(compared[0]))

    async def _run(self, order: Order) -> int:
        """In a process of its own; its exit code."""
        place = self._place
        process = _PROCESSES.Process(
            target=live, args=(place.settings, place.dsn, order), name="landmap-indicators", daemon=True
        )
        await asyncio.to_thread(process.start)
        try:
            await asyncio.to_thread(process.join)
        finally:
            process.kill()  # the worker ends
        return process.exitcode or 0


def live(settings: Settings, dsn: str, order: Order) -> None:
    """The computation, in the process that it has to itself; exit code 1 where it fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the worker, which ends this one
    threading.Thread(target=end_with_worker, daemon=True).start()
    most = settings.job_memory_megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    configure(settings.log_level)
    try:
        done = compute(settings, dsn, read_catalog(settings.layers, settings.territory), order)
    except LandmapError as error:
        log.warning("indicators cannot be computed now", error=error.en)
        sys.exit(1)
    log.info("indicators computed", days=len(done.days), changeset=done.changeset, **done.states)
