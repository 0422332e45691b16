"""Reading what comes next while something else is computed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def ahead[T](reads: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[Callable[[], Awaitable[T]]]:
    """A function that gives what the reads give, one after the other; each begins when the one before it is taken, so that one
    is under way at most. When the block ends nothing is under way any more."""
    coming = iter(reads)
    under_way: list[asyncio.Task[T]] = []

    def begin() -> None:
        read = next(coming, None)
        if read is not None:
            under_way.append(asyncio.create_task(read))

    async def take() -> T:
        found = await under_way.pop()
        begin()
        return found

    begin()
    try:
        yield take
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
