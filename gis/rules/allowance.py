"""What plans allow on lots: floor area, built ground and storeys, from the limits of the zones that they lie in.

The plan's own limits alone: road lines and regulations take away from them, and nothing here says what may be built.
Where zones of several plans lie on the same ground the least of their limits counts. A part of a lot without a zone, or
in one without the limit, has an allowance that nobody knows: it is NaN, never nothing and never without end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.ops.pieces import TOLERANCE, Bools, Floats, Ints, Objects, Pieces, pieces, remainder, slivers, wholes
from gis.rules.columns import theme_number
from gis.rules.table import Given, table_of

LEAST = 0.5
"""Allowances that differ by less (m2) are the same."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """Of each lot (n,): floor area and built ground (m2), and the most storeys of any part; NaN is not known."""

    floor: Floats
    ground: Floats
    storeys: Floats


@dataclass(frozen=True, slots=True)
class _Ground:
    """Parts of lots that lie in one zone, or together in several: `part` of each membership, and the zone of it."""

    lot: Ints
    area: Floats
    part: Ints
    zone: Ints


def allowances(lots: Objects, zones: Given) -> Allowances:
    """What the zones allow on each lot (n,), both in one projected CRS in metres.

    `zones`: columns `far_max`, `coverage_max` (%), `storeys_max`. Slivers are left out on both sides.
    """
    table = table_of(zones)
    found = pieces(lots, table.geometry)
    found = found.only(~slivers(found))
    ground = _faces(found)
    far, coverage, storeys = (
        _least(ground, theme_number(table, name)) for name in ("far_max", "coverage_max", "storeys_max")
    )
    whole = _bare(lots, found)
    return Allowances(
        floor=_sum(ground, far * ground.area, whole),
        ground=_sum(ground, coverage * ground.area / 100, whole),
        storeys=_most(ground, storeys, whole),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """Of each lot (n,): floor area allowed before and after (m2, NaN where not known), and what becomes of it."""

    before: Floats
    after: Floats
    kind: Objects


GAINS, LOSES, SAME = "gains", "loses", "same"
BECOMES_KNOWN, BECOMES_UNKNOWN, UNKNOWN = "becomes-known", "becomes-unknown", "unknown"


def change(before: Allowances, after: Allowances) -> Change:
    """What becomes of the floor area that is allowed on each lot."""
    known, then = ~np.isnan(before.floor), ~np.isnan(after.floor)
    with np.errstate(invalid="ignore"):
        more, less = after.floor - before.floor >= LEAST, before.floor - after.floor >= LEAST
    kind = np.select(
        [~known & ~then, ~known, ~then, more, less],
        [UNKNOWN, BECOMES_KNOWN, BECOMES_UNKNOWN, GAINS, LOSES],
        SAME,
    ).astype(object)
    return Change(before.floor, after.floor, kind)


def _faces(found: Pieces) -> _Ground:
    """The parts, those of a lot that overlap cut into faces, each of which lies in the same zones throughout."""
    overlapped = _overlapped(found)
    alone = found.only(~overlapped)
    lots, areas = [alone.lot], [alone.area]
    parts, zones = [np.arange(len(alone.lot))], [alone.other]
    count = len(alone.lot)
    for lot in np.unique(found.lot[overlapped]):
        here = found.only(overlapped & (found.lot == lot))
        faces = shapely.get_parts(shapely.polygonize(_edges(here.geometry)))
        inner = shapely.point_on_surface(faces)
        member, face = shapely.STRtree(inner).query(here.geometry, predicate="contains")
        used = np.unique(face)
        lots.append(np.full(len(used), lot))
        areas.append(np.asarray(shapely.area(faces[used])))
        parts.append(count + np.searchsorted(used, face))
        zones.append(here.other[member])
        count += len(used)
    return _Ground(np.concatenate(lots), np.concatenate(areas), np.concatenate(parts), np.concatenate(zones))


def _edges(shapes: Objects) -> Objects:
    """All outlines, cut where they meet."""
    return np.asarray(shapely.get_parts(shapely.union_all(shapely.boundary(shapes))), dtype=object)


def _overlapped(found: Pieces) -> Bools:
    """Parts of lots on which two parts share more than a sliver."""
    total = np.bincount(found.lot, weights=found.area, minlength=1)
    several = np.flatnonzero(np.bincount(found.lot, minlength=1) > 1)
    shared = np.zeros(len(total), dtype=bool)
    for lot in several:
        mine = found.geometry[found.lot == lot]
        shared[lot] = total[lot] - shapely.area(shapely.union_all(mine)) > TOLERANCE.area
    return np.asarray(shared[found.lot], dtype=bool)


def _least(ground: _Ground, limit: Floats) -> Floats:
    """The least limit of each part; NaN where one of its zones has none."""
    least = np.full(len(ground.area), np.inf)
    np.fmin.at(least, ground.part, limit[ground.zone])
    least[ground.part[np.isnan(limit[ground.zone])]] = np.nan
    return least


def _bare(lots: Objects, found: Pieces) -> Bools:
    """Lots of which more than a sliver lies in no zone."""
    left = wholes(remainder(lots, found))
    return np.asarray(shapely.is_missing(lots) | ((left.area > 0) & ~slivers(left)), dtype=bool)


def _sum(ground: _Ground, values: Floats, bare: Bools) -> Floats:
    total = np.bincount(ground.lot, weights=values, minlength=len(bare)).astype(np.float64)
    return np.where(bare, np.nan, total)


def _most(ground: _Ground, values: Floats, bare: Bools) -> Floats:
    most = np.full(len(bare), -np.inf)
    with np.errstate(invalid="ignore"):
        np.maximum.at(most, ground.lot, values)  # NaN of one part is NaN of the lot
    return np.where(bare | np.isneginf(most), np.nan, most)
