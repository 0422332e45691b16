"""Workers beside the applications over the small city and over the database that tests of writing share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
from fastapi import FastAPI

from services.processes.listed import PROCESSES
from services.processes.running import Terms, Workplace
from services.processes.worker import Worker
from tests.services.conftest import City
from tests.services.ogc.writing import Land


def workplace(app: FastAPI, dsn: str) -> Workplace:
    """Of a worker for the application."""
    services = app.state.services
    return Workplace(
        dsn, services.catalog, services.settings, services.secret, services.keeper, PROCESSES, Terms(poll=0.2)
    )


@asynccontextmanager
async def working(app: FastAPI, dsn: str) -> AsyncIterator[Worker]:
    """Runs the jobs that are submitted to the application."""
    found = Worker(workplace(app, dsn), at_once=1)
    work = asyncio.create_task(found.work())
    yield found
    found.end()
    await work


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def worker(app: FastAPI, city: City) -> AsyncIterator[Worker]:
    async with working(app, city.dsn) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def land_worker(land_app: FastAPI, land: Land) -> AsyncIterator[Worker]:
    async with working(land_app, land.dsn) as found:
        yield found
