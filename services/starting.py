"""What a worker does while its database is not there yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from gis.errors import DatabaseUnavailable

log = structlog.get_logger("landmap.starting")

_PAUSE = 0.5
"""Seconds between two tries."""


async def when_reachable[T](opening: Callable[[], Awaitable[T]], seconds: float) -> T:
    """What `opening` gives, which is tried again for so long where the database is not reachable: it may be starting.

    DatabaseUnavailable where it never is.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await opening()
        except DatabaseUnavailable as error:
            if time.monotonic() >= deadline:
                raise
            log.warning("the database is not there yet", error=str(error))
        await asyncio.sleep(_PAUSE)
