"""Cases in the OpenAPI document: what opens to nobody who has not signed in."""

from __future__ import annotations

from collections.abc import Mapping

from gis.model.layer import Text
from services.ogc.openapi_parts import (
    ANY_JSON,
    PAGE,
    SIGNED_IN,
    TEXT,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    refusals,
    shared,
)
from services.ogc.pygeoapi.oas_schema import as_openapi
from services.permits.case_bodies import EVENTS, NUMBER, OPENING, Schema
from services.permits.case_pages import CASES
from services.permits.cases import KEY, LONGEST_PAGE
from services.permits.cases import PAGE as USUAL

_OPEN = (
    Text("Mở hồ sơ", "Open a case"),
    Text(
        "Dành cho người sửa, người công bố của cơ quan quản lý giấy phép, trong phạm vi của cơ quan. 'application' là đầu vào của "
        "tiến trình permit-check, không có datetime và knownAt; thửa đất được lưu bằng id của nó. Không nhận dữ liệu cá nhân của "
        "người nộp hồ sơ; chỉ nêu tên cán bộ xác nhận (attestations).",
        "For editors and publishers of the agencies that own the permits, within their area. 'application' holds the inputs of "
        "the process permit-check without datetime and knownAt; of the parcel its id is kept. No personal data of applicants are "
        "taken; officers who attest are named (attestations).",
    ),
)
_EVENT = (
    Text("Thêm sự kiện vào hồ sơ", "Add an event to a case"),
    Text(
        "Chỉ cơ quan thụ lý hồ sơ. "
        "Chuyển trạng thái (state), thay nội dung đề nghị (application), kiểm tra theo quy định (check), hoặc chuyển hồ sơ cho cơ "
        "quan khác (transfer: receiver, lý do): cơ quan nhận thụ lý từ đó, cơ quan chuyển vẫn xem được, thời hạn vẫn tính tiếp. "
        "Quyết định khác kết quả kiểm tra phải ghi departs_from_advice và lý do.",
        "By the agency of the case only. "
        "It passes into a state, its application is replaced, it is checked against the rules, or handed over to another agency "
        "(transfer: receiver, reason): that one works it from then on, who gave it still reads it, and the clock goes on. A "
        "decision other than what the check advised says so by departs_from_advice, and why.",
    ),
)
_LIST = (
    CASES,
    Text(
        "Theo thứ tự thay đổi, cũ trước. Liên kết 'monitor' cho biết những gì thay đổi sau đó, không bỏ sót.",
        "In the order in which they changed, the oldest first. The link 'monitor' tells of what changes later, and loses nothing.",
    ),
)
_ONE = (
    Text("Một hồ sơ", "A case"),
    Text("Kèm mọi sự kiện và thời hạn theo luật.", "With all its events and the time that the law gives."),
)
_SAID = {
    "caseId": Text("Mã nội bộ của hồ sơ", "Id of the case"),
    "changed_since": Text("Từ thời điểm hoặc ngày này", "From this instant or day on"),
    "ma_ho_so": Text("Mã hồ sơ", "Number of the case"),
    "state": Text("Trạng thái", "State"),
    "limit": Text("Số hồ sơ nhiều nhất trong một trang", "Most cases in one page"),
    "Idempotency-Key": Text(
        "Chuỗi tự chọn; gửi lại cùng chuỗi thì nhận lại kết quả lần đầu",
        "Of your choice; who repeats it gets the first answer",
    ),
    "If-Match": Text("ETag của hồ sơ; '*' là bất kỳ", "The ETag of the case; '*' for whichever it is"),
}


def case_paths(language: str) -> Paths:
    """The paths; `security` says that each needs a key or token."""
    queries: Mapping[str, Object] = {
        "changed_since": {"type": "string", "format": "date-time-or-date"},
        "ma_ho_so": {"type": "string", "pattern": NUMBER},
        "state": TEXT,
        "limit": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": USUAL},
    }
    listed = [*(_parameter(name, schema, language) for name, schema in queries.items()), *shared(("cursor",))]
    path = [_parameter("caseId", {"type": "string", "format": "uuid"}, language, "path")]
    key: Object = {"type": "string", "pattern": f"^{KEY}$"}
    keyed = _parameter("Idempotency-Key", key, language, "header")
    seen = _parameter("If-Match", {"type": "string"}, language, "header") | {"required": True}
    sent = {"anyOf": [as_openapi(schema) for schema in EVENTS.values()]}
    return {
        "/cases": {
            "get": _operation("getCases", _LIST, [*listed, *shared(("f", "lang"))], _read(language), language),
            "post": _operation(
                "openCase",
                _OPEN,
                [keyed | {"required": True}, *shared(("fJson", "lang"))],
                _written("201", language),
                language,
                _body(OPENING),
            ),
        },
        "/cases/{caseId}": {
            "get": _operation("getCase", _ONE, [*path, *shared(("f", "lang"))], _read(language), language)
        },
        "/cases/{caseId}/events": {
            "post": _operation(
                "addCaseEvent",
                _EVENT,
                [*path, seen, keyed, *shared(("fJson", "lang"))],
                _written("200", language),
                language,
                {"requestBody": {"required": True, "content": {"application/json": {"schema": sent}}}},
            )
        },
    }


def _parameter(name: str, schema: Object, language: str, place: str = "query") -> Object:
    return parameter(name, _SAID[name][language], schema, place=place)


def _body(schema: Schema) -> Object:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": as_openapi(schema)}}}}


def _read(language: str) -> Object:
    return {"200": answer(CASES[language], ANY_JSON | PAGE), **refusals(language), "default": problem()}


def _written(status: str, language: str) -> Object:
    done = answer(_ONE[0][language], ANY_JSON, ("ETag",))
    return {status: done, **refusals(language), "default": problem()}


def _operation(
    name: str,
    said: tuple[Text, Text],
    parameters: list[Object],
    answers: Object,
    language: str,
    more: Object | None = None,
) -> Object:
    told: Object = {"description": said[1][language], "security": SIGNED_IN, **(more or {})}
    return operation(name, said[0][language], parameters, answers, told)
