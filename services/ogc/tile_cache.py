"""Finished tiles in memory, gzip'd, up to a number of bytes; the ones asked for last stay."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

_OVERHEAD = 400


@dataclass(frozen=True, slots=True)
class Made[Key: Hashable]:
    """A finished tile and the key that it belongs to, which holds the data version that the tile was made from."""

    key: Key
    tile: bytes


class TileCache:
    """Least recently used tiles by key. The key holds the data version, so an entry never grows stale."""

    def __init__(self, max_bytes: int = 128 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Made[Any]]] = {}

    def get(self, key: Hashable) -> bytes | None:
        """The tile (empty where there is nothing to draw), or None where it must be made."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    async def make[Key: Hashable](self, question: Hashable, make: Callable[[], Awaitable[Made[Key]]]) -> Made[Key]:
        """Makes the tile once for all who ask the same `question` meanwhile, and keeps it under the key it turns out with.

        The data may have gone on since the question was put: what was made then belongs to another key.
        """
        task = self._making.get(question)
        if task is None:
            task = asyncio.create_task(self._make(question, make))
            task.add_done_callback(_retrieve)
            self._making[question] = task
        return await asyncio.shield(task)

    async def _make(self, question: Hashable, make: Callable[[], Awaitable[Made[Any]]]) -> Made[Any]:
        try:
            made = await make()
        finally:
            del self._making[question]
        self._keep(made.key, made.tile)
        return made

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


def _retrieve(task: asyncio.Task[Made[Any]]) -> None:
    """Marks the error as seen: those who still wait get it, and asyncio need not report it for those who left."""
    if not task.cancelled():
        task.exception()
