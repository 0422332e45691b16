"""One lot: as the case that the rules judge, and what is told of it beside their findings. Storage CRS, metres."""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from gis.ops.overlay import overlay
from gis.ops.pieces import covered
from gis.ops.table import Table, objects, table
from gis.rules.facts import NONE, Rows


def case_table(columns: Mapping[str, object], lot: shapely.Geometry | None, crs: int) -> Table:
    """One case as `evaluate` takes it; `crs` is the storage CRS, in which the lot and all shapes are. None: what is to be judged is not
    drawn."""
    return table({name: [value] for name, value in columns.items()}, objects([lot]), crs)


def away_from(lot: shapely.Geometry, shape: shapely.Geometry) -> float:
    """Metres between the lot and a shape."""
    return float(shapely.distance(lot, shape))


def area_of(lot: shapely.Geometry) -> float:
    """Area of the lot as drawn, m2."""
    return float(shapely.area(lot))


def inside(lot: shapely.Geometry, features: Table) -> list[int]:
    """The rows of the polygons that a lot lies in, that with most of it first; slivers do not count."""
    return [int(row) for row in overlay(lot, features.geometry, objects([])).feature]


def weakest_level(lot: shapely.Geometry, declared: Table) -> tuple[str | None, object]:
    """The weakest level (complete, partial, none) of what is `declared` at the lot, None where some of it has no declaration, and
    since when it is so."""
    if not len(declared) or not covered(objects([lot]), declared.geometry)[0]:
        return None, None
    levels, since = declared.column("level"), declared.column("as_of")
    level = next(name for name in ("none", "partial", "complete") if name in levels)
    return level, min(day for day, one in zip(since, levels, strict=True) if one == level)


def functions_of(zones: Rows) -> list[str] | None:
    """The functions of the zones of a case; None where not all are known."""
    functions = zones.labels["zone.function"]
    if (functions.missing != NONE).any():
        return None
    return sorted({functions.names[code] for code in functions.codes})
