"""A staged plan is tried as a job, by those alone who may publish it; nothing of it stays and nobody else learns of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import geopandas as gpd
import psycopg
import pytest
import pytest_asyncio

from gis.errors import Forbidden, InvalidParameter, NotFound, RequestError, Unauthenticated
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.jobs import Order, Status
from services.app import create_app
from services.dependencies import Services
from services.processes.calls import call_for
from services.processes.listed import PROCESSES
from services.processes.process import Call, Document
from services.processes.queue import results, status, submit
from services.processes.running import Workplace
from services.processes.what_if import WHAT_IF
from services.processes.worker import Worker
from tests.services.commands.test_what_if import everything, waiting
from tests.services.processes.conftest import QUICK

__all__ = ["waiting"]

LAYERS = frozenset({"zones", "parcels", "permits"})
PUBLISHER = Actor("key:x", Role.PUBLISHER, "so-qhkt", LAYERS, frozenset({"zones"}))


@pytest.fixture
def url(database: str) -> str:
    return database


@pytest_asyncio.fixture
async def services(url: str, settings_for: Callable[..., Any]) -> AsyncIterator[Services]:
    app = create_app(settings_for(url))
    async with app.router.lifespan_context(app):
        yield app.state.services


@pytest.fixture
def call(services: Services, url: str) -> Call:
    return replace(call_for(services, PUBLISHER), dsn=url, language="en")


def key(url: str, catalog: Catalog) -> Actor:
    """The holder of a publisher's key."""
    with psycopg.connect(url, autocommit=True) as db:
        access.add_agency(db, "so-qhkt", "Sở Quy hoạch", "tester")
        access.set_layers(db, catalog, "so-qhkt", ["zones"], ["parcels", "permits"], "tester")
        grant = access.Grant(Role.PUBLISHER, "so-qhkt", datetime.now(UTC) + timedelta(days=1))
        text = access.issue_key(db, catalog, grant, "test", "tester")
    return replace(PUBLISHER, id=f"key:{text.split('_')[1]}")


async def test_a_job_of_its_publisher_tells_who_gains_and_who_loses_and_publishes_nothing(
    waiting: str, services: Services, url: str, catalog: Catalog
) -> None:
    actor = key(url, catalog)
    order = Order("what-if", None, "raw", "http://land.test", "en")
    job = await submit(services, actor, None, order, {"stage": waiting})
    before = everything(url)
    place = Workplace(url, catalog, services.settings, services.secret, services.keeper, PROCESSES, QUICK)
    worker = Worker(place, 1)
    work = asyncio.create_task(worker.work())
    async with asyncio.timeout(60):
        while (await status(services, actor, job.id)).status.open:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    worker.end()
    await work
    found, values = await results(services, actor, job.id)
    assert found.status is Status.SUCCESSFUL, found.problem
    assert everything(url) == before
    summary = cast("dict[str, Any]", values["summary"])
    assert summary["lots"]["gains"] == {"lots": 1, "before_m2": 300, "after_m2": 500}
    assert summary["lots"]["loses"] == {"lots": 1, "before_m2": 300, "after_m2": 100}
    assert {one["parcel"]: one["floor_difference"] for one in summary["foremost"]} == {"0": 200, "1": -200}
    assert [(one["number"], one["exceeds"]) for one in summary["permits"]["listed"]] == [("P1", False), ("P2", True)]
    lots = gpd.read_parquet(io.BytesIO(cast("Document", values["lots"]).content)).set_index("parcel")
    assert dict(lots["change"]) == {"0": "gains", "1": "loses", "4": "becomes-known"}
    with pytest.raises(NotFound):
        await results(services, PUBLIC, job.id)
    with psycopg.connect(url) as db:
        said = db.execute("SELECT action, subject FROM landmap.audit WHERE action = 'plan tried'").fetchall()
    assert said == [("plan tried", waiting)]


@pytest.mark.parametrize(
    ("actor", "error"),
    [
        (PUBLIC, Unauthenticated),
        (replace(PUBLISHER, role=Role.EDITOR), Forbidden),
        (Actor("key:a", Role.AUDITOR), RequestError),
        (replace(PUBLISHER, reads=frozenset({"zones"})), Forbidden),
        (replace(PUBLISHER, area="x"), Forbidden),
        (replace(PUBLISHER, owns=frozenset({"plans"})), NotFound),
    ],
)
async def test_nobody_else_learns_of_it(call: Call, waiting: str, actor: Actor, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        await WHAT_IF.run(replace(call, actor=actor), {"stage": waiting})
    with pytest.raises(error) as of_none:
        await WHAT_IF.run(replace(call, actor=actor), {"stage": "s999"})
    assert str(refused.value).replace(waiting, "") == str(of_none.value).replace("s999", "")


async def test_permits_are_told_to_those_alone_who_have_them(call: Call, waiting: str) -> None:
    some = replace(PUBLISHER, reads=LAYERS - {"permits"})
    outputs = await WHAT_IF.run(replace(call, actor=some, outputs=frozenset({"summary"})), {"stage": waiting})
    assert outputs.keys() == {"summary"}
    assert cast("dict[str, Any]", outputs["summary"])["permits"] is None


async def test_a_stage_of_another_layer_of_theirs_has_no_limits_to_compare(call: Call, waiting: str, url: str) -> None:
    both = replace(PUBLISHER, owns=frozenset({"zones", "parcels"}))
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE landmap.stage SET layer = 'parcels' WHERE id = %s", (waiting[1:],))
    with pytest.raises(InvalidParameter, match="limits of zones"):
        await WHAT_IF.run(replace(call, actor=both), {"stage": waiting})
