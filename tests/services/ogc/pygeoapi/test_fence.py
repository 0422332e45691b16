"""What goes through the fence, and what does not."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from gis.errors import InvalidParameter, NotFound
from services.ogc.pygeoapi import fence
from services.ogc.pygeoapi.desk import Desk
from services.ogc.pygeoapi.manager import Manager
from services.processes.listed import PROCESSES

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_making_the_api_leaves_the_logs_of_the_program_alone() -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    fence._api.cache_clear()
    api = fence._api()
    assert (list(root.handlers), root.level) == (before, level)
    assert not logging.getLogger("pygeoapi").propagate
    assert list(api.manager.processes) == list(PROCESSES)


async def test_one_api_serves_all_requests_with_their_own_addresses(app: FastAPI) -> None:
    api = fence._api()
    for host in ("one.test", "two.test"):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            found = (await client.get("/processes")).json()
        assert all(link["href"].startswith(f"http://{host}/") for link in found["links"])
    assert fence._api() is api
    assert api.base_url == "http://localhost"


async def test_what_pygeoapi_refuses_is_an_error_of_ours(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient
) -> None:
    for status, kind in ((400, InvalidParameter), (404, NotFound)):
        found = fence._refusal(status, orjson.dumps({"code": "x", "description": "a reason"}))
        assert isinstance(found, kind) and "a reason" in found.en
    with pytest.raises(RuntimeError, match="a reason"):
        fence._refusal(500, orjson.dumps({"code": "x", "description": "a reason"}))

    def refuse(api: Any, request: Any, *names: str) -> tuple[dict[str, str], int, str]:
        return {}, 400, '{"description": "not today"}'

    monkeypatch.setattr(fence, "describe_processes", refuse)
    response = await client.get("/processes")
    assert response.status_code == 400
    assert "not today" in response.json()["detail"]


async def test_a_manager_that_is_closed_begins_nothing() -> None:
    begun = []

    class Counter:
        language = "vi"

        async def job(self) -> dict[str, Any]:
            begun.append(1)
            return {}

    desk: Desk = Counter()  # type: ignore[assignment]
    manager = Manager({"name": "x"}).bound(desk)
    manager.close()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.to_thread(manager.get_job, "1")
    assert begun == []


async def test_closing_ends_what_a_thread_waits_for() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    class Slow:
        language = "vi"

        async def job(self) -> dict[str, Any]:
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            return {}

    desk: Desk = Slow()  # type: ignore[assignment]
    manager = Manager({"name": "x"}).bound(desk)
    waiting = asyncio.get_running_loop().run_in_executor(None, manager.get_job, "1")
    await asyncio.wait_for(begun.wait(), 10)
    manager.close()
    await asyncio.wait_for(ended.wait(), 10)
    await asyncio.wait((waiting,), timeout=10)
    assert waiting.done()


async def test_a_manager_without_a_request_does_nothing() -> None:
    with pytest.raises(RuntimeError):
        Manager({"name": "x"}).get_job("1")
