"""The process `permit-check`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from gis.model.layer import Text
from gis.model.verdict import Verdict
from services.permits.answer import ADVICE, Checked, Object, answer
from services.permits.check import allow_attesting, check
from services.permits.check_sheet import check_map, sheet
from services.permits.inputs import INPUTS
from services.permits.lot_map import Scene
from services.permits.press import Press
from services.permits.selector import allow_selector
from services.permits.sheet import fonts
from services.processes.process import Call, Document, Json, Output, Process, Value

_DOING = Text("Đang đối chiếu với quy định", "Comparing with the rules")
_DRAWING = Text("Đang vẽ sơ đồ", "Drawing the map")
_SETTING = Text("Đang tạo PDF", "Setting the PDF")
_DRAWN = ("map", "sheet", "pdf")
_SHEET = Text("Phiếu kiểm tra hồ sơ", "Check sheet")

_FINDING: Object = {
    "type": "object",
    "required": ["pack", "rule", "title", "clause", "status", "message"],
    "properties": {
        "pack": {"type": "string"},
        "rule": {"type": "string"},
        "status": {
            "type": "string",
            "enum": ["pass", "fail", "warning", "not-applicable", "no-data", "attested", "error"],
        },
        "subject": {"type": "string"},
        "measured": {"type": "number"},
        "limit": {"type": "number"},
        "margin": {"type": "number"},
        "unit": {"type": "string"},
        "conflict": {"type": "object", "description": "GeoJSON geometry in CRS84"},
    },
}
_ANSWER: Object = {
    "type": "object",
    "required": ["verdict", "findings", "missing", "data_version", "rules_version", "datetime", "knownAt", "hash"],
    "properties": {
        "verdict": {"type": "string", "enum": [str(one) for one in Verdict]},
        "findings": {"type": "array", "items": _FINDING},
        "missing": {"type": "array", "items": {"type": "object"}},
        "data_version": {"type": "integer"},
        "rules_version": {"type": "string"},
        "datetime": {"type": "string", "format": "date-time"},
        "knownAt": {"type": "string", "format": "date-time"},
        "hash": {"type": "string"},
    },
}


def _allow(call: Call, inputs: Mapping[str, Json]) -> None:
    allow_selector(call, cast("Mapping[str, Json]", inputs.get("parcel", {})))
    if inputs.get("attestations"):
        allow_attesting(call)


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    await call.progress(10, _DOING)
    checked = await check(call, inputs, drawn=any(map(call.wants, _DRAWN)))
    told = answer(checked)
    values: dict[str, Value] = {}
    if call.wants("answer"):
        values["answer"] = {**told, "links": _links(call)}
    if checked.scene is not None:
        values |= await _drawn(call, checked, checked.scene, told)
    return values


async def _drawn(call: Call, checked: Checked, scene: Scene, told: Object) -> Mapping[str, Value]:
    """The outputs with a map, as far as they are wanted."""
    await call.progress(30, _DRAWING)
    drawing = await asyncio.to_thread(check_map, scene, told, checked.findings, call.catalog, call.language)
    values: dict[str, Value] = {}
    if call.wants("map"):
        values["map"] = Document("image/svg+xml", drawing.encode())
    if call.wants("sheet") or call.wants("pdf"):
        text = sheet(told, drawing, scene, call.language, call.catalog)
        if call.wants("sheet"):
            values["sheet"] = Document("text/html", text.encode())
        if call.wants("pdf"):
            await call.progress(50, _SETTING)
            async with Press() as press:
                values["pdf"] = Document("application/pdf", await press.pdf(text, fonts()))
    return values


def _links(call: Call) -> list[Json]:
    """Where the inputs of the answer give it again."""
    return [{"rel": "replay", "href": f"{call.base}/processes/permit-check/execution", "type": "application/json"}]


PERMIT_CHECK = Process(
    id="permit-check",
    version="1.0.0",
    title=Text("Kiểm tra hồ sơ xây dựng", "Permit check"),
    description=Text(
        "Đối chiếu công trình dự kiến với quy hoạch, lộ giới và quy chuẩn: từng quy tắc có điều khoản, giá trị của hồ sơ, giới hạn "
        "và phần còn thiếu. Gửi được đến đâu kiểm tra đến đó. Hỏi lại với 'datetime' và 'knownAt' của câu trả lời thì được đúng câu "
        f"trả lời đó. {ADVICE.vi}",
        "Compares a building with plans, road lines and standards: for each rule its clause, the measured value, the limit and "
        "what is missing. What is given is checked as far as it goes. Asked again with 'datetime' and 'knownAt' of an answer, it "
        f"is the same answer. {ADVICE.en}",
    ),
    keywords=("permit", "giấy phép xây dựng", "QCVN 01:2021", "lộ giới"),
    inputs=INPUTS,
    outputs={
        "answer": Output(
            Text("Kết quả", "Answer"),
            Text("Kết luận, kết quả từng quy tắc và phần còn thiếu.", "The verdict, the findings and what is missing."),
            _ANSWER,
        ),
        "sheet": Output(
            _SHEET,
            Text("Bản để in, có sơ đồ.", "For printing, with its map."),
            {"type": "string", "contentMediaType": "text/html"},
        ),
        "pdf": Output(
            _SHEET,
            Text(
                "Tệp PDF khổ A4, có sơ đồ; lâu hơn các kết quả khác.",
                "A PDF in A4 with its map; takes longer than the rest.",
            ),
            {"type": "string", "contentMediaType": "application/pdf"},
        ),
        "map": Output(
            Text("Sơ đồ", "Map"),
            Text(
                "Lô đất, công trình, ô quy hoạch, lộ giới và chỗ không phù hợp, đúng tỷ lệ.",
                "The lot, the building, zones, road lines and where rules are broken, to scale.",
            ),
            {"type": "string", "contentMediaType": "image/svg+xml"},
        ),
    },
    run=_run,
    allow=_allow,
    example={
        "inputs": {
            "parcel": {"point": {"lon": 106.70, "lat": 10.776}},
            "work": "NEW",
            "use": "HOUSE",
            "storeys": "trệt + 3 lầu",
            "height_m": 15,
        },
        "outputs": {"answer": {}},
    },
)
