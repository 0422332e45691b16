"""What becomes of a job when it is submitted: refused at once where its caller has no right to it, kept small where it is large."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from gis.errors import Busy
from gis.ingest.case_file import MOST_CASES
from services.ogc.bodies import MAX_BYTES, MAX_FEATURES
from services.ogc.bodies import MAX_VERTICES as OF_OTHERS
from services.ogc.pygeoapi.fence import Executions
from services.permits.batch_description import MOST_VERTICES
from services.processes.listed import PROCESSES
from services.settings import Settings
from tests.services.ogc.writing import Land

pytestmark = pytest.mark.asyncio(loop_scope="session")

BATCH = "/processes/permit-check-batch/execution"
LATER = {"Prefer": "respond-async"}
JSON = {"Content-Type": "application/json"}
IDENTIFIER = {"identifier": "012345678901"}
AREA = {"type": "Polygon", "coordinates": [[[106.7, 10.7], [106.8, 10.7], [106.8, 10.8], [106.7, 10.7]]]}

UNALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("conformity-survey", {"inputs": {}, "outputs": {"buildings": {}}}),
    ("conformity-survey", {"inputs": {"polygon": AREA}}),
    ("what-if", {"inputs": {"stage": "s1"}}),
    ("parcel-extract", {"inputs": {"parcel": IDENTIFIER}}),
    ("intersect-layers", {"inputs": {"parcel": IDENTIFIER}}),
    ("permit-check", {"inputs": {"parcel": IDENTIFIER}}),
]


def jobs(land: Land) -> int:
    return int(land.table("SELECT count(*) FROM landmap.job")[0][0])


@pytest.mark.parametrize(("process", "body"), UNALLOWED)
@pytest.mark.parametrize(("caller", "status"), [("public", 401), ("editor who does not own", 403)])
async def test_a_job_without_right_is_refused_at_once_and_not_kept(
    anybody: httpx.AsyncClient, land: Land, process: str, body: dict[str, Any], caller: str, status: int
) -> None:
    before = jobs(land)
    response = await anybody.post(f"/processes/{process}/execution", json=body, headers=LATER | land.headers[caller])
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert jobs(land) == before


async def test_who_names_no_outputs_asks_for_those_that_are_given_to_him(
    anybody: httpx.AsyncClient, land: Land
) -> None:
    address = "/processes/conformity-survey/execution"
    response = await anybody.post(address, json={"inputs": {}})
    assert response.status_code == 201, response.text
    ((outputs,),) = land.table("SELECT outputs FROM landmap.job WHERE id = %s", response.json()["jobID"])
    assert set(outputs) == {"wards"} < set(PROCESSES["conformity-survey"].outputs)
    await anybody.delete(response.headers["location"])


def many(features: int, sides: int) -> dict[str, Any]:
    """Cases with outlines of so many sides."""
    ring = [[106.7 + 1e-5 * n, 10.7] for n in range(sides - 1)] + [[106.7, 10.7001], [106.7, 10.7]]
    outline = {"type": "Polygon", "coordinates": [ring]}
    told = {"commune": "26740", "sheet": "1", "number": "1"}
    listed = [
        {"type": "Feature", "id": str(n), "properties": told, "geometry": outline | {"id": n}} for n in range(features)
    ]
    return {"inputs": {"cases": {"type": "FeatureCollection", "features": listed}}}


async def test_a_batch_may_have_more_vertices_than_other_bodies_and_its_job_keeps_it_packed(
    anybody: httpx.AsyncClient, land: Land
) -> None:
    asked = many(features=2_000, sides=120)
    body = orjson.dumps(asked)
    assert body.count(b"[") > OF_OTHERS + 3 * MAX_FEATURES
    refused = await anybody.post("/processes/permit-check/execution", content=body, headers=JSON)
    assert refused.status_code == 413
    response = await anybody.post(BATCH, content=body, headers=JSON)
    assert response.status_code == 201, response.text
    ((inputs,),) = land.table("SELECT inputs FROM landmap.job WHERE id = %s", response.json()["jobID"])
    assert inputs["cases"].keys() == {"packed"}
    assert 10 * len(orjson.dumps(inputs)) < len(body)
    await anybody.delete(response.headers["location"])


async def test_packed_cases_cannot_be_sent(anybody: httpx.AsyncClient, land: Land) -> None:
    before = jobs(land)
    response = await anybody.post(BATCH, json={"inputs": {"cases": {"packed": "eJw="}}})
    assert (response.status_code, jobs(land)) == (400, before)


async def test_a_batch_of_too_much_is_refused_before_it_is_looked_through(
    anybody: httpx.AsyncClient, land: Land
) -> None:
    before = jobs(land)
    vertices = b'{"inputs": {"cases": ' + b"[" * (MOST_VERTICES + 3 * MAX_FEATURES + 1)
    for content, words in ((vertices, "2,000,000 vertices"), (b" " * ((128 << 20) + 1), "128 MB")):
        response = await anybody.post(BATCH, content=content, headers=JSON)
        assert response.status_code == 413, response.text
        assert words in response.json()["detail"]
    listed = b",".join([b"{}"] * (MOST_CASES + 1))
    cases = b'{"inputs": {"cases": {"type": "FeatureCollection", "features": [' + listed + b"]}}}"
    response = await anybody.post(BATCH, content=cases, headers=JSON)
    assert response.status_code == 400 and "100000 elements at most" in response.json()["detail"]
    assert jobs(land) == before


async def test_bodies_that_are_large_are_looked_through_one_at_a_time(land_app: FastAPI) -> None:
    settings: Settings = land_app.state.services.settings
    executions = Executions(settings)
    begun = asyncio.Event()

    async def another() -> None:
        async with executions.room(MAX_BYTES + 1):
            begun.set()

    most = 2 * settings.executions
    async with executions.room(MAX_BYTES + 1):
        waits = [asyncio.create_task(another()) for _ in range(most + 1)]
        async with executions.room(MAX_BYTES), executions.room(MAX_BYTES):
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            (sent_away,) = done
            assert isinstance(sent_away.exception(), Busy)
            assert not begun.is_set()
    await asyncio.gather(*(set(waits) - done))
    assert begun.is_set()
    executions.close()
