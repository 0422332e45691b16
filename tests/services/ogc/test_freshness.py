"""One statement for all who ask at the same time, and never one that began before the question."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gis.errors import QueryTimeout
from gis.store.sql import Sql
from services.ogc.freshness import Freshness

SQL = Sql("SELECT 1", ())


class Counting:
    """Pools whose answers are numbered in the order in which the statements began."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def row(self, _sql: Sql, _pool: str) -> Any:
        self.begun += 1
        number = self.begun
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return {"number": number}


async def test_those_who_ask_together_share_a_statement() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    pools.gate.set()
    rows = await asyncio.gather(*(freshness.row("a", SQL, "public") for _ in range(50)))
    assert {row["number"] for row in rows} == {1}
    assert pools.begun == 1


async def test_who_asks_while_one_runs_waits_for_the_next() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    first = asyncio.create_task(freshness.row("a", SQL, "public"))
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(freshness.row("a", SQL, "public")) for _ in range(20)]
    await asyncio.sleep(0.01)
    assert pools.begun == 1
    pools.gate.set()
    assert (await first)["number"] == 1
    assert {(await task)["number"] for task in late} == {2}


async def test_other_questions_do_not_wait() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    tasks = [asyncio.create_task(freshness.row(key, SQL, "public")) for key in ("a", "b", "c")]
    await asyncio.sleep(0.01)
    assert pools.begun == 3
    pools.gate.set()
    await asyncio.gather(*tasks)


async def test_an_error_reaches_all_and_the_next_question_is_asked_anew() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    pools.error = QueryTimeout("x")
    pools.gate.set()
    found = await asyncio.gather(*(freshness.row("a", SQL, "public") for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, QueryTimeout) for one in found)
    pools.error = None
    assert (await freshness.row("a", SQL, "public"))["number"] == 2


async def test_who_goes_away_does_not_end_it_for_the_others() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    gone = asyncio.create_task(freshness.row("a", SQL, "public"))
    stays = asyncio.create_task(freshness.row("a", SQL, "public"))
    await asyncio.sleep(0.01)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    pools.gate.set()
    assert (await stays)["number"] == 1


async def test_those_who_ask_about_different_places_share_a_statement_too() -> None:
    pools = Counting()
    freshness = Freshness(pools)  # type: ignore[arg-type]
    asked: list[tuple[str, ...]] = []

    def statement(places: Any) -> Sql:
        asked.append(tuple(places))
        return SQL

    first = asyncio.create_task(freshness.each("k", "a", statement, "public"))
    await asyncio.sleep(0)
    later = [asyncio.create_task(freshness.each("k", place, statement, "public")) for place in ("b", "c", "b")]
    await asyncio.sleep(0)
    pools.gate.set()
    row, index = await first
    assert (row["number"], index) == (1, 0)
    answers = await asyncio.gather(*later)
    assert [(answer["number"], i) for answer, i in answers] == [(2, 0), (2, 1), (2, 0)]
    assert asked == [("a",), ("b", "c")]
