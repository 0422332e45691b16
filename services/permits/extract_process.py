"""The process `parcel-extract`: the sealed extract of a parcel that is named in any of the ways of a selector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from gis.model.layer import Text
from gis.store.signing import kept_keys
from services.permits.extract import extract
from services.permits.extract_words import NOTICE, TITLE
from services.permits.press import Press
from services.permits.seal import sealed_file
from services.permits.selector import SELECTOR, allow_selector
from services.permits.sheet import fonts, sheet
from services.processes.moments import MOMENT, moment_of
from services.processes.process import Call, Document, Input, Json, Output, Process, Value

_MADE = Text("Đang lập phiếu", "Making the extract")
_SET = Text("Đang tạo PDF", "Setting the PDF")


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    call = replace(call, language=str(inputs.get("lang", call.language)))
    await call.progress(10, _MADE)
    moment = moment_of(inputs, call.catalog.territory)
    drawn = call.wants("html") or call.wants("pdf")
    found = await extract(call, cast("Mapping[str, Json]", inputs["parcel"]), moment, drawn=drawn)
    values: dict[str, Value] = {}
    if call.wants("extract"):
        values["extract"] = cast("Json", found.document(call.base))
    if drawn:
        text = sheet(found, call.catalog, call.base)
        if call.wants("html"):
            values["html"] = Document("text/html", text.encode())
        if call.wants("pdf"):
            await call.progress(40, _SET)
            async with Press() as press:
                made = await press.pdf(text, fonts())
            values["pdf"] = Document("application/pdf", sealed_file(made, found.seal, await kept_keys(call.keeper)))
    return values


def _file(media_type: str) -> dict[str, Json]:
    return {"type": "string", "contentMediaType": media_type}


PARCEL_EXTRACT = Process(
    id="parcel-extract",
    version="1.0.0",
    title=Text("Phiếu tra cứu thông tin thửa đất và quy hoạch", "Extract of parcel and planning information"),
    description=Text(
        "Diện tích, phần trong lộ giới, diện tích phù hợp quy hoạch, chức năng theo từng ô quy hoạch, rồi mọi lớp dữ liệu: có "
        f"liên quan, không liên quan hoặc chưa có dữ liệu. Có niêm phong điện tử kiểm tra được. {NOTICE.vi}",
        "Area, part in road land, area conforming to plan, functions by zone, and then every layer as concerned, not "
        f"concerned or no data. Electronically sealed and verifiable. {NOTICE.en}",
    ),
    keywords=("parcel", "planning", "extract", "PLR"),
    inputs={
        "parcel": Input(
            Text("Thửa đất", "Parcel"),
            Text(
                "Bằng id, mã định danh, xã kèm số tờ và số thửa, điểm, địa chỉ hoặc vùng; nếu nhiều thửa khớp thì trả về danh sách "
                "để chọn.",
                "By id, identifier, commune with sheet and number, point, address or polygon; where several match, they are listed.",
            ),
            SELECTOR,
        ),
        **MOMENT,
        "lang": Input(
            Text("Ngôn ngữ", "Language"),
            Text("Ngôn ngữ của phiếu.", "Language of the extract."),
            {"type": "string", "enum": ["vi", "en"]},
            required=False,
        ),
    },
    outputs={
        "extract": Output(TITLE, Text("Nội dung và niêm phong.", "The content and its seal."), {"type": "object"}),
        "html": Output(TITLE, Text("Trang in được.", "A page to print."), _file("text/html")),
        "pdf": Output(TITLE, Text("Tệp PDF có niêm phong.", "The sealed PDF."), _file("application/pdf")),
    },
    run=_run,
    allow=lambda call, inputs: allow_selector(call, cast("Mapping[str, Json]", inputs["parcel"])),
    example={
        "inputs": {"parcel": {"commune": "90022", "sheet": "1", "number": "30"}},
        "outputs": {"extract": {}},
    },
)
