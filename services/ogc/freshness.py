"""The state of a layer, asked once for all who want to know at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from gis.errors import StoreError
from gis.store.pools import Pools
from gis.store.pools import Row as Record
from gis.store.sql import Sql


class Freshness:
    """Runs a statement once for every caller who came before it began.

    A caller never gets an answer to a statement that began before the call, so what it learns is never older than
    its request, however many ask at once.
    """

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._running: dict[Hashable, asyncio.Task[Record]] = {}
        self._waiting: dict[Hashable, asyncio.Task[Record]] = {}

    async def row(self, key: Hashable, sql: Sql, pool: str) -> Record:
        """The row of `sql`; `key` says which callers ask the same. Errors reach every one of them."""
        task = self._waiting.get(key)
        if task is None:
            task = asyncio.create_task(self._run(key, sql, pool))
            task.add_done_callback(_retrieve)
            self._waiting[key] = task
        return await asyncio.shield(task)

    async def _run(self, key: Hashable, sql: Sql, pool: str) -> Record:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        mine = self._waiting.pop(key)
        self._running[key] = mine
        try:
            row = await self._pools.row(sql, pool)
        finally:
            if self._running.get(key) is mine:
                del self._running[key]
        if row is None:
            raise StoreError(f"The state of {key!r} has no row.")
        return row


def _retrieve(task: asyncio.Task[Record]) -> None:
    """Marks the error as seen: those who still wait get it, and asyncio need not report it for those who left."""
    if not task.cancelled():
        task.exception()
