"""What is asked of the database now, asked once for all who want to know at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gis.errors import StoreError
from gis.store.pools import Pools
from gis.store.pools import Row as Record
from gis.store.sql import Sql


@dataclass(slots=True)
class _Round:
    """One statement that waits for its turn: what it is to answer, in order, and its task."""

    places: dict[Any, int] = field(default_factory=dict)
    task: asyncio.Task[Record] | None = None


class Freshness:
    """Runs a statement once for every caller who came before it began.

    A caller never gets an answer to a statement that began before the call, so what it learns is never older than
    its request, however many ask at once.
    """

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._running: dict[Hashable, asyncio.Task[Record]] = {}
        self._waiting: dict[Hashable, _Round] = {}

    async def row(self, key: Hashable, sql: Sql, pool: str) -> Record:
        """The row of `sql`; `key` says which callers ask the same. Errors reach every one of them."""
        row, _ = await self.each(key, None, lambda _: sql, pool)
        return row

    async def each[Place: Hashable](
        self, key: Hashable, place: Place, sql: Callable[[Sequence[Place]], Sql], pool: str
    ) -> tuple[Record, int]:
        """The row of `sql` for the places of all who ask by this key at the same time, and which of them `place` is.

        The statement is made when its turn comes. Callers of one key give statements of one kind.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = _Round()
            waiting.task = asyncio.create_task(self._run(key, waiting, sql, pool))
            waiting.task.add_done_callback(_retrieve)
        index = waiting.places.setdefault(place, len(waiting.places))
        assert waiting.task is not None
        return await asyncio.shield(waiting.task), index

    async def _run(self, key: Hashable, mine: _Round, sql: Callable[[Sequence[Any]], Sql], pool: str) -> Record:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        del self._waiting[key]
        assert mine.task is not None
        self._running[key] = mine.task
        try:
            row = await self._pools.row(sql(tuple(mine.places)), pool)
        finally:
            if self._running.get(key) is mine.task:
                del self._running[key]
        if row is None:
            raise StoreError(f"The state of {key!r} has no row.")
        return row


def _retrieve(task: asyncio.Task[Record]) -> None:
    """Marks the error as seen: those who still wait get it, and asyncio need not report it for those who left."""
    if not task.cancelled():
        task.exception()
