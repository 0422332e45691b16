"""Writes down, every few seconds and at the end, what the trail and the meter hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from gis.errors import LandmapError, Unstorable
from gis.store.audit import Entry, append_sql, stub
from gis.store.keeper import Keeper
from gis.store.sql import Sql
from gis.store.usage import Count, Counted, add_sql
from services.auth.meter import Meter
from services.auth.trail import Trail

log = structlog.get_logger("landmap.recording")

EVERY = 5.0
AT_ONCE = 500
"""Rows of one transaction: well within the statement timeout, and others who write to the audit wait for no more."""


@asynccontextmanager
async def recording(keeper: Keeper, trail: Trail, meter: Meter, every: float = EVERY) -> AsyncIterator[None]:
    """While this is open, both are written every `every` seconds; what is left at the end is written then."""
    ended = asyncio.Event()
    task = asyncio.create_task(_go_on(keeper, trail, meter, every, ended))
    try:
        yield
    finally:
        ended.set()
        await task
        await write_down(keeper, trail, meter)


async def write_down(keeper: Keeper, trail: Trail, meter: Meter) -> None:
    """Writes both; what cannot be written is told in the log and kept for the next time."""
    await _guarded("audit", _write_trail, keeper, trail)
    await _guarded("usage", _write_meter, keeper, meter)


async def _go_on(keeper: Keeper, trail: Trail, meter: Meter, every: float, ended: asyncio.Event) -> None:
    while not ended.is_set():
        try:
            await asyncio.wait_for(ended.wait(), every)
        except TimeoutError:
            await write_down(keeper, trail, meter)


async def _guarded[Held: (Trail, Meter)](
    what: str, write: Callable[[Keeper, Held], Awaitable[None]], keeper: Keeper, held: Held
) -> None:
    """No error ends the writing for good: the next time may be better, and the other record is none the worse for it."""
    try:
        await write(keeper, held)
    except LandmapError as error:
        _tell(f"the {what} cannot be written", error, waiting=len(held))
    except Exception:
        log.exception(f"the {what} cannot be written", waiting=len(held))


async def _write_trail(keeper: Keeper, trail: Trail) -> None:
    waiting = trail.drain()
    try:
        await _write(keeper, waiting, append_sql, _stub)
    finally:
        trail.put_back(waiting)


async def _write_meter(keeper: Keeper, meter: Meter) -> None:
    waiting = [*meter.drain().items()]
    try:
        await _write(keeper, waiting, _counts_sql, _nothing)
    finally:
        meter.put_back(dict(waiting))


async def _write[Row](
    keeper: Keeper, waiting: list[Row], sql: Callable[[list[Row]], Sql], instead: Callable[[Row], list[Row]]
) -> None:
    """Writes rows and takes them out of `waiting`: what is left in it after an error is not written.

    A row that the database takes neither now nor later is found by halves, and there is something else `instead` of it, or
    nothing: it must not hold up the others.
    """
    size = AT_ONCE
    while waiting:
        rows = waiting[:size]
        try:
            async with keeper.transaction() as work:
                await work.rows(sql(rows))
        except Unstorable as error:
            if len(rows) > 1:
                size = len(rows) // 2
                continue
            _tell("a row is not what the database takes and is left out or replaced", error)
            waiting[:1] = instead(rows[0])
        else:
            del waiting[: len(rows)]
            size = min(2 * size, AT_ONCE)


def _stub(entry: Entry) -> list[Entry]:
    found = stub(entry)
    return [found] if found != entry else []


def _counts_sql(rows: list[tuple[Counted, Count]]) -> Sql:
    return add_sql(dict(rows))


def _nothing(_: tuple[Counted, Count]) -> list[tuple[Counted, Count]]:
    return []


def _tell(what: str, error: LandmapError, **more: int) -> None:
    log.error(what, error=error.en, cause=repr(error.__cause__), **more)
