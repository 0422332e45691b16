"""A job calls those whom it was asked to: once per end, signed, as its owner may see it, and nobody that is not listed."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from services.processes import calling_back
from services.processes.calling_back import Caller, Pace
from services.processes.worker import Worker
from tests.services.ogc.pygeoapi.conftest import workplace
from tests.services.ogc.writing import Land
from tests.services.subscriptions.receiver import Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXECUTE = "/processes/transform-coordinates/execution"
POINT = {"from": "EPSG:9210", "to": "OGC:CRS84", "coordinates": [[603699.1, 1191842.4]]}
LATER = {"Prefer": "respond-async"}


class Town:
    """One job at a time, and the calls that follow from it."""

    def __init__(self, client: httpx.AsyncClient, place: Any, land: Land, receiver: Receiver) -> None:
        self.client, self.place, self.land, self.receiver = client, place, land, receiver

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.receiver.port}"

    async def ask(self, subscriber: Any = None, **body: Any) -> httpx.Response:
        asked = {"inputs": POINT, "subscriber": subscriber or {"successUri": f"{self.base}/good"}, **body}
        return await self.client.post(EXECUTE, json=asked, headers=LATER)

    async def over(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 201, answer.text
        async with asyncio.timeout(30):
            while (found := await self.job(answer))["status"] in ("accepted", "running"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def job(self, answer: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(answer.headers["location"])).json()
        return found

    async def round(self, **pace: float) -> int:
        """The calls that were made until there was none to make."""
        caller, made = Caller(self.place, Pace(**{"backoff": 0.0, **pace})), 0  # type: ignore[arg-type]
        while await caller.once():
            made += 1
            assert made < 20
        return made

    def sql(self, text: str) -> None:
        with psycopg.connect(self.land.dsn, autocommit=True) as db:
            db.execute(text)  # type: ignore[arg-type]


@pytest.fixture
def town(
    writer: httpx.AsyncClient, land_app: FastAPI, land: Land, land_worker: Worker, receiver: Receiver
) -> Iterator[Town]:
    receiver.clear()
    found = Town(writer, workplace(land_app, land.dsn), land, receiver)
    yield found
    receiver.clear()
    found.sql("DELETE FROM landmap.job_call")


async def test_it_is_signed_with_the_secret_that_the_caller_was_told(town: Town) -> None:
    answer = await town.ask()
    await town.over(answer)
    assert await town.round() == 1
    (got,) = town.receiver.got
    job = answer.json()["jobID"]
    assert got.headers["webhook-id"] == f"{job}.success.successful"
    key = base64.b64decode(answer.json()["subscriber"]["secret"].removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    assert got.headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
    record = (await town.job(answer))["subscriber"]["successUri"]
    assert (record["status"], record["attempts"], record["answer"]) == ("delivered", 1, 204)
    assert "secret" not in (await town.job(answer))["subscriber"]
    assert (await town.ask()).json()["subscriber"] == answer.json()["subscriber"]  # one for all jobs of a caller


async def test_a_receiver_that_does_not_take_it_is_called_again_with_the_same_id(town: Town) -> None:
    town.receiver.answers = [(500, None), (302, f"{town.base}/elsewhere")]
    answer = await town.ask()
    await town.over(answer)
    assert await town.round() == 3
    assert [got.path for got in town.receiver.got] == ["/good"] * 3, "nothing is followed"
    assert len({got.headers["webhook-id"] for got in town.receiver.got}) == 1
    assert (await town.job(answer))["subscriber"]["successUri"]["status"] == "delivered"


async def test_one_that_takes_nothing_for_too_long_or_for_ever_is_given_up(town: Town) -> None:
    for status, patience in ((500, 0.0), (410, 600.0)):
        town.receiver.answers = [(status, None)]
        answer = await town.ask()
        await town.over(answer)
        assert await town.round(patience=patience) == 1
        record = (await town.job(answer))["subscriber"]["successUri"]
        assert (record["status"], record["answer"], record["problem"]) == ("withheld", status, f"HTTP {status}")


async def test_results_are_not_sent_for_an_owner_with_fewer_rights_than_the_run_had(town: Town) -> None:
    answer = await town.ask()
    await town.over(answer)
    town.sql("UPDATE landmap.agency_layer SET layer = 'flood_' WHERE agency = 'so-dat' AND layer = 'parcels'")
    try:
        assert await town.round() == 1
        refused = await town.client.get(f"{answer.headers['location']}/results")
    finally:
        town.sql("UPDATE landmap.agency_layer SET layer = 'parcels' WHERE agency = 'so-dat' AND layer = 'flood_'")
    assert town.receiver.got == []
    record = (await town.job(answer))["subscriber"]["successUri"]
    assert (record["status"], record["answer"]) == ("withheld", None)
    assert "fewer rights" in record["problem"]
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:landmap:problem:forbidden")
    assert (await town.client.get(f"{answer.headers['location']}/results")).status_code == 200


async def test_a_call_that_was_cut_off_is_made_again(town: Town) -> None:
    """The worker was killed between the call and the word of what came of it."""
    answer = await town.ask()
    await town.over(answer)
    town.sql(
        "UPDATE landmap.job_call SET attempts = 1, due = clock_timestamp() - interval '1 s' WHERE event = 'success'"
    )
    assert await town.round() == 1
    assert (await town.job(answer))["subscriber"]["successUri"]["attempts"] == 2


async def test_progress_is_told_while_it_runs_each_state_once(town: Town, db_job: str) -> None:
    uris = {"successUri": f"{town.base}/good", "inProgressUri": f"{town.base}/way"}
    answer = await town.ask(uris, inputs=POINT)
    await town.over(answer)
    job = answer.json()["jobID"]
    town.sql(db_job.format(id=job, progress=40))
    assert await town.round(progress=0.0) == 1
    assert await town.round(progress=0.0) == 0
    town.sql(db_job.format(id=job, progress=70))
    assert await town.round(progress=0.0) == 1
    assert [(got.path, got.json["status"], got.json["progress"]) for got in town.receiver.got] == [
        ("/way", "running", 40),
        ("/way", "running", 70),
    ]
    assert len({got.headers["webhook-id"] for got in town.receiver.got}) == 2


@pytest.fixture
def db_job() -> str:
    """Makes a job that is over one that runs, of which the worker does not know."""
    return (
        "UPDATE landmap.job SET status = 'running', progress = {progress}, finished = NULL, "
        "due = now() + interval '1 hour' WHERE id = '{id}'"
    )


async def test_large_results_are_told_by_their_addresses(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling_back, "MOST_INLINE", 10)
    answer = await town.ask()
    await town.over(answer)
    await town.round()
    (got,) = town.receiver.got
    href = got.json["result"]["href"]
    assert (await town.client.get(href)).json()["coordinates"]


async def test_nothing_is_told_when_the_job_was_dismissed(town: Town) -> None:
    answer = await town.ask()
    await town.over(answer)
    await town.client.delete(answer.headers["location"])
    assert (await town.round(), town.receiver.got) == (0, [])


async def test_nothing_is_told_once_the_key_opens_nothing(town: Town) -> None:
    answer = await town.ask()
    await town.over(answer)
    town.sql("UPDATE landmap.job SET owner = 'key:zzzzzzzzzz' WHERE id = '" + answer.json()["jobID"] + "'")
    assert (await town.round(), town.receiver.got) == (1, [])


@pytest.mark.parametrize(
    ("subscriber", "where"),
    [
        ("x", "subscriber"),
        ({}, "subscriber.successUri"),
        ({"successUri": 1}, "subscriber.successUri"),
        ({"successUri": "{base}/", "failedURI": "{base}/"}, "subscriber.failedURI"),
        ({"successUri": "https://elsewhere.test/"}, "subscriber.successUri"),
        ({"successUri": "{base}/", "failedUri": "http://10.0.0.1/"}, "subscriber.failedUri"),
        ({"successUri": "{base}@elsewhere.test/"}, "subscriber.successUri"),
    ],
)
async def test_what_is_wrong_with_it_is_said(town: Town, subscriber: Any, where: str) -> None:
    if isinstance(subscriber, dict):
        subscriber = {n: u.format(base=town.base) if isinstance(u, str) else u for n, u in subscriber.items()}
    answer = await town.client.post(EXECUTE, json={"inputs": POINT, "subscriber": subscriber}, headers=LATER)
    assert (answer.status_code, answer.json()["where"]) == (400, where)


async def test_it_is_for_jobs_of_those_who_signed_in(town: Town, anybody: httpx.AsyncClient) -> None:
    asked = {"inputs": POINT, "subscriber": {"successUri": f"{town.base}/good"}}
    assert (await anybody.post(EXECUTE, json=asked, headers=LATER)).status_code == 401
    answer = await town.client.post(EXECUTE, json=asked)
    assert (answer.status_code, answer.json()["where"]) == (400, "subscriber")
