"""Work for a client that may go: when it does, the work is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import Request

CLIENT_GONE = 499
"""The status of an answer that nobody reads any more; the log does."""


async def while_there[Result](
    request: Request, making: Coroutine[Any, Any, Result], seconds: float | None = None
) -> Result | None:
    """What is being made; None, and the making given up, when the client goes first. TimeoutError after `seconds`."""
    made, left = asyncio.ensure_future(making), asyncio.ensure_future(_left(request))
    try:
        done, _ = await asyncio.wait((made, left), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        return made.result() if made.done() else None
    finally:
        made.cancel()
        left.cancel()
        await asyncio.wait((made, left))


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
