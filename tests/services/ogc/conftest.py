"""A database that tests of writing share, the application over it, and its clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.layer import Catalog
from services.app import create_app
from tests.services.ogc import writing
from tests.services.ogc.writing import Land
from tests.services.subscriptions.receiver import Receiver


@pytest.fixture(scope="session")
def land(make_database: Callable[..., str], catalog: Catalog) -> Land:
    """The database: tests add features of their own, by numbers that no other test uses."""
    return writing.land(make_database, catalog)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def land_app(land: Land, receiver: Receiver, settings_for: Callable[..., Any]) -> AsyncIterator[FastAPI]:
    """It may call the receiver of the tests."""
    app = create_app(settings_for(land.dsn, callback_hosts=(f"127.0.0.1:{receiver.port}",)))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def anybody(land_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    transport = httpx.ASGITransport(app=land_app)
    headers = {"Accept": "application/json", "Accept-Language": "en", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def writer(land_app: FastAPI, land: Land) -> AsyncIterator[httpx.AsyncClient]:
    """The editor of the agency that owns parcels and permits."""
    transport = httpx.ASGITransport(app=land_app)
    headers = {"Accept": "application/json", "Accept-Language": "en", "Accept-Encoding": "identity"}
    headers |= land.headers["editor"]
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
        yield opened
