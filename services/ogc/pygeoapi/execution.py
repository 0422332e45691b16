"""What an execute request asks for: inputs, outputs, their form, and whether the caller waits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from gis.errors import InvalidParameter
from gis.model.layer import Text
from services.ogc.ask import Ask
from services.ogc.bodies import large, parsed
from services.ogc.names import meant
from services.ogc.pygeoapi.subscriber import read_subscriber
from services.processes.calls import call_of
from services.processes.inputs import checked
from services.processes.process import Json, Output, Process

JSON_BODIES = ("application/json",)
MULTIPART = "multipart/related"
JSON_TYPE = "application/json"

_MEMBERS = ("inputs", "outputs", "response", "subscriber")
_FORMAT = ("mediaType", "encoding", "schema")
_MODES = ("value", "reference")
_FORMS = ("raw", "document")
_ASYNC = re.compile(r"(?:^|,)\s*respond-async\s*(?:[,;]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Execution:
    """One run that is asked for. `outputs`: by the id of each that is wanted, `value` or `reference`. `response`: `raw` or
    `document`. `later`: the caller does not wait; `preferred`: as it said itself. `calls`: by the event of the job, whom it
    calls."""

    process: Process
    inputs: Mapping[str, Json]
    outputs: Mapping[str, str]
    response: str
    later: bool
    preferred: bool
    calls: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_reference(self) -> bool:
        """An output is fetched afterwards, so that it has to be kept."""
        return "reference" in self.outputs.values()


async def read_execution(request: Request, asked: Ask, process: Process, sent: bytes) -> Execution:
    """The body that was sent and the preferences of the request. InvalidParameter and InvalidInputs name the place of what is
    wrong."""
    body = await parsed(sent, process.most_vertices)
    if not isinstance(body, dict):
        raise _wrong("body", "has to be an object with 'inputs'", "phải là đối tượng JSON có 'inputs'")
    for name in body:
        if name not in _MEMBERS:
            raise _wrong(name[:60], *_meant(name, _MEMBERS))
    outputs = _outputs(asked, process, body)
    response = _response(request, body, several=len(outputs) > 1)
    given = body.get("inputs", {})
    inputs = await asyncio.to_thread(checked, process, given) if large(sent) else checked(process, given)
    preferred = _ASYNC.search(",".join(request.headers.getlist("prefer"))[:1_000]) is not None
    later = "sync" not in process.modes or (preferred and "async" in process.modes)
    calls = read_subscriber(asked, body["subscriber"], later=later) if "subscriber" in body else {}
    return Execution(process, inputs, outputs, response, later, preferred, calls)


def media_type_of(output: Output) -> str:
    """What the output is sent as."""
    return str(output.schema.get("contentMediaType", JSON_TYPE))


def transmissions(process: Process) -> tuple[str, ...]:
    """How outputs may be sent. What is fetched later is kept with its job, so that there has to be one."""
    return _MODES if "async" in process.modes else _MODES[:1]


def _response(request: Request, body: Mapping[str, Json], *, several: bool) -> str:
    """`response` of the body. Where it is left out: raw, as the standard says, but a document to those who take JSON and
    not the several parts that raw outputs would come in."""
    if "response" not in body:
        accept = request.headers.get("accept", "").lower()[:1_000]
        return "document" if JSON_TYPE in accept and MULTIPART not in accept and several else "raw"
    if body["response"] not in _FORMS:
        raise _wrong("response", "has to be raw or document", "phải là raw hoặc document")
    return str(body["response"])


def _outputs(asked: Ask, process: Process, body: Mapping[str, Json]) -> Mapping[str, str]:
    """Those that are named; where none are, all that the caller is given, by value."""
    if "outputs" not in body:
        given = process.outputs if process.offered is None else process.offered(call_of(asked))
        return dict.fromkeys(given, "value")
    named = body["outputs"]
    if not isinstance(named, dict) or not named:
        raise _wrong("outputs", "has to be an object with outputs by name", "phải là đối tượng gồm các đầu ra")
    return {name: _transmission(process, name, said) for name, said in named.items()}


def _transmission(process: Process, name: str, said: Json) -> str:
    where = f"outputs.{name[:60]}"
    if name not in process.outputs:
        raise _wrong(where, *_meant(name, tuple(process.outputs)))
    if not isinstance(said, dict):
        raise _wrong(where, "has to be an object", "phải là đối tượng JSON")
    for member in said:
        if member not in ("transmissionMode", "format"):
            raise _wrong(f"{where}.{member[:60]}", *_meant(member, ("transmissionMode", "format")))
    if "format" in said:
        _refuse_format(process.outputs[name], said["format"], f"{where}.format")
    mode, possible = said.get("transmissionMode", "value"), transmissions(process)
    if mode not in possible:
        listed = ", ".join(possible)
        raise _wrong(f"{where}.transmissionMode", f"has to be one of {listed}", f"phải là một trong: {listed}")
    return str(mode)


def _refuse_format(output: Output, said: Json, where: str) -> None:
    """An output has one format; another than that is refused."""
    if not isinstance(said, dict) or not said.keys() <= set(_FORMAT):
        listed = ", ".join(_FORMAT)
        raise _wrong(where, f"has to be an object with {listed}", f"phải là đối tượng gồm {listed}")
    there = media_type_of(output)
    wanted = said.get("mediaType", there)
    if not isinstance(wanted, str) or wanted.split(";")[0].strip().lower() != there.split(";")[0]:
        raise _wrong(f"{where}.mediaType", f"there is {there} only", f"chỉ có {there}")


def _meant(name: str, known: tuple[str, ...]) -> tuple[str, str]:
    en, vi = meant(name, known)
    return f"is not known here; {en}", f"không có ở đây; {vi}"


def _wrong(where: str, en: str, vi: str) -> InvalidParameter:
    said = Text(f"{where}: {vi}", f"{where}: {en}")
    ended = {
        language: text if text[-1] in ".?" else f"{text}." for language, text in (("vi", said.vi), ("en", said.en))
    }
    return InvalidParameter(ended["en"], ended["vi"], where=where)
