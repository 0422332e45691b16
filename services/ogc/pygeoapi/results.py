"""Outputs of a run as an answer: one as it is, several as parts of one message, or all in one JSON document."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from services.ogc.answers import link_header
from services.ogc.pygeoapi.execution import JSON_TYPE, MULTIPART, media_type_of
from services.processes.process import Document, Json, Process, Value


@dataclass(frozen=True, slots=True)
class Made:
    """An answer that is ready to be sent."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outputs of a process are sent, each as `value` or `reference`, and in which form (`raw`, `document`).

    `href`: where an output that was kept is got.
    """

    process: Process
    outputs: Mapping[str, str]
    response: str
    href: Callable[[str], str]


def answer(wanted: Wanted, values: Mapping[str, Value]) -> Made:
    """The outputs as the standard sends them (OGC 18-062r2, table 11 and requirements 29 to 33)."""
    if wanted.response == "document":
        return Made(200, JSON_TYPE, orjson.dumps({name: _inline(wanted, name, values) for name in wanted.outputs}))
    if set(wanted.outputs.values()) == {"reference"}:
        links = [_link(wanted, name, values[name]) for name in wanted.outputs]
        return Made(204, "", b"", {"Link": link_header(links)})
    if len(wanted.outputs) == 1:
        (name,) = wanted.outputs
        return single(wanted.process, name, values[name])
    return _parts(wanted, values)


def single(process: Process, name: str, value: Value) -> Made:
    """One output as it is."""
    return Made(200, _media_type(process, name, value), _bytes(value))


def _media_type(process: Process, name: str, value: Value) -> str:
    return value.media_type if isinstance(value, Document) else media_type_of(process.outputs[name])


def _bytes(value: Value) -> bytes:
    return value.content if isinstance(value, Document) else orjson.dumps(value)


def _link(wanted: Wanted, name: str, value: Value) -> dict[str, str]:
    return {"href": wanted.href(name), "rel": name, "type": _media_type(wanted.process, name, value)}


def _inline(wanted: Wanted, name: str, values: Mapping[str, Value]) -> Json:
    """A value as `results.yaml` has it: objects and files with what they are, others plainly."""
    value = values[name]
    media_type = _media_type(wanted.process, name, value)
    if wanted.outputs[name] == "reference":
        return {"href": wanted.href(name), "type": media_type}
    if not isinstance(value, Document):
        return {"value": value, "mediaType": media_type} if isinstance(value, dict) else value
    if media_type.startswith("text/") or "json" in media_type or "xml" in media_type:
        return {"value": value.content.decode(), "mediaType": media_type}
    return {"value": base64.b64encode(value.content).decode(), "mediaType": media_type, "encoding": "base64"}


def _parts(wanted: Wanted, values: Mapping[str, Value]) -> Made:
    """RFC 2387. The boundary is derived from the content, so that equal answers are equal bytes."""
    contents = {name: _bytes(values[name]) for name in wanted.outputs}
    boundary = hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:32]
    first = _media_type(wanted.process, next(iter(wanted.outputs)), values[next(iter(wanted.outputs))])
    pieces: list[bytes] = []
    for name, mode in wanted.outputs.items():
        head = [f"Content-ID: <{name}>", f"Content-Type: {_media_type(wanted.process, name, values[name])}"]
        if mode == "reference":
            head.append(f"Content-Location: {wanted.href(name)}")
        pieces.append(f"--{boundary}\r\n".encode() + "\r\n".join(head).encode() + b"\r\n\r\n")
        pieces.append((b"" if mode == "reference" else contents[name]) + b"\r\n")
    body = b"".join(pieces) + f"--{boundary}--\r\n".encode()
    return Made(200, f'{MULTIPART}; boundary="{boundary}"; type="{first.split(";")[0]}"', body)
