"""Few at once, some that wait, the rest sent away."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Busy
from services.ogc.turns import Turns


@given(at_once=st.integers(1, 4), waiting=st.integers(0, 5), asking=st.integers(1, 15))
def test_no_more_than_may_have_a_turn_or_wait_for_one(at_once: int, waiting: int, asking: int) -> None:
    running = most = refused = 0

    async def one(turns: Turns) -> None:
        nonlocal running, most, refused
        try:
            async with turns.turn():
                running += 1
                most = max(most, running)
                await asyncio.sleep(0)
                running -= 1
        except Busy:
            refused += 1

    async def all_at_once() -> int:
        turns = Turns(at_once, waiting)
        await asyncio.gather(*(one(turns) for _ in range(asking)))
        return turns.waiting

    assert asyncio.run(all_at_once()) == 0
    assert most == min(at_once, asking)
    assert refused == max(0, asking - at_once - waiting)


async def test_who_leaves_the_queue_makes_room() -> None:
    turns = Turns(1, 1)

    async def wait() -> None:
        async with turns.turn():
            pass

    async with turns.turn():
        first = asyncio.create_task(wait())
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await wait()
        first.cancel()
        await asyncio.wait([first])
        second = asyncio.create_task(wait())
        await asyncio.sleep(0)
        assert not second.done()
    await second
