from __future__ import annotations

import pytest
from starlette.requests import Request

from services.ogc.bodies import large, parsed, read_sent


def chunked(*parts: bytes) -> Request:
    """A request that does not say how long it is."""
    left = list(parts)

    async def receive() -> dict[str, object]:
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "much"), [(10, False), (70_000, True)])
async def test_what_is_large_is_told_by_what_came_and_not_by_a_header(size: int, much: bool) -> None:
    sent = await read_sent(chunked(b'["', b"x" * size, b'"]'), ("application/json",), 1_000_000)
    assert await parsed(sent) == ["x" * size] and large(sent) is much
