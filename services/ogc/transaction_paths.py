"""What the OpenAPI document says of writing: the methods of items and item, and /transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gis.crs.registry import crs
from gis.model.layer import Catalog, Layer, Text, TimeModel
from services.ogc.bodies import GEOJSON_BODIES, MAX_FEATURES, PATCH_BODIES, TRANSACTION_BODIES
from services.ogc.openapi_parts import (
    SIGNED_IN,
    UNKNOWN_OR_NOT_ALLOWED,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    reference,
    shared,
)
from services.ogc.parameters import served_codes

_GEOMETRY: Object = {"nullable": True, "allOf": [reference("schemas", "geometry")]}
_FEATURE: Object = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": _GEOMETRY,
        "properties": {"type": "object", "nullable": True},
    },
}
_FEATURES: Object = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _FEATURE, "minItems": 1, "maxItems": MAX_FEATURES},
    },
}
_PATCH: Object = {
    "type": "object",
    "properties": {"geometry": {"type": "object", "nullable": True}, "properties": {"type": "object"}},
}
_TRANSACTION: Object = {
    "type": "object",
    "required": ["transaction"],
    "properties": {
        "semantic": {"type": "string", "enum": ["atomic"]},
        "transaction": {
            "type": "array",
            "maxItems": MAX_FEATURES,
            "items": {
                "type": "object",
                "required": ["action", "collection"],
                "properties": {
                    "action": {"type": "string", "enum": ["insert", "replace", "update", "delete"]},
                    "collection": {"type": "string"},
                    "items": {"type": "array", "items": _FEATURE},
                    "feature": _FEATURE,
                    "properties": {"type": "object"},
                    "filter": {"anyOf": [{"type": "string"}, {"type": "object"}]},
                    "if-match": {"type": "string"},
                },
            },
        },
    },
}
_TOLD: Object = {
    "type": "object",
    "properties": {
        "changeset": {"type": "integer", "nullable": True},
        "warnings": {"type": "array", "items": {"type": "object"}},
    },
}
_CREATED: Object = {"application/json": {"schema": _TOLD}, "application/geo+json": {"schema": {"type": "object"}}}
_REFUSALS = {
    **UNKNOWN_OR_NOT_ALLOWED,
    "409": Text("Trùng số hiệu hoặc tên chưa rõ", "An identity is taken, or a name is ambiguous"),
    "410": Text("Không còn hiệu lực, cho biết từ khi nào", "Not in force any more, with since when"),
    "412": Text("Đã bị người khác thay đổi", "Changed by somebody else meanwhile"),
    "413": Text("Quá lớn", "Too large"),
    "415": Text("Loại nội dung không nhận", "Unknown media type"),
    "422": Text(
        "Không đúng với lớp dữ liệu; liệt kê mọi lỗi kèm vị trí (JSON pointer)",
        "Does not fit the layer; all problems are listed, each with its place (JSON pointer)",
    ),
    "428": Text("Thiếu If-Match", "If-Match is missing"),
    "default": Text("Lỗi", "RFC 9457 problem"),
}


def transaction_paths(catalog: Catalog, language: str) -> Paths:
    """Operations by path and method, beside those that read. What may be written depends on the caller."""
    found: Paths = {}
    taken = _parameters(catalog, language)
    for layer in catalog.layers.values():
        if layer.time is TimeModel.VERSIONED:
            found |= _layer_paths(layer, taken, language)
    title = Text("Nhiều thay đổi cùng lúc: tất cả hoặc không", "Several changes, all or nothing")[language]
    parameters = [taken[name] for name in ("Prefer", *_ANSWERED)]
    answers = _answers(title, ("200",), language)
    more = _body(TRANSACTION_BODIES, _TRANSACTION) | {"security": SIGNED_IN}
    found["/transactions"] = {"post": operation("transact", title, parameters, answers, more)}
    return found


def _layer_paths(layer: Layer, taken: Mapping[str, Object], language: str) -> Paths:
    title, items = layer.title[language], f"/collections/{layer.id}/items"

    def writes(name: str, parameters: Sequence[str], statuses: Sequence[str], body: Object) -> Object:
        more = body | {"tags": [layer.id], "security": SIGNED_IN}
        answers = _answers(title, statuses, language)
        return operation(f"{layer.id}.{name}", title, [taken[one] for one in parameters], answers, more)

    new = _body(GEOJSON_BODIES, {"oneOf": [_FEATURE, _FEATURES]})
    changing, changed = ("featureId", "If-Match", "Content-Crs", *_SHOWN), ("200", "204")
    return {
        items: {"post": writes("create", ("Content-Crs", *_SHOWN), ("201",), new)},
        f"{items}/{{featureId}}": {
            "put": writes("replace", changing, changed, _body(GEOJSON_BODIES, _FEATURE)),
            "patch": writes("update", changing, changed, _body(PATCH_BODIES, _PATCH)),
            "delete": writes("delete", ("featureId", "If-Match", "since", *_ANSWERED), ("204",), {}),
        },
    }


def _answers(title: str, statuses: Sequence[str], language: str) -> Object:
    found: Object = {
        status: {"description": title} if status == "204" else answer(title, _CREATED) for status in statuses
    }
    return found | {status: problem(text[language]) for status, text in _REFUSALS.items()}


def _body(kinds: Sequence[str], schema: Object) -> Object:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}}


_SAID = {
    "If-Match": Text(
        "ETag của phiên bản cần sửa, lấy từ GET đối tượng; '*' là bất kỳ phiên bản nào",
        "The ETag of the version that is changed, from GET of the item; '*' for whatever version there is",
    ),
    "Content-Crs": Text(
        "Hệ toạ độ (và thứ tự trục) của toạ độ gửi lên; mặc định CRS84",
        "CRS, with its axis order, of the coordinates that are sent; CRS84 if left out",
    ),
    "Prefer": Text(
        "handling=strict|lenient (lenient: bỏ trường lạ và giá trị không hợp lệ, kèm cảnh báo; giá trị sai kiểu vẫn bị từ chối), "
        "return=representation|minimal",
        "handling=strict|lenient (lenient leaves out, with a warning, unknown properties and values that the layer does not "
        "take; values of a wrong type are refused all the same), return=representation|minimal",
    ),
}
_SINCE = Text(
    "Hết hiệu lực từ ngày hoặc thời điểm này; mặc định: ngay bây giờ", "Ends with this day or instant; now if left out"
)


_ANSWERED = ("lang", "fJson")
_SHOWN = ("Prefer", "crs", *_ANSWERED)
"""What is taken where the answer may be the feature itself."""


def _parameters(catalog: Catalog, language: str) -> dict[str, Object]:
    """The parameters that writing takes, by name; those that reading takes too stand in the components."""
    uris = [crs(code).uri for code in served_codes(catalog.territory)]
    text: Object = {"type": "string"}
    schemas = {"Content-Crs": {**text, "enum": [*(f"<{uri}>" for uri in uris), *uris], "default": f"<{uris[0]}>"}}
    own = {
        name: parameter(name, said[language], schemas.get(name, text), place="header", required=name == "If-Match")
        for name, said in _SAID.items()
    }
    since = parameter("datetime", _SINCE[language], text)
    others = ("featureId", "crs", *_ANSWERED)
    return own | {"since": since} | dict(zip(others, shared(others), strict=True))
