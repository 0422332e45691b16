"""What comes next is worked on while something else is done, and nothing is left under way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator

import pytest

from services.permits.batch_ahead import ahead

pytestmark = pytest.mark.asyncio


class Works:
    """Four works that end when they are told to; `begun` and `ended` in their order."""

    def __init__(self, wrong: int | None = None) -> None:
        self.wrong = wrong
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.go = [asyncio.Event() for _ in range(4)]

    def __iter__(self) -> Iterator[Coroutine[object, object, int]]:
        return (self.work(number) for number in range(4))

    async def work(self, number: int) -> int:
        self.begun.append(number)
        await self.go[number].wait()
        self.ended.append(number)
        if number == self.wrong:
            raise ValueError(number)
        return number

    def all_go(self) -> None:
        for one in self.go:
            one.set()


@pytest.mark.parametrize("most", [1, 2, 3, 9])
async def test_so_many_are_under_way_and_no_more(most: int) -> None:
    works = Works()
    works.all_go()
    found = []
    async with ahead(works, most) as take:
        for number in range(4):
            found.append(await take())
            await asyncio.sleep(0)  # something else is done
            await asyncio.sleep(0)
            assert works.begun == list(range(min(number + 1 + most, 4)))
    assert found == [0, 1, 2, 3]


async def test_they_are_taken_in_their_order_whichever_ends_first() -> None:
    works = Works()
    for number in (1, 2, 3):
        works.go[number].set()
    async with ahead(works, 2) as take:
        asyncio.get_running_loop().call_later(0.02, works.go[0].set)
        assert [await take() for _ in range(4)] == [0, 1, 2, 3]
    assert works.ended[0] == 1


async def test_nothing_is_under_way_when_the_block_ends_early() -> None:
    works = Works()
    works.go[0].set()

    async def early() -> None:
        async with ahead(works, 1) as take:
            await take()
            await asyncio.sleep(0)
            assert (works.begun, works.ended) == ([0, 1], [0])
            asyncio.get_running_loop().call_soon(works.all_go)
            raise KeyError

    with pytest.raises(KeyError):
        await early()
    assert (works.begun, works.ended) == ([0, 1], [0, 1])


async def test_an_error_comes_where_its_work_is_taken_and_is_nobodys_where_it_is_not() -> None:
    works = Works(wrong=1)
    works.all_go()
    async with ahead(works, 1) as take:
        assert await take() == 0
        with pytest.raises(ValueError, match="1"):
            await take()
    untaken = Works(wrong=0)
    untaken.all_go()
    async with ahead(untaken, 1):
        pass
    assert untaken.ended == [0]


async def test_of_nothing_nothing_is_done() -> None:
    async with ahead(iter(()), 2):
        pass
