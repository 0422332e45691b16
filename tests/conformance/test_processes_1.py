"""OGC API - Processes - Part 1: Core (OGC 18-062r2), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from services.processes.calling_back import Caller, Pace
from services.processes.worker import Worker
from tests.conformance.asking import REL, definition, get, href, links, operation, read, refused
from tests.services.conftest import parcel_id
from tests.services.ogc.pygeoapi.conftest import workplace
from tests.services.ogc.writing import Land
from tests.services.subscriptions.receiver import Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
EXCEPTION = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PROCESS = "/processes/transform-coordinates"
EXECUTE = f"{PROCESS}/execution"
INPUTS = {"from": "EPSG:9210", "to": "OGC:CRS84", "coordinates": [[603699.1, 1191842.4]]}
STATUSES = {"accepted", "running", "successful", "failed", "dismissed"}


async def execute(client: httpx.AsyncClient, *, later: bool = False, **body: object) -> httpx.Response:
    headers = {"Prefer": "respond-async"} if later else {}
    return await client.post(EXECUTE, json={"inputs": INPUTS, **body}, headers=headers)


async def done(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """The job when it is over."""
    async with asyncio.timeout(60):
        while (found := await read(client, address))["status"] in ("accepted", "running"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def no_such(client: httpx.AsyncClient, kind: str, method: str, path: str) -> None:
    response = await client.request(method, path)
    assert (response.status_code, response.json()["type"]) == (404, EXCEPTION + kind)


async def processes(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """All that are listed, of which there are some."""
    found: list[dict[str, Any]] = (await read(client, "/processes"))["processes"]
    assert found
    return found


async def test_core__landingpage_op(client: httpx.AsyncClient) -> None:
    await get(client, "/", "application/json")


async def test_core__landingpage_success(client: httpx.AsyncClient) -> None:
    landing = await read(client, "/")
    for rel in ("service-desc", "conformance", f"{REL}processes", f"{REL}job-list"):
        assert links(landing, rel), rel
    assert str(href(landing, f"{REL}processes")).endswith("/processes")


async def test_core__conformance_success(client: httpx.AsyncClient) -> None:
    assert STANDARD + "core" in (await read(client, "/conformance"))["conformsTo"]


async def test_core__process_list(client: httpx.AsyncClient) -> None:
    found = await read(client, "/processes", "application/json")
    assert {link["rel"] for link in found["links"]} >= {"self", "alternate"}
    assert found["processes"]
    for one in found["processes"]:
        assert one["id"] and one["version"]
        assert links(one, "self")[0]["href"].endswith(f"/processes/{one['id']}")


async def test_core__pl_limit(client: httpx.AsyncClient) -> None:
    assert len((await read(client, "/processes", limit="1"))["processes"]) == 1
    await refused(client, "/processes", limit="0")
    await refused(client, "/processes", limit="x")


async def test_core__process_success(client: httpx.AsyncClient) -> None:
    for one in await processes(client):
        assert (await read(client, f"/processes/{one['id']}"))["id"] == one["id"]


async def test_core__process_exception_no_such_process(client: httpx.AsyncClient) -> None:
    await no_such(client, "no-such-process", "GET", "/processes/none")
    await no_such(client, "no-such-process", "POST", "/processes/none/execution")


async def test_core__process_execute_default_execution_mode(client: httpx.AsyncClient) -> None:
    assert (await execute(client)).status_code == 200


async def test_core__process_execute_auto_execution_mode(client: httpx.AsyncClient, worker: Worker) -> None:
    response = await execute(client, later=True)
    assert response.status_code == 201
    await done(client, response.headers["location"])


async def test_core__process_execute_inputs(client: httpx.AsyncClient) -> None:
    qualified = {**INPUTS, "from": {"value": "EPSG:9210", "mediaType": "text/plain"}}
    assert (await execute(client, inputs=qualified)).status_code == 200


async def test_core__process_execute_input_validation(client: httpx.AsyncClient) -> None:
    for wrong in ({}, {**INPUTS, "from": 1}, {**INPUTS, "coordinates": []}, {**INPUTS, "more": 1}):
        response = await execute(client, inputs=wrong)
        assert response.status_code == 400, wrong
        assert response.headers["content-type"] == "application/problem+json"


async def test_core__process_execute_default_outputs(client: httpx.AsyncClient) -> None:
    described = await read(client, PROCESS)
    response = await execute(client, response="document")
    assert set(response.json()) == set(described["outputs"])


async def test_core__process_execute_sync_raw_value_one(client: httpx.AsyncClient) -> None:
    for body in ({}, {"response": "raw"}, {"outputs": {"result": {"transmissionMode": "value"}}}):
        response = await execute(client, **body)
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        schema = (await read(client, PROCESS))["outputs"]["result"]["schema"]
        Draft202012Validator(schema).validate(response.json())


async def extracted(client: httpx.AsyncClient, **outputs: str) -> dict[str, Any]:
    """The parts of the answer to an execution with several outputs, by their ids."""
    wanted = {name: {"transmissionMode": mode} for name, mode in outputs.items()}
    body = {"inputs": {"parcel": {"id": str(parcel_id(1))}}, "outputs": wanted, "response": "raw"}
    response = await client.post("/processes/parcel-extract/execution", json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("multipart/related")
    message: Any = message_from_bytes(
        f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode() + response.content
    )
    assert message.is_multipart() and not message.defects
    return {part["Content-ID"].strip("<>"): part for part in message.get_payload()}


async def test_core__process_execute_sync_raw_value_multi(client: httpx.AsyncClient) -> None:
    parts = await extracted(client, extract="value", html="value")
    assert list(parts) == ["extract", "html"]
    assert json.loads(parts["extract"].get_payload(decode=True))["type"] == "parcel-extract"
    assert parts["html"].get_content_type() == "text/html"


async def test_core__process_execute_sync_raw_mixed_multi(client: httpx.AsyncClient, worker: Worker) -> None:
    parts = await extracted(client, extract="value", html="reference")
    assert parts["html"].get_payload(decode=True) == b"" and parts["extract"].get_payload(decode=True)
    assert (await client.get(parts["html"]["Content-Location"])).headers["content-type"].startswith("text/html")


async def test_core__process_execute_sync_raw_ref(client: httpx.AsyncClient, worker: Worker) -> None:
    response = await execute(client, outputs={"result": {"transmissionMode": "reference"}})
    assert response.status_code == 204
    address = response.headers["link"].split(">")[0].removeprefix("<")
    assert (await client.get(address)).json() == (await execute(client)).json()


async def test_core__process_execute_sync_document(client: httpx.AsyncClient) -> None:
    response = await execute(client, response="document")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["result"]["value"] == (await execute(client)).json()


async def test_core__process_execute_success_async(client: httpx.AsyncClient, worker: Worker) -> None:
    response = await execute(client, later=True)
    assert response.status_code == 201
    status = response.json()
    assert status["status"] in STATUSES and status["type"] == "process"
    assert response.headers["location"].endswith(f"/jobs/{status['jobID']}")
    await done(client, response.headers["location"])


async def test_core__job_success(client: httpx.AsyncClient, worker: Worker) -> None:
    found = await done(client, (await execute(client, later=True)).headers["location"])
    assert found["status"] == "successful"
    for name in ("created", "started", "finished", "updated"):
        assert datetime.fromisoformat(found[name]).tzinfo is not None
    assert links(found, f"{REL}results")


async def test_core__job_exception_no_such_job(client: httpx.AsyncClient) -> None:
    await no_such(client, "no-such-job", "GET", f"/jobs/{uuid4()}")
    await no_such(client, "no-such-job", "GET", "/jobs/none")


async def test_core__job_results_success(client: httpx.AsyncClient, worker: Worker) -> None:
    for form in ("raw", "document"):
        address = (await execute(client, later=True, response=form)).headers["location"]
        await done(client, address)
        assert (await read(client, f"{address}/results")) == (await execute(client, response=form)).json()


async def test_core__job_results_exception_no_such_job(client: httpx.AsyncClient) -> None:
    await no_such(client, "no-such-job", "GET", f"/jobs/{uuid4()}/results")


async def test_core__job_results_exception_results_not_ready(writer: httpx.AsyncClient) -> None:
    """Before the first test of `land_worker`: until then nobody runs the jobs of this database."""
    address = (await execute(writer, later=True)).headers["location"]
    await no_such(writer, "result-not-ready", "GET", f"{address}/results")
    assert (await writer.delete(address)).status_code == 200


async def test_core__job_results_failed(client: httpx.AsyncClient, worker: Worker) -> None:
    outside = {**INPUTS, "coordinates": [[0.0, 0.0]]}
    address = (await execute(client, later=True, inputs=outside)).headers["location"]
    assert (await done(client, address))["status"] == "failed"
    response = await client.get(f"{address}/results")
    assert response.status_code == 400 and response.json()["detail"]


async def test_ogc_process_description__json_encoding(client: httpx.AsyncClient) -> None:
    for one in await processes(client):
        found = await read(client, f"/processes/{one['id']}", "application/json")
        assert set(found["jobControlOptions"]) <= {"sync-execute", "async-execute"} and found["jobControlOptions"]
        assert set(found["outputTransmission"]) <= {"value", "reference"}
        assert links(found, f"{REL}execute")[0]["href"].endswith(f"/processes/{one['id']}/execution")


async def test_ogc_process_description__inputs_def(client: httpx.AsyncClient) -> None:
    await _described(client, "inputs", lambda one: one["minOccurs"] in (0, 1) and one["maxOccurs"] == 1)


async def test_ogc_process_description__outputs_def(client: httpx.AsyncClient) -> None:
    await _described(client, "outputs", lambda one: bool(one["schema"]) and not one.keys() & {"minOccurs", "maxOccurs"})


async def _described(client: httpx.AsyncClient, kind: str, right: Callable[[dict[str, Any]], bool]) -> None:
    for process in await processes(client):
        described = (await read(client, f"/processes/{process['id']}"))[kind]
        assert described, process["id"]
        for name, one in described.items():
            Draft202012Validator.check_schema(one["schema"])
            assert one["title"] and right(one), (process["id"], name)


async def test_json__definition(client: httpx.AsyncClient) -> None:
    for path in ("/processes", PROCESS, "/jobs"):
        await get(client, path, "application/json")


async def test_oas30__completeness(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    validate(document)
    for one in await processes(client):
        assert "get" in document["paths"][f"/processes/{one['id']}"]
        described = operation(document, f"/processes/{one['id']}/execution", "post")
        assert "application/json" in described["requestBody"]["content"]
    for path in ("/processes", "/jobs", "/jobs/{jobId}", "/jobs/{jobId}/results"):
        assert "get" in document["paths"][path]
    assert "delete" in document["paths"]["/jobs/{jobId}"]


async def test_oas30__exceptions_codes(client: httpx.AsyncClient) -> None:
    paths = (await definition(client))["paths"]
    told = {path: methods for path, methods in paths.items() if path.startswith(("/processes", "/jobs"))}
    assert told
    for path, methods in told.items():
        assert methods and all("default" in one["responses"] for one in methods.values()), path


async def listed(client: httpx.AsyncClient, **parameters: str) -> list[str]:
    """The ids of the caller's jobs, page by page."""
    page = await read(client, "/jobs", **{"limit": "2", **parameters})
    found = [one["jobID"] for one in page["jobs"]]
    while following := href(page, "next"):
        page = await read(client, following)
        found += [one["jobID"] for one in page["jobs"]]
    assert len(found) == len(set(found)), "a job comes twice"
    return found


async def test_job_list__success(writer: httpx.AsyncClient, land_worker: Worker) -> None:
    made = [(await execute(writer, later=True)).headers["location"] for _ in range(5)]
    for address in made:
        await done(writer, address)
    ids = [address.rsplit("/", 1)[1] for address in reversed(made)]
    assert [one for one in await listed(writer) if one in ids] == ids
    page = await read(writer, "/jobs", limit="2")
    assert len(page["jobs"]) == 2
    assert {link["rel"] for link in page["links"]} >= {"self", "next"}
    for one in page["jobs"]:
        assert one["status"] in STATUSES and links(one, "self")
    await refused(writer, "/jobs", limit="0")


async def test_job_list__parameters(writer: httpx.AsyncClient, land_worker: Worker) -> None:
    address = (await execute(writer, later=True)).headers["location"]
    job = await done(writer, address)
    name, created = job["jobID"], job["created"]
    right = (
        {"type": "process"},
        {"processID": "transform-coordinates"},
        {"status": "successful,failed"},
        {"datetime": f"{created}/.."},
        {"minDuration": "0", "maxDuration": "3600"},
    )
    for parameters in right:
        assert name in await listed(writer, **parameters), parameters
    for parameters in ({"status": "failed"}, {"datetime": "../2020-01-01"}, {"minDuration": "3600"}):
        assert name not in await listed(writer, **parameters), parameters
    for parameters in ({"type": "x"}, {"processID": "x"}, {"status": "x"}, {"datetime": "x"}, {"minDuration": "-1"}):
        await refused(writer, "/jobs", **parameters)


async def test_callback__job_callback(
    writer: httpx.AsyncClient, land_app: FastAPI, land: Land, land_worker: Worker, receiver: Receiver
) -> None:
    """The URIs of the request are told of success (`results.yaml`) and of failure (`statusInfo.yaml`)."""
    base = f"http://127.0.0.1:{receiver.port}"
    subscriber = {"successUri": f"{base}/good", "failedUri": f"{base}/bad", "inProgressUri": f"{base}/way"}
    receiver.clear()
    outside = {**INPUTS, "coordinates": [[0.0, 0.0]]}
    good = await execute(writer, later=True, subscriber=subscriber)
    bad = await execute(writer, later=True, subscriber=subscriber, inputs=outside)
    assert [good.status_code, bad.status_code] == [201, 201]
    for answer in (good, bad):
        await done(writer, answer.headers["location"])
    caller = Caller(workplace(land_app, land.dsn), Pace())
    while await caller.once():
        pass
    told = {got.path: got.json for got in receiver.got}
    assert told.keys() == {"/good", "/bad"}
    assert told["/good"] == (await execute(writer, response="document")).json()
    assert (told["/bad"]["status"], told["/bad"]["jobID"]) == ("failed", bad.json()["jobID"])


async def test_job_list__others_are_not_told(client: httpx.AsyncClient, worker: Worker) -> None:
    assert (await execute(client, later=True)).status_code == 201
    assert (await read(client, "/jobs"))["jobs"] == []


async def test_dismiss__op_and_success(client: httpx.AsyncClient) -> None:
    address = (await execute(client, later=True)).headers["location"]
    response = await client.delete(address)
    assert (response.status_code, response.json()["status"]) == (200, "dismissed")
    assert links(response.json(), "up")
    await no_such(client, "no-such-job", "DELETE", f"/jobs/{uuid4()}")
