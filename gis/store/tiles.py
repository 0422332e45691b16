"""Vector tiles from PostGIS (WebMercatorQuad)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Double, FromClause, Text, bindparam, func, literal_column, select

from gis.model.access import Decision
from gis.model.layer import FieldType, Layer
from gis.model.query import ItemQuery
from gis.store import snapshot
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.tables import SHOWN, history_table

EXTENT, BUFFER = 4096, 64
MAX_ZOOM = 22
_LINEAR_FROM = 12
"""From this zoom on a tile is so small that latitude is linear in it: over a z12 tile the Mercator projection bends by at
most 0.14 of 4,096 units at 11° and 0.6 at 50°, so degrees are scaled to the tile without a transformation."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Address in WebMercatorQuad: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    def bounds(self, buffer: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in CRS84 degrees; `buffer` in parts of a tile."""
        n = 2.0**self.z
        west, east = ((self.x + d) / n * 360.0 - 180.0 for d in (-buffer, 1 + buffer))
        north, south = (_latitude((self.y + d) / n) for d in (-buffer, 1 + buffer))
        return west, south, east, north


def _latitude(part: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * part))))


def tile_sql(layer: Layer, tile: Tile, query: ItemQuery, decision: Decision) -> Sql:
    """One tile: the state of the layer (see `items.page_sql`) and `mvt` (bytes, empty if nothing is there).

    Features carry the integer id of their first version, their `id` and the fields that the style needs, as far as the
    decision shows them. Zooms outside the layer's are for the caller to refuse.
    """
    names = ("west", "south", "east", "north")
    values = snapshot.time_values(query)
    values |= dict(zip(names, tile.bounds(), strict=True))
    values |= {f"b_{n}": v for n, v in zip(names, tile.bounds(BUFFER / EXTENT), strict=True)}
    return _tile(layer, decision, snapshot.known_mode(query), tile.z >= _LINEAR_FROM).bind(values)


@lru_cache(maxsize=512)
def _tile(layer: Layer, decision: Decision, known_mode: str, linear: bool) -> Statement:
    state = snapshot.state(layer, known=known_mode, public=decision.pool == "public")
    rows = [_rows(layer, decision, then, linear) for then in snapshot.arms(known_mode, state)]
    every = (rows[0] if len(rows) == 1 else rows[0].union_all(rows[1])).subquery("t")
    mvt = (
        select(func.ST_AsMVT(literal_column("t"), layer.id, EXTENT, "geometry", "fid"))
        .select_from(every)
        .scalar_subquery()
    )
    return compiled(select(*state.c, mvt.label("mvt")).select_from(state))


def _rows(layer: Layer, decision: Decision, then: Any, linear: bool) -> Any:
    versions = history_table(layer).alias("h")
    conditions = [
        then(versions),
        snapshot.holds(versions, interval=False),
        versions.c.geom_84.op("&&")(_envelope("b_")),
    ]
    least = snapshot.least_shown(layer, (), True, decision.pool == "public")
    if least:
        conditions.append(versions.c.shown >= literal_column(str(least)))
    return select(
        _geometry(versions, linear).label("geometry"),
        versions.c.fid,
        literal_column("h.id::text", Text).label("id"),
        *_attributes(layer, decision),
    ).where(*conditions)


def _geometry(versions: FromClause, linear: bool) -> Any:
    """The feature in tile units, clipped to the tile and its buffer."""
    if linear:
        return func.ST_AsMVTGeom(versions.c.geom_84, func.box2d(_envelope("")), EXTENT, BUFFER, literal_column("true"))
    box = func.box2d(func.ST_Transform(_envelope(""), literal_column("3857")))
    return func.ST_AsMVTGeom(
        func.ST_Transform(versions.c.geom_84, literal_column("3857")), box, EXTENT, BUFFER, literal_column("true")
    )


def _envelope(prefix: str) -> Any:
    corners: Iterator[Any] = (bindparam(prefix + n, type_=Double()) for n in ("west", "south", "east", "north"))
    return func.ST_MakeEnvelope(*corners, literal_column("4326"))


def _attributes(layer: Layer, decision: Decision) -> list[Any]:
    """Style fields that may be seen; a reduced row shows only its reduced fields."""
    found: list[Any] = []
    reduced = snapshot.reduced_fields(layer)
    hide = decision.pool == "public" and bool(layer.rows.rules)
    for name in (n for n in layer.tiles.fields if n in decision.columns):
        column = f"h.{quoted(name)}"
        if layer.field(name).type in (FieldType.DATE, FieldType.TIMESTAMP, FieldType.TEXT_LIST):
            column = f"{column}::text"
        if hide and name not in reduced:
            column = f"CASE WHEN h.shown >= {SHOWN} THEN {column} END"
        found.append(literal_column(column).label(name))
    return found
