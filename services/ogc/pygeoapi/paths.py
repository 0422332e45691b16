"""Processes and jobs in the OpenAPI document."""

from __future__ import annotations

from gis.model.layer import Text
from gis.store.jobs import Status
from services.ogc.openapi_parts import (
    PAGE,
    TEXT,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    reading,
    reference,
    shared,
)
from services.ogc.pygeoapi.execution import JSON_TYPE, MULTIPART, media_type_of, transmissions
from services.ogc.pygeoapi.job_parameters import MOST, USUAL
from services.ogc.pygeoapi.oas_schema import as_openapi
from services.ogc.pygeoapi.subscriber import URIS
from services.ogc.words import WORDS
from services.processes.listed import PROCESSES
from services.processes.process import Process

_EVERYWHERE = ("f", "lang")
_LIMIT: Object = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
_LINKS: Object = {"type": "array", "items": reference("schemas", "link")}
_STATUS: Object = {"type": "string", "enum": [str(status) for status in Status]}
_TIME: Object = {"type": "string", "format": "date-time"}

_SUMMARY: Object = {
    "type": "object",
    "required": ["id", "version", "jobControlOptions", "outputTransmission", "links"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "version", "title", "description")},
        "keywords": {"type": "array", "items": {"type": "string"}},
        "jobControlOptions": {"type": "array", "items": {"type": "string", "enum": ["sync-execute", "async-execute"]}},
        "outputTransmission": {"type": "array", "items": {"type": "string", "enum": ["value", "reference"]}},
        "links": _LINKS,
    },
}
_DESCRIBED: Object = {"type": "object", "additionalProperties": {"type": "object", "required": ["schema"]}}
_PROCESS: Object = {
    "allOf": [_SUMMARY, {"type": "object", "properties": {"inputs": _DESCRIBED, "outputs": _DESCRIBED}}]
}
_JOB: Object = {
    "type": "object",
    "required": ["type", "jobID", "status"],
    "properties": {
        "type": {"type": "string", "enum": ["process"]},
        **{name: {"type": "string"} for name in ("processID", "jobID", "message")},
        "status": _STATUS,
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        **dict.fromkeys(("created", "started", "finished", "updated"), _TIME),
        "links": _LINKS,
        "subscriber": {"type": "object"},
    },
}
_JOBS: Object = {
    "type": "object",
    "required": ["jobs", "links"],
    "properties": {"jobs": {"type": "array", "items": _JOB}, "links": _LINKS},
}
_PROCESSES: Object = {
    "type": "object",
    "required": ["processes", "links"],
    "properties": {"processes": {"type": "array", "items": _SUMMARY}, "links": _LINKS},
}
_BINARY: Object = {"schema": {"type": "string", "format": "binary"}}
_URI: Object = {"type": "string", "format": "uri"}
_SUBSCRIBER: Object = {
    "type": "object",
    "additionalProperties": False,
    "required": ["successUri"],
    "properties": dict.fromkeys(URIS, _URI),
}
_PREFER = Text(
    "respond-async: không chờ; công việc được xếp hàng và kết quả lấy sau",
    "respond-async: not to wait; the job is queued and its results are fetched later",
)
_REFUSALS = {
    "400": Text("Đầu vào không đúng; liệt kê mọi lỗi", "Wrong inputs; all problems are listed"),
    "401": Text("Chỉ dành cho người đã đăng nhập", "Only for those who are signed in"),
    "403": Text("Không có quyền yêu cầu việc này", "Signed in, and may not ask for this"),
    "413": Text("Quá lớn", "Too large"),
    "415": Text("Loại nội dung không nhận", "Unknown media type"),
    "429": Text("Đã có đủ số công việc", "As many jobs as may be"),
    "504": Text("Quá thời gian chờ", "Takes too long to wait for"),
    "default": Text("Lỗi", "RFC 9457 problem"),
}
_IDS = {
    "jobId": Text("Mã công việc", "Id of the job"),
    "outputId": Text("Tên đầu ra", "Name of the output"),
}
_FILTERS: dict[str, tuple[Text, Object]] = {
    "type": (Text("Loại công việc", "Type of the job"), {"type": "string", "enum": ["process"]}),
    "processID": (Text("Tiến trình", "Process"), {"type": "string", "enum": list(PROCESSES)}),
    "status": (Text("Trạng thái", "Status"), _STATUS),
    "minDuration": (
        Text("Chạy ít nhất số giây này", "Ran for at least so many seconds"),
        {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    ),
    "maxDuration": (
        Text("Chạy nhiều nhất số giây này", "Ran for at most so many seconds"),
        {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    ),
}


def process_paths(language: str) -> Paths:
    """Operations by path and method."""
    found: Paths = {
        "/processes": {"get": _get("getProcesses", WORDS["processes"][language], _PROCESSES, [_limit(language)])}
    }
    for process in PROCESSES.values():
        title = process.title[language]
        tags: Object = {"tags": [process.id]}
        described = operation(
            f"process.{process.id}.describe",
            title,
            shared(_EVERYWHERE),
            reading(answer(title, _json(_PROCESS) | PAGE)),
            tags,
        )
        found[f"/processes/{process.id}"] = {"get": described}
        found[f"/processes/{process.id}/execution"] = {"post": _execution(process, language)}
    return found | _job_paths(language)


def _execution(process: Process, language: str) -> Object:
    title = process.title[language]
    parameters = shared(("fJson", "lang"))
    accepted: Object = {}
    if "async" in process.modes:
        parameters.append(parameter("Prefer", _PREFER[language], {"type": "string"}, place="header"))
        accepted["201"] = answer(WORDS["job"][language], _json(_JOB))
        accepted["204"] = {"description": WORDS["results"][language]}
    answers: Object = {
        **({"200": answer(title, _outputs(process))} if "sync" in process.modes else {}),
        **accepted,
        **{status: problem(text[language]) for status, text in _REFUSALS.items()},
    }
    body: Object = {"schema": _request(process, language)}
    if process.example:
        body["example"] = dict(process.example)
    more: Object = {
        "tags": [process.id],
        "description": process.description[language],
        "requestBody": {"required": True, "content": {"application/json": body}},
    }
    return operation(f"process.{process.id}.execute", title, parameters, answers, more)


def _request(process: Process, language: str) -> Object:
    """`execute.yaml` with the inputs of this process."""
    needed = [name for name, one in process.inputs.items() if one.required]
    inputs: Object = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {**as_openapi(one.schema), "description": one.description[language]}
            for name, one in process.inputs.items()
        },
        **({"required": needed} if needed else {}),
    }
    transmission: Object = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"transmissionMode": {"type": "string", "enum": list(transmissions(process))}},
    }
    outputs: Object = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": dict.fromkeys(process.outputs, transmission),
    }
    return {
        "type": "object",
        "additionalProperties": False,
        **({"required": ["inputs"]} if needed else {}),
        "properties": {
            "inputs": inputs,
            "outputs": outputs,
            "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
            **({"subscriber": _SUBSCRIBER} if "async" in process.modes else {}),
        },
    }


def _outputs(process: Process) -> Object:
    """What an execution is answered with, by media type. JSON is one output as it is, or the document with all of them."""
    types = dict.fromkeys(map(media_type_of, process.outputs.values()))
    document: Object = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: {} for name in process.outputs},
    }
    alone = [as_openapi(one.schema) for one in process.outputs.values() if media_type_of(one) == JSON_TYPE]
    return {
        **dict.fromkeys(types, _BINARY),
        **({MULTIPART: _BINARY} if len(process.outputs) > 1 else {}),
        **_json({"anyOf": [*alone, document]}),
    }


def _job_paths(language: str) -> Paths:
    job, jobs, results, partial = (WORDS[name][language] for name in ("job", "jobs", "results", "partial"))
    filters = [parameter(name, said[language], schema) for name, (said, schema) in _FILTERS.items()]
    listing = [*filters, *shared(("datetime", "cursor")), _limit(language)]
    job_id = parameter("jobId", _IDS["jobId"][language], {"type": "string", "format": "uuid"}, place="path")
    output_id = parameter("outputId", _IDS["outputId"][language], TEXT, place="path")
    dismissed: Object = {"200": answer(job, _json(_JOB)), "default": problem()}
    linked: Object = {"204": {"description": results}}
    anything: Object = {"application/json": {"schema": {}}, "*/*": _BINARY}
    return {
        "/jobs": {"get": _get("getJobs", jobs, _JOBS, listing)},
        "/jobs/{jobId}": {
            "get": _get("getStatus", job, _JOB, [job_id]),
            "delete": operation("dismiss", job, [job_id, *shared(("fJson", "lang"))], dismissed, {"tags": ["jobs"]}),
        },
        "/jobs/{jobId}/partial": _of_job("getPartial", partial, [job_id], reading(answer(partial, {"*/*": _BINARY}))),
        "/jobs/{jobId}/results": {
            "get": operation(
                "getResults",
                results,
                [job_id, *shared(_EVERYWHERE)],
                reading(answer(results, anything | PAGE), linked),
                {"tags": ["jobs"]},
            )
        },
        "/jobs/{jobId}/results/{outputId}": _of_job(
            "getOutput", results, [job_id, output_id], reading(answer(results, anything))
        ),
    }


def _of_job(name: str, title: str, parameters: list[Object], answers: Object) -> dict[str, Object]:
    """What a job gives besides documents of its own."""
    return {"get": operation(name, title, [*parameters, *shared(("fJson", "lang"))], answers, {"tags": ["jobs"]})}


def _get(name: str, title: str, schema: Object, parameters: list[Object]) -> Object:
    return operation(
        name,
        title,
        [*parameters, *shared(_EVERYWHERE)],
        reading(answer(title, _json(schema) | PAGE)),
        {"tags": ["jobs" if "ob" in name or name == "getStatus" else "processes"]},
    )


def _limit(language: str) -> Object:
    said = Text("Số mục nhiều nhất trong một trang", "Most entries in one page")
    return parameter("limit", said[language], _LIMIT)


def _json(schema: Object) -> Object:
    return {"application/json": {"schema": schema}}
