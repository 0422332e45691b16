"""A small database with parcels on both sides of an agency's border, its application, and headers for every caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.layer import Catalog
from services.app import create_app
from tests.services.ogc.writing import Land
from tests.services.ogc.writing import land as make_land


@pytest.fixture(scope="session")
def land(make_database: Callable[..., str], catalog: Catalog) -> Land:
    return make_land(make_database, catalog)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def permits_app(land: Land, settings_for: Any) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(land.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(permits_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials; each request says who asks by its headers."""
    transport = httpx.ASGITransport(app=permits_app, raise_app_exceptions=True)
    headers = {"Accept": "application/json", "Accept-Language": "en", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
        yield opened
