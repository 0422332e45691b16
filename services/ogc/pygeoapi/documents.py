"""The documents of processes and jobs: pygeoapi's, with what it leaves out and in the language of the request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gis.model.actor import PUBLIC
from gis.model.layer import Text
from gis.store.job_calls import JobCall
from gis.store.jobs import Job, Status
from services.ogc.ask import Ask
from services.ogc.collections import REL
from services.ogc.negotiation import HTML
from services.ogc.pygeoapi.job_parameters import cursor_of
from services.ogc.words import WORDS
from services.processes.listed import PROCESSES
from services.processes.process import Input, Output, Process

EXECUTE, JOB_LIST, RESULTS = (REL + name for name in ("execute", "job-list", "results"))
_JSON = "application/json"

type Members = dict[str, Any]


def process_list(asked: Ask, told: Members) -> Members:
    """GET /processes."""
    return {
        "processes": [{**one, "links": _process_links(asked, one["id"], "self")} for one in told["processes"]],
        "links": _self(asked, WORDS["processes"]),
    }


def description(asked: Ask, process: Process, told: Members) -> Members:
    """GET /processes/{id}: with its inputs and outputs, whose schemas pygeoapi would translate."""
    return {
        **told,
        "inputs": {name: _input(asked, one) for name, one in process.inputs.items()},
        "outputs": {name: _described(asked, one) for name, one in process.outputs.items()},
        "example": dict(process.example),
        "links": _process_links(asked, process.id, "self" if not asked.html else "alternate"),
    }


def job_list(asked: Ask, told: Members, jobs: Sequence[Job], limit: int) -> Members:
    """GET /jobs: a page of them, and a link to the next one."""
    members = [status(asked, one, job) for one, job in zip(told["jobs"], jobs, strict=True)]
    links = _self(asked, WORDS["jobs"])
    if len(jobs) == limit:
        links.append({"rel": "next", "type": _JSON, "href": asked.again(cursor=cursor_of(jobs[-1]))})
    return {"jobs": members, "links": links}


def status(asked: Ask, told: Members, job: Job) -> Members:
    """GET /jobs/{id}: `statusInfo.yaml`. Times that are not yet are left out, for which pygeoapi has null."""
    info = status_info(job, asked.base, asked.language)
    return {name: value for name, value in {**told, **info}.items() if value is not None}


def subscriber(calls: Sequence[JobCall]) -> Members:
    """Whom a job calls, by the names of `subscriber.yaml`, and what came of the calls."""
    return {
        f"{call.event}Uri": {
            "href": call.url,
            "status": call.status,
            "attempts": call.attempts,
            "tried": _time(call.tried),
            "answer": call.answer,
            "problem": call.problem,
        }
        for call in calls
    }


def status_info(job: Job, base: str, language: str) -> Members:
    """`statusInfo.yaml` at the public address `base`; what is not yet is null."""
    address = f"{base}/jobs/{job.id}"
    links = [("self", _JSON, "job", address), ("alternate", "text/html", "job", f"{address}?f=html")]
    if job.status in (Status.SUCCESSFUL, Status.FAILED):
        links.append((RESULTS, _JSON, "results", f"{address}/results"))
    kept = PROCESSES.get(job.order.process)
    if job.status.open and kept is not None and kept.partial is not None:
        links.append(("preview", kept.partial({}, PUBLIC).media_type, "partial", f"{address}/partial"))
    links.append(("up", _JSON, "jobs", f"{base}/jobs"))
    return {
        "type": "process",
        "processID": job.order.process,
        "jobID": str(job.id),
        "status": str(job.status),
        "message": (job.message or _MESSAGES[job.status])[language],
        "progress": job.progress,
        "created": _time(job.created),
        "started": _time(job.started),
        "finished": _time(job.finished),
        "updated": _time(job.updated),
        "parameters": None,
        "links": [
            {"rel": rel, "type": media_type, "title": WORDS[word][language], "href": href}
            for rel, media_type, word, href in links
        ],
    }


_MESSAGES = {
    Status.ACCEPTED: Text("Đang chờ đến lượt", "Waits for its turn"),
    Status.RUNNING: Text("Đang chạy", "Runs"),
    Status.SUCCESSFUL: Text("Đã xong", "Done"),
    Status.FAILED: Text("Không thành công; lý do ở địa chỉ kết quả", "Failed; the results say why"),
    Status.DISMISSED: Text("Đã huỷ", "Dismissed"),
}


def _input(asked: Ask, described: Input) -> Members:
    return {**_described(asked, described), "minOccurs": int(described.required), "maxOccurs": 1}


def _described(asked: Ask, described: Input | Output) -> Members:
    return {
        "title": asked.say(described.title),
        "description": asked.say(described.description),
        "schema": dict(described.schema),
    }


def _self(asked: Ask, title: Text) -> list[Members]:
    return [
        {"rel": "self", "type": asked.offer.media_type.split(";")[0], "title": asked.say(title), "href": asked.url},
        {"rel": "alternate", "type": "application/json" if asked.html else "text/html", "title": asked.say(title)}
        | {"href": asked.again(f="json" if asked.html else "html")},
    ]


def _process_links(asked: Ask, id: str, rel: str) -> list[Members]:
    path = f"/processes/{id}"
    return [
        asked.link(rel, path, _JSON, WORDS["process"]),
        asked.link("alternate", path, HTML.media_type, WORDS["process"]),
        asked.link(EXECUTE, f"{path}/execution", _JSON, WORDS["execute"]),
        asked.link(JOB_LIST, "/jobs", _JSON, WORDS["jobs"]),
    ]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
