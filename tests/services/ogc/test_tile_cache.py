"""The cache of finished tiles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Busy
from services.ogc.tile_cache import Made, TileCache


async def test_a_tile_is_made_once_and_then_kept() -> None:
    cache, made = TileCache(), 0

    async def make() -> Made[str]:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return Made("k", b"tile")

    assert cache.get("k") is None
    assert set(await asyncio.gather(*(cache.make("k", make) for _ in range(9)))) == {Made("k", b"tile")}
    assert (cache.get("k"), made) == (b"tile", 1)


async def test_an_empty_tile_is_kept_too() -> None:
    cache = TileCache()
    await cache.make("k", _giving("k", b""))
    assert cache.get("k") == b""


async def test_what_turns_out_to_belong_to_another_key_is_kept_under_that_one() -> None:
    cache = TileCache()
    assert await cache.make("old", _giving("new", b"tile")) == Made("new", b"tile")
    assert (cache.get("old"), cache.get("new")) == (None, b"tile")


async def test_a_failure_is_not_kept() -> None:
    cache = TileCache()

    async def fail() -> Made[str]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await cache.make("k", fail)
    assert (await cache.make("k", _giving("k", b"yes"))).tile == b"yes"


async def test_the_one_not_asked_for_longest_goes_first() -> None:
    cache = TileCache(max_bytes=4 * 1400)
    for key in "abcd":
        await cache.make(key, _giving(key, b"x" * 1000))
    assert cache.get("a") is not None
    await cache.make("e", _giving("e", b"x" * 1000))
    assert cache.get("b") is None
    assert cache.get("a") is not None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3000)), max_size=60))
def test_it_never_holds_more_than_it_may(tiles: list[tuple[int, int]]) -> None:
    async def fill() -> None:
        cache = TileCache(max_bytes=10_000)
        for key, size in tiles:
            await cache.make(key, _giving(key, b"x" * size))
            assert 0 <= cache.bytes <= cache.max_bytes

    asyncio.run(fill())


def _giving[Key: Hashable](key: Key, tile: bytes) -> Callable[[], Awaitable[Made[Key]]]:
    async def make() -> Made[Key]:
        return Made(key, tile)

    return make


class Slow:
    """A tile that is made when `go` is set; how often it was begun and given up."""

    def __init__(self) -> None:
        self.begun = self.given_up = 0
        self.go = asyncio.Event()

    async def __call__(self) -> Made[str]:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return Made("k", b"tile")


async def test_a_tile_is_given_up_when_the_last_who_waits_for_it_leaves() -> None:
    cache, slow = TileCache(), Slow()
    waiting = [asyncio.create_task(cache.make("k", slow)) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in waiting[:2]:
        task.cancel()
    await asyncio.sleep(0.01)
    assert (slow.begun, slow.given_up) == (1, 0)
    waiting[2].cancel()
    await asyncio.wait(waiting)
    await asyncio.sleep(0.01)
    assert (slow.begun, slow.given_up) == (1, 1)


async def test_who_stays_gets_the_tile_though_others_left() -> None:
    cache, slow = TileCache(), Slow()
    first, second = (asyncio.create_task(cache.make("k", slow)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait([first])
    slow.go.set()
    assert (await second, cache.get("k")) == (Made("k", b"tile"), b"tile")


async def test_who_asks_after_a_tile_was_given_up_gets_one_made_anew() -> None:
    cache, slow = TileCache(), Slow()
    first = asyncio.create_task(cache.make("k", slow))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait([first])  # the making is told to end, and may not have ended
    slow.go.set()
    assert await cache.make("k", slow) == Made("k", b"tile")
    assert (slow.begun, slow.given_up) == (2, 1)


async def test_no_more_tiles_are_made_at_once_than_may_be() -> None:
    cache, slow = TileCache(most=2), Slow()
    waiting = [asyncio.create_task(cache.make(key, slow)) for key in ("a", "b", "b")]
    await asyncio.sleep(0.01)
    with pytest.raises(Busy):
        await cache.make("c", slow)
    slow.go.set()
    await asyncio.gather(*waiting)
    assert await cache.make("c", slow) == Made("k", b"tile")


async def test_a_failure_reaches_all_who_wait_and_makes_room() -> None:
    cache = TileCache(most=1)

    async def fail() -> Made[str]:
        await asyncio.sleep(0.01)
        raise Busy("no")

    told = await asyncio.gather(*(cache.make("k", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [Busy] * 3
    assert (await cache.make("k", _giving("k", b"x"))).tile == b"x"
