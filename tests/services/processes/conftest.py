"""Workers over a database of their own, with a process that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.jobs import Job, Order, as_job, job_sql
from gis.store.runner import run
from services.app import create_app
from services.dependencies import Services
from services.processes.queue import submit
from services.processes.running import Terms, Workplace
from services.processes.worker import Worker
from services.settings import Settings
from tests.services.processes.stage import Stage

QUICK = Terms(lease=30, beat=0.1, patience=2, backoff=0, losses=2, told=0, poll=0.1)
"""Of a worker that a test waits for."""

type Working = Callable[..., AbstractAsyncContextManager[Worker]]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.go.set()  # nothing hangs on


@pytest.fixture(scope="module")
def dsn(make_database: Callable[..., str], catalog: Catalog) -> str:
    made = make_database()
    with psycopg.connect(made, autocommit=True) as db:
        access.add_agency(db, "so-xd", "Sở Xây dựng", "tester")
        access.set_layers(db, catalog, "so-xd", ["permits"], ["parcels"], "tester")
    return made


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection]:
    """As owner, with no jobs."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE landmap.job CASCADE")
        yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services(dsn: str, settings_for: Callable[..., Settings]) -> AsyncIterator[Services]:
    """Those of a running application."""
    app = create_app(settings_for(dsn))
    async with app.router.lifespan_context(app):
        yield app.state.services


@pytest.fixture
def working(services: Services, dsn: str, catalog: Catalog, stage: Stage) -> Working:
    """`working(terms=QUICK, at_once=1, **settings)`: a worker at work for as long as the block runs."""

    @asynccontextmanager
    async def start(terms: Terms = QUICK, at_once: int = 1, **changes: Any) -> AsyncIterator[Worker]:
        settings = services.settings.model_copy(update=changes)
        place = Workplace(dsn, catalog, settings, services.secret, services.keeper, {"stage": stage.process}, terms)
        worker = Worker(place, at_once)
        task = asyncio.create_task(worker.work())
        try:
            yield worker
        finally:
            worker.end()
            await task

    return start


ORDER = Order("stage", None, "raw", "http://land.test", "vi")


async def asked(services: Services, do: str, actor: Actor = PUBLIC, **more: Any) -> Job:
    """A job that is submitted."""
    return await submit(services, actor, "192.0.2.7", ORDER, {"do": do, **more})


def key(db: psycopg.Connection, catalog: Catalog) -> Actor:
    """The holder of a new key, as signed in."""
    text = access.issue_key(
        db, catalog, access.Grant(Role.VIEWER, "so-xd", datetime.now(UTC) + timedelta(days=1)), "test", "tester"
    )
    return Actor(f"key:{text.split('_')[1]}", Role.VIEWER, "so-xd")


def read(db: psycopg.Connection, job: Job) -> Job:
    (row,) = run(db, job_sql(job.id, None))
    return as_job(row)


async def until(reached: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not reached in thirty seconds")


async def settled(db: psycopg.Connection, job: Job) -> Job:
    """The job when it waits and runs no more."""
    await until(lambda: not read(db, job).status.open)
    return read(db, job)


def unlimited(services: Services) -> Services:
    """The same with room for many jobs."""
    settings = services.settings.model_copy(update={"jobs_of_address": 1_000, "jobs_of_public": 1_000})
    return replace(services, settings=settings)
