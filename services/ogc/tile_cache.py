"""Finished tiles in memory, gzip'd, up to a number of bytes; the ones asked for last stay."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

_OVERHEAD = 400


class TileCache:
    """Least recently used tiles by key. The key holds the data version, so an entry never grows stale."""

    def __init__(self, max_bytes: int = 128 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[bytes]] = {}

    def get(self, key: Hashable) -> bytes | None:
        """The tile (empty where there is nothing to draw), or None where it must be made."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    async def make(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Makes the tile once, also for those who ask while it is being made, and keeps it."""
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(self._made(key, make))
            task.add_done_callback(_retrieve)
            self._making[key] = task
        return await asyncio.shield(task)

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            tile = await make()
        finally:
            del self._making[key]
        self._keep(key, tile)
        return tile

    def _keep(self, key: Hashable, tile: bytes) -> None:
        size = len(tile) + _OVERHEAD
        if size > self.max_bytes // 4:
            return
        before = self._tiles.pop(key, None)
        if before is not None:
            self.bytes -= len(before) + _OVERHEAD
        self._tiles[key] = tile
        self.bytes += size
        while self.bytes > self.max_bytes:
            _, dropped = self._tiles.popitem(last=False)
            self.bytes -= len(dropped) + _OVERHEAD


def _retrieve(task: asyncio.Task[bytes]) -> None:
    """Marks the error as seen: those who still wait get it, and asyncio need not report it for those who left."""
    if not task.cancelled():
        task.exception()
