"""One row as a GeoJSON Feature, written by PostgreSQL as text: reduced rows show only what they may."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import ColumnElement, Text, func, literal_column

from gis.crs.registry import crs as crs_of
from gis.model.access import Decision
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import FieldType, Layer
from gis.model.names import CHANGESET, CLOSED_BY_CHANGESET, TIMES, VALID_FROM_KNOWN, name_of
from gis.model.query import CRS84, Shown
from gis.store import levels
from gis.store.sql import quoted
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN

_DEGREES, _METRES = 8, 3  # decimals: about a millimetre


class Asked(Protocol):
    """Of a question what decides on the text of a feature."""

    @property
    def crs(self) -> int: ...

    @property
    def decision(self) -> Decision: ...

    @property
    def shown(self) -> Shown: ...


def feature_text(
    layer: Layer, asked: Asked, rows: str, *, crs: int | None = None, alone: bool = False, closed: bool = False
) -> ColumnElement[str]:
    """GeoJSON of a row of `rows`, which have their `level`, in the CRS asked for (or `crs`) and its axis order.

    `alone` adds the member `recordedAt`, which costs a look-up; `closed` the changeset that ended it.
    """
    geometry = _geometry(layer, asked, rows, asked.crs if crs is None else crs)
    properties = _properties(layer, asked, rows, closed=closed)
    recorded = _recorded(rows) if alone else "''"
    text = f"""'{{"type":"Feature","id":"' || {rows}.id || '",' || {recorded} || '"geometry":' || {geometry} || ',"properties":' || {properties} || '}}'"""
    return literal_column(text, Text)


def _geometry(layer: Layer, asked: Asked, rows: str, crs: int) -> str:
    if not asked.shown.geometry:
        return "'null'"
    digits = _DEGREES if crs_of(crs).geographic else _METRES
    geometry = f"coalesce(ST_AsGeoJSON({geometry_in(layer, crs, rows)}, {digits}, 0), 'null')"
    if asked.decision.everywhere or not layer.rows.rules:
        return geometry
    return f"CASE WHEN {rows}.level >= {REDUCED_WITH_PLACE} THEN {geometry} ELSE 'null' END"


def _recorded(rows: str) -> str:
    """The member `recordedAt`, when the version was written, of rows that tell their times."""
    at = f"(SELECT to_json(committed_at) FROM landmap.changeset c WHERE c.number = {rows}.from_changeset)"
    return f"""CASE WHEN {rows}.level >= {SHOWN} THEN '"recordedAt":' || {at} || ',' ELSE '' END"""


def decimals(crs: int) -> int:
    """How many decimals the coordinates of answers have."""
    return _DEGREES if crs_of(crs).geographic else _METRES


def utf8(text: ColumnElement[str]) -> ColumnElement[bytes]:
    """The text as bytes, so that the driver hands them over as they are."""
    return func.convert_to(text, literal_column("'UTF8'"))


def geometry_in(layer: Layer, crs: int, rows: str) -> str:
    """SQL of the geometry in `crs`, axes as the registry says."""
    if crs in (CRS84, 4326):
        geometry = f"{rows}.geom_84"
    elif crs == layer.storage_crs:
        geometry = f"{rows}.geom"
    else:
        source = "geom_84" if crs == 3857 else "geom"
        geometry = f"ST_Transform({rows}.{source}, {int(crs)})"
    return f"ST_FlipCoordinates({geometry})" if crs_of(crs).axis == "yx" else geometry


def _properties(layer: Layer, asked: Asked, rows: str, *, closed: bool) -> str:
    """What the level of the row shows; reduced rows do not tell their times."""
    wanted = asked.shown.properties
    names = (*asked.decision.columns, *TIMES, *((CLOSED_BY_CHANGESET,) if closed else ())) if wanted is None else wanted
    shown = levels.tiers(layer, asked.decision)
    texts = [
        (at, _json(layer, [n for n in names if n in fields or (n not in layer and at >= SHOWN)], asked.shown, rows))
        for at, fields in shown
    ]
    whens = "".join(f" WHEN {rows}.level >= {at} THEN {text}" for at, text in texts[:-1])
    last = texts[-1][1]
    return f"CASE{whens} ELSE {last} END" if whens else last


def _json(layer: Layer, names: list[str], shown: Shown, rows: str) -> str:
    columns = ", ".join(_column(layer, name, shown, rows) for name in names)
    return f"(SELECT row_to_json(p)::text FROM (SELECT {columns}) p)" if columns else "'{}'"


_TIMES = {
    VALID_FROM: "lower({}.valid)",
    VALID_TO: "upper({}.valid)",
    VALID_FROM_KNOWN: "{}.valid_from_known",
    CHANGESET: "{}.from_changeset",
    CLOSED_BY_CHANGESET: "{}.to_changeset",
}


def _column(layer: Layer, name: str, shown: Shown, rows: str) -> str:
    """A number keeps its decimal point: QGIS and GDAL guess the type of a field from the first features, and where
    those have 5 they show 5.75 as missing later on."""
    told = name_of(layer, name, vietnamese=shown.vietnamese)
    if name not in layer:
        column = _TIMES[name].format(rows)
        return column if column == f"{rows}.{told}" else f"{column} AS {told}"
    column = f"{rows}.{quoted(name)}"
    if layer.field(name).type is not FieldType.NUMBER:
        return column if told == name else f"{column} AS {quoted(told)}"
    whole = f"{column} = trunc({column})"
    return f"CASE WHEN {whole} THEN to_json({column}::numeric + 0.0) ELSE to_json({column}) END AS {quoted(told)}"
