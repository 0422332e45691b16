"""What a house may be, worked out a second time in plain arithmetic of rectangles: nothing here knows the rule engine.

Of a town whose lots, houses and streets are rectangles along two axes it says which cases may be permitted at all:
QCVN 01:2021/BXD (floor area ratio), Decision 56/2021 Annex 18 (storeys, heights, density), the plan's limits, road land, and what
stands on the lot already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

FATES = ("untold", "kept", "demolished", "included")
UNTOLD, KEPT, DEMOLISHED, INCLUDED = range(4)
STRIP = 0.5
"""A part of a building that is smaller (m2), or thinner (m; twice its area by its outline), is a neighbour's where most of the
building lies elsewhere."""


@dataclass(frozen=True, slots=True)
class Facts:
    """n cases in metres from their street's north red line and their lot's west side. `lot`, `house` (n, 4) and `stands`
    (n, 2, 4) are rectangles west, south, east, north, NaN where there is none; `fate` (n, 2) places in FATES;
    `floors` (n, 2) m2 of the whole building, NaN unknown; `back` (n,) where the street behind begins, NaN without one."""

    lot: Floats
    house: Floats
    stands: Floats
    fate: NDArray[np.int64]
    floors: Floats
    front_width: Floats
    back: Floats
    back_width: Floats
    storeys: Floats
    height: Floats
    small_road_setback: Floats
    centre: Bools
    axis: Bools
    coverage_max: Floats
    storeys_max: Floats


PLAN_FAR, PLAN_HEIGHT = 5.0, 22.0
EPS = 1e-4
"""Values are compared to four decimals."""


def area(shape: Floats) -> Floats:
    """Of rectangles (..., 4), m2; 0 of none."""
    sides = np.maximum(shape[..., 2:] - shape[..., :2], 0)
    return np.asarray(np.nan_to_num(sides.prod(axis=-1)), dtype=np.float64)


def meet(one: Floats, other: Floats) -> Floats:
    """Where two rectangles overlap; NaN where either is none."""
    low = np.maximum(one[..., :2], other[..., :2])
    return np.concatenate([low, np.minimum(one[..., 2:], other[..., 2:])], axis=-1)


def here(facts: Facts) -> Floats:
    """The parts (n, 2, 4) of standing buildings on the lots, without strips of neighbours' and what lies elsewhere."""
    part = meet(facts.stands, facts.lot[:, None, :])
    outline = 2 * np.maximum(part[..., 2:] - part[..., :2], 0).sum(axis=-1)
    counts = (area(part) >= STRIP) & (2 * area(part) >= STRIP * outline)
    own = 2 * area(part) >= area(facts.stands)
    return np.where((counts | own)[..., None], part, np.nan)


def to_be_told(facts: Facts) -> Bools:
    """Whether something stands on the lot, so that an application has to tell what becomes of it."""
    return np.asarray((area(here(facts)) > 0).any(axis=1))


def beside_kept(facts: Facts) -> Bools:
    """Whether a building stays on the lot."""
    return np.asarray(((area(here(facts)) > 0) & (facts.fate == KEPT)).any(axis=1))


def between_roads(facts: Facts) -> Bools:
    """Whether the lot goes through to the street behind; so near does a lot lie at a road that begins 1 m from it."""
    return np.asarray(facts.lot[:, 3] >= facts.back - 1)


def permitted(facts: Facts) -> Bools:
    """Whether nothing that is worked out here forbids a permit (n,)."""
    free = facts.lot.copy()
    free[:, 1] = np.maximum(free[:, 1], 0)
    free[:, 3] = np.fmin(free[:, 3], facts.back)
    land = area(free)
    return np.asarray(_standing(facts, free) & _on_own_land(facts, free) & _low_enough(facts, land))


def _standing(facts: Facts, free: Floats) -> Bools:
    """All fates are told; house and what stays keep density and floor area ratio, and do not stand in each other. The plan's
    limits are of the land that is free of roads and of what is built on it."""
    part, land = here(facts), area(free)
    there, own = area(part) > 0, facts.fate == INCLUDED
    stays = there & (facts.fate == KEPT)
    told = ~(there & (facts.fate == UNTOLD)).any(axis=1)
    kept = np.where(stays[..., None], part, np.nan)
    apart = area(facts.house) + _covered(kept) - _ground(facts.house, kept) <= 0.5
    outside = np.where(there & own, area(part) - area(meet(part, facts.house[:, None, :])), 0).sum(axis=1)
    table = np.interp(land, [50, 100, 200, 300, 500], [100, 90, 70, 60, 50])
    dense = 100 * _ground(facts.house, kept) <= table * land + EPS
    in_plan, free_kept = meet(facts.house, free), meet(kept, free[:, None, :])
    dense &= 100 * _ground(in_plan, free_kept) <= facts.coverage_max * land + EPS
    high = _floors(facts, facts.house, kept) <= 7 * land + EPS
    high &= _floors(facts, in_plan, free_kept) <= PLAN_FAR * land + EPS
    return np.asarray(told & apart & dense & high & (outside <= 2) & (land <= 500))


def _covered(two: Floats) -> Floats:
    """The ground of two rectangles each (n, 2, 4), once where they overlap."""
    return np.asarray(area(two).sum(axis=1) - area(meet(two[:, 0], two[:, 1])), dtype=np.float64)


def _ground(house: Floats, kept: Floats) -> Floats:
    """The ground under a house and under what stays."""
    return area(house) + _covered(kept) - _covered(meet(kept, house[:, None, :]))


def _floors(facts: Facts, house: Floats, kept: Floats) -> Floats:
    """All floors, those of what stays by the share of it that is here; NaN, which keeps no limit, where they are not known."""
    share = area(kept) / np.maximum(area(facts.stands), 1e-9)
    more = np.where(area(kept) > 0, facts.floors * share, 0).sum(axis=1)
    return np.asarray(area(house) * facts.storeys + more, dtype=np.float64)


def _on_own_land(facts: Facts, free: Floats) -> Bools:
    return np.asarray(area(facts.house) - area(meet(facts.house, free)) <= 0.5)


def _low_enough(facts: Facts, land: Floats) -> Bools:
    """Storeys and height by the wider road, and back from the smaller of two. Houses are as high at the street as at the roof."""
    wide, narrow = _widths(facts)
    side = facts.lot[:, 2] - facts.lot[:, 0]
    band = np.searchsorted([3.5, 6, 16, 25], wide, side="right")
    most, high = _by_road(facts, band, side)
    depth = np.fmin(facts.lot[:, 3], facts.back) - np.maximum(facts.lot[:, 1], 0)
    thin, small = np.minimum(side, depth) < 3, land < 36
    front = np.array([np.inf, 11.6, 17, 21.6, 25])[band]
    high = np.select([thin, land < 15, small], [7, 7, 11.6], np.minimum(high, front))
    plan = (facts.storeys <= facts.storeys_max) & (facts.height <= PLAN_HEIGHT)
    kept = (thin | small | (facts.storeys <= most)) & (facts.height <= high + EPS)
    step = np.searchsorted([3.5, 6, 16, 25], narrow, side="right")
    tall = ~small & ~thin & (facts.storeys > np.array([3, 3, 4, 5, 99])[step])
    tall |= (step < 4) & (facts.height > np.array([11.6, 13.6, 19, 23.6, 99])[step]) & ~(small & (step > 1))
    return np.asarray(plan & kept & (~(between_roads(facts) & tall) | (facts.small_road_setback >= 3.5)))


def _widths(facts: Facts) -> tuple[Floats, Floats]:
    """Of the road that governs, and of the smaller road of a lot between two; infinite without one."""
    behind = np.where(between_roads(facts), facts.back_width, facts.front_width)
    return np.maximum(facts.front_width, behind), np.where(
        between_roads(facts), np.minimum(facts.front_width, behind), np.inf
    )


def _by_road(facts: Facts, band: NDArray[np.int64], side: Floats) -> tuple[Floats, Floats]:
    """The most storeys, and metres, with what centre, axis and frontage add."""
    grown = np.where(facts.centre, 1, 0) + np.where(side > 8, 1, 0)
    on_axis = np.where(facts.axis, 1, 0) * (band == 3)
    wide = side >= 4
    storeys = np.array([3, 3, 4, 5, 6])[band] + wide * (grown * np.array([0, 1, 1, 1, 0])[band] + on_axis)
    metres = np.array([11.6, 13.6, 19, 23.6, 27])[band]
    metres = metres + wide * (grown * np.array([0, 2, 3.4, 3.4, 0])[band] + 3.4 * on_axis)
    return np.minimum(storeys, np.array([3, 4, 5, 6, 6])[band]), np.minimum(
        metres, np.array([11.6, 15.6, 22.4, 27, 27])[band]
    )
