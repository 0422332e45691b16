"""The cache of finished tiles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
