"""A part of a survey as GeoParquet, one file for each of its tables, and what a worker anywhere makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gis.formats.about import GEOMETRY
from gis.formats.survey_tables import Surveyed, described, geoparquet, surveyed
from gis.model.layer import Text
from gis.ops.pieces import Objects
from gis.ops.table import Table, objects, table
from gis.rules.columns import PLAN_ON
from gis.rules.pack import Packs
from gis.rules.read import read_texts
from gis.rules.situation import PARCELS, ROADS, ZONES
from gis.rules.survey import FIELDS, WARD, Part
from gis.rules.themes import Theme
from gis.rules.vocabulary import Domain, Sort, columns

BUILDINGS, COMPLETE = "buildings", "complete"
SOFTWARE = f"landmap {version('landmap')}, shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"
"""What judges here. Where it differs, numbers may differ in their last places."""

_VERSION = "themes_version"
_TITLES = {
    BUILDINGS: Text("Công trình cần rà soát và công trình cùng thửa", "Buildings to survey, and those on the same parcels"),
    PARCELS: Text("Thửa đất có công trình cần rà soát", "Parcels on which the buildings stand"),
    ZONES: Text("Ô quy hoạch đang có hiệu lực", "Zones in force"),
    ROADS: Text("Tim đường, lộ giới, chỉ giới đang có hiệu lực", "Road lines in force"),
    COMPLETE: Text("Nơi dữ liệu đã đầy đủ", "Where the data are complete"),
}  # fmt: skip


def _fields(texts: tuple[str, ...], numbers: tuple[str, ...] = ()) -> list[pa.Field]:
    return [*(pa.field(name, pa.string()) for name in texts), *(pa.field(name, pa.float64()) for name in numbers)]


def _of_zones(*, texts: bool) -> tuple[str, ...]:
    """The columns that rules ask of a zone."""
    facts = columns(Domain.ZONE)
    return tuple(name.removeprefix("zone.") for name, fact in facts.items() if (fact.sort is Sort.TEXT) is texts)


_SCHEMAS = {
    BUILDINGS: _fields(("id", WARD), FIELDS),
    PARCELS: _fields(("id",)),
    ZONES: [*_fields(("code", *_of_zones(texts=True)), _of_zones(texts=False)), pa.field(PLAN_ON, pa.date32())],
    ROADS: _fields(("kind", "name", "code"), ("right_of_way", "setback")),
    COMPLETE: _fields(("layer",)),
}
TABLES = tuple(_SCHEMAS)
"""The tables of a part."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of a part, and by which software."""

    found: Surveyed
    software: str


def written(part: Part) -> dict[str, bytes]:
    """The part as files by TABLES. Geometries and values come back as they are."""
    zones, roads = part.themes[ZONES], part.themes[ROADS]
    ground = {ZONES: zones.complete, ROADS: roads.complete}
    complete = table(
        {"layer": [name for name, shapes in ground.items() for _ in shapes]},
        objects([shape for shapes in ground.values() for shape in shapes]),
        part.buildings.crs,
    )
    tables = {
        BUILDINGS: part.buildings, PARCELS: part.parcels, ZONES: zones.features, ROADS: roads.features, COMPLETE: complete,
    }  # fmt: skip
    return {name: _written(name, one, zones.version) for name, one in tables.items()}


def _written(name: str, features: Table, data_version: str) -> bytes:
    fields = _SCHEMAS[name]
    values = {field.name: _column(features, field) for field in fields}
    rows = pa.table(
        {**values, GEOMETRY: pa.array(shapely.to_wkb(features.geometry), pa.binary())},
        described(pa.schema([*fields, pa.field(GEOMETRY, pa.binary())]), _TITLES[name], features.crs),
    )
    return geoparquet(rows, {_VERSION: data_version})


def _column(features: Table, field: pa.Field) -> pa.Array:
    """The values, None where the table has no such column."""
    values = features.column(field.name).tolist() if field.name in features else [None] * len(features)
    if pa.types.is_floating(field.type):
        values = [None if one is None else float(one) for one in values]
    return pa.array(values, field.type)


def read(files: Mapping[str, bytes]) -> Part:
    """The part of the files."""
    tables = {name: pq.read_table(pa.BufferReader(files[name])) for name in TABLES}
    notes = pq.read_metadata(pa.BufferReader(files[BUILDINGS])).metadata
    crs = int(json.loads(notes[b"geo"])["columns"][GEOMETRY]["crs"]["id"]["code"])
    data_version = notes[_VERSION.encode()].decode()
    complete = tables.pop(COMPLETE)
    layers = objects(complete["layer"].to_pylist())
    ground = _shapes(complete)
    features = {name: _features(one, crs) for name, one in tables.items()}
    themes = {name: Theme(features[name], ground[layers == name], data_version) for name in (ZONES, ROADS)}
    return Part(features[BUILDINGS], features[PARCELS], themes)


def _features(rows: pa.Table, crs: int) -> Table:
    names = [name for name in rows.column_names if name not in (GEOMETRY, "bbox")]
    return table({name: rows[name].to_pylist() for name in names}, _shapes(rows), crs)


def _shapes(rows: pa.Table) -> Objects:
    return objects(shapely.from_wkb(rows[GEOMETRY].to_pylist()))


def answer(files: Mapping[str, bytes], rules: tuple[tuple[str, str], ...], on: date) -> Answer:
    """The part of the files, judged by the rule packs on that day. `rules`: names and contents of the packs' files.

    It needs nothing else: no folder, no database, no clock. Run by the workers of a cluster.
    """
    return Answer(surveyed(read(files), (packs_of(rules), on)), SOFTWARE)


@lru_cache(maxsize=4)
def packs_of(rules: tuple[tuple[str, str], ...]) -> Packs:
    """The rule packs, read once; reading runs their worked examples."""
    return read_texts(dict(rules))
