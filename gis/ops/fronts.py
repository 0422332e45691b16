"""Lots at roads: the land that roads take, the roads that a lot fronts, corners, depth. Projected CRS, metres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

type Objects = NDArray[np.object_]
type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

GAP = 1.0
"""A lot fronts a road whose land begins within so many metres."""

LEAST = 1.0
"""What touches a road along less is no frontage."""

CORNER = 30.0
"""Fronts on two roads make a corner where their directions differ by so many degrees."""

AWAY = 135.0
"""Fronts on two roads face away from each other where what they look to differs by so many degrees: the lot goes through. Less is a corner,
however sharp the roads meet."""


@dataclass(frozen=True, slots=True)
class Fronts:
    """Fronts (m,) of the lots `lot` on the roads `road`, ordered by both positions.

    `length` is the frontage (m), `depth` the extent of the lot square to it (m), `direction` its bearing in radians and `facing`
    the bearing that looks from the lot over it.
    """

    lot: Ints
    road: Ints
    length: Floats
    depth: Floats
    direction: Floats
    facing: Floats


def road_land(middle: Objects, width: Floats) -> Objects:
    """The land of each road between its red lines, from middle line and right of way (m); None without a width."""
    there = np.isfinite(width) & (width > 0) & ~shapely.is_missing(middle)
    land = np.full(len(middle), None, dtype=object)
    land[there] = shapely.buffer(middle[there], width[there] / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    return land


def fronts(lots: Objects, land: Objects) -> Fronts:
    """The roads that each lot fronts. `lots` without the part inside road land; None and empty front nothing.

    A front is a run of the lot's outer boundary within GAP of the road's land; its frontage is the straight distance
    between its ends, so that neither the sides that run up to the road nor bends add to it. Where a road ends before the
    lot does, up to GAP of what lies beyond its end counts.
    """
    near = shapely.buffer(land, GAP, join_style="mitre", mitre_limit=2.0)
    road, lot = shapely.STRtree(lots).query(near, predicate="intersects")
    order = np.lexsort((road, lot))
    lot, road = lot[order], road[order]
    runs, pair = _runs(lots[lot], near[road])
    start, end = _ends(runs)
    chord = np.hypot(*(end - start).T)
    main = _longest(pair, chord, len(lot))
    length = np.bincount(pair, weights=np.where(chord >= LEAST, chord, 0.0), minlength=len(lot))
    keep = np.flatnonzero(length >= LEAST)
    along = (end - start)[main[keep]] / chord[main[keep]][:, None]
    low, high = _extents(lots[lot[keep]], along)
    here = _across(start[main[keep]], along)
    side = np.where(here - low > high - here, 1.0, -1.0)
    return Fronts(
        lot[keep],
        road[keep],
        length[keep],
        high - low,
        np.arctan2(along[:, 1], along[:, 0]),
        np.arctan2(side * along[:, 0], -side * along[:, 1]),
    )


def _runs(lots: Objects, near: Objects) -> tuple[Objects, Ints]:
    """The connected runs of each lot's outer boundary inside `near`, with the position of the lot."""
    polygons, lot = shapely.get_parts(lots, return_index=True)
    rings = shapely.get_exterior_ring(polygons)
    inside = shapely.line_merge(shapely.intersection(rings, near[lot]))
    lines, which = shapely.get_parts(inside, return_index=True)
    linear = shapely.get_dimensions(lines) == 1
    return lines[linear], lot[which[linear]]


def _ends(lines: Objects) -> tuple[Floats, Floats]:
    start, end = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    return shapely.get_coordinates(start), shapely.get_coordinates(end)


def _longest(pair: Ints, chord: Floats, count: int) -> Ints:
    """Position (count,) of the longest run of each pair; 0 where it has none."""
    main = np.zeros(count, dtype=np.int64)
    order = np.lexsort((chord, pair))
    main[pair[order]] = order  # the last of each pair stays
    return main


def _extents(lots: Objects, along: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest place (m,) of each lot square to its front."""
    points, lot = shapely.get_coordinates(lots, return_index=True)
    across = _across(points, along[lot])
    starts = np.searchsorted(lot, np.arange(len(lots)))
    if not len(lots):
        return np.zeros(0), np.zeros(0)
    return np.minimum.reduceat(across, starts), np.maximum.reduceat(across, starts)


def _across(points: Floats, along: Floats) -> Floats:
    return np.asarray(points[:, 1] * along[:, 0] - points[:, 0] * along[:, 1], dtype=np.float64)


def corners(found: Fronts, road_key: Ints, count: int) -> Bools:
    """Which lots (count,) stand at a corner: fronts on two roads (of different `road_key`) in different directions."""
    corner = np.zeros(count, dtype=bool)
    for one, other in _pairs(found, road_key):
        turn = np.abs(found.direction[one] - found.direction[other]) % np.pi
        bent = np.degrees(np.minimum(turn, np.pi - turn)) >= CORNER
        corner[found.lot[one][bent]] = True
    return corner


def opposite(found: Fronts, road_key: Ints) -> Bools:
    """Which fronts (m,) have one of the same lot on another road (of another `road_key`) that faces away from them."""
    away = np.zeros(len(found.lot), dtype=bool)
    for one, other in _pairs(found, road_key):
        turn = np.abs(found.facing[one] - found.facing[other]) % (2 * np.pi)
        back = np.degrees(np.minimum(turn, 2 * np.pi - turn)) >= AWAY
        away[one[back]] = away[other[back]] = True
    return away


def _pairs(found: Fronts, road_key: Ints) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of fronts of one lot on different roads."""
    for step in range(1, int(np.bincount(found.lot, minlength=1).max(initial=0))):
        one, other = np.arange(len(found.lot) - step), np.arange(step, len(found.lot))
        differ = (found.lot[one] == found.lot[other]) & (road_key[found.road[one]] != road_key[found.road[other]])
        yield one[differ], other[differ]
