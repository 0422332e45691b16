"""Asynchronous pools, one for each database role: the second wall behind the policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from gis.errors import Busy, DatabaseUnavailable, QueryTimeout, StoreError
from gis.store.roles import login
from gis.store.sql import Sql

_UNAVAILABLE = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.AdminShutdownError)  # fmt: skip


Row = asyncpg.Record
"""A row of an answer, by column name; the name by which other packages know it."""


@dataclass(slots=True)
class Exports:
    """How long answers are read: on connections of their own, at most `most` at a time, each statement within
    `statement_timeout_ms`."""

    most: int = 4
    statement_timeout_ms: int = 60_000
    running: int = field(default=0, init=False)


class Snapshot:
    """One state of the database, for as long as it is held."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def row(self, sql: Sql) -> asyncpg.Record | None:
        """The first row of the answer, None if there is none."""
        async with _translated():
            return await self._connection.fetchrow(sql.text, *sql.params)


class Pools:
    """`public` has no grant on restricted tables and columns, `staff` has."""

    def __init__(
        self, public: asyncpg.Pool, staff: asyncpg.Pool, dsn: str, settings: Mapping[str, str], exports: Exports
    ) -> None:
        self._pools = {"public": public, "staff": staff}
        self._dsn = dsn
        self._settings = settings
        self._exports = exports

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        statement_timeout_ms: int = 10_000,
        time_zone: str = "UTC",
        size: int = 8,
        exports: Exports | None = None,
    ) -> Pools:
        """Log in to the database of `dsn` as each role; DatabaseUnavailable if that fails. Timestamps in answers are written in `time_zone`."""
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
            public, staff = [
                await asyncpg.create_pool(
                    dsn, **login(dsn, role), min_size=least, max_size=size, server_settings=settings, reset=_keep
                )
                for role, least in (("landmap_public", 1), ("landmap_staff", 0))
            ]
        return cls(public, staff, dsn, settings, exports or Exports())

    async def row(self, sql: Sql, pool: str = "public") -> asyncpg.Record | None:
        """The first row of the answer, None if there is none."""
        async with _translated():
            return await self._pools[pool].fetchrow(sql.text, *sql.params)

    async def rows(self, sql: Sql, pool: str = "public") -> list[asyncpg.Record]:
        """All rows of the answer."""
        async with _translated():
            return list(await self._pools[pool].fetch(sql.text, *sql.params))

    @asynccontextmanager
    async def snapshot(self, pool: str = "public") -> AsyncIterator[Snapshot]:
        """One state of the database, on a connection of its own that is closed whatever happens. Busy where as many
        are held as may be."""
        exports = self._exports
        if exports.running >= exports.most:
            raise Busy(
                "As many downloads as the service can make at once are being made; try again in a little while.",
                "Hệ thống đang phục vụ số lượt tải tối đa cùng lúc; hãy thử lại sau ít phút.",
            )
        exports.running += 1
        try:
            settings = {
                **self._settings,
                "statement_timeout": str(exports.statement_timeout_ms),
                "client_connection_check_interval": "1000",  # a statement ends with its reader
            }
            async with _translated():
                connection = await asyncpg.connect(
                    self._dsn, **login(self._dsn, f"landmap_{pool}"), server_settings=settings
                )
            try:
                async with _translated():
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield Snapshot(connection)
            finally:
                connection.terminate()
        finally:
            exports.running -= 1

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
