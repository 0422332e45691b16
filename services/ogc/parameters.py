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
    GEOMETRY,
    ID,
    SYSTEM_KINDS,
    VALID_FROM,
    VALID_TO,
    Call,
    Items,
    Node,
    Property,
    Value,
    conjunction,
    properties,
    renamed,
)
from gis.model.layer import Field, FieldType, Layer, Territory, Text
from gis.model.names import CHANGESET, VALID_FROM_KNOWN, name_of
from gis.model.query import CRS84, MAX_LIMIT, BBox, ItemQuery
from services.ogc import cursors
from services.ogc.boxes import NUMBER, parse_bbox
from services.ogc.datetimes import parse_date, parse_datetime, parse_instant, parse_known
from services.ogc.selecting import FINDING, SELECTING, Names, names, shown, sort_keys, terms

type Scalar = bool | int | float | str | date | datetime

TIME = ("datetime", "knownAt")
ITEM = (*TIME, "crs", *SELECTING)
FILTER = ("filter", "filter-lang", "filter-crs")
ITEMS = (*ITEM, "limit", "bbox", "bbox-crs", *FILTER, *FINDING, ID, "cursor")
DEFAULT_LIMIT = 10

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_DIGITS = re.compile(r"[0-9]{1,40}")
MAX_TEXT = 500
MAX_BIGINT = 2**63 - 1

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


def queryable_names(by: Names) -> tuple[str, ...]:
    """The names of the fields and times as parameters of the request."""
    return tuple(told for told, own in by.own.items() if own not in (VALID_FROM_KNOWN, CHANGESET))


def items_parameters(by: Names) -> tuple[str, ...]:
    """What a page of items can be asked by."""
    return (*ITEMS, "profile", *queryable_names(by))


def item_query(
    parameters: Mapping[str, str], layer: Layer, decision: Decision, territory: Territory, by: Names | None = None
) -> ItemQuery:
    """The question that the parameters ask of the layer, by the names `by`. InvalidParameter or InvalidCrs name what is
    wrong."""
    by = by or names(layer, decision, False)
    query = ItemQuery(
        layer=layer.id,
        limit=limit(parameters, DEFAULT_LIMIT, MAX_LIMIT),
        bbox=_bbox(parameters.get("bbox"), parameters.get("bbox-crs"), territory),
        filter=_filter(parameters, layer, by, territory),
        crs=answer_crs(parameters, territory).code,
        terms=terms(parameters, layer),
        sort=sort_keys(parameters, layer, decision, by),
        shown=shown(parameters, by),
    )
    query = with_time(query, parameters, territory)
    text = parameters.get("cursor")
    return query if text is None else replace(query, cursor=cursors.decode(text, query, decision))


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
    return crs(CRS84) if text is None else served_crs("crs", text, territory)


def served_crs(name: str, text: object, territory: Territory) -> Crs:
    """The CRS that a parameter, header or member names. InvalidParameter for one that is neither told nor taken here."""
    codes = served_codes(territory)
    found: Crs | None = None
    if isinstance(text, str) and len(text) <= 200:
        try:
            found = parse(text)
        except InvalidCrs:
            found = None
    if found is None or found.code not in codes:
        listed = ", ".join(crs(code).uri for code in codes)
        raise InvalidParameter(
            f"{name}: '{str(text)[:80]}' is not served here; choose one of {listed}.",
            f"{name}: hệ toạ độ '{str(text)[:80]}' không có ở đây; hãy chọn một trong: {listed}.",
            where=name,
        )
    return found


@lru_cache(maxsize=16)
def served_codes(territory: Territory) -> tuple[int, ...]:
    """The CRSs of answers, CRS84 first."""
    return served(territory)


def limit(parameters: Mapping[str, str], usual: int, most: int) -> int:
    """`limit`, else `usual`; over the maximum it is the maximum (Features Core, /req/core/fc-limit-response-1)."""
    return whole(parameters, "limit", most, capped=True) or usual


def whole(parameters: Mapping[str, str], name: str, most: int, *, capped: bool = False) -> int | None:
    """A whole number from 1 to `most`, None where it is not given; where `capped`, what is over `most` is `most`."""
    text = parameters.get(name)
    if text is None:
        return None
    found = int(text) if _DIGITS.fullmatch(text) else 0
    if found < 1 or (found > most and not capped):
        raise InvalidParameter(
            f"{name}: '{text[:40]}' is not a whole number from 1 to {most}.",
            f"{name}: '{text[:40]}' không phải là số nguyên từ 1 đến {most}.",
            where=name,
        )
    return min(found, most)


def _bbox(text: str | None, crs_text: str | None, territory: Territory) -> BBox | None:
    box_crs = crs(CRS84) if crs_text is None else served_crs("bbox-crs", crs_text, territory)
    return None if text is None else parse_bbox(text, box_crs, territory)


def _filter(parameters: Mapping[str, str], layer: Layer, by: Names, territory: Territory) -> Node | None:
    """The condition of `filter` and of all parameters that are names of queryables; None if there is none."""
    named = [_equals(field, told, parameters[told]) for told, field in _asked_for(parameters, layer, by)]
    text, language = parameters.get("filter"), parameters.get("filter-lang", CQL2_TEXT)
    if language not in LANGUAGES:
        raise InvalidParameter(
            f"filter-lang: '{language[:40]}' is not known here; choose {CQL2_TEXT} or {CQL2_JSON}.",
            f"filter-lang: không biết '{language[:40]}'; hãy chọn {CQL2_TEXT} hoặc {CQL2_JSON}.",
            where="filter-lang",
        )
    uri = parameters.get("filter-crs")
    code = CRS84 if uri is None else served_crs("filter-crs", uri, territory).code
    if text is None:
        return conjunction(*named)
    kinds = {said: FIELD_KINDS[layer.field(own).type] for said, own in by.own.items() if own in layer}
    kinds |= {said: SYSTEM_KINDS[own] for said, own in by.own.items() if own in SYSTEM_KINDS}
    tree = LANGUAGES[language](text)
    _check_vietnamese(tree, layer, by)
    resolved = resolve(tree, kinds | {name: SYSTEM_KINDS[name] for name in (ID, GEOMETRY)}, code)
    return conjunction(*named, renamed(resolved, by.own) if by.vietnamese else resolved)


def _check_vietnamese(tree: Node, layer: Layer, by: Names) -> None:
    """InvalidParameter where Vietnamese names are used that were not asked for; of properties that the caller may see."""
    if by.vietnamese:
        return
    vietnamese = {name_of(layer, own, vietnamese=True): own for own in by.told}
    for said in sorted(properties(tree) - by.own.keys()):
        if said in vietnamese:
            raise InvalidParameter(
                f"filter: '{said}' is the Vietnamese name of '{vietnamese[said]}'; add names=vi to use Vietnamese names.",
                f"filter: '{said}' là tên tiếng Việt của '{vietnamese[said]}'; hãy thêm names=vi để dùng tên tiếng Việt.",
                where="filter",
            )


def _asked_for(parameters: Mapping[str, str], layer: Layer, by: Names) -> list[tuple[str, Field]]:
    """The parameters that are names of queryables, with their fields, in one order whatever theirs is."""
    system = {field.name: field for field in SYSTEM_FIELDS}
    known = {told: system.get(own) or layer.field(own) for told, own in by.own.items() if own in layer or own in system}
    known[ID] = system[ID]
    return sorted(((told, known[told]) for told in parameters.keys() & known.keys()), key=lambda asked: asked[1].name)


def _equals(field: Field, told: str, text: str) -> Node:
    """The field has the value; a list has it among its own."""
    value = Value(_READERS[field.type](text, told))
    if field.type is FieldType.TEXT_LIST:
        return Call("a_contains", (Property(field.name), Items((value,))))
    return Call("=", (Property(field.name), value))


def _text(text: str, name: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidParameter(
            f"{name}: longer than {MAX_TEXT} characters.", f"{name}: dài hơn {MAX_TEXT} ký tự.", where=name
        )
    return normalize("NFC", text)


def _integer(text: str, name: str) -> int:
    if not _INTEGER.fullmatch(text) or not -MAX_BIGINT <= int(text) + 1 <= MAX_BIGINT + 1:
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
