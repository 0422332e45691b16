"""Outputs of a run as the standard sends them."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.message import Message
from typing import Any

import orjson

from gis.model.layer import Text
from services.ogc.pygeoapi.results import Made, Wanted, answer, single
from services.processes.process import Document, Output, Process, Value

NAMED = Text("Tên", "Name")
PDF = b"%PDF-1.7\r\n--boundary\x00\xff"
VALUES: dict[str, Value] = {"verdict": {"a": 1}, "count": 3, "sheet": Document("application/pdf", PDF)}
TEXT = Document("image/svg+xml", b"<svg/>")


async def nothing(call: object, inputs: object) -> dict[str, Value]:
    return {}


PROCESS = Process(
    "probe",
    "1.0.0",
    NAMED,
    NAMED,
    {},
    {
        "verdict": Output(NAMED, NAMED, {"type": "object"}),
        "count": Output(NAMED, NAMED, {"type": "integer"}),
        "sheet": Output(NAMED, NAMED, {"type": "string", "contentMediaType": "application/pdf"}),
    },
    nothing,
)


def made(response: str, **outputs: str) -> Made:
    wanted = outputs or dict.fromkeys(PROCESS.outputs, "value")
    return answer(Wanted(PROCESS, wanted, response, lambda name: f"http://land.test/jobs/1/results/{name}"), VALUES)


def parts(found: Made) -> dict[str, Message]:
    """The parts of the message by the ids of their outputs."""
    message: Any = message_from_bytes(f"Content-Type: {found.media_type}\r\n\r\n".encode() + found.body)
    assert message.is_multipart() and not message.defects
    return {part["Content-ID"].strip("<>"): part for part in message.get_payload()}


def test_one_raw_output_is_sent_as_it_is() -> None:
    assert made("raw", sheet="value") == Made(200, "application/pdf", PDF)
    assert made("raw", count="value") == Made(200, "application/json", b"3")
    assert single(PROCESS, "verdict", VALUES["verdict"]) == Made(200, "application/json", b'{"a":1}')


def test_several_raw_outputs_are_parts_of_one_message() -> None:
    found = made("raw")
    assert found.status == 200 and found.media_type.startswith("multipart/related")
    message = parts(found)
    assert list(message) == ["verdict", "count", "sheet"]
    assert message["sheet"].get_content_type() == "application/pdf"
    assert message["sheet"].get_payload(decode=True) == PDF
    assert orjson.loads(message["verdict"].get_payload(decode=True)) == {"a": 1}  # type: ignore[arg-type]


def test_what_is_referred_to_among_values_is_an_empty_part_with_its_place() -> None:
    message = parts(made("raw", count="value", sheet="reference"))
    assert message["sheet"]["Content-Location"] == "http://land.test/jobs/1/results/sheet"
    assert message["sheet"].get_payload(decode=True) == b""
    assert message["count"].get_payload(decode=True) == b"3"


def test_references_alone_are_links() -> None:
    found = made("raw", verdict="reference", sheet="reference")
    assert (found.status, found.body) == (204, b"")
    assert found.headers["Link"].count("<http://land.test/jobs/1/results/") == 2


def test_a_document_holds_values_files_and_links() -> None:
    document = orjson.loads(made("document").body)
    assert document["verdict"] == {"value": {"a": 1}, "mediaType": "application/json"}
    assert document["count"] == 3
    assert document["sheet"]["mediaType"] == "application/pdf"
    assert base64.b64decode(document["sheet"]["value"]) == PDF
    referred = orjson.loads(made("document", sheet="reference").body)
    assert referred == {"sheet": {"href": "http://land.test/jobs/1/results/sheet", "type": "application/pdf"}}


def test_equal_outputs_are_equal_bytes() -> None:
    assert made("raw") == made("raw")
    assert made("document") == made("document")
