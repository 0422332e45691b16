"""Parameters of items, item, versions and tiles: text in, one validated ItemQuery out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from unicodedata import normalize
from zoneinfo import ZoneInfo

from gis.cql2.json import parse_json
from gis.cql2.resolve import resolve
from gis.cql2.text import parse_text
from gis.crs.registry import Crs, crs, parse, served
from gis.errors import InvalidCrs, InvalidParameter
from gis.model.access import Decision
from gis.model.filter import (
    FIELD_KINDS,
    ID,
    SYSTEM_KINDS,
    VALID_FROM,
    VALID_TO,
    Call,
    Items,
    Kind,
    Node,
    Property,
    Value,
    conjunction,
)
from gis.model.layer import Field, FieldType, Layer, Territory, Text
from gis.model.query import CRS84, MAX_LIMIT, BBox, ItemQuery
from services.ogc import cursors
from services.ogc.boxes import NUMBER, parse_bbox
from services.ogc.datetimes import parse_date, parse_datetime, parse_instant, parse_known

type Scalar = bool | int | float | str | date | datetime

TIME = ("datetime", "knownAt")
ITEM = (*TIME, "crs")
FILTER = ("filter", "filter-lang", "filter-crs")
ITEMS = (*ITEM, "limit", "bbox", "bbox-crs", *FILTER, ID, VALID_FROM, VALID_TO, "cursor")
DEFAULT_LIMIT = 10

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_MAX_TEXT = 500
_MAX_BIGINT = 2**63 - 1


CQL2_TEXT, CQL2_JSON = "cql2-text", "cql2-json"
LANGUAGES: Mapping[str, Callable[[str], Node]] = MappingProxyType({CQL2_TEXT: parse_text, CQL2_JSON: parse_json})


def queryables(layer: Layer, decision: Decision) -> tuple[Field, ...]:
    """The fields that the caller may filter by: those it may see."""
    return tuple(layer.field(name) for name in decision.columns)


SYSTEM_FIELDS = (
    Field(ID, FieldType.TEXT, Text("Mã đối tượng", "Id of the feature")),
    Field(VALID_FROM, FieldType.TIMESTAMP, Text("Hiệu lực từ", "Holds from")),
    Field(VALID_TO, FieldType.TIMESTAMP, Text("Hiệu lực đến", "Holds until")),
)
"""What the features of every layer can be filtered by besides their fields and their geometry."""


def queryable_kinds(layer: Layer, decision: Decision) -> dict[str, Kind]:
    """All that the caller may filter by: the fields that it may see, and what every feature has."""
    return {name: FIELD_KINDS[layer.field(name).type] for name in decision.columns} | SYSTEM_KINDS


def item_query(parameters: Mapping[str, str], layer: Layer, decision: Decision, territory: Territory) -> ItemQuery:
    """The question that the parameters ask of the layer. InvalidParameter or InvalidCrs name what is wrong."""
    query = ItemQuery(
        layer=layer.id,
        limit=_limit(parameters.get("limit")),
        bbox=_bbox(parameters.get("bbox"), parameters.get("bbox-crs"), territory),
        filter=_filter(parameters, layer, decision, territory),
        crs=answer_crs(parameters, territory).code,
    )
    query = with_time(query, parameters, territory)
    text = parameters.get("cursor")
    return query if text is None else replace(query, cursor=cursors.decode(text, query))


def with_time(query: ItemQuery, parameters: Mapping[str, str], territory: Territory) -> ItemQuery:
    """The question at the times of `datetime` and `knownAt`."""
    at, known = parameters.get("datetime"), parameters.get("knownAt")
    if at is None and known is None:
        return query
    zone = ZoneInfo(territory.time_zone)
    return replace(
        query,
        at=None if at is None else parse_datetime(at, zone),
        known=None if known is None else parse_known(known, zone),
    )


def answer_crs(parameters: Mapping[str, str], territory: Territory) -> Crs:
    """The CRS that `crs` names, else CRS84."""
    text = parameters.get("crs")
    return crs(CRS84) if text is None else _served_crs("crs", text, territory)


def _served_crs(name: str, text: str, territory: Territory) -> Crs:
    codes = served_codes(territory)
    found: Crs | None = None
    if len(text) <= 200:
        try:
            found = parse(text)
        except InvalidCrs:
            found = None
    if found is None or found.code not in codes:
        listed = ", ".join(crs(code).uri for code in codes)
        raise InvalidParameter(
            f"{name}: '{text[:80]}' is not served here; choose one of {listed}.",
            f"{name}: hệ toạ độ '{text[:80]}' không có ở đây; hãy chọn một trong: {listed}.",
            where=name,
        )
    return found


@lru_cache(maxsize=16)
def served_codes(territory: Territory) -> tuple[int, ...]:
    """The CRSs of answers, CRS84 first."""
    return served(territory)


def _limit(text: str | None) -> int:
    """A limit over the maximum is answered with the maximum (Features Core, /req/core/fc-limit-response-1)."""
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,40}", text) or int(text) < 1:
        raise InvalidParameter(
            f"limit: '{text[:40]}' is not a whole number from 1 to {MAX_LIMIT}.",
            f"limit: '{text[:40]}' không phải là số nguyên từ 1 đến {MAX_LIMIT}.",
            where="limit",
        )
    return min(int(text), MAX_LIMIT)


def _bbox(text: str | None, crs_text: str | None, territory: Territory) -> BBox | None:
    box_crs = crs(CRS84) if crs_text is None else _served_crs("bbox-crs", crs_text, territory)
    return None if text is None else parse_bbox(text, box_crs, territory)


def _filter(parameters: Mapping[str, str], layer: Layer, decision: Decision, territory: Territory) -> Node | None:
    """The condition of `filter` and of all parameters that are names of queryables; None if there is none."""
    fields = sorted((*queryables(layer, decision), *SYSTEM_FIELDS), key=lambda field: field.name)
    named = [_equals(field, parameters[field.name]) for field in fields if field.name in parameters]
    text, language = parameters.get("filter"), parameters.get("filter-lang", CQL2_TEXT)
    if language not in LANGUAGES:
        raise InvalidParameter(
            f"filter-lang: '{language[:40]}' is not known here; choose {CQL2_TEXT} or {CQL2_JSON}.",
            f"filter-lang: không biết '{language[:40]}'; hãy chọn {CQL2_TEXT} hoặc {CQL2_JSON}.",
            where="filter-lang",
        )
    uri = parameters.get("filter-crs")
    code = CRS84 if uri is None else _served_crs("filter-crs", uri, territory).code
    if text is None:
        return conjunction(*named)
    return conjunction(*named, resolve(LANGUAGES[language](text), queryable_kinds(layer, decision), code))


def _equals(field: Field, text: str) -> Node:
    """The field has the value; a list has it among its own."""
    value = Value(_value(field, text))
    if field.type is FieldType.TEXT_LIST:
        return Call("a_contains", (Property(field.name), Items((value,))))
    return Call("=", (Property(field.name), value))


def _value(field: Field, text: str) -> Scalar:
    return _READERS[field.type](text, field.name)


def _text(text: str, name: str) -> str:
    if len(text) > _MAX_TEXT:
        raise InvalidParameter(
            f"{name}: longer than {_MAX_TEXT} characters.", f"{name}: dài hơn {_MAX_TEXT} ký tự.", where=name
        )
    return normalize("NFC", text)


def _integer(text: str, name: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > _MAX_BIGINT:
        raise _not_typed(name, text, "a whole number", "số nguyên")
    return int(text)


def _number(text: str, name: str) -> float:
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise _not_typed(name, text, "a number such as 12.5", "số, ví dụ 12.5")
    return float(text)


def _boolean(text: str, name: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise _not_typed(name, text, "true or false", "true hoặc false")
    return text.lower() == "true"


def _not_typed(name: str, text: str, en: str, vi: str) -> InvalidParameter:
    shown = text[:60]
    return InvalidParameter(f"{name}: '{shown}' is not {en}.", f"{name}: '{shown}' không phải là {vi}.", where=name)


_READERS: dict[FieldType, Callable[[str, str], Scalar]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: parse_date,
    FieldType.TIMESTAMP: parse_instant,
    FieldType.TEXT_LIST: _text,
}
