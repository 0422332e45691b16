"""Finished tiles in memory, gzip'd, up to a number of bytes; the ones asked for last stay."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.ogc.turns import busy

_OVERHEAD = 400


@dataclass(frozen=True, slots=True)
class Made[Key: Hashable]:
    """A finished tile and the key that it belongs to, which holds the data version that the tile was made from."""

    key: Key
    tile: bytes


@dataclass(slots=True)
class _Making:
    """A tile in the making, and how many wait for it."""

    task: asyncio.Task[Made[Any]]
    waiting: int = 0


class TileCache:
    """Least recently used tiles by key. The key holds the data version, so an entry never grows stale.

    At most `most` tiles are made at the same time, in whatever order the database takes them.
    """

    def __init__(self, max_bytes: int = 128 * 1024 * 1024, most: int = 300) -> None:
        self.max_bytes = max_bytes
        self.most = most
        self.bytes = 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}

    def get(self, key: Hashable) -> bytes | None:
        """The tile (empty where there is nothing to draw), or None where it must be made."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    async def make[Key: Hashable](self, question: Hashable, make: Callable[[], Awaitable[Made[Key]]]) -> Made[Key]:
        """Makes the tile once for all who ask the same `question` meanwhile, and keeps it under the key it turns out with.

        The data may have gone on since the question was put: what was made then belongs to another key. When the last of
        those who wait for a tile is cancelled, so is the making. Busy where as many are being made as may be.
        """
        making = self._making.get(question)
        if making is None:
            if len(self._making) >= self.most:
                raise busy()
            making = self._making[question] = _Making(asyncio.create_task(self._make(make)))
            making.task.add_done_callback(partial(self._made, question, making))
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if making.waiting == 0 and making.task.cancel():
                self._forget(question, making)  # who asks from now on must not wait for what was given up

    async def _make(self, make: Callable[[], Awaitable[Made[Any]]]) -> Made[Any]:
        made = await make()
        self._keep(made.key, made.tile)
        return made

    def _made(self, question: Hashable, making: _Making, task: asyncio.Task[Made[Any]]) -> None:
        self._forget(question, making)
        if not task.cancelled():
            task.exception()  # seen: those who still wait get it, and asyncio need not report it for those who left

    def _forget(self, question: Hashable, making: _Making) -> None:
        if self._making.get(question) is making:
            del self._making[question]

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
