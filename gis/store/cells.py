"""Cells: what a layer shows below the zoom at which its single features are too many.

A tile is divided into 64 by 64 cells. Each shows the class (`tiles.cells_by`) that covers most of it, or of which there are
most where the layer has no areas. Every feature counts in the cell that holds the centre of its bounds; its area lies there
too, or is cut along the grid where it is much larger. What is larger still is drawn as itself (`ddl/tiles.sql` has the sizes).

What holds now is kept as a base (`cell_base`); what held or was known at another time is counted from the versions.
"""

from __future__ import annotations

from hashlib import sha256

from gis.model.access import Decision
from gis.model.layer import GeometryType, Layer
from gis.store import levels
from gis.store.sql import quoted
from gis.store.tables import REDUCED, SHOWN, shown_expression

PARTS = 6
"""A tile has 2^6 by 2^6 cells: the squares of the grid that lies so many zooms deeper."""

FINEST = 21
"""The finest grid: squares of 19 m. So the last zoom with cells is 15."""

_METHOD = 1
_UNITS = 1_000_000  # in a square of the finest grid
_SPECK = 1_000  # units: less than a thousandth of such a square is not drawn


def name(layer: Layer) -> str:
    """The name of the cells among the layers of a tile."""
    return f"{layer.id}_cell"


def finest(layer: Layer) -> int:
    """The grid of the layer's last zoom with cells."""
    return layer.tiles.min_zoom - 1 + PARTS


def has_areas(layer: Layer) -> bool:
    """Cells are squares coloured by area; else they are points with a number of features."""
    return layer.geometry.type is GeometryType.MULTIPOLYGON


def definition(layer: Layer) -> str:
    """A digest of all that the base of the layer is made by, beside its rows."""
    made_by = (_METHOD, class_of(layer), layer.tiles.cells_from, layer.tiles.min_zoom, shown_expression(layer))
    return sha256(repr(made_by).encode()).hexdigest()[:16]


def class_of(layer: Layer) -> str:
    """SQL of the class of a row; empty text where there is none."""
    return f"coalesce({quoted(layer.tiles.cells_by)}::text, '')" if layer.tiles.cells_by else "''"


def least_size_class(zoom: int) -> int:
    """The least size class (`sort_key`) whose features are drawn as themselves at the zoom."""
    grid = zoom + PARTS
    return 1 if grid > 20 else 2 if grid > 18 else 3 if grid > 15 else 4


def size(rows: str) -> str:
    """SQL of the size of a row's `geom_84`: the longer side of its bounds in degrees."""
    g = f"{rows}.geom_84"
    return f"greatest(ST_XMax({g}) - ST_XMin({g}), ST_YMax({g}) - ST_YMin({g}))"


def laid_out(rows: str, finest: int) -> str:
    """SELECT grid, x, y, class, shown, features, area of `rows` (FROM item with sign, class, shown, geom_84) on their grids.

    No grid is finer than `finest`. The squares are not summed up yet. `sign` is 1 for what comes and -1 for what goes.
    """
    return f"""SELECT p.grid, coalesce(c.cut_x, p.x) AS x, coalesce(c.cut_y, p.y) AS y, p.class, p.shown,
            p.sign * coalesce(c.features, 1) AS features, p.sign * coalesce(c.area, p.area) AS area
        FROM (SELECT sign, class, shown, geom_84, size, grid, landmap.tile_at(landmap.world_x(lon), grid) AS x,
                     landmap.tile_at(landmap.world_y(lat), grid) AS y,
                     (area / (360.0::float8 / (1 << grid)) ^ 2 / cos(radians(lat)) * power(4, {FINEST} - grid) * {_UNITS})::bigint AS area
              FROM (SELECT sign, class, shown, geom_84, {size("r")} AS size, landmap.cell_grid({size("r")}, {finest}) AS grid,
                           ST_Area(geom_84) AS area, (ST_XMin(geom_84) + ST_XMax(geom_84)) / 2 AS lon,
                           (ST_YMin(geom_84) + ST_YMax(geom_84)) / 2 AS lat
                    FROM {rows} r WHERE geom_84 IS NOT NULL OFFSET 0) s
              WHERE grid IS NOT NULL OFFSET 0) p
        LEFT JOIN LATERAL landmap.cut(p.geom_84, p.size, p.grid, p.x, p.y) c ON true"""


def kept_cells(layer: Layer, least: int) -> str:
    """SELECT cell, class, shown, features, area of the tile :z, :x, :y from the base."""
    return f"""SELECT cell, class, shown, features, area FROM landmap.tile_cell
        WHERE layer = '{layer.id}' AND zoom = :z AND x = :x AND y = :y AND shown >= {least}"""


def counted_cells(layer: Layer, rows: str, zoom: int) -> str:
    """The same from `rows`. They lie on squares half as wide as the cells: finer ones would change little and cost much."""
    laid = laid_out(rows, min(finest(layer), zoom + PARTS + 1))
    return f"""SELECT ((y & 63) << 6) + (x & 63) AS cell, class, shown, features, area FROM (
            SELECT x >> (grid - :z - {PARTS}) AS x, y >> (grid - :z - {PARTS}) AS y, class, shown, features, area
            FROM ({laid}) l WHERE grid >= :z + {PARTS}) c
        WHERE x >> {PARTS} = :x AND y >> {PARTS} = :y"""


def mvt(layer: Layer, decision: Decision, cells: str) -> str:
    """SELECT one value: the cells of a tile as a layer of MVT. `cells` is one of the two above.

    Properties: the field of the class, `share` (% of the class in what is there), `features`, and of areas `covered`
    (% of the cell). The id is the same whenever the cell is asked for.
    """
    by, weight = ("area", "area") if has_areas(layer) else ("features", "features")
    shape = "ST_ForcePolygonCCW(ST_MakeEnvelope(64 * i, 64 * j, 64 * i + 64, 64 * j + 64))"
    if not has_areas(layer):
        shape = "ST_MakePoint(64 * i + 32, 64 * j + 32)"
    columns = [f"nullif(class, '') AS {quoted(layer.tiles.cells_by)}"] if layer.tiles.cells_by else []
    columns += [
        f"round(100.0 * {weight} / nullif(all_{weight}, 0))::integer AS share",
        "all_features::bigint AS features",
    ]
    if has_areas(layer):
        columns.append(
            f"least(100, ceil(100.0 * all_area / ({_UNITS} * power(4, {FINEST - PARTS} - :z))))::integer AS covered"
        )
    return f"""SELECT ST_AsMVT(t, '{name(layer)}', 4096, 'geometry', 'cell_id') FROM (
        SELECT {shape} AS geometry, ((:y * 64 + j)::bigint << (:z + {PARTS})) + :x * 64 + i AS cell_id, {", ".join(columns)}
        FROM (SELECT DISTINCT ON (cell) cell & 63 AS i, cell >> 6 AS j, class, features, area,
                     sum(features) OVER (PARTITION BY cell) AS all_features, sum(area) OVER (PARTITION BY cell) AS all_area
              FROM (SELECT cell, {_told(layer, decision)} AS class, sum(features)::bigint AS features, sum(area)::bigint AS area
                    FROM ({cells}) c GROUP BY 1, 2 HAVING sum(features) <> 0 OR sum(area) >= {_SPECK}) s
              ORDER BY cell, {by} DESC, features DESC, class) d) t"""


def _told(layer: Layer, decision: Decision) -> str:
    """The class as far as it is shown: of rows that the public sees in part only what they show."""
    field = layer.tiles.cells_by
    if field is None or field not in decision.columns:
        return "''"
    if not decision.everywhere and layer.rows.rules and levels.needed(layer, field) > REDUCED:
        return f"CASE WHEN shown >= {SHOWN} THEN class ELSE '' END"
    return "class"
