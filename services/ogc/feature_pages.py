"""The HTML of features: a table of items, one on both time axes, its versions, what a search found. All that reads rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import orjson
from starlette.responses import Response

from gis.model.access import Decision
from gis.model.layer import Field, FieldType, Layer, Role, Text
from gis.store.changes import CHANGE
from gis.store.pools import Row as Record
from services.ogc.ask import Ask
from services.ogc.figures import shown
from services.ogc.pages import page
from services.ogc.parameters import SYSTEM_FIELDS
from services.ogc.schemas import code_titles
from services.ogc.words import WORDS

_TABLE_FIELDS = 8
_FACTS = 4
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Row:
    """One feature as a page shows it: field values typed, codes with their titles."""

    id: str
    label: str
    values: Mapping[str, object]
    valid_from: object
    valid_to: object
    since_known: bool
    changeset: object
    recorded_at: datetime | None
    replaced: object


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a page of items: the address of the next one, the number of all."""

    following: str | None
    matched: int | None


def items(
    asked: Ask, layer: Layer, fields: tuple[Field, ...], row: Record, around: Around, headers: dict[str, str]
) -> Response:
    """The page of one page of items; of its `fields` those that are worth showing, or the ones asked for."""
    rows = _rows(asked, layer, fields, row["features"])
    filters = {name: value for name, value in asked.parameters.items() if name not in _UNSAID}
    return page(
        asked,
        "items.html",
        layer.title,
        headers,
        layer=layer,
        fields=fields if "properties" in asked.parameters else _worth_showing(fields, rows),
        rows=rows,
        following=around.following,
        matched=around.matched,
        changeset=row["changeset"],
        filters=filters,
        chips=_chips(asked, layer),
    )


def item(
    asked: Ask, layer: Layer, fields: tuple[Field, ...], row: Record, history: Sequence[object], headers: dict[str, str]
) -> Response:
    """The page of one feature; `history` has the times of its versions, named as those of a Row."""
    one = _rows(asked, layer, fields, row["feature"])[0]
    return page(
        asked, "item.html", layer.title, headers, layer=layer, fields=fields, row=one, history=history,
        changeset=row["changeset"],
    )  # fmt: skip


def versions(asked: Ask, layer: Layer, decision: Decision, row: Record, headers: dict[str, str]) -> Response:
    """The page of all versions of a feature."""
    fields = tuple(layer.field(name) for name in decision.columns)
    rows = _rows(asked, layer, fields, row["features"])
    return page(
        asked, "versions.html", layer.title, headers, layer=layer, fields=fields, rows=rows,
        changeset=row["changeset"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: the layers that can be searched, the number found in each that was, and the features."""

    layers: Sequence[Layer]
    counts: Sequence[Mapping[str, object]]
    features: bytes


@dataclass(frozen=True, slots=True)
class _Hit:
    """One feature of what was found; `facts` tell it from others of its name."""

    layer: Layer
    row: Row
    match: str
    facts: tuple[Field, ...]


def search_form(asked: Ask, layers: Sequence[Layer]) -> Response:
    """The page on which to write what to search for."""
    return page(asked, "search.html", WORDS["search"], layers=layers, others=_other_filters(asked), hits=None)


def search(asked: Ask, searched: Searched, around: Around, headers: dict[str, str]) -> Response:
    """The page of what was found."""
    return page(
        asked,
        "search.html",
        WORDS["search"],
        headers,
        layers=searched.layers,
        others=_other_filters(asked),
        counts=searched.counts,
        hits=_hits(asked, searched.features),
        following=around.following,
        matched=around.matched,
    )


def _other_filters(asked: Ask) -> dict[str, str]:
    """What the form keeps: it asks for the rest itself."""
    asked_anew = ("f", "lang", "cursor", "q", "collections")
    return {name: value for name, value in asked.parameters.items() if name not in asked_anew}


def _hits(asked: Ask, features: bytes) -> list[_Hit]:
    catalog = asked.services.catalog
    titles: dict[str, dict[str, Mapping[str, str]]] = {}
    hits = []
    for feature in orjson.loads(b"[%b]" % features):
        layer = catalog.layers[feature["collection"]]
        if layer.id not in titles:
            titles[layer.id] = {field.name: code_titles(catalog, field, asked.language) for field in layer.columns}
        row = _row(layer, layer.columns, titles[layer.id], feature)
        hits.append(_Hit(layer, row, feature["match"], _facts(layer, row)))
    return hits


def _facts(layer: Layer, row: Row) -> tuple[Field, ...]:
    """Fields of the feature that have a value: those that were searched in, and those that tell it from others, first."""
    label = layer.with_role(Role.LABEL)
    there = [field for field in layer.columns if field is not label and row.values[field.name] is not None]
    there.sort(key=lambda field: not (field.searchable or field.name in layer.identity))
    return tuple(there[:_FACTS])


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change feed tells: a sentence about the two states, the changes, and the changeset of the second state."""

    about: str
    features: bytes
    changeset: int


def changes(
    asked: Ask, layer: Layer, fields: tuple[Field, ...], told: Changed, around: tuple[str | None, dict[str, str]]
) -> Response:
    """The page of one page of changes; `around` has the address of the next one and the headers."""
    following, headers = around
    rows = _rows(asked, layer, fields, told.features)
    kinds = [feature["properties"][CHANGE] for feature in orjson.loads(b"[%b]" % told.features)]
    return page(
        asked, "changes.html", layer.title, headers, layer=layer, fields=_worth_showing(fields, rows), about=told.about,
        rows=list(zip(kinds, rows, strict=True)), following=following, changeset=told.changeset,
        chips=_chips(asked, layer, besides=("since", "until", "datetime")),
    )  # fmt: skip


_UNSAID = ("f", "lang", "cursor")
"""Parameters that are no part of the question."""

_DAYS = ("datetime", "knownAt", *(field.name for field in SYSTEM_FIELDS))
"""Parameters that may be days."""

_LABELS: Mapping[str, Text] = MappingProxyType(
    {
        "bbox": Text("Trong khung toạ độ", "Within the box"),
        "bbox-crs": Text("Hệ toạ độ của khung", "CRS of the box"),
        "crs": Text("Hệ toạ độ", "CRS"),
        "datetime": Text("Có hiệu lực", "Holds"),
        "filter": Text("Điều kiện lọc", "Filter"),
        "filter-crs": Text("Hệ toạ độ của điều kiện lọc", "CRS of the filter"),
        "filter-lang": Text("Ngôn ngữ của điều kiện lọc", "Language of the filter"),
        "id": Text("Mã đối tượng", "Id"),
        "knownAt": Text("Theo dữ liệu đã ghi nhận đến", "As recorded up to"),
        "limit": Text("Số dòng một trang", "Rows a page"),
        "names": Text("Tên trường", "Names of fields"),
        "profile": Text("Cách trình bày", "Profile"),
        "properties": Text("Các trường", "Fields"),
        "q": Text("Tìm", "Search"),
        "skipGeometry": Text("Không lấy hình thể", "Without geometries"),
        "sortby": Text("Sắp xếp theo", "Sorted by"),
        **{field.name: field.title for field in SYSTEM_FIELDS},
    }
)


def _chips(asked: Ask, layer: Layer, besides: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What is asked for, in words: label and value of each parameter."""
    named = {called: field for field in layer.columns for called in (field.vietnamese, field.name)}
    return [
        _chip(asked, name, value, named) for name, value in asked.parameters.items() if name not in (*_UNSAID, *besides)
    ]


def _chip(asked: Ask, name: str, value: str, named: Mapping[str, Field]) -> tuple[str, str]:
    field = named.get(name)
    if field is not None:
        title = code_titles(asked.services.catalog, field, asked.language).get(value)
        return asked.say(field.title), f"{value} – {title}" if title else value
    label = asked.say(_LABELS[name]) if name in _LABELS else name
    if name in ("properties", "sortby"):
        keys = [(key.lstrip("+-"), key.startswith("-")) for key in value.split(",")]
        titles = [(asked.say(named[key].title) if key in named else key, falls) for key, falls in keys]
        return label, ", ".join(f"{title} ↓" if falls else title for title, falls in titles)
    return label, "/".join(_day(part, asked.language) for part in value.split("/")) if name in _DAYS else value


def _day(text: str, language: str) -> str:
    """A day as people write it, any other text as it is."""
    return shown(date.fromisoformat(text), language, _UTC) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text


def _worth_showing(fields: tuple[Field, ...], rows: list[Row]) -> tuple[Field, ...]:
    """The first fields that have a value on this page; the rest is on the page of each feature."""
    return tuple(field for field in fields if any(row.values[field.name] is not None for row in rows))[:_TABLE_FIELDS]


def _rows(asked: Ask, layer: Layer, fields: tuple[Field, ...], features: str | bytes | None) -> list[Row]:
    text = features.encode() if isinstance(features, str) else features or b""
    titles = {field.name: code_titles(asked.services.catalog, field, asked.language) for field in fields}
    return [_row(layer, fields, titles, feature) for feature in orjson.loads(b"[%b]" % text)]


def _row(
    layer: Layer,
    fields: tuple[Field, ...],
    titles: Mapping[str, Mapping[str, str]],
    feature: dict[str, dict[str, object]],
) -> Row:
    properties = feature["properties"]
    values = {field.name: _value(field, titles[field.name], properties.get(field.name)) for field in fields}
    label = layer.with_role(Role.LABEL)
    named = properties.get(label.name) if label is not None else None
    return Row(
        id=str(feature["id"]),
        label=str(named or f"{str(feature['id'])[:8]}…"),
        values=values,
        valid_from=_moment(properties.get("valid_from")),
        valid_to=_moment(properties.get("valid_to")),
        since_known=bool(properties.get("valid_from_known", True)),
        changeset=properties.get("changeset"),
        recorded_at=_moment(feature.get("recordedAt")),
        replaced=properties.get("closed_by_changeset"),
    )


def _value(field: Field, titles: Mapping[str, str], value: object) -> object:
    if isinstance(value, list):
        return [_value(field, titles, part) for part in value]
    if isinstance(value, str):
        if value in titles:
            return f"{value} – {titles[value]}"
        if field.type is FieldType.DATE:
            return date.fromisoformat(value)
        if field.type is FieldType.TIMESTAMP:
            return _moment(value)
    return value


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
