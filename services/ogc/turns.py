"""Taking turns at what costs much: few at once, some more that wait, and the rest are sent away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gis.errors import Busy


class Turns:
    """At most `at_once` have their turn at the same time and at most `waiting` wait for one; others get the `refusal`."""

    def __init__(self, at_once: int, waiting: int, refusal: Callable[[], Busy] | None = None) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = waiting
        self._refusal = refusal or busy
        self.waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn and holds it. Busy where as many wait already as may."""
        if self._free.locked() and self.waiting >= self._most:
            raise self._refusal()
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()


def busy() -> Busy:
    """As many tiles are being made, or wait for it, as may be."""
    return Busy(
        "As many tiles as the service can make are being made already; try again in a little while.",
        "Hệ thống đang tạo số ô bản đồ tối đa cùng lúc; hãy thử lại sau ít phút.",
    )
