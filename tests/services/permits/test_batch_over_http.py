"""A batch of some thousand outlines over HTTP: submitted, told of while it goes on, and fetched when it is done."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
import pytest_asyncio
import shapely
from fastapi import FastAPI

from gis.crs.transform import transform_geometries
from gis.model.query import CRS84
from gis.store.embedded import ServerInfo
from services.app import create_app
from services.processes.running import Terms
from services.processes.worker import Worker
from tests.services.conftest import calling
from tests.services.ogc.pygeoapi.conftest import workplace
from tests.services.permits import checking
from tests.services.permits.checking import BIG, GOOD, NEXT, Checks, rectangle

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CASES, WRONG = 3_000, 1_234
GATE = 77
"""A lock at which the second part of a batch waits: what is told of a batch that goes on can be asked for in peace."""


@pytest.fixture(scope="module")
def checks(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return checking.make_checks(server, tmp_path_factory.mktemp("batch"), "batch_over_http")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(checks: Checks, settings_for: Callable[..., Any]) -> AsyncIterator[FastAPI]:
    made = create_app(settings_for(checks.dsn, layers=checks.layers, statement_timeout_ms=300_000))
    async with made.router.lifespan_context(made):
        place = workplace(made, checks.dsn)
        worker = Worker(replace(place, terms=Terms(poll=0.2, told=0)), at_once=1)
        work = asyncio.create_task(worker.work())
        yield made
        worker.end()
        await work


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(app) as opened:
        yield opened


@pytest.fixture
def gate(checks: Checks) -> Iterator[Callable[[], None]]:
    """Opens the gate, which is shut."""
    with psycopg.connect(checks.dsn, autocommit=True) as db, psycopg.connect(checks.dsn, autocommit=True) as held:
        held.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        db.execute(
            f"""CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"""
        )
        db.execute(
            "CREATE TRIGGER gate BEFORE INSERT ON landmap.job_part FOR EACH ROW WHEN (NEW.number = 2) "
            "EXECUTE FUNCTION wait_at_gate()"
        )
        yield held.close
        db.execute("DROP TRIGGER gate ON landmap.job_part")
        db.execute("DROP FUNCTION wait_at_gate()")


def features() -> list[dict[str, Any]]:
    """Houses on two lots by turns, each a little less deep than the one before; one of them is a point."""
    lots = (GOOD, BIG)
    houses = [rectangle(NEXT[lots[n % 2]], 0, 5, depth(n)) for n in range(CASES)]
    moved = transform_geometries(np.array(houses, dtype=object), 9210, CRS84)
    outlines = [json.loads(text) for text in shapely.to_geojson(moved)]
    outlines[WRONG] = {"type": "Point", "coordinates": [106.7, 10.77]}
    told = {"works": "NEW", "use": "HOUSE", "storeys": "trệt + 3 lầu", "height_m": 15, "floor_main_m2": 288}
    told |= {"floor_basement_m2": 0, **checking.FACTS}
    return [
        {"type": "Feature", "id": f"HS-{n}", "properties": {"parcel": str(lots[n % 2]), **told}, "geometry": outline}
        for n, outline in enumerate(outlines)
    ]


def depth(number: int) -> float:
    return 14.4 - 0.002 * number


async def reached(client: httpx.AsyncClient, address: str, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The job when it is there; how long that takes is the machine's affair."""
    while True:
        job: dict[str, Any] = (await client.get(address)).json()
        if there(job):
            return job
        assert job["status"] in ("accepted", "running"), job
        await asyncio.sleep(0.1)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_a_batch_tells_how_far_it_is_and_what_it_has_before_it_is_done(
    client: httpx.AsyncClient, checks: Checks, gate: Callable[[], None]
) -> None:
    client.headers.update(checks.officer)
    cases = {"type": "FeatureCollection", "features": features()}
    body = {"inputs": {"cases": cases, "datetime": checking.DAY}}
    response = await client.post("/processes/permit-check-batch/execution", json=body)
    assert response.status_code == 201, response.text
    address = response.headers["location"]

    half = await reached(client, address, lambda job: job["progress"] > 10)
    assert half["status"] == "running" and half["progress"] < 95
    assert (await client.get(f"{address}/results")).status_code == 404
    so_far = await client.get(f"{address}/partial")
    assert so_far.status_code == 200 and so_far.headers["content-type"].startswith("text/csv")
    some = rows(so_far.text)
    assert 0 < len(some) < CASES

    gate()
    assert (await reached(client, address, lambda job: job["status"] == "successful"))["progress"] == 100
    assert (await client.get(f"{address}/partial")).status_code == 404
    found = rows((await client.get(f"{address}/results/results")).text)
    summary = (await client.get(f"{address}/results/summary")).json()

    assert [row["id"] for row in found] == [f"HS-{n}" for n in range(CASES)]
    by_id = {row["id"]: row for row in found}
    assert all(by_id[row["id"]] == row for row in some)
    assert "Polygon" in found[WRONG]["problem"] and found[WRONG]["verdict"] == "undetermined"
    assert (summary["cases"], summary["not_judged"], sum(summary["verdicts"].values())) == (CASES, 1, CASES - 1)
    for number in (0, 1, 2, 2_001, CASES - 1):
        lot = 80 if number % 2 == 0 else 450
        assert float(found[number]["density_pct"]) == pytest.approx(100 * 5 * depth(number) / lot, rel=1e-4)
