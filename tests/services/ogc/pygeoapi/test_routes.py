"""OGC API - Processes over HTTP: descriptions, execution, jobs and results."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from fastapi import FastAPI

from gis.errors import Forbidden
from services.auth.identify import owner_now
from services.ogc.pygeoapi.fence import _busy
from services.ogc.turns import Turns
from services.permits.batch_parts import Part, rights_digest
from services.processes.listed import PROCESSES
from services.processes.process import Call, Value
from services.processes.worker import Worker
from tests.services.ogc.writing import Land

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "transform-coordinates"
EXECUTE = f"/processes/{NAME}/execution"
POINT = {"from": "EPSG:9210", "to": "OGC:CRS84", "coordinates": [[603699.1, 1191842.4]]}
LATER = {"Prefer": "respond-async"}


async def submitted(client: httpx.AsyncClient, **body: object) -> str:
    """The address of a new job."""
    response = await client.post(EXECUTE, json={"inputs": POINT, **body}, headers=LATER)
    assert response.status_code == 201, response.text
    return response.headers["location"]


async def done(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """The job when nothing more happens to it."""
    async with asyncio.timeout(60):
        while (found := (await client.get(address)).json())["status"] in ("accepted", "running"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def refused(client: httpx.AsyncClient, status: int, body: object, **headers: str) -> dict[str, Any]:
    """The problem document of an execution that is refused."""
    response = await client.post(EXECUTE, json=body, headers=headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    return found


async def test_the_list_names_every_process_with_what_it_can_do(client: httpx.AsyncClient) -> None:
    found = (await client.get("/processes")).json()
    assert [one["id"] for one in found["processes"]] == list(PROCESSES)
    (one,) = [one for one in found["processes"] if one["id"] == NAME]
    assert one["jobControlOptions"] == ["sync-execute", "async-execute"]
    assert one["outputTransmission"] == ["value", "reference"]
    assert "inputs" not in one
    assert {link["rel"].rsplit("/", 1)[-1] for link in one["links"]} == {"self", "alternate", "execute", "job-list"}


async def test_the_list_can_be_cut_short(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/processes", params={"limit": "1"})).json()["processes"]) == 1


@pytest.mark.parametrize(("language", "title"), [("vi", "Chuyển đổi toạ độ"), ("en", "Transform coordinates")])
async def test_a_description_is_in_the_language_of_the_request(
    client: httpx.AsyncClient, language: str, title: str
) -> None:
    response = await client.get(f"/processes/{NAME}", params={"lang": language})
    assert (response.json()["title"], response.headers["content-language"]) == (title, language)


async def test_schemas_of_inputs_are_told_as_they_are(client: httpx.AsyncClient) -> None:
    for process in PROCESSES.values():
        found = (await client.get(f"/processes/{process.id}")).json()
        assert {name: one["schema"] for name, one in found["inputs"].items()} == {
            name: one.schema for name, one in process.inputs.items()
        }
        assert {name: one["schema"] for name, one in found["outputs"].items()} == {
            name: one.schema for name, one in process.outputs.items()
        }
        assert {name for name, one in found["inputs"].items() if one["minOccurs"]} == {
            name for name, one in process.inputs.items() if one.required
        }


@pytest.mark.parametrize("path", ["/processes", f"/processes/{NAME}", "/jobs"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_people_get_pages(client: httpx.AsyncClient, path: str, language: str) -> None:
    response = await client.get(path, params={"f": "html", "lang": language})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert f'<html lang="{language}">' in response.text
    assert "http://" not in response.text.replace("http://land.test", "").replace("http://www.opengis.net", "")


async def test_what_one_waits_for_is_answered_as_it_is(client: httpx.AsyncClient) -> None:
    response = await client.post(EXECUTE, json={"inputs": POINT})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    assert "location" not in response.headers
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.json()["coordinates"] == [pytest.approx([106.7, 10.776], abs=1e-6)]


async def test_a_document_names_its_outputs(client: httpx.AsyncClient) -> None:
    response = await client.post(EXECUTE, json={"inputs": POINT, "response": "document"})
    assert response.json()["result"]["value"]["from"]["crs"] == "EPSG:9210"


async def test_a_value_may_be_sent_with_its_media_type(client: httpx.AsyncClient) -> None:
    coordinates = {"value": POINT["coordinates"], "mediaType": "application/json"}
    response = await client.post(EXECUTE, json={"inputs": {**POINT, "coordinates": coordinates}})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("inputs", "where"),
    [
        ({**POINT, "from": 9210}, "inputs.from"),
        ({**POINT, "fromAxes": "up-down"}, "inputs.fromAxes"),
        ({**POINT, "cordinates": []}, "inputs.cordinates"),
        ({"from": "EPSG:9210", "coordinates": [[1, 2]]}, "inputs.to"),
        ({**POINT, "coordinates": [[1, 2], "x"]}, "inputs.coordinates[1]"),
        ({**POINT, "coordinates": [[603699.1, 1191842.4], [5, 7, 9]]}, "inputs.coordinates[1]"),
        ({**POINT, "coordinates": [[1191842.4, 603699.1]]}, "inputs.coordinates[0]"),
        ({**POINT, "to": "EPSG:2154"}, "inputs.to"),
        ([], "inputs"),
    ],
)
async def test_a_mistake_is_told_with_its_place(client: httpx.AsyncClient, inputs: object, where: str) -> None:
    problem = await refused(client, 400, {"inputs": inputs})
    assert problem["where"] == where
    assert where in problem["detail"]


async def test_all_mistakes_are_told_at_once_in_both_languages(client: httpx.AsyncClient) -> None:
    problem = await refused(client, 400, {"inputs": {"from": 1, "to": 2, "x": 3}})
    assert [one["where"] for one in problem["problems"]] == ["inputs.x", "inputs.from", "inputs.to"]
    assert all(one["vi"] and one["en"] for one in problem["problems"])
    many = {f"x{number}": number for number in range(100)}
    assert len((await refused(client, 400, {"inputs": {**POINT, **many}}))["problems"]) == 20


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"outputs": {"sheet": {}}}, "outputs.sheet"),
        ({"outputs": {}}, "outputs"),
        ({"outputs": {"result": {"transmissionMode": "post"}}}, "outputs.result.transmissionMode"),
        ({"outputs": {"result": {"format": {"mediaType": "application/pdf"}}}}, "outputs.result.format.mediaType"),
        ({"outputs": {"result": {"color": "red"}}}, "outputs.result.color"),
        ({"response": "xml"}, "response"),
        ({"mode": "sync"}, "mode"),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused(
    client: httpx.AsyncClient, more: dict[str, object], where: str
) -> None:
    assert (await refused(client, 400, {"inputs": POINT, **more}))["where"] == where


async def test_unknown_parameters_are_refused_everywhere(client: httpx.AsyncClient) -> None:
    paths = ("/processes", f"/processes/{NAME}", "/jobs", f"/jobs/{uuid4()}", f"/jobs/{uuid4()}/results")
    for path in paths:
        assert (await client.get(path, params={"offset": "1"})).status_code == 400, path
    assert (await client.post(EXECUTE, params={"x": "1"}, json={"inputs": POINT})).status_code == 400
    assert (await client.delete(f"/jobs/{uuid4()}", params={"x": "1"})).status_code == 400


async def test_too_much_is_refused(client: httpx.AsyncClient) -> None:
    filled = b'{"inputs": {"from": "' + b"x" * (9 << 20) + b'"}}'
    response = await client.post(EXECUTE, content=filled, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    deep: object = []
    for _ in range(60):
        deep = [deep]
    assert (await refused(client, 400, {"inputs": {**POINT, "coordinates": deep}}))["where"] == "inputs.coordinates"
    many = [[603699.1, 1191842.4]] * 10_001
    assert (await refused(client, 400, {"inputs": {**POINT, "coordinates": many}}))["where"] == "inputs.coordinates"


async def test_bodies_that_are_no_json_are_refused(client: httpx.AsyncClient) -> None:
    sent = (
        (b"{", "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"[]", "application/json", 400),
    )
    for content, kind, status in sent:
        response = await client.post(EXECUTE, content=content, headers={"Content-Type": kind})
        assert response.status_code == status, content


async def test_what_is_not_there_is_told_as_the_standard_names_it(client: httpx.AsyncClient) -> None:
    base = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
    for method, path, kind in (
        ("GET", "/processes/none", "no-such-process"),
        ("POST", "/processes/none/execution", "no-such-process"),
        ("GET", f"/jobs/{uuid4()}", "no-such-job"),
        ("GET", "/jobs/x", "no-such-job"),
        ("DELETE", f"/jobs/{uuid4()}", "no-such-job"),
        ("GET", f"/jobs/{uuid4()}/results", "no-such-job"),
    ):
        response = await client.request(method, path)
        assert (response.status_code, response.json()["type"]) == (404, base + kind), path


async def test_who_does_not_wait_fetches_the_results_later(client: httpx.AsyncClient, worker: Worker) -> None:
    response = await client.post(EXECUTE, json={"inputs": POINT}, headers=LATER)
    assert (response.status_code, response.headers["preference-applied"]) == (201, "respond-async")
    address = response.headers["location"]
    assert response.json()["status"] == "accepted"
    assert response.json()["jobID"] in address
    found = await done(client, address)
    assert (found["status"], found["progress"], found["processID"]) == ("successful", 100, NAME)
    (results,) = [link["href"] for link in found["links"] if link["rel"].endswith("/results")]
    direct = await client.post(EXECUTE, json={"inputs": POINT})
    later = await client.get(results)
    assert (later.status_code, later.content) == (200, direct.content)
    assert later.headers["cache-control"] == "no-store"
    page = await client.get(results, params={"f": "html"})
    assert "/results/result" in page.text


async def test_results_come_as_a_document_where_one_was_asked_for(client: httpx.AsyncClient, worker: Worker) -> None:
    address = await submitted(client, response="document")
    await done(client, address)
    assert "value" in (await client.get(f"{address}/results")).json()["result"]


async def test_outputs_by_reference_are_linked(client: httpx.AsyncClient, worker: Worker) -> None:
    wanted = {"result": {"transmissionMode": "reference"}}
    response = await client.post(EXECUTE, json={"inputs": POINT, "outputs": wanted})
    assert (response.status_code, response.content) == (204, b"")
    href = response.headers["link"].split(">")[0].removeprefix("<")
    assert (await client.get(href)).json()["from"]["crs"] == "EPSG:9210"
    response = await client.post(EXECUTE, json={"inputs": POINT, "outputs": wanted, "response": "document"})
    assert set(response.json()["result"]) == {"href", "type"}
    assert (await client.get(response.json()["result"]["href"])).status_code == 200
    assert (await client.get(f"{href}x")).status_code == 404


async def test_a_job_that_failed_says_why_with_the_status_of_the_reason(
    client: httpx.AsyncClient, worker: Worker
) -> None:
    outside = {**POINT, "coordinates": [[1191842.4, 603699.1]]}
    direct = await refused(client, 400, {"inputs": outside})
    response = await client.post(EXECUTE, json={"inputs": outside}, headers=LATER)
    address = response.headers["location"]
    assert (await done(client, address))["status"] == "failed"
    later = await client.get(f"{address}/results")
    assert later.status_code == 400
    assert later.headers["content-type"] == "application/problem+json"
    assert {**direct, "requestId": None} == {**later.json(), "requestId": None}


async def test_a_job_is_dismissed(client: httpx.AsyncClient) -> None:
    address = await submitted(client)
    response = await client.delete(address)
    assert (response.status_code, response.json()["status"]) == (200, "dismissed")
    assert (await client.get(address)).json()["status"] == "dismissed"
    assert (await client.get(f"{address}/results")).status_code == 410


async def test_jobs_of_nobody_who_signed_in_are_not_listed(client: httpx.AsyncClient) -> None:
    address = await submitted(client)
    assert (await client.get("/jobs")).json()["jobs"] == []
    await client.delete(address)


async def run_forever(call: Call, inputs: object) -> dict[str, Value]:
    await asyncio.sleep(60)
    return {}


async def refuse(call: Call, inputs: object) -> dict[str, Value]:
    raise Forbidden("Not for you.", "Không dành cho bạn.", where="inputs.lot.coordinates")


async def forget(call: Call, inputs: object) -> dict[str, Value]:
    raise ValueError("a secret")


async def test_errors_of_a_process_keep_status_sentence_and_place(
    client: httpx.AsyncClient, instead: Callable[[Callable[..., Any]], None]
) -> None:
    instead(refuse)
    problem = await refused(client, 403, {"inputs": POINT}, **{"Accept-Language": "vi"})
    assert (problem["detail"], problem["where"]) == ("Không dành cho bạn.", "inputs.lot.coordinates")


async def test_what_nobody_foresaw_tells_nothing_of_the_inside(
    app: FastAPI, instead: Callable[[Callable[..., Any]], None]
) -> None:
    instead(forget)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as client:
        response = await client.post(EXECUTE, json={"inputs": POINT})
    assert response.status_code == 500
    assert "secret" not in response.text


async def test_what_takes_too_long_is_given_up(
    app: FastAPI,
    client: httpx.AsyncClient,
    instead: Callable[[Callable[..., Any]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instead(run_forever)
    monkeypatch.setattr(app.state.executions, "seconds", 0.2)
    problem = await refused(client, 504, {"inputs": POINT})
    assert "respond-async" in problem["detail"]


@pytest.fixture
def instead() -> Iterator[Callable[[Callable[..., Any]], None]]:
    """`instead(run)`: for one test the process does something else."""
    process = PROCESSES[NAME]
    before = process.run

    def put(run: Callable[..., Any]) -> None:
        object.__setattr__(process, "run", run)

    yield put
    put(before)


async def test_a_caller_who_leaves_ends_what_runs(app: FastAPI, instead: Callable[[Callable[..., Any]], None]) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def run(call: Call, inputs: object) -> dict[str, Value]:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return {}

    instead(run)
    body = orjson.dumps({"inputs": POINT})
    messages = iter(({"type": "http.request", "body": body, "more_body": False},))

    async def receive() -> dict[str, Any]:
        if (message := next(messages, None)) is not None:
            return message
        await begun.wait()
        return {"type": "http.disconnect"}

    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": EXECUTE, "raw_path": EXECUTE.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"land.test"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("land.test", 80), "state": {},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 10)  # type: ignore[arg-type]
    await asyncio.wait_for(ended.wait(), 10)
    assert statuses == [499]


async def test_more_callers_than_may_wait_are_sent_away(
    app: FastAPI,
    client: httpx.AsyncClient,
    instead: Callable[[Callable[..., Any]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both, go = asyncio.Event(), asyncio.Event()
    at_once = 0
    most = 0

    async def run(call: Call, inputs: object) -> dict[str, Value]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 2:
            both.set()
        await go.wait()
        at_once -= 1
        return {"result": {}}

    instead(run)
    monkeypatch.setattr(app.state.executions, "turns", Turns(2, 1, _busy))
    asking = [asyncio.create_task(client.post(EXECUTE, json={"inputs": POINT})) for _ in range(4)]
    done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    (sent_away,) = done
    assert sent_away.result().status_code == 503
    assert "respond-async" in sent_away.result().json()["detail"]
    await asyncio.wait_for(both.wait(), 10)
    go.set()
    assert sorted(response.status_code for response in await asyncio.gather(*asking)) == [200, 200, 200, 503]
    assert most == 2


async def test_a_process_runs_for_the_caller_who_asked(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient, instead: Callable[[Callable[..., Any]], None]
) -> None:
    async def run(call: Call, inputs: object) -> dict[str, Value]:
        return {"result": {"role": str(call.actor.role), "outputs": sorted(call.outputs or ())}}

    instead(run)
    for client, role in ((anybody, "public"), (writer, "editor")):
        response = await client.post(EXECUTE, json={"inputs": POINT})
        assert response.json() == {"role": role, "outputs": ["result"]}
    assert response.headers["cache-control"] == "no-store"


async def test_a_job_says_which_methods_it_has(client: httpx.AsyncClient) -> None:
    response = await client.options(f"/jobs/{uuid4()}")
    assert (response.status_code, response.headers["allow"]) == (200, "DELETE, GET, HEAD, OPTIONS")
    response = await client.put(f"/jobs/{uuid4()}")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS")
    assert (await client.head("/processes")).status_code == 200


async def test_a_job_that_goes_on_tells_what_it_has_finished_so_far(
    writer: httpx.AsyncClient, land: Land, land_app: FastAPI
) -> None:
    """Of a batch whose first case is judged; nobody runs it here any more."""
    body = dict(PROCESSES["permit-check-batch"].example)
    response = await writer.post("/processes/permit-check-batch/execution", json=body)
    address, id_ = response.headers["location"], response.json()["jobID"]
    part = Part([0], ["HS-1"], [{"verdict": "conforms"}], {}, 1, None)
    with psycopg.connect(land.dsn, autocommit=True) as db:
        db.execute(
            "UPDATE landmap.job SET status = 'running', started = now(), attempt = attempt + 1, progress = 40, "
            "due = now() + interval '1 hour', finished = NULL, problem = NULL WHERE id = %s",
            (id_,),
        )
        ((owner,),) = db.execute("SELECT owner FROM landmap.job WHERE id = %s", (id_,)).fetchall()
        pins = orjson.dumps({"by": rights_digest(await owner_now(land_app.state.services.keeper, owner))})
        db.execute("INSERT INTO landmap.job_part VALUES (%s, 0, %s), (%s, 1, %s)", (id_, pins, id_, part.encoded()))
    job = (await writer.get(address)).json()
    (href,) = [link["href"] for link in job["links"] if link["rel"] == "preview"]
    got = await writer.get(href)
    assert got.headers["content-type"].startswith("text/csv") and got.headers["cache-control"] == "no-store"
    assert [row[:2] for row in csv.reader(io.StringIO(got.text))] == [["id", "verdict"], ["HS-1", "conforms"]]
    assert "HS-1" not in (await writer.get(address, params={"f": "html"})).text
    with psycopg.connect(land.dsn, autocommit=True) as db:
        fewer = "UPDATE landmap.agency_layer SET layer = %s WHERE agency = 'so-dat' AND layer = %s"
        db.execute(fewer, ("flood_", "parcels"))
        refused = await writer.get(href)
        db.execute(fewer, ("parcels", "flood_"))
    assert refused.status_code == 403 and "HS-1" not in refused.text
    await writer.delete(address)
    assert (await writer.get(href)).status_code == 404
    assert land.table("SELECT count(*) FROM landmap.job_part WHERE job = %s", id_) == [(0,)]


async def test_nobody_else_is_told_what_a_job_has_finished(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    body = dict(PROCESSES["permit-check-batch"].example)
    address = (await writer.post("/processes/permit-check-batch/execution", json=body)).headers["location"]
    assert (await anybody.get(f"{address}/partial")).status_code == 404
    await writer.delete(address)
