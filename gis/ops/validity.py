"""Validity of geometry, and mending that changes nothing but the description. Shapely arrays in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.model.layer import GeometryType

MAX_AREA_CHANGE = 1e-4
"""A repair may change the area by less than 0.01 %; beyond that a person decides what was meant."""

_SINGLE_TO_MULTI = {
    shapely.GeometryType.POLYGON: GeometryType.MULTIPOLYGON,
    shapely.GeometryType.LINESTRING: GeometryType.MULTILINESTRING,
    shapely.GeometryType.LINEARRING: GeometryType.MULTILINESTRING,
}
_POINTS = (shapely.GeometryType.MULTIPOINT, shapely.GeometryType.GEOMETRYCOLLECTION)
_EXACT = {
    GeometryType.POINT: {shapely.GeometryType.POINT},
    GeometryType.MULTILINESTRING: {shapely.GeometryType.MULTILINESTRING},
    GeometryType.MULTIPOLYGON: {shapely.GeometryType.MULTIPOLYGON},
}


@dataclass(frozen=True, slots=True)
class Repair:
    """`geometry` (n,): mended where that was harmless. `repaired` and `broken` (n,) bool: invalid before; the broken
    ones are as they came."""

    geometry: NDArray[np.object_]
    repaired: NDArray[np.bool_]
    broken: NDArray[np.bool_]


def repair(geometry: NDArray[np.object_]) -> Repair:
    """Make invalid polygons valid where their area changes by less than MAX_AREA_CHANGE. None and lines are left alone.

    Area is compared in the units of the coordinates, so any CRS will do. In a bow-tie the halves cancel before and add
    up after, so it is never mended. A repair that yields anything but polygons
    (a ring that collapses to a line) is none.
    """
    repaired = np.zeros(len(geometry), dtype=bool)
    invalid = ~shapely.is_valid(geometry) & ~shapely.is_missing(geometry)
    rows = np.flatnonzero(invalid)
    if not len(rows):
        return Repair(geometry, repaired, invalid)
    before = geometry[rows]
    after = shapely.make_valid(before, method="structure", keep_collapsed=False)
    area, new_area = shapely.area(before), shapely.area(after)
    polygonal = shapely.get_dimensions(after) == 2
    harmless = polygonal & (np.abs(new_area - area) < MAX_AREA_CHANGE * np.maximum(area, new_area))
    result = geometry.copy()
    result[rows[harmless]] = after[harmless]
    repaired[rows[harmless]] = True
    return Repair(result, repaired, invalid & ~repaired)


def reasons(geometry: NDArray[np.object_]) -> list[str]:
    """Why each geometry is not valid, with the place."""
    return [str(text) for text in shapely.is_valid_reason(geometry)]


def coerce(geometry: NDArray[np.object_], wanted: GeometryType) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Geometries as the layer's type (single parts become multi, Z and M are dropped), and which are of another type.

    A multi-geometry with one part fits a layer of single ones; None fits everything; those that do not fit are
    returned as they came.
    """
    flat = shapely.force_2d(geometry) if shapely.has_z(geometry).any() or _has_m(geometry) else geometry
    kinds = shapely.get_type_id(flat)
    if wanted is GeometryType.GEOMETRY:
        return flat, kinds == shapely.GeometryType.GEOMETRYCOLLECTION
    exact = np.isin(kinds, [int(kind) for kind in _EXACT[wanted]])
    missing = kinds < 0
    result = flat
    rest = np.flatnonzero(~exact & ~missing)
    fits = exact | missing
    if len(rest):
        result = flat.copy()
        for row_kind, target in _SINGLE_TO_MULTI.items():
            if target is wanted:
                rows = rest[kinds[rest] == row_kind]
                result[rows] = _as_multi(flat[rows], wanted)
                fits[rows] = True
        if wanted is GeometryType.POINT:
            rows = rest[
                (kinds[rest] == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(flat[rest]) == 1)
            ]
            result[rows] = shapely.get_geometry(flat[rows], 0)
            fits[rows] = True
    return result, ~fits


def _has_m(geometry: NDArray[np.object_]) -> bool:
    return bool(shapely.has_m(geometry).any())


def _as_multi(parts: NDArray[np.object_], wanted: GeometryType) -> NDArray[np.object_]:
    make = shapely.multipolygons if wanted is GeometryType.MULTIPOLYGON else shapely.multilinestrings
    found = np.empty(len(parts), dtype=object)
    if len(parts):
        make(parts, indices=np.arange(len(parts)), out=found)
    return found


def finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether all coordinates of each geometry are finite numbers; None and empty ones are."""
    with np.errstate(all="ignore"):
        sound = np.isfinite(shapely.bounds(geometry)).all(axis=1) & np.isfinite(shapely.length(geometry))
    # None and empty ones have no bounds; of several points a wrong one changes neither bounds nor length.
    unsure = np.flatnonzero(~sound | np.isin(shapely.get_type_id(geometry), _POINTS))
    coordinates, owner = shapely.get_coordinates(geometry[unsure], return_index=True)
    result = np.ones(len(geometry), dtype=bool)
    result[unsure[owner[~np.isfinite(coordinates).all(axis=1)]]] = False
    return result
