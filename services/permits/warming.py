"""Makes the plans of a permit check before somebody waits for one: planning what joins several layers takes the database far
longer than reading a few rows, once on each connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog

from gis.errors import NotFound
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.auth.policy import pool_for
from services.permits.application import read_application
from services.permits.check import read_from
from services.permits.communes import former_name
from services.permits.selector import find_parcel
from services.processes.process import Call, Json

log = structlog.get_logger("landmap.warming")

CONNECTIONS = 4
"""Of each process; the others are made, and planned on, when more is asked at once."""

_SIDE = 1e-4
"""Degrees: some ten metres."""

_NOBODY = str(UUID(int=0))


@asynccontextmanager
async def warming(call: Call, connections: int) -> AsyncIterator[None]:
    """While this is open, the plans are made in the background, for what `call`'s actor may see. Nothing waits for it."""
    task = asyncio.create_task(_warm_quietly(call, connections))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _warm_quietly(call: Call, connections: int) -> None:
    try:
        await warm(call, connections)
    except Exception:  # whoever asks first waits a little longer, that is all
        log.exception("plans could not be made in advance")


async def warm(call: Call, connections: int) -> None:
    """Make the plans on so many connections, one after the other, each held until all are done: they are not the same."""
    pool = pool_for(call.actor, call.catalog.layers.values())
    async with AsyncExitStack() as held:
        for _ in range(connections):
            await _plan(call, await held.enter_async_context(call.pools.reading(pool)))


async def _plan(call: Call, source: Snapshot) -> None:
    """The statements of a check: for a parcel that is not there, and for a lot where the first map looks."""
    with suppress(NotFound):
        await find_parcel(call, source, {"id": _NOBODY}, Moment(datetime.now(UTC)))
    await former_name(call, source, "", None)
    territory = call.catalog.territory
    lon, lat, _ = territory.view
    ring: Json = [[lon, lat], [lon + _SIDE, lat], [lon + _SIDE, lat + _SIDE], [lon, lat + _SIDE], [lon, lat]]
    await read_from(call, source, read_application({"lot": {"type": "Polygon", "coordinates": [ring]}}, territory))
