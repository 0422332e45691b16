"""What a survey finds, as Arrow tables: one row a building, and one for each aspect of it in each zone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import shapely

from gis.formats.about import GEOMETRY
from gis.formats.geoparquet import GeoParquet
from gis.model.layer import Text
from gis.rules.conformity import ASPECTS, worst, worst_of
from gis.rules.pack import Packs
from gis.rules.survey import WARD, Part, judge, lots_of

COLUMNS = {aspect: aspect.replace("-", "_") for aspect in ASPECTS}
"""The column of each aspect."""

BUILDINGS = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("building", "ward", "parcel", "status", *COLUMNS.values())),
        pa.field(GEOMETRY, pa.binary()),
    ]
)
"""`parcel`: ids of its parcels with blanks between; `status`: the worst of its aspects, each of which has its column."""

FINDINGS = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("building", "ward", "parcel", "zone", "aspect", "status")),
        *(pa.field(name, pa.float64()) for name in ("measured", "limit", "margin")),
        pa.field("lacking", pa.string()),
    ]
)
"""`zone` is null where none is known, or where the aspect is not of a zone; `lacking` names what is missing."""

_ORDER = [(name, "ascending") for name in ("building", "zone", "aspect", "status", "measured", "limit", "lacking")]


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """`buildings` is of the schema BUILDINGS, `findings` of FINDINGS; the geometry is WKB in the CRS of the survey."""

    buildings: pa.Table
    findings: pa.Table


def surveyed(part: Part, rules: tuple[Packs, date]) -> Surveyed:
    """The part, judged."""
    rows = judge(part, rules)
    asked, lots, ids = part.asked, lots_of(part), part.buildings.column("id")
    of = {
        at: (str(ids[at]), ward, " ".join(lots.get(at, ())))
        for at, ward in zip(asked.tolist(), part.buildings.column(WARD)[asked], strict=True)
    }
    found = worst(rows)
    shapes = shapely.to_wkb(part.buildings.geometry[asked])
    told = []
    for at, shape in zip(asked.tolist(), shapes, strict=True):
        statuses = [found[at, aspect] for aspect in ASPECTS]
        told.append((*of[at], worst_of(statuses), *statuses, shape))
    findings = [
        (*of[row.building], row.zone, row.aspect, row.status, row.measured, row.limit, _margin(row.measured, row.limit),
         " ".join(row.lacking))
        for row in rows
    ]  # fmt: skip
    return Surveyed(_table(told, BUILDINGS), _table(findings, FINDINGS))


def _margin(measured: float | None, limit: float | None) -> float | None:
    return None if measured is None or limit is None else round(limit - measured, 4)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema)


def in_order(table: pa.Table) -> pa.Table:
    """The rows by building, then by zone and aspect: the same whatever the order in which they were found."""
    return table.sort_by([key for key in _ORDER if key[0] in table.column_names])


def described(schema: pa.Schema, title: Text, crs: int, *, public: bool = False) -> pa.Schema:
    """The schema with what the writer of GeoParquet tells of a file."""
    whose = EVERYBODY if public else AGENCY
    told = {
        "layer": "survey", "title": {"vi": title.vi, "en": title.en}, "description": {"vi": whose.vi, "en": whose.en},
        "geometry_type": "", "crs": crs, "owner": "", "licence": whose.en,
    }  # fmt: skip
    return schema.with_metadata({"landmap": json.dumps(told, ensure_ascii=False)})


AGENCY = Text(
    "Chỉ dùng trong cơ quan: nói về từng công trình, hoặc về số lượng nhỏ.",
    "For the agency only: it tells of single buildings, or of small numbers.",
)
EVERYBODY = Text(
    "Được công bố: chỉ có số liệu theo phường, xã, không có số nhỏ.",
    "May be published: it tells of wards only, and of no small numbers.",
)


def geoparquet(rows: pa.Table, notes: Mapping[str, str]) -> bytes:
    """The rows, which `described` tells of, as one small file."""
    writer = GeoParquet(rows.schema)
    parts = [writer.open(), *(writer.write(batch) for batch in rows.to_batches()), writer.close(notes)]
    return b"".join(parts)
