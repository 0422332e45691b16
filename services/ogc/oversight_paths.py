"""Restricted fields, audit and usage in the OpenAPI document: what opens to nobody who has not signed in."""

from __future__ import annotations

from gis.model.access import Purpose
from gis.model.layer import Access, Catalog, Layer, Text
from gis.store.audit import LONGEST_PAGE, Kind
from services.ogc.openapi_parts import (
    ANY_JSON,
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
from services.ogc.oversight import AFTER, LONGEST_USAGE_PAGE, MOST_DAYS, PAGE, USAGE_PAGE
from services.ogc.restricted import CASE, PURPOSES

_RESTRICTED = (
    Text("Dữ liệu hạn chế của một đối tượng", "Restricted fields of one feature"),
    Text(
        "Chỉ mở cho khoá hoặc người của cơ quan quản lý được cấp quyền đích danh; mỗi lần xem được ghi nhật ký trước khi trả lời.",
        "Open to a key or person of the owning agency to whom they were opened by name; each reading is recorded before it is "
        "answered.",
    ),
)
_AUDIT = (
    Text("Nhật ký truy cập", "Who looked at what, and who changed whose rights"),
    Text(
        "Dành cho kiểm toán viên và quản trị viên; mới nhất trước.",
        "For auditors and administrators; the newest first.",
    ),
)
_USAGE = (
    Text("Thống kê sử dụng", "How much was asked for"),
    Text(
        f"Cơ quan xem phần của mình; kiểm toán viên và quản trị viên xem tất cả; nhiều nhất {MOST_DAYS} ngày, ngày cuối trước.",
        f"An agency sees its own; auditors and administrators see all; {MOST_DAYS} days at most, the last one first.",
    ),
)
_PARAMETERS = {
    "purpose": Text("Mục đích xem", "What the reading is for"),
    "case": Text("Mã hồ sơ hoặc số văn bản", "Number of the case or document"),
    "actor": Text("Ai", "Who"),
    "agency": Text("Cơ quan", "Agency"),
    "layer": Text("Lớp", "Layer"),
    "feature": Text("Mã đối tượng", "Id of the feature"),
    "kind": Text("Loại", "Kind"),
    "since": Text("Từ ngày", "From this day"),
    "until": Text("Đến hết ngày", "To the end of this day"),
    "before": Text("Chỉ các mục có số nhỏ hơn", "Entries below this number only"),
    "after": Text("Do liên kết 'next' ghi", "As the 'next' link has it"),
    "limit": Text("Số mục nhiều nhất trong một trang", "Most entries in one page"),
}


def oversight_paths(catalog: Catalog, language: str) -> Paths:
    """The paths; `security` says that each needs a key or token."""
    layers: Object = {"type": "string", "enum": list(catalog.layers)}
    day: Object = {"type": "string", "format": "date", "pattern": "^2[01][0-9]{2}-"}
    days: dict[str, Object] = {"since": day, "until": day}
    entries: dict[str, Object] = {
        "actor": TEXT,
        "agency": TEXT,
        "layer": layers,
        "feature": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": list(Kind)},
        **days,
        "before": {"type": "integer", "minimum": 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE},
    }
    counts: dict[str, Object] = {
        "agency": TEXT,
        **days,
        "after": {"type": "string", "pattern": f"^{AFTER}$"},
        "limit": {"type": "integer", "minimum": 1, "maximum": LONGEST_USAGE_PAGE, "default": USAGE_PAGE},
    }
    found: Paths = {
        "/audit": {"get": _operation("getAudit", _AUDIT, _queries(entries, language), language)},
        "/usage": {"get": _operation("getUsage", _USAGE, _queries(counts, language), language)},
    }
    for layer in catalog.layers.values():
        if any(field.access is Access.RESTRICTED for field in layer.fields):
            found |= _restricted(layer, language)
    return found


def _restricted(layer: Layer, language: str) -> Paths:
    listed = "; ".join(f"{purpose}: {title[language]}" for purpose, title in PURPOSES.items())
    asked: dict[str, Object] = {
        "purpose": {"type": "string", "enum": list(Purpose), "description": listed},
        "case": {"type": "string", "pattern": f"^{CASE}$", "example": "H29.18-261122-0001"},
    }
    parameters = [*shared(("featureId", "datetime", "knownAt")), *_queries(asked, language, required=True)]
    path = f"/collections/{layer.id}/items/{{featureId}}/restricted"
    found = _operation(f"{layer.id}.getRestricted", _RESTRICTED, parameters, language, {"tags": [layer.id]})
    return {path: {"get": found}}


def _queries(schemas: dict[str, Object], language: str, *, required: bool = False) -> list[Object]:
    return [parameter(name, _PARAMETERS[name][language], schema, required=required) for name, schema in schemas.items()]


def _operation(
    name: str, said: tuple[Text, Text], parameters: list[Object], language: str, more: Object | None = None
) -> Object:
    """What is read by those who signed in and kept by nobody; `said` is title and description."""
    title, description = (text[language] for text in said)
    told: Object = {"description": description, "security": SIGNED_IN, **(more or {})}
    answers: Object = {"200": answer(title, ANY_JSON), **refusals(language), "default": problem()}
    return operation(name, title, [*parameters, *shared(("fJson", "lang"))], answers, told)
