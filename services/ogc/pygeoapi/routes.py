"""The addresses of OGC API - Processes: processes, their execution, jobs and results."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import NoSuchJob, NotReady, TooSlow
from gis.store.jobs import Job
from services.auth.trail import GROUND
from services.errors import request_id
from services.ogc.answers import PRIVATE, document
from services.ogc.ask import PAGES, Ask, ask
from services.ogc.bodies import read_sent
from services.ogc.methods import EVERY, only
from services.ogc.negotiation import PROBLEM, Offer
from services.ogc.pages import page
from services.ogc.presence import CLIENT_GONE, while_there
from services.ogc.pygeoapi import fence
from services.ogc.pygeoapi.desk import Desk, Failed
from services.ogc.pygeoapi.documents import description, job_list, process_list, status, subscriber
from services.ogc.pygeoapi.execution import JSON_BODIES, JSON_TYPE, MULTIPART, media_type_of, read_execution
from services.ogc.pygeoapi.fence import Executions, told
from services.ogc.pygeoapi.job_parameters import JOB_PARAMETERS, PROCESS_PARAMETERS, count, jobs_wanted
from services.ogc.pygeoapi.results import Made
from services.ogc.words import WORDS
from services.processes import queue
from services.processes.calling_back import secret_of_jobs
from services.processes.listed import PROCESSES, process
from services.processes.process import Process
from services.subscriptions.callbacks import secret_text


async def processes(request: Request) -> Response:
    """GET /processes."""
    asked = ask(request, PAGES, PROCESS_PARAMETERS)
    found = process_list(asked, (await told(_executions(request), Desk(asked), fence.describe_processes)).document)
    found["processes"] = found["processes"][: count(asked)]
    if asked.html:
        return page(asked, "processes.html", WORDS["processes"], processes=found["processes"])
    return document(asked, found)


async def described(request: Request) -> Response:
    """GET /processes/{id}."""
    wanted = _process(request)
    asked = ask(request)
    answered = await told(_executions(request), Desk(asked), fence.describe_processes, wanted.id)
    found = description(asked, wanted, answered.document)
    if asked.html:
        example = orjson.dumps(dict(wanted.example), option=orjson.OPT_INDENT_2).decode()
        return page(asked, "process.html", wanted.title, process=found, example=example)
    return document(asked, found)


async def execute(request: Request) -> Response:
    """POST /processes/{id}/execution."""
    wanted = _process(request)
    request.scope[GROUND] = {"process": wanted.id}
    asked = ask(request, (_offer(wanted),))
    sent = await read_sent(request, JSON_BODIES, wanted.most_bytes)
    executions = _executions(request)
    async with executions.room(len(sent)):
        return await _executed(request, asked, wanted, sent)


async def _executed(request: Request, asked: Ask, wanted: Process, sent: bytes) -> Response:
    execution = await read_execution(request, asked, wanted, sent)
    executions = _executions(request)
    desk = Desk(asked, execution, request.client.host if request.client else None)
    work = told(executions, desk, fence.execute_process, wanted.id, response=execution.response)
    if execution.later:
        await work
        return _accepted(desk, desk.seen[0])
    try:
        async with executions.turns.turn():
            done = await while_there(request, work, executions.seconds)
    except TimeoutError as error:
        raise _too_slow(wanted, executions.seconds) from error
    except Failed as failed:
        return _failed(request, asked, failed)
    finally:
        work.close()
    if done is None or desk.made is None:
        return Response(status_code=CLIENT_GONE)
    return _sent(asked, desk.made, {})


async def jobs(request: Request) -> Response:
    """GET /jobs: those of who asks."""
    asked = ask(request, PAGES, JOB_PARAMETERS)
    desk = Desk(asked, wanted=jobs_wanted(asked))
    answered = await told(_executions(request), desk, fence.get_jobs)
    found = job_list(asked, answered.document, desk.seen, count(asked))
    if asked.html:
        return page(asked, "jobs.html", WORDS["jobs"], dict(PRIVATE), jobs=found["jobs"], links=found["links"])
    return document(asked, found, headers=PRIVATE)


async def job(request: Request) -> Response:
    """GET /jobs/{id}."""
    desk = Desk(ask(request), id=_job(request))
    answered = await told(_executions(request), desk, fence.get_jobs, request.path_params["id"])
    return _status(desk, answered.document)


async def dismiss(request: Request) -> Response:
    """DELETE /jobs/{id}."""
    desk = Desk(ask(request), id=_job(request))
    answered = await told(_executions(request), desk, fence.delete_job, request.path_params["id"])
    return _status(desk, answered.document)


async def results(request: Request) -> Response:
    """GET /jobs/{id}/results, and /jobs/{id}/results/{output}."""
    found = _job(request)
    output: str | None = request.path_params.get("output")
    offers = PAGES if output is None else (Offer("json", JSON_TYPE, _every_type()),)
    asked = ask(request, offers)
    desk = Desk(asked, id=found, fetching=True, output=output)
    try:
        await told(_executions(request), desk, fence.get_job_result, str(found))
    except Failed as failed:
        return _failed(request, asked, failed)
    if desk.made is None:
        raise RuntimeError("a job that is done has no results")
    if asked.html:
        kept = desk.seen[0]
        listed = {
            name: f"/jobs/{found}/results/{name}"
            for name in kept.order.outputs or PROCESSES[kept.order.process].outputs
        }
        return page(asked, "results.html", WORDS["results"], dict(PRIVATE), job=str(found), outputs=listed)
    return _sent(asked, desk.made, PRIVATE)


async def partial(request: Request) -> Response:
    """GET /jobs/{id}/partial: what a job that goes on has finished so far."""
    asked = ask(request, (Offer("json", JSON_TYPE, _every_type()),))
    found, parts, owner = await queue.parts_of(asked.services, asked.actor, _job(request))
    make = process(found.order.process).partial
    if make is None or not found.status.open:
        raise NotReady(
            "There are results so far only of jobs that go on, of processes that keep them; see the job and its results.",
            "Chỉ có kết quả tạm của công việc đang chạy thuộc tiến trình có lưu; hãy xem công việc và kết quả của nó.",
        )
    made = await asyncio.to_thread(make, parts, owner)
    return _sent(asked, Made(200, made.media_type, made.content), PRIVATE)


ROUTES = [
    Route("/processes", processes),
    Route("/processes/{id}", described),
    Route("/processes/{id}/execution", execute, methods=["POST"]),
    Route("/jobs", jobs),
    Route("/jobs/{id}", job),
    Route("/jobs/{id}", dismiss, methods=["DELETE"]),
    Route("/jobs/{id}", only("DELETE", "GET", "HEAD", "OPTIONS"), methods=EVERY),
    Route("/jobs/{id}/partial", partial),
    Route("/jobs/{id}/results", results),
    Route("/jobs/{id}/results/{output}", results),
]


def _executions(request: Request) -> Executions:
    found: Executions = request.app.state.executions
    return found


def _process(request: Request) -> Process:
    return process(request.path_params["id"])


def _job(request: Request) -> UUID:
    text = request.path_params["id"]
    try:
        return UUID(text)
    except ValueError as error:
        raise NoSuchJob(
            f"'{text[:60]}' is no id of a job.", f"'{text[:60]}' không phải mã công việc.", where="jobId"
        ) from error


def _offer(wanted: Process) -> Offer:
    """What an execution may be answered with; which of it is for the body to say."""
    return Offer("json", JSON_TYPE, (MULTIPART, *dict.fromkeys(map(media_type_of, wanted.outputs.values()))))


def _every_type() -> tuple[str, ...]:
    return tuple(dict.fromkeys(media_type_of(one) for wanted in PROCESSES.values() for one in wanted.outputs.values()))


def _accepted(desk: Desk, accepted: Job) -> Response:
    asked = desk.asked
    execution = desk.execution
    headers = {**PRIVATE, "Location": asked.href(f"/jobs/{accepted.id}"), "Content-Language": asked.language}
    if execution is not None and execution.preferred:
        headers["Preference-Applied"] = "respond-async"
    found = status(asked, {}, accepted)
    if execution is not None and execution.calls:
        found["subscriber"] = {"secret": secret_text(secret_of_jobs(asked.services.secret, accepted.owner))}
    return Response(orjson.dumps(found), 201, headers, JSON_TYPE)


def _status(desk: Desk, answered: Mapping[str, Any]) -> Response:
    asked = desk.asked
    found = status(asked, dict(answered), desk.seen[0])
    if desk.calls:
        found["subscriber"] = subscriber(desk.calls)
    if asked.html:
        return page(asked, "job.html", WORDS["job"], dict(PRIVATE), job=found)
    return document(asked, found, headers=PRIVATE)


def _sent(asked: Ask, made: Made, headers: Mapping[str, str]) -> Response:
    sent = {"Cache-Control": "no-store", "Content-Language": asked.language, **headers, **made.headers}
    return Response(made.body, made.status, sent, made.media_type or None)


def _failed(request: Request, asked: Ask, failed: Failed) -> Response:
    told_so = {**failed.problem[asked.language], "requestId": request_id(request)}
    headers = {**PRIVATE, "Content-Language": asked.language}
    return Response(orjson.dumps(told_so), int(told_so["status"]), headers, PROBLEM.media_type)


def _too_slow(wanted: Process, seconds: float) -> TooSlow:
    en, vi = f"'{wanted.id}' was given up after {seconds:g} seconds.", f"'{wanted.id}' đã dừng sau {seconds:g} giây."
    if "async" in wanted.modes:
        en += " Send 'Prefer: respond-async' and fetch the results later."
        vi += " Hãy gửi 'Prefer: respond-async' và lấy kết quả sau."
    else:
        en, vi = en + " Ask for less at once.", vi + " Hãy giảm khối lượng mỗi lần hỏi."
    return TooSlow(en, vi)
