"""Asynchronous pools, one for each database role: the second wall behind the policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from gis.errors import DatabaseUnavailable, QueryTimeout, StoreError
from gis.store.sql import Sql

_UNAVAILABLE = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.AdminShutdownError)  # fmt: skip


Row = asyncpg.Record
"""A row of an answer, by column name; the name by which other packages know it."""


class Pools:
    """`public` has no grant on restricted tables and columns, `staff` has."""

    def __init__(self, public: asyncpg.Pool, staff: asyncpg.Pool) -> None:
        self._pools = {"public": public, "staff": staff}

    @classmethod
    async def open(
        cls,
        dsn_public: str,
        dsn_staff: str,
        *,
        statement_timeout_ms: int = 10_000,
        time_zone: str = "UTC",
        size: int = 8,
    ) -> Pools:
        """Connect; DatabaseUnavailable if that fails. Timestamps in answers are written in `time_zone`."""
        settings = {
            "application_name": "landmap",
            "statement_timeout": str(statement_timeout_ms),
            "timezone": time_zone,
            "search_path": "public",
            "default_transaction_read_only": "on",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
        }
        async with _translated():
            public = await asyncpg.create_pool(
                dsn_public, min_size=1, max_size=size, server_settings=settings, reset=_keep
            )
            staff = await asyncpg.create_pool(
                dsn_staff, min_size=0, max_size=size, server_settings=settings, reset=_keep
            )
        return cls(public, staff)

    async def row(self, sql: Sql, pool: str = "public") -> asyncpg.Record | None:
        """The first row of the answer, None if there is none."""
        async with _translated():
            return await self._pools[pool].fetchrow(sql.text, *sql.params)

    async def rows(self, sql: Sql, pool: str = "public") -> list[asyncpg.Record]:
        """All rows of the answer."""
        async with _translated():
            return list(await self._pools[pool].fetch(sql.text, *sql.params))

    async def close(self) -> None:
        """Close all connections; those in use are given five seconds."""
        for pool in self._pools.values():
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()


async def _keep(connection: asyncpg.Connection) -> None:
    """Nothing to reset: connections run single reading statements, and a reset would cost each of them a round trip."""


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Driver errors become ours; the text of the driver stays in the chain, for the log only."""
    try:
        yield
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        raise QueryTimeout(
            "The question took too long; ask for a smaller area or fewer features.",
            "Câu hỏi mất quá nhiều thời gian; hãy thu nhỏ vùng hoặc giảm số đối tượng.",
        ) from error
    except _UNAVAILABLE as error:
        raise DatabaseUnavailable("The database is not reachable.", "Không kết nối được cơ sở dữ liệu.") from error
    except asyncpg.PostgresError as error:
        raise StoreError("The database could not answer.", "Cơ sở dữ liệu không trả lời được.") from error
