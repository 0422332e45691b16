"""The pools: what happens to those who come when all connections are in use."""

from __future__ import annotations

import asyncio

import asyncpg
import psycopg
import pytest

from gis.errors import Busy, DatabaseUnavailable, QueryTimeout
from gis.store import pools as module
from gis.store.pools import Pools, translated
from gis.store.sql import Sql
from tests.gis.store.conftest import WAITING, until

ONE, SLEEP = Sql("SELECT 1 AS one", ()), Sql("SELECT pg_sleep(60)", ())
LOCK = Sql("SELECT pg_advisory_lock(1), pg_advisory_unlock(1)", ())


async def test_who_waits_too_long_for_a_connection_is_sent_away(
    database: str, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_QUEUE", 0.05)
    pools = await Pools.open(database, size=1)
    try:
        for pool in ("public", "staff"):
            db.execute("SELECT pg_advisory_lock(1)")
            first = asyncio.create_task(pools.row(LOCK, pool))
            await asyncio.to_thread(until, db, 1, WAITING)
            for ask in (pools.row, pools.rows):
                with pytest.raises(Busy):
                    await ask(ONE, pool)
            db.execute("SELECT pg_advisory_unlock(1)")
            assert await first is not None
            row = await pools.row(ONE, pool)
            assert row is not None and row["one"] == 1
    finally:
        await pools.close()


async def test_a_statement_that_fails_or_is_given_up_leaves_its_connection_to_others(
    database: str, db: psycopg.Connection
) -> None:
    pools = await Pools.open(database, size=1, statement_timeout_ms=200)
    try:
        with pytest.raises(QueryTimeout):
            await pools.row(SLEEP)
        db.execute("SELECT pg_advisory_lock(1)")
        given_up = asyncio.create_task(pools.row(LOCK))
        await asyncio.to_thread(until, db, 1, WAITING)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        row = await pools.row(ONE)
        assert row is not None and row["one"] == 1
    finally:
        await pools.close()


async def test_a_connection_that_the_server_ended_is_replaced(database: str) -> None:
    pools = await Pools.open(database, size=1)
    try:
        row = await pools.row(Sql("SELECT pg_backend_pid() AS pid", ()))
        assert row is not None
        with psycopg.connect(database, autocommit=True) as owner:
            assert owner.execute("SELECT pg_terminate_backend(%s, 10000)", (row["pid"],)).fetchone() == (True,)
        for _ in range(5):
            await asyncio.sleep(0)  # the end of the connection is there; it has to be read
        again = await pools.row(ONE)
        assert again is not None and again["one"] == 1
    finally:
        await pools.close()


async def test_a_connection_that_broke_in_the_middle_of_a_word_is_a_database_that_is_gone() -> None:
    """So the driver says it where a server was killed while it was asked."""
    with pytest.raises(DatabaseUnavailable):
        async with translated():
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
