"""Vector tiles from PostGIS (WebMercatorQuad): features, points for their names, and cells at low zooms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    Double,
    FromClause,
    LargeBinary,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gis.model.access import Decision
from gis.model.layer import FieldType, GeometryType, Layer
from gis.model.query import ItemQuery
from gis.store import cells, levels, marks, snapshot
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.tables import history_table
from gis.store.tile import Tile

EXTENT, BUFFER = 4096, 64
_LINEAR_FROM = 12
"""From this zoom on a tile is so small that latitude is linear in it: over a z12 tile the Mercator projection bends by at
most 0.14 of 4,096 units at 11° and 0.6 at 50°, so degrees are scaled to the tile without a transformation."""


def label_name(layer: Layer) -> str:
    """The name of the points for names among the layers of a tile."""
    return f"{layer.id}_label"


def tile_sql(layer: Layer, tile: Tile, query: ItemQuery, decision: Decision) -> Sql:
    """One tile: the state of the layer, `passed` and `marks` (see `marks.state_sql`), `current`, and `mvt` (bytes, empty if nothing is there).

    Layers of the tile: features with the integer id of their first version, their `id` and the fields that the style
    needs, as far as the decision shows them; points that carry the names of the features, each in one tile only; below
    `min_zoom` cells. Where `current` is false the base of the cells lags: `cell_base.bring_up`, then ask again.
    Zooms outside the layer's are for the caller to refuse.
    """
    names = ("west", "south", "east", "north")
    values = snapshot.time_values(query) | marks.values([tile])
    values |= levels.values(decision)
    values |= dict(zip(names, tile.bounds(), strict=True)) | {"z": tile.z, "x": tile.x, "y": tile.y}
    values |= {f"b_{n}": v for n, v in zip(names, tile.bounds(BUFFER / EXTENT), strict=True)}
    known = snapshot.known_mode(query)
    if tile.z >= layer.tiles.min_zoom:
        return _features(layer, decision, known, tile.z >= _LINEAR_FROM).bind(values)
    if is_counted(layer, tile, query, decision):
        return _counted_cells(layer, decision, known, tile.z).bind(values)
    return _kept_cells(layer, decision, tile.z).bind(values)


def is_counted(layer: Layer, tile: Tile, query: ItemQuery, decision: Decision) -> bool:
    """The tile has cells, and they are not in the base: they must be counted from the versions, which may take seconds.

    The base is of now, and knows rows by what they show to the public, not whether they lie in the area of an agency.
    """
    now = query.at is None and query.known is None
    return tile.z < layer.tiles.min_zoom and not (now and (decision.area is None or not layer.rows.rules))


@lru_cache(maxsize=512)
def _features(layer: Layer, decision: Decision, known_mode: str, linear: bool) -> Statement:
    state = snapshot.state(layer, known=known_mode, public=decision.pool == "public")
    arms = snapshot.arms(known_mode, state)
    mvt = _mvt(layer.id, _union([_rows(layer, decision, then, linear) for then in arms]))
    if layer.tiles.labels:
        labels = _union([_labels(layer, decision, then, linear) for then in arms])
        mvt = mvt.op("||")(_mvt(label_name(layer), labels))
    return _answer(layer, decision, state, true(), mvt)


@lru_cache(maxsize=256)
def _kept_cells(layer: Layer, decision: Decision, zoom: int) -> Statement:
    """Cells from the base, if that shows what the layer holds at the instant of the question."""
    state = snapshot.state(layer, known="now", public=decision.pool == "public")
    current = text(
        f"""SELECT coalesce((SELECT b.changeset = (SELECT coalesce(max(number), 0) FROM landmap.changeset_layer WHERE layer = '{layer.id}')
                AND NOT EXISTS (SELECT FROM landmap.valid_bound v WHERE v.layer = b.layer
                                AND v.at > least(b.at, cast(:at AS timestamptz)) AND v.at <= greatest(b.at, cast(:at AS timestamptz)))
            FROM landmap.tile_base b WHERE b.layer = '{layer.id}' AND b.definition = '{cells.definition(layer)}'), false) AS current"""
    ).columns(current=Boolean)
    base = current.cte("base").prefix_with("MATERIALIZED")
    found = cells.kept_cells(layer, levels.least(layer, decision, place=True))
    mvt = _with_large(layer, decision, zoom, found, [snapshot.open_now])
    return _answer(layer, decision, state.join(base, true()), base.c.current, case((base.c.current, mvt)))


@lru_cache(maxsize=256)
def _counted_cells(layer: Layer, decision: Decision, known_mode: str, zoom: int) -> Statement:
    """Cells counted from the versions that held at an instant, as known at a changeset."""
    state = snapshot.state(layer, known=known_mode, public=decision.pool == "public")
    arms = snapshot.arms(known_mode, state)
    columns: list[Any] = [
        literal_column("1").label("sign"),
        literal_column(cells.class_of(layer)).label("class"),
        levels.level(decision, _versions(layer)).label("shown"),
        literal_column("h.geom_84").label("geom_84"),
    ]
    rows = _union([_conditioned(layer, decision, then, columns, "") for then in arms], "placed")
    found = cells.counted_cells(layer, "placed", zoom)
    mvt = _with_large(layer, decision, zoom, found, arms)
    return _answer(layer, decision, state, true(), mvt, rows)


def _with_large(layer: Layer, decision: Decision, zoom: int, found: str, arms: list[Any]) -> Any:
    """The cells and, as themselves, the features that are too large for cells of this zoom."""
    mvt: Any = text(cells.mvt(layer, decision, found)).columns(mvt=LargeBinary).scalar_subquery()
    if layer.geometry.type not in (GeometryType.MULTIPOLYGON, GeometryType.GEOMETRY):
        return mvt
    # The sort key tells the size class of a row, so that the small ones, which are many, are not read.
    large = literal_column(
        f"h.sort_key >= {cells.least_size_class(zoom) << 52} AND ST_Dimension(h.geom_84) = 2 AND "
        f"coalesce(landmap.cell_grid({cells.size('h')}, {cells.finest(layer)}), 0) < {zoom + cells.PARTS}",
        Boolean,
    )
    rows = [_rows(layer, decision, then, zoom >= _LINEAR_FROM).where(large) for then in arms]
    return mvt.op("||")(_mvt(layer.id, _union(rows)))


def _answer(layer: Layer, decision: Decision, state: Any, current: Any, mvt: Any, rows: CTE | None = None) -> Statement:
    marked = marks.columns(layer, decision.pool == "public")
    columns = [c for c in state.c if c.name != "current"]
    answer = select(*columns, *marked, current.label("current"), mvt.label("mvt")).select_from(state)
    return compiled(answer.add_cte(rows) if rows is not None else answer)


def _union(arms: list[Select[Any]], name: str | None = None) -> Any:
    every = arms[0] if len(arms) == 1 else arms[0].union_all(*arms[1:])
    return every.cte(name) if name else every.subquery("t")


def _mvt(name: str, rows: FromClause) -> Any:
    """One layer of a tile from `rows`, which are called t. Their order does not hang on the plan: the same state gives the same bytes."""
    ordered = aggregate_order_by(literal("fid", Text), literal_column("t.fid"))
    layer = func.ST_AsMVT(literal_column("t"), name, EXTENT, "geometry", ordered)
    return select(layer).select_from(rows).scalar_subquery()


def _conditioned(layer: Layer, decision: Decision, then: Any, columns: list[Any], prefix: str) -> Select[Any]:
    """Columns of the versions of the answer that lie in the tile, or with the prefix `b_` in the tile and its buffer."""
    versions = _versions(layer)
    return (
        select(*columns)
        .select_from(versions)
        .where(
            then(versions),
            snapshot.holds(versions, interval=False),
            versions.c.geom_84.op("&&")(_envelope(prefix)),
            *levels.reaches(decision, versions, levels.least(layer, decision, place=True)),
        )
    )


@cache
def _versions(layer: Layer) -> FromClause:
    """The versions of the layer as h: one object, so that every part of a statement means the same."""
    return history_table(layer).alias("h")


def _rows(layer: Layer, decision: Decision, then: Any, linear: bool) -> Select[Any]:
    drawn: list[Any] = [
        _geometry("h.geom_84", linear).label("geometry"),
        literal_column("h.fid").label("fid"),
        literal_column("h.id::text", Text).label("id"),
        *_attributes(layer, decision),
    ]
    return _conditioned(layer, decision, then, drawn, "b_")


def _labels(layer: Layer, decision: Decision, then: Any, linear: bool) -> Select[Any]:
    """A point inside of each feature that has its point in the tile, with the fields of its name."""
    named: list[Any] = [
        literal_column("ST_PointOnSurface(h.geom_84)").label("point"),
        literal_column("h.fid").label("fid"),
        literal_column("h.id::text", Text).label("id"),
        *_attributes(layer, decision, layer.tiles.labels),
    ]
    # OFFSET 0 keeps the planner from computing the point once for each time that it is used.
    inner = _conditioned(layer, decision, then, named, "").offset(literal_column("0")).subquery("l")
    lon, lat = func.ST_X(inner.c.point), func.ST_Y(inner.c.point)
    west, south, east, north = _corners("")
    others = [c for c in inner.c if c.name != "point"]
    return select(_geometry("l.point", linear).label("geometry"), *others).where(
        lon >= west, lon < east, lat > south, lat <= north
    )


def _geometry(column: str, linear: bool) -> Any:
    """The geometry in tile units, clipped to the tile and its buffer."""
    geometry: Any = literal_column(column)
    clip: Any = literal_column("true")
    if linear:
        return func.ST_AsMVTGeom(geometry, func.box2d(_envelope("")), EXTENT, BUFFER, clip)
    mercator: Any = literal_column("3857")
    box = func.box2d(func.ST_Transform(_envelope(""), mercator))
    return func.ST_AsMVTGeom(func.ST_Transform(geometry, mercator), box, EXTENT, BUFFER, clip)


def _envelope(prefix: str) -> Any:
    return func.ST_MakeEnvelope(*_corners(prefix), literal_column("4326"))


def _corners(prefix: str) -> Iterator[Any]:
    return (bindparam(prefix + n, type_=Double()) for n in ("west", "south", "east", "north"))


def _attributes(layer: Layer, decision: Decision, names: tuple[str, ...] | None = None) -> list[Any]:
    """Style fields, or those of `names`, as far as the level of the row shows them."""
    found: list[Any] = []
    lowest = levels.tiers(layer, decision)[-1][0]
    for name in layer.tiles.fields:
        if name not in decision.columns or (names is not None and name not in names):
            continue
        column = f"h.{quoted(name)}"
        if layer.field(name).type in (FieldType.DATE, FieldType.TIMESTAMP, FieldType.TEXT_LIST):
            column = f"{column}::text"
        value: Any = literal_column(column)
        needed = levels.needed(layer, name)
        seen = levels.reaches(decision, _versions(layer), needed) if needed > lowest else []
        found.append((case((and_(*seen), value)) if seen else value).label(name))
    return found
