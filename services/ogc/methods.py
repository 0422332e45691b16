"""What an address answers to OPTIONS, and to the methods that it does not have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.ogc.answers import PRIVATE

EVERY = ("OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE")
"""For a route behind those that have a method each: Starlette would refuse with the methods of one of them."""


def answer_options(request: Request, allowed: Collection[str], more: Mapping[str, str] | None = None) -> Response:
    """To OPTIONS the methods that are `allowed`, with `more` headers; any other method is refused with them (405)."""
    allow = {"Allow": ", ".join(allowed)}
    if request.method != "OPTIONS":
        raise HTTPException(405, headers=allow)
    return Response(headers={**allow, **(more or {}), **PRIVATE})


def only(*allowed: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind those of the methods that are `allowed`, whoever calls."""

    async def options(request: Request) -> Response:
        return answer_options(request, allowed)

    return options
