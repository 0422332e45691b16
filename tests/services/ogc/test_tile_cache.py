"""The cache of finished tiles."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ogc.tile_cache import TileCache


async def test_a_tile_is_made_once_and_then_kept() -> None:
    cache, made = TileCache(), 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return b"tile"

    assert cache.get("k") is None
    assert set(await asyncio.gather(*(cache.make("k", make) for _ in range(9)))) == {b"tile"}
    assert (cache.get("k"), made) == (b"tile", 1)


async def test_an_empty_tile_is_kept_too() -> None:
    cache = TileCache()
    await cache.make("k", _giving(b""))
    assert cache.get("k") == b""


async def test_a_failure_is_not_kept() -> None:
    cache = TileCache()

    async def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await cache.make("k", fail)
    assert await cache.make("k", _giving(b"yes")) == b"yes"


async def test_the_one_not_asked_for_longest_goes_first() -> None:
    cache = TileCache(max_bytes=4 * 1400)
    for key in "abcd":
        await cache.make(key, _giving(b"x" * 1000))
    assert cache.get("a") is not None
    await cache.make("e", _giving(b"x" * 1000))
    assert cache.get("b") is None
    assert cache.get("a") is not None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3000)), max_size=60))
def test_it_never_holds_more_than_it_may(tiles: list[tuple[int, int]]) -> None:
    async def fill() -> None:
        cache = TileCache(max_bytes=10_000)
        for key, size in tiles:
            await cache.make(key, _giving(b"x" * size))
            assert 0 <= cache.bytes <= cache.max_bytes

    asyncio.run(fill())


def _giving(tile: bytes):  # type: ignore[no-untyped-def]
    async def make() -> bytes:
        return tile

    return make
