"""The service's own hand: it reads restricted fields and writes down what was done, in transactions that commit or fail.

A login apart from those of the answers, so that nothing else of the service can do either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from gis.errors import Busy, ForeignDatabase
from gis.store.pools import Transaction, acquired, close, keep, translated
from gis.store.roles import login
from gis.store.sql import Sql

_PATIENCE = 5.0
"""Seconds for which a transaction waits for a connection."""


class Keeper:
    """A small pool of its own, opened when it is first needed."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(
        cls, dsn: str, *, statement_timeout_ms: int = 10_000, time_zone: str = "UTC", size: int = 4
    ) -> Keeper:
        """Log in to the database of `dsn` as landmap_keeper; DatabaseUnavailable if that fails later on."""
        settings = {
            "application_name": "landmap keeper",
            "statement_timeout": str(statement_timeout_ms),
            "timezone": time_zone,
            "search_path": "public",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
        }
        async with translated():
            pool = await asyncpg.create_pool(
                dsn, **login(dsn, "landmap_keeper"), min_size=0, max_size=size, server_settings=settings, reset=keep
            )
        return cls(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """What is done within is committed when the block ends, all of it; else an error says that nothing is."""
        async with acquired(self._pool, _PATIENCE, _crowded) as connection, connection.transaction():
            yield Transaction(connection)

    @asynccontextmanager
    async def hearing(self, channel: str, heard: Callable[[str], None]) -> AsyncIterator[asyncio.Event]:
        """While this is open, `heard` gets what NOTIFY says on the channel. The event is set when the connection is lost."""
        lost = asyncio.Event()

        def hear(_: object, __: int, ___: str, payload: object) -> None:
            heard(str(payload))

        def lose(_: object) -> None:
            lost.set()

        async with acquired(self._pool, _PATIENCE, _crowded) as connection:
            connection.add_termination_listener(lose)
            await connection.add_listener(channel, hear)
            try:
                yield lost
            finally:
                connection.remove_termination_listener(lose)
                if not connection.is_closed():
                    await connection.remove_listener(channel, hear)

    async def secret(self) -> bytes:
        """What the processes of the service sign with. ForeignDatabase where the database has none."""
        async with self.transaction() as work:
            row = await work.row(Sql("SELECT value FROM landmap.meta WHERE key = 'secret'", ()))
        if row is None:
            raise ForeignDatabase(
                "The database has no secret to sign with: run landmap db start, or restore landmap.meta."
            )
        return bytes.fromhex(row["value"])

    async def close(self) -> None:
        """Close all connections; those in use are given five seconds."""
        await close(self._pool)


def _crowded() -> Busy:
    return Busy(
        "More is being recorded at the moment than can be; try again in a little while.",
        "Hệ thống đang ghi nhật ký quá nhiều; hãy thử lại sau ít phút.",
    )
