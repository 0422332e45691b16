"""The HTML of features: a table of items, one item on both time axes, its versions. The only place that reads rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from starlette.responses import Response

from gis.model.access import Decision
from gis.model.layer import Field, FieldType, Layer, Role
from gis.store.pools import Row as Record
from services.ogc.ask import Ask
from services.ogc.pages import page
from services.ogc.schemas import code_titles

_TABLE_FIELDS = 8


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
    filters = {name: value for name, value in asked.parameters.items() if name not in ("f", "lang", "cursor")}
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
    )


def item(
    asked: Ask, layer: Layer, fields: tuple[Field, ...], row: Record, history: Sequence[object], headers: dict[str, str]
) -> Response:
    """The page of one feature; `history` has the times of its versions, named as those of a Row."""
    shown = _rows(asked, layer, fields, row["feature"])[0]
    return page(
        asked, "item.html", layer.title, headers, layer=layer, fields=fields, row=shown, history=history,
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
