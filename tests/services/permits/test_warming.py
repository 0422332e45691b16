from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from gis.model.actor import PUBLIC
from services.app import create_app
from services.permits.warming import warm, warming
from services.processes.calls import call_for
from tests.services.permits import extracts
from tests.services.permits.extracts import PLAIN, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Any) -> Street:
    return extracts.street(make_database, catalog)


async def test_a_check_asks_nothing_that_was_not_planned_on_as_many_connections_as_asked_for(
    street: Street, settings_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, set[str]] = {}
    fetchrow = asyncpg.Connection.fetchrow

    async def noting(self: asyncpg.Connection, query: str, *values: object, **more: Any) -> object:
        seen.setdefault(self.get_server_pid(), set()).add(query)
        return await fetchrow(self, query, *values, **more)

    app = create_app(settings_for(street.dsn))
    async with app.router.lifespan_context(app):
        monkeypatch.setattr(asyncpg.Connection, "fetchrow", noting)
        await warm(call_for(app.state.services, PUBLIC), 3)
        planned = list(seen.values())
        seen.clear()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as asker:
            asked = {"inputs": {"parcel": {"id": str(PLAIN)}}, "outputs": {"answer": {}}}
            answer = await asker.post("/processes/permit-check/execution", json=asked)
            assert answer.status_code == 200, answer.text
    assert len(planned) == 3 and all(each == planned[0] for each in planned)
    late = [query for queries in seen.values() for query in queries - planned[0] if "land_history" in query]
    assert any(queries & planned[0] for queries in seen.values()) and not late


async def test_what_goes_wrong_in_the_background_is_nobodys_error(
    street: Street, settings_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("no such database")

    monkeypatch.setattr("services.permits.warming.warm", broken)
    app = create_app(settings_for(street.dsn), warmed=1)
    async with app.router.lifespan_context(app), warming(call_for(app.state.services, PUBLIC), 1):
        pass
