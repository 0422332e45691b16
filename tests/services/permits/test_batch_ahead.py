"""What comes next is read while something else is computed, and nothing is left under way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator

import pytest

from services.permits.batch_ahead import ahead

pytestmark = pytest.mark.asyncio


class Reads:
    """Three reads that end when they are told to; `begun` and `ended` in their order."""

    def __init__(self, wrong: int | None = None) -> None:
        self.wrong = wrong
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.go = [asyncio.Event() for _ in range(3)]

    def __iter__(self) -> Iterator[Coroutine[object, object, int]]:
        return (self.read(number) for number in range(3))

    async def read(self, number: int) -> int:
        self.begun.append(number)
        await self.go[number].wait()
        self.ended.append(number)
        if number == self.wrong:
            raise ValueError(number)
        return number

    def all_go(self) -> None:
        for one in self.go:
            one.set()


async def test_one_is_read_ahead_and_no_more() -> None:
    reads = Reads()
    reads.all_go()
    found = []
    async with ahead(reads) as read:
        for number in range(3):
            found.append(await read())
            await asyncio.sleep(0)  # something is computed
            await asyncio.sleep(0)
            assert reads.begun == list(range(min(number + 2, 3)))
    assert found == [0, 1, 2]


async def test_nothing_is_under_way_when_the_block_ends_early() -> None:
    reads = Reads()
    reads.go[0].set()

    async def early() -> None:
        async with ahead(reads) as read:
            await read()
            await asyncio.sleep(0)
            assert (reads.begun, reads.ended) == ([0, 1], [0])
            asyncio.get_running_loop().call_soon(reads.all_go)
            raise KeyError

    with pytest.raises(KeyError):
        await early()
    assert (reads.begun, reads.ended) == ([0, 1], [0, 1])


async def test_an_error_comes_where_its_read_is_taken_and_is_nobodys_where_it_is_not() -> None:
    reads = Reads(wrong=1)
    reads.all_go()
    async with ahead(reads) as read:
        assert await read() == 0
        with pytest.raises(ValueError, match="1"):
            await read()
    untaken = Reads(wrong=0)
    untaken.all_go()
    async with ahead(untaken):
        pass
    assert untaken.ended == [0]


async def test_of_nothing_nothing_is_read() -> None:
    async with ahead(iter(())):
        pass
