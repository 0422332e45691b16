"""Working on what comes next while something else is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def ahead[T](works: Iterable[Coroutine[Any, Any, T]], most: int) -> AsyncIterator[Callable[[], Awaitable[T]]]:
    """A function that gives what the works give, one after the other. So many of them are under way at most; the next one begins when
    the first of these is taken. When the block ends those under way are waited for, as threads cannot be ended: nothing is under way any more."""
    coming = iter(works)
    under_way: list[asyncio.Task[T]] = []

    def begin() -> None:
        work = next(coming, None)
        if work is not None:
            under_way.append(asyncio.create_task(work))

    async def take() -> T:
        found = await under_way.pop(0)
        begin()
        return found

    for _ in range(most):
        begin()
    try:
        yield take
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
