"""Lots cut by other polygons: which parts lie where, what is left, and what is too thin to count. Projected CRS, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.ops.tangles import refuse_tangles

type Objects = NDArray[np.object_]
type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is a sliver: a part smaller than `area` (m2), or thinner than `width` (m; twice its area by its outline)."""

    area: float = 0.5
    width: float = 0.1


TOLERANCE = Tolerance()
"""What is too little everywhere, but where a rule has a tolerance of its own."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts (m,) that the lots `lot` share with the polygons `other`, ordered by both positions; `area` in m2."""

    lot: Ints
    other: Ints
    geometry: Objects
    area: Floats

    def only(self, keep: Bools) -> Pieces:
        """The parts that are kept."""
        return Pieces(self.lot[keep], self.other[keep], self.geometry[keep], self.area[keep])


def pieces(lots: Objects, others: Objects) -> Pieces:
    """Every part of positive area that a lot shares with one of the other polygons. None and empty share nothing.

    The other polygons are the questions and the lots the tree, because big polygons are then prepared once; a lot that
    lies wholly in one is its own part without being cut. TooMuch where two cross too often to be cut.
    """
    tree = shapely.STRtree(lots)
    other, lot = tree.query(others, predicate="intersects")
    if not len(lot):
        return Pieces(lot, other, lots[lot], np.zeros(0))
    whole_other, whole_lot = tree.query(others, predicate="covers")
    order = np.lexsort((other, lot))
    lot, other = lot[order], other[order]
    count = max(len(others), 1)
    whole = np.isin(lot * count + other, whole_lot * count + whole_other)
    geometry = lots[lot]
    cut = ~whole
    refuse_tangles(geometry[cut], others[other[cut]])
    geometry[cut] = polygonal(shapely.intersection(geometry[cut], others[other[cut]]))
    area = np.asarray(shapely.area(geometry), dtype=np.float64)
    return Pieces(lot, other, geometry, area).only(area > 0)


def polygonal(geometry: Objects) -> Objects:
    """The polygons of each geometry; lines and points at which shapes only touch are left out."""
    mixed = np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION)
    if not len(mixed):
        return geometry
    result = geometry.copy()
    parts, index = shapely.get_parts(geometry[mixed], return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    result[mixed] = shapely.MultiPolygon()
    single, which = shapely.get_parts(parts[areal], return_index=True)
    there, whole = np.unique(index[areal][which], return_inverse=True)
    if len(there):
        result[mixed[there]] = shapely.multipolygons(single, indices=whole)
    return result


def wholes(shapes: Objects) -> Pieces:
    """The shapes (m,), each a part of its own."""
    places = np.arange(len(shapes))
    return Pieces(places, places, shapes, np.asarray(shapely.area(shapes), dtype=np.float64))


def slivers(found: Pieces, tolerance: Tolerance = TOLERANCE) -> Bools:
    """Which parts (m,) are too small or too thin to count."""
    outline = np.asarray(shapely.length(found.geometry))
    thin = 2 * found.area < tolerance.width * outline
    return np.asarray((found.area < tolerance.area) | thin, dtype=bool)


def remainder(lots: Objects, found: Pieces) -> Objects:
    """What is left of each lot when its parts are taken away; overlapping parts are taken away once."""
    left = lots.copy()
    rank = ranks(found.lot)
    whole = found.area >= shapely.area(lots)[found.lot]
    left[found.lot[whole]] = shapely.Polygon()
    for step in range(int(rank.max(initial=-1)) + 1):
        now = (rank == step) & ~shapely.is_empty(left[found.lot])
        rows = found.lot[now]
        left[rows] = polygonal(shapely.difference(left[rows], found.geometry[now]))
    return left


def ranks(group: Ints) -> Ints:
    """How many of the same group stand before each element of a sorted array."""
    starts = np.searchsorted(group, group)
    return np.asarray(np.arange(len(group)) - starts, dtype=np.int64)


def joined(found: Pieces, count: int) -> Objects:
    """The parts of each lot (count,) as one shape, None where there is none."""
    where = np.full(count, None, dtype=object)
    rank = ranks(found.lot)
    for step in range(int(rank.max(initial=-1)) + 1):
        now = rank == step
        lot, part = found.lot[now], found.geometry[now]
        where[lot] = part if step == 0 else polygonal(shapely.union(where[lot], part))
    return where


def total(found: Pieces, count: int) -> Floats:
    """Area (count,) of all parts of each lot, m2; where parts overlap it is counted for each."""
    return np.bincount(found.lot, weights=found.area, minlength=count).astype(np.float64)


def covered(shapes: Objects, complete: Objects) -> Bools:
    """Which shapes lie wholly, but for a sliver of 0.1 %, in the union of the polygons `complete`. None does not."""
    if not len(complete):
        return np.zeros(len(shapes), dtype=bool)
    union = shapely.union_all(complete)
    shapely.prepare(union)
    inside = np.asarray(shapely.covers(union, shapes), dtype=bool)
    rows = np.flatnonzero(~inside & shapely.intersects(union, shapes))
    share = shapely.area(shapely.intersection(shapes[rows], union))
    inside[rows] = share >= 0.999 * shapely.area(shapes[rows])
    return inside
