"""One row as a GeoJSON Feature, written by PostgreSQL as text: reduced rows show only what they may."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, func, literal_column

from gis.crs.registry import crs as crs_of
from gis.model.access import Decision
from gis.model.layer import Field, FieldType, Layer
from gis.model.query import CRS84
from gis.store import levels
from gis.store.sql import quoted
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN

_DEGREES, _METRES = 8, 3  # decimals: about a millimetre


def feature_text(
    layer: Layer, decision: Decision, crs: int, rows: str, *, alone: bool = False, closed: bool = False
) -> ColumnElement[str]:
    """GeoJSON of a row of `rows`, which have their `level`, in `crs` and its axis order.

    `alone` adds the member `recordedAt`, which costs a look-up; `closed` the changeset that ended it.
    """
    geometry = f"coalesce(ST_AsGeoJSON({geometry_in(layer, crs, rows)}, {_DEGREES if crs_of(crs).geographic else _METRES}, 0), 'null')"
    times = f"lower({rows}.valid) AS valid_from, upper({rows}.valid) AS valid_to, {rows}.valid_from_known, {rows}.from_changeset AS changeset"
    if closed:
        times += f", {rows}.to_changeset AS closed_by_changeset"
    if not decision.everywhere and layer.rows.rules:
        geometry = f"CASE WHEN {rows}.level >= {REDUCED_WITH_PLACE} THEN {geometry} ELSE 'null' END"
    properties = _properties(layer, decision, times, rows)
    recorded = _recorded(rows) if alone else "''"
    text = f"""'{{"type":"Feature","id":"' || {rows}.id || '",' || {recorded} || '"geometry":' || {geometry} || ',"properties":' || {properties} || '}}'"""
    return literal_column(text, Text)


def _recorded(rows: str) -> str:
    """The member `recordedAt`, when the version was written, of rows that tell their times."""
    at = f"(SELECT to_json(committed_at) FROM landmap.changeset c WHERE c.number = {rows}.from_changeset)"
    return f"""CASE WHEN {rows}.level >= {SHOWN} THEN '"recordedAt":' || {at} || ',' ELSE '' END"""


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


def _properties(layer: Layer, decision: Decision, times: str, rows: str) -> str:
    """What the level of the row shows; reduced rows do not tell their times."""
    shown = levels.tiers(layer, decision)
    texts = [(at, _json(layer, names, times if at >= SHOWN else "", rows)) for at, names in shown]
    whens = "".join(f" WHEN {rows}.level >= {at} THEN {text}" for at, text in texts[:-1])
    last = texts[-1][1]
    return f"CASE{whens} ELSE {last} END" if whens else last


def _json(layer: Layer, names: list[str], more: str, rows: str) -> str:
    columns = ", ".join([_column(layer.field(n), rows) for n in names] + ([more] if more else []))
    return f"(SELECT row_to_json(p)::text FROM (SELECT {columns}) p)" if columns else "'{}'"


def _column(field: Field, rows: str) -> str:
    """A number keeps its decimal point: QGIS and GDAL guess the type of a field from the first features, and where
    those have 5 they show 5.75 as missing later on."""
    column = f"{rows}.{quoted(field.name)}"
    if field.type is not FieldType.NUMBER:
        return column
    whole = f"{column} = trunc({column})"
    return f"CASE WHEN {whole} THEN to_json({column}::numeric + 0.0) ELSE to_json({column}) END AS {quoted(field.name)}"
