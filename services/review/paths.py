"""Staged changesets in the OpenAPI document: what opens to nobody who has not signed in."""

from __future__ import annotations

from gis.model.layer import Text
from gis.store.review import LONGEST_PAGE
from services.ogc.openapi_parts import (  # fmt: skip
    ANY_JSON,
    SIGNED_IN,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    refusals,
    shared,
)
from services.review.quarantine import SEVERITIES
from services.review.routes import NAME, PAGE

_WHO = Text(
    "Dành cho người sửa, người công bố của cơ quan quản lý lớp, trên toàn địa bàn; chỉ người công bố được công bố hoặc bỏ.",
    "For editors and publishers of the agency that owns the layer, in the whole territory; only publishers publish and refuse.",
)
_LIST = Text("Các lần cập nhật đang chờ", "Staged changesets that wait")
_ONE = Text("Một lần cập nhật đang chờ", "A staged changeset")
_RECORDS = Text("Từng bản ghi, trước và sau", "Its records, before and after")
_FINDINGS = Text("Những gì bị giữ lại hoặc cần xem", "What was withheld or is to be looked at")
_PUBLISH = Text("Công bố, toàn bộ hoặc không gì cả", "Publish it, all or nothing")
_REFUSE = Text("Bỏ, không công bố gì", "Refuse it; nothing is published")
_QUARANTINE = (
    Text(
        "Dữ liệu đã công bố: những gì bị giữ lại hoặc cần xem",
        "Published data: what was withheld or is to be looked at",
    ),
    Text(
        "Dành cho người sửa, người công bố của cơ quan quản lý lớp, trên toàn địa bàn. Của bản ghi gốc chỉ có các cột đưa vào "
        "trường mà người hỏi được xem.",
        "For editors and publishers of the agency that owns the layer, in the whole territory. Of a record as it was read only "
        "the columns that feed fields which the caller may see.",
    ),
)
_LAYER = Text("Mã lớp, cách nhau bằng dấu phẩy", "Layers, joined by commas")
_SEVERITY = Text("Bị giữ lại (error) hoặc cần xem (warning)", "Withheld (error) or to be looked at (warning)")
_NAME = Text("Tên, ví dụ s12", "Its name, such as s12")
_AFTER = Text("Do liên kết 'next' ghi", "As the 'next' link has it")
_LIMIT = Text("Số mục nhiều nhất trong một trang", "Most entries in one page")


def review_paths(language: str) -> Paths:
    """The paths; `security` says that each needs a key or token."""
    name = parameter("name", _NAME[language], {"type": "string", "pattern": f"^{NAME}$"}, place="path")
    page = [
        parameter("after", _AFTER[language], {"type": "integer", "minimum": 1}),
        parameter(
            "limit", _LIMIT[language], {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
        ),
    ]
    one = "/changesets/{name}"
    return {
        "/changesets": {"get": _operation("getChangesets", _LIST, [], language)},
        one: {"get": _operation("getChangeset", _ONE, [name], language)},
        f"{one}/records": {"get": _operation("getChangesetRecords", _RECORDS, [name, *page], language)},
        f"{one}/findings": {"get": _operation("getChangesetFindings", _FINDINGS, [name, *page], language)},
        f"{one}/publish": {"post": _operation("publishChangeset", _PUBLISH, [name], language)},
        "/quarantine": {
            "get": _operation("getQuarantine", _QUARANTINE[0], [*_which(language), *page], language, _QUARANTINE[1])
        },
        f"{one}/refuse": {"post": _operation("refuseChangeset", _REFUSE, [name], language)},
    }


def _which(language: str) -> list[Object]:
    severity: Object = {"type": "string", "enum": [*SEVERITIES]}
    return [
        parameter("layer", _LAYER[language], {"type": "string"}),
        parameter("severity", _SEVERITY[language], severity),
    ]


def _operation(id: str, title: Text, parameters: list[Object], language: str, who: Text = _WHO) -> Object:
    told: Object = {"description": who[language], "security": SIGNED_IN}
    answers: Object = {"200": answer(title[language], ANY_JSON), **refusals(language), "default": problem()}
    return operation(id, title[language], [*parameters, *shared(("fJson", "lang"))], answers, told)
