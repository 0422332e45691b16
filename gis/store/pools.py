"""Asynchronous pools, one for each database role: the second wall behind the policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import asyncpg

from gis.errors import Busy, DatabaseUnavailable, QueryTimeout, Stale, StoreError, Unstorable, Unwritable
from gis.store.roles import login
from gis.store.sql import Sql

_UNAVAILABLE = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.AdminShutdownError)  # fmt: skip
_UNSTORABLE = (asyncpg.DataError, asyncpg.CheckViolationError, asyncpg.NotNullViolationError, asyncpg.ProgramLimitExceededError)  # fmt: skip


_QUEUE = 5.0
"""Seconds for which a question waits for a connection."""

_PREPARED = 2**18
"""So long (bytes) a statement is planned once a connection. The driver's own bound leaves out what asks for many fields."""

_IDLE = 3_600.0
"""Seconds after which a connection that nobody used is closed: its plans go with it, and a quiet hour shall not slow the next
question."""

_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan"

_WRITERS = 4
_PATIENCE = 5.0
"""Seconds for which a write waits for its turn: they take turns, and with them whoever edits or publishes otherwise."""

_WRITING = {
    "default_transaction_read_only": "off",
    "lock_timeout": str(int(_PATIENCE * 1000)),
    "idle_in_transaction_session_timeout": "10000",
}

Row = asyncpg.Record
"""A row of an answer, by column name; the name by which other packages know it."""


@dataclass(slots=True)
class Exports:
    """How long answers are read: on connections of their own, at most `most` at a time, each statement within
    `statement_timeout_ms`."""

    most: int = 4
    statement_timeout_ms: int = 60_000
    running: int = field(default=0, init=False)


class Transaction:
    """One transaction on a connection of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def row(self, sql: Sql) -> asyncpg.Record | None:
        """The first row of the answer, None if there is none."""
        async with translated():
            return await self._connection.fetchrow(sql.text, *sql.params)

    async def rows(self, sql: Sql) -> list[asyncpg.Record]:
        """All rows of the answer."""
        async with translated():
            return list(await self._connection.fetch(sql.text, *sql.params))


class Snapshot(Transaction):
    """One state of the database, for as long as it is held."""


class Writing:
    """One transaction that edits: all of it or nothing."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: Sql) -> list[asyncpg.Record]:
        """All rows of the answer. Stale where somebody else changed the feature meanwhile, Unwritable where a row does
        not fit its layer, Busy while others edit or publish."""
        with _refused():
            return list(await self._connection.fetch(sql.text, *sql.params))


class Pools:
    """`public` has no grant on restricted tables and columns, `staff` has; `writer` edits on behalf of others."""

    def __init__(
        self, pools: Mapping[str, asyncpg.Pool], dsn: str, settings: Mapping[str, str], exports: Exports
    ) -> None:
        self._pools = pools
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
        async with translated():
            pools = {
                name: await asyncpg.create_pool(
                    dsn,
                    **login(dsn, f"landmap_{name}"),
                    min_size=least,
                    max_size=most,
                    server_settings={**settings, **more},
                    reset=keep,
                    max_cacheable_statement_size=_PREPARED,
                    max_inactive_connection_lifetime=_IDLE,
                )
                for name, least, most, more in (
                    ("public", 1, size, {}),
                    ("staff", 0, size, {}),
                    ("writer", 0, _WRITERS, _WRITING),
                )
            }
        return cls(pools, dsn, settings, exports or Exports())

    async def row(self, sql: Sql, pool: str = "public") -> asyncpg.Record | None:
        """The first row of the answer, None if there is none. Busy where no connection comes free in time."""
        async with self._turn(pool) as connection:
            return await connection.fetchrow(sql.text, *sql.params)

    async def rows(self, sql: Sql, pool: str = "public") -> list[asyncpg.Record]:
        """All rows of the answer. Busy where no connection comes free in time."""
        async with self._turn(pool) as connection:
            return list(await connection.fetch(sql.text, *sql.params))

    @asynccontextmanager
    async def _turn(self, pool: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one statement: who has waited too long is sent away, so that a crowd does not grow without end."""
        async with acquired(self._pools[pool], _QUEUE, _crowded) as connection:
            yield connection

    @asynccontextmanager
    async def reading(self, pool: str = "public") -> AsyncIterator[Snapshot]:
        """One state of the database for a few short statements, on a connection of the pool. Busy as of `row`.

        Their plans are made once a connection: planning what joins several layers takes far longer than reading a few rows.
        """
        async with self._turn(pool) as connection:
            await connection.execute(_READING)
            try:
                yield Snapshot(connection)
            finally:
                await connection.execute("ROLLBACK")

    @asynccontextmanager
    async def writing(self, actor: str, title: str) -> AsyncIterator[Writing]:
        """A transaction of edits by `actor`, committed at the end unless an error passes; then nothing is left of it."""
        async with acquired(self._pools["writer"], _PATIENCE, _others_write) as connection, connection.transaction():
            await connection.execute(
                "SELECT set_config('landmap.actor', $1, true), set_config('landmap.title', $2, true)", actor, title
            )
            yield Writing(connection)

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
            async with translated():
                connection = await asyncpg.connect(
                    self._dsn, **login(self._dsn, f"landmap_{pool}"), server_settings=settings
                )
            try:
                async with translated():
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield Snapshot(connection)
            finally:
                connection.terminate()
        finally:
            exports.running -= 1

    async def close(self) -> None:
        """Close all connections; those in use are given five seconds."""
        for pool in self._pools.values():
            await close(pool)


@asynccontextmanager
async def acquired(pool: asyncpg.Pool, seconds: float, busy: Callable[[], Busy]) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool; `busy()` where none comes free within `seconds`. The driver's errors become ours."""
    async with translated():
        try:
            connection = await pool.acquire(timeout=seconds)
        except TimeoutError as error:
            raise busy() from error
        try:
            yield connection
        finally:
            await pool.release(connection)


async def close(pool: asyncpg.Pool) -> None:
    """Close the connections; those in use are given five seconds."""
    try:
        await asyncio.wait_for(pool.close(), 5)
    except TimeoutError:
        pool.terminate()


async def keep(connection: asyncpg.Connection) -> None:
    """Nothing to reset: single statements and transactions leave nothing in the session, and a reset is a round trip."""


def _crowded() -> Busy:
    return Busy(
        "More is asked at the moment than can be answered; try again in a little while.",
        "Hệ thống đang nhận nhiều yêu cầu hơn mức trả lời được; hãy thử lại sau ít phút.",
    )


@contextmanager
def _refused() -> Iterator[None]:
    """What the database says against an edit becomes the caller's error; its own text stays in the chain, for the log."""
    try:
        yield
    except asyncpg.LockNotAvailableError as error:
        raise _others_write() from error
    except asyncpg.SerializationError as error:
        raise overtaken() from error
    except asyncpg.DatetimeFieldOverflowError as error:
        raise Unwritable(
            "The change cannot hold from that day: the feature has other records of that time, or has ended by then. Nothing "
            "was written; choose a later day.",
            "Không thể sửa từ ngày đó: đối tượng có các bản ghi khác trong thời gian ấy, hoặc đã hết hiệu lực. Chưa ghi gì; "
            "hãy chọn ngày muộn hơn.",
        ) from error
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise Unwritable(
            "The database refused a value that does not fit the layer. Nothing was written; compare what was sent with the "
            "definition of the layer, and tell the operator when it happened.",
            "Cơ sở dữ liệu không nhận một giá trị không đúng với lớp dữ liệu. Chưa ghi gì; hãy đối chiếu với định nghĩa của "
            "lớp và báo người vận hành thời điểm xảy ra.",
        ) from error


def overtaken() -> Stale:
    """Somebody else was first, after the feature had been read for this edit."""
    return Stale(
        "The feature was changed by somebody else meanwhile. Nothing was written: fetch it again and repeat the change.",
        "Đối tượng vừa được người khác thay đổi. Chưa ghi gì: hãy tải lại đối tượng rồi sửa lại.",
    )


def _others_write() -> Busy:
    return Busy(
        "Somebody is editing or publishing at this moment. Nothing was written; try again in a little while.",
        "Đang có người chỉnh sửa hoặc công bố dữ liệu. Chưa ghi gì; hãy thử lại sau ít phút.",
    )


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
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
    except _UNSTORABLE as error:
        raise Unstorable("The database does not take a value.", "Cơ sở dữ liệu không nhận một giá trị.") from error
    except asyncpg.PostgresError as error:
        raise StoreError("The database could not answer.", "Cơ sở dữ liệu không trả lời được.") from error
