"""The demo city as geometry: street plan, water, lots of today and lots before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.demo.history import Events
from gis.demo.kinds import Kind
from gis.demo.lots import Fabric, Spans, along, current, polygons, rings, weave
from gis.demo.network import Bools, Floats, Ints, Plan, grow, mesh
from gis.demo.strips import SIDE_OF, Cuts, Leaves, Strips, make_cuts, make_leaves, make_strips
from gis.demo.warp import Warp, draw_warp
from gis.demo.water import Water, draw_water
from gis.errors import InvalidParameter

Geometries = NDArray[np.object_]

DAY = date(2026, 11, 1)
"""The day on which the city is as it is; what happened is counted back from it."""

LEAST, MOST = 100, 5_000_000
"""How many parcels a demo city can have."""

_PER_HECTARE = 51.0
_LEAST_FRONT = 3.0


@dataclass(slots=True)
class Lots:
    """Lots as (n,) arrays. `event` is the event that made (lots of today) or ended (lots before) them, -1 if none.

    `front`, `depth`, `area` are ground m, m, m2; `line` is the street the lot faces, `at` its distance from the start
    of that line in m, `left` on which side of it. `whole`: not cut by water.
    """

    spans: Spans
    geometry: Geometries
    event: Ints
    leaf: Ints
    kind: Ints
    front: Floats
    depth: Floats
    area: Floats
    line: Ints
    at: Floats
    left: Bools
    whole: Bools

    def __len__(self) -> int:
        return len(self.leaf)


@dataclass(slots=True)
class City:
    """Everything that is drawn once; the layers are written from it."""

    parcels: int
    seed: int
    radius: float
    warp: Warp
    plan: Plan
    water: Water
    leaves: Leaves
    strips: Strips
    cuts: Cuts
    fabric: Fabric
    events: Events
    today: Lots
    before: Lots
    left_out: Ints  # leaves whose lots are not surveyed yet

    def rng(self, what: int) -> np.random.Generator:
        """A random stream of its own for one purpose, so that one layer does not move another."""
        return np.random.default_rng([self.seed, what])


@dataclass(slots=True)
class _Draft:
    """A street plan that is large enough, before lots are drawn."""

    radius: float
    warp: Warp
    plan: Plan
    water: Water
    leaves: Leaves
    wet: Bools
    shore: Bools
    strips: Strips

    @property
    def room(self) -> int:
        """About how many lots there will be: of those at the water, less than half stay."""
        shore = self.shore[self.strips.leaf]
        return int(self.strips.lots[~shore].sum() + 0.45 * self.strips.lots[shore].sum())


def build(parcels: int, seed: int) -> City:
    """The city with exactly `parcels` lots of today. Raises InvalidParameter if that is too few or too many."""
    if not LEAST <= parcels <= MOST:
        raise InvalidParameter(
            f"A demo city has {LEAST:,} to {MOST:,} parcels, not {parcels:,}.",
            f"Thành phố mẫu có từ {LEAST} đến {MOST} thửa, không phải {parcels}.",
            where="parcels",
        )
    if seed < 0:
        raise InvalidParameter(f"The seed is a whole number from 0, not {seed}.", where="seed")
    spare = 1.0
    while True:
        draft = _fit(parcels, seed, spare)
        city = _settle(draft, parcels, seed)
        if city is not None:
            return city
        spare += 0.01


def _fit(parcels: int, seed: int, spare: float) -> _Draft:
    """The smallest plan tried that has room: 1 to 3 % more lots than asked for."""
    wanted = parcels * 1.015 * spare + 12
    radius = float(np.sqrt(parcels / _PER_HECTARE / np.pi) * 100)
    best: _Draft | None = None
    for _ in range(12):
        draft = _draft(radius, parcels, seed)
        enough = draft.room >= parcels * 1.007 * spare + 8
        if enough and (best is None or radius < best.radius):
            best = draft
        if enough and draft.room <= wanted * 1.02 + 40:
            break
        radius *= float(np.sqrt(wanted / max(draft.room, 1)))
    return best if best is not None else _fit(parcels, seed, spare * 1.1)


def _draft(radius: float, parcels: int, seed: int) -> _Draft:
    rng = np.random.default_rng([seed, 0])
    warp, water = draw_warp(radius, rng), draw_water(radius, rng)
    plan = mesh(radius, rng)
    grow(plan, radius, int(np.clip(7 + parcels / 5600, 7, 220)), rng)
    leaves = make_leaves(plan.cells, plan.lines, warp, rng)
    ground = shapely.polygons(warp(leaves.quad.reshape(-1, 2)).reshape(-1, 4, 2))
    shapely.prepare(water.taken)
    near = shapely.dwithin(water.taken, ground, 4.0)
    wet = np.zeros(len(leaves), np.bool_)
    wet[near] = shapely.covers(water.taken, ground[near])
    return _Draft(radius, warp, plan, water, leaves, wet, near & ~wet, make_strips(leaves, wet))


def _settle(draft: _Draft, parcels: int, seed: int) -> City | None:
    """Lots for the plan; None if there are too few after all."""
    rng = np.random.default_rng([seed, 1])
    leaves, strips = draft.leaves, draft.strips
    cuts, events = make_cuts(strips, leaves, ~draft.shore, rng)
    fabric = weave(leaves, strips, cuts, draft.warp, rng)
    spans = current(cuts)
    geometry, whole, there = _ashore(polygons(*rings(fabric, spans)), draft, strips.leaf[spans.strip])
    corner = fabric.xy[fabric.fore[spans.start]], fabric.xy[fabric.fore[spans.end]]
    there &= np.linalg.norm(corner[1] - corner[0], axis=1) >= _LEAST_FRONT
    kept = _surveyed(draft, spans, there, parcels, rng)
    if kept is None:
        return None
    made = _makers(events, cuts)
    events, event = _complete(events, made[spans.start], kept)
    today = _lots(draft, (fabric, cuts), spans.take(kept), geometry[kept], event[kept], whole[kept])
    which, start, end = events.before()
    former = Spans(cuts.strip[start], start, end)
    before = _lots(
        draft, (fabric, cuts), former, polygons(*rings(fabric, former)), which, np.ones(len(which), np.bool_)
    )
    there[kept] = False
    left_out = np.unique(strips.leaf[spans.strip[there]])
    return City(
        parcels, seed, draft.radius, draft.warp, draft.plan, draft.water, leaves, strips, cuts, fabric, events, today, before, left_out
    )  # fmt: skip


def _ashore(geometry: Geometries, draft: _Draft, leaf: Ints) -> tuple[Geometries, Bools, Bools]:
    """Lots without what the water takes; which are whole; which are left at all."""
    whole, there = np.ones(len(geometry), np.bool_), np.ones(len(geometry), np.bool_)
    near = np.flatnonzero(draft.shore[leaf])
    near = near[shapely.intersects(draft.water.taken, geometry[near])]
    before = shapely.area(geometry[near])
    left = shapely.difference(geometry[near], draft.water.taken)
    left = shapely.transform(_largest(left), lambda xy: np.round(xy, 3))
    fit = (shapely.area(left) > 0.5 * before) & shapely.is_valid(left)
    fit[fit] = _narrowest(left[fit]) >= _LEAST_FRONT
    whole[near], there[near] = False, fit
    geometry[near[fit]] = shapely.multipolygons(left[fit, None])
    there &= shapely.is_valid(geometry)
    return geometry, whole, there


def _largest(shapes: Geometries) -> Geometries:
    """The largest polygon of each."""
    parts, index = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), index))
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    first = order[np.unique(index[order], return_index=True)[1]]
    result[index[first]] = parts[first]
    return result


def _narrowest(shapes: Geometries) -> Floats:
    """The shorter side of the smallest rectangle around each, m."""
    corner = shapely.get_coordinates(shapely.get_exterior_ring(shapely.oriented_envelope(shapes))).reshape(-1, 5, 2)
    side = np.linalg.norm(corner[:, 1:3] - corner[:, 0:2], axis=2)
    result: Floats = side.min(axis=1)
    return result


def _surveyed(draft: _Draft, spans: Spans, there: Bools, parcels: int, rng: np.random.Generator) -> Ints | None:
    """The lots to keep: all fields and works, then quarter by quarter, the last one leaf by leaf.

    What is left out, on one side of the city, is land that is not surveyed yet.
    """
    leaf = draft.strips.leaf[spans.strip]
    cells = draft.leaves.cells
    middle, heading = cells.quad.mean(axis=1), rng.uniform(0, 2 * np.pi)
    away = middle @ np.array((np.cos(heading), np.sin(heading))) + 0.4 * np.linalg.norm(middle, axis=1)
    total, count = np.bincount(cells.quarter, away), np.bincount(cells.quarter)
    quarter = total / np.maximum(count, 1)
    open_land = np.isin(cells.kind, (Kind.PADDY, Kind.INDUSTRY))
    rank = np.empty(len(away), np.int64)
    rank[np.lexsort((away, quarter[cells.quarter], ~open_land))] = np.arange(len(away))
    usable = np.flatnonzero(there)
    order = usable[np.argsort(rank[leaf[usable]], kind="stable")]
    return np.sort(order[:parcels]) if len(order) >= parcels else None


def _makers(events: Events, cuts: Cuts) -> Ints:
    """For each cut, the event that made the lot of today that starts there; -1 if none did."""
    made = np.full(len(cuts) + 1, -1, np.int64)
    for event in range(len(events)):
        made[events.start[event] : events.end[event]] = event
    return made


def _complete(events: Events, event: Ints, kept: Ints) -> tuple[Events, Ints]:
    """Only events all of whose lots are kept, renumbered; lots of others have always been as they are."""
    all_ = np.bincount(event[event >= 0], minlength=len(events))
    left = np.bincount(event[kept][event[kept] >= 0], minlength=len(events))
    sound = (all_ > 0) & (all_ == left)
    number = np.append(np.where(sound, np.cumsum(sound) - 1, -1), -1)  # the last is for lots that no event made
    return events.take(sound), number[event]


def _lots(
    draft: _Draft, woven: tuple[Fabric, Cuts], spans: Spans, geometry: Geometries, event: Ints, whole: Bools
) -> Lots:
    """Measures of lots."""
    strips, leaves, lines = draft.strips, draft.leaves, draft.plan.lines
    fabric, cuts = woven
    leaf = strips.leaf[spans.strip]
    corner = [
        fabric.xy[i]
        for i in (fabric.fore[spans.start], fabric.fore[spans.end], fabric.rear[spans.start], fabric.rear[spans.end])
    ]
    front = np.linalg.norm(corner[1] - corner[0], axis=1)
    depth = np.linalg.norm((corner[2] + corner[3] - corner[0] - corner[1]) / 2, axis=1)
    side = SIDE_OF[strips.face[spans.strip]]
    line = leaves.line[leaf, side]
    place = along(leaves, strips, spans.strip, (cuts.fore[spans.start] + cuts.fore[spans.end]) / 2)
    share = np.where((side == 0) | (side == 1), place, 1 - place)
    here = leaves.quad[leaf, side] * (1 - share[:, None]) + leaves.quad[leaf, (side + 1) % 4] * share[:, None]
    run = lines.end[line] - lines.start[line]
    run /= np.linalg.norm(run, axis=1)[:, None]
    gap = here - lines.start[line]
    at = (gap * run).sum(axis=1)
    left = run[:, 0] * gap[:, 1] - run[:, 1] * gap[:, 0] > 0
    return Lots(
        spans,
        geometry,
        event,
        leaf,
        leaves.cells.kind[leaf],
        front,
        depth,
        shapely.area(geometry),
        line,
        at,
        left,
        whole,
    )
