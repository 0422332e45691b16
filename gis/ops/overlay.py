"""A polygon laid over one layer: what of it the features take, what is free, and what nobody knows. Projected CRS, metres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from gis.ops.pieces import Bools, Floats, Ints, Objects, pieces, polygonal, slivers, wholes
from gis.ops.table import objects


class Standing(StrEnum):
    """Whether a polygon is concerned by a layer. Finding nothing says so only where the data are complete: PARTIAL where they
    are in a part of it, NO_DATA where they are nowhere."""

    CONCERNED = "concerned"
    NOT_CONCERNED = "not-concerned"
    PARTIAL = "partial"
    NO_DATA = "no-data"


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Areas in m2. `hit` is what the features take, each place once; `free` is the rest where the data are complete, `unknown`
    the rest where they are not: together they are the polygon, but for a rest beside features that is a sliver. Where only one
    of both is a sliver, it goes with the other. `slivers` is what was too small to count: such a rest, and such parts of features.

    `feature` (m,): positions of the features that take part, the largest first (lines and points last); `area` (m,) what
    each takes, `length` (m,) of lines what runs inside.
    """

    hit: float
    free: float
    unknown: float
    slivers: float
    feature: Ints
    area: Floats
    length: Floats

    @property
    def standing(self) -> Standing:
        if len(self.feature):
            return Standing.CONCERNED
        if not self.unknown:
            return Standing.NOT_CONCERNED
        return Standing.PARTIAL if self.free else Standing.NO_DATA


def overlay(polygon: shapely.Geometry, features: Objects, complete: Objects) -> Overlay:
    """What `features` take of the polygon, and what of the rest lies within the areas `complete`. None takes nothing."""
    dimension = shapely.get_dimensions(features)
    areal = np.flatnonzero(dimension == 2)
    found = pieces(objects([polygon]), features[areal])
    thin = slivers(found)
    met = found.only(~thin)
    order = np.lexsort((met.other, -met.area))
    crossing, length = _crossing(polygon, features, dimension)
    taken = _union(met.geometry)
    rest = polygonal(objects([shapely.difference(polygon, taken)]))
    if len(met.geometry) and slivers(wholes(rest))[0]:
        free, unknown, small = 0.0, 0.0, float(rest[0].area)
    else:
        free, unknown = _known(rest[0], _union(complete))
        small = float(shapely.area(shapely.intersection(rest[0], _union(found.geometry[thin]))))
    return Overlay(
        hit=float(shapely.area(taken)),
        free=free,
        unknown=unknown,
        slivers=small,
        feature=np.concatenate([areal[met.other[order]], crossing]),
        area=np.concatenate([met.area[order], np.zeros(len(crossing))]),
        length=np.concatenate([np.zeros(len(order)), length]),
    )


def _crossing(polygon: shapely.Geometry, features: Objects, dimension: Ints) -> tuple[Ints, Floats]:
    """Lines that run through the polygon, the longest first, and points that lie in it; its own edge is not in it."""
    rows = np.flatnonzero((dimension == 0) | (dimension == 1))
    inside: Bools = np.asarray(shapely.relate_pattern(polygon, features[rows], "T********"), dtype=bool)
    rows = rows[inside]
    length = np.asarray(shapely.length(shapely.intersection(features[rows], polygon)), dtype=np.float64)
    order = np.lexsort((rows, -length))
    return rows[order], length[order]


def _known(rest: shapely.Geometry, complete: shapely.Geometry) -> tuple[float, float]:
    """What of the rest lies within the complete data and what does not, m2. A sliver of one goes with the other; where both are
    slivers they stay apart, so that a polygon that is one itself is not known for it."""
    parts = wholes(polygonal(objects([shapely.intersection(rest, complete), shapely.difference(rest, complete)])))
    free, unknown = (float(area) for area in parts.area)
    thin = slivers(parts)
    if thin[0] == thin[1]:
        return free, unknown
    return (free + unknown, 0.0) if thin[1] else (0.0, free + unknown)


def _union(shapes: Objects) -> shapely.Geometry:
    return shapely.union_all(shapes) if len(shapes) else shapely.Polygon()
