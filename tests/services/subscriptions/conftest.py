"""A city whose changes are watched: parcels, keys for every caller, a receiver, and a courier that a test sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.layer import Catalog
from gis.store.embedded import ServerInfo
from services.app import create_app
from services.dependencies import Services
from services.processes.running import Workplace
from services.subscriptions.courier import Courier, Pace
from tests.services.ogc.writing import Land, parcel_id
from tests.services.ogc.writing import land as make_land
from tests.services.permits import checking
from tests.services.permits.checking import Checks
from tests.services.subscriptions.receiver import Receiver


@dataclass(frozen=True, slots=True)
class Town:
    land: Land
    client: httpx.AsyncClient
    services: Services
    receiver: Receiver

    async def post(self, who: str, watch: dict[str, Any], callback: str | None = None) -> httpx.Response:
        body: dict[str, Any] = {"watch": watch}
        if callback is not None:
            body["callback"] = callback
        return await self.client.post("/subscriptions", json=body, headers=self.land.headers[who])

    async def subscribe(self, who: str, watch: dict[str, Any], *, call: bool = False) -> dict[str, Any]:
        answer = await self.post(who, watch, f"http://127.0.0.1:{self.receiver.port}/in" if call else None)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, who: str, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.land.headers[who])

    async def deliveries(self, who: str, one: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.get(who, f"/subscriptions/{one['id']}/deliveries")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["deliveries"]
        return found

    def courier(self, **pace: float) -> Courier:
        place = Workplace(
            self.land.dsn, self.land.catalog, self.services.settings, self.services.secret, self.services.keeper, {}
        )
        return Courier(place, self.services.pools, Pace(**{"pause": 0.0, "backoff": 0.0, **pace}))  # type: ignore[arg-type]

    async def round(self, **pace: float) -> None:
        """Everything is looked after, until there is nothing to do."""
        courier = self.courier(**pace)
        for _ in range(50):
            if not await courier.once():
                return
        raise AssertionError("there is always something to do")

    def change(self, number: int, **values: Any) -> UUID:
        """A changeset of one parcel."""
        sets = ", ".join(f"{name} = %s" for name in values)
        with psycopg.connect(self.land.dsn, autocommit=True) as db:
            db.execute(f"UPDATE land.parcels SET {sets} WHERE id = %s", (*values.values(), parcel_id(number)))
        return parcel_id(number)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def watched_land(make_database: Callable[..., str], catalog: Catalog) -> Land:
    return make_land(make_database, catalog)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def watched_app(watched_land: Land, receiver: Receiver, settings_for: Any) -> AsyncIterator[FastAPI]:
    hosts = (f"127.0.0.1:{receiver.port}", f"rebound.test:{receiver.port}", "office.example.vn")
    app = create_app(settings_for(watched_land.dsn, callback_hosts=hosts, subscriptions_of_caller=5))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def town(watched_land: Land, watched_app: FastAPI, receiver: Receiver) -> AsyncIterator[Town]:
    """With no subscriptions."""
    receiver.clear()
    with psycopg.connect(watched_land.dsn, autocommit=True) as db:
        db.execute("TRUNCATE landmap.subscription CASCADE")
    transport = httpx.ASGITransport(app=watched_app, raise_app_exceptions=True)
    headers = {"Accept-Language": "en", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as client:
        yield Town(watched_land, client, watched_app.state.services, receiver)


@pytest.fixture(scope="session")
def checks(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return checking.make_checks(server, tmp_path_factory.mktemp("ruling"), "ruling")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def street(checks: Checks, receiver: Receiver, settings_for: Any) -> AsyncIterator[Town]:
    land = Land(
        checks.dsn, checks.catalog, {"officer": dict(checks.officer), "viewer": dict(checks.reader), "public": {}}
    )
    app = create_app(
        settings_for(
            checks.dsn, layers=checks.layers, callback_hosts=(f"127.0.0.1:{receiver.port}",), subscriptions_of_caller=5
        )
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        headers = {"Accept-Language": "en", "Accept-Encoding": "identity"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as client:
            yield Town(land, client, app.state.services, receiver)


@pytest.fixture
def watched(street: Town) -> Town:
    """With no subscriptions."""
    street.receiver.clear()
    with psycopg.connect(street.land.dsn, autocommit=True) as db:
        db.execute("TRUNCATE landmap.subscription CASCADE")
    return street
