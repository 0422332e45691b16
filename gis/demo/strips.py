"""Leaves of the street plan, the rows of lots in them, and the cuts between lots.

A leaf is the land between four streets. It holds one or two rows of lots, back to back, and perhaps a row at each end
that faces the street there (a cap). Plan coordinates within a leaf are u (along) and v (across), 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.demo.history import Events, draw_events, twin_cuts
from gis.demo.kinds import Kind, column
from gis.demo.network import LOCAL, Bools, Cells, Floats, Ints, Lines, inset
from gis.demo.warp import Warp

ROW_A, ROW_B, CAP_L, CAP_R = range(4)
"""Which side of the leaf a strip faces: v=0, v=1, u=0, u=1."""

SIDE_OF = np.array([0, 2, 3, 1])
"""The side of the leaf that each strip faces."""

_CORNERS = np.array([(0, 1), (2, 3), (3, 0), (1, 2)])
"""The corners at which each strip starts and ends."""

_LEAST_DEPTH = {
    Kind.CORE: 13,
    Kind.DENSE: 8.5,
    Kind.NEW: 12,
    Kind.VILLA: 14,
    Kind.INDUSTRY: 60,
    Kind.SUBURB: 15,
    Kind.PADDY: 35,
}


@dataclass(slots=True)
class Leaves:
    """`quad` (n, 4, 2) plan metres within the streets, side 0 along. `length` (n, 4) of its sides on the ground, m.

    `cap` (n, 2) depths of the end rows as shares of u; `middle` (n, 2) v of the rear line at both ends;
    `chamfer` (n, 4) at corners, m.
    """

    cells: Cells
    quad: Floats
    line: Ints
    length: Floats
    rows: Ints
    cap: Floats
    middle: Floats
    chamfer: Floats

    def __len__(self) -> int:
        return len(self.quad)

    @property
    def u0(self) -> Floats:
        """Where the rows start."""
        return self.cap[:, 0]

    @property
    def u1(self) -> Floats:
        """Where the rows end."""
        return np.where(self.cap[:, 1] > 0, 1.0 - self.cap[:, 1], 1.0)


@dataclass(slots=True)
class Strips:
    """Rows of lots: `leaf`, `face` (ROW_A…), `front` length m, `chamfer` (n, 2) m, `lots` at first; sorted by leaf."""

    leaf: Ints
    face: Ints
    front: Floats
    chamfer: Floats
    lots: Ints

    def __len__(self) -> int:
        return len(self.leaf)


@dataclass(slots=True)
class Cuts:
    """Lines between lots, in order along each strip; each strip has one at its start and one at its end.

    `fore` and `rear` are shares of the strip's front; `past`: no boundary any more. `first` (strips + 1) offsets.
    """

    strip: Ints
    fore: Floats
    rear: Floats
    past: Bools
    first: Ints

    def __len__(self) -> int:
        return len(self.strip)


def make_leaves(cells: Cells, lines: Lines, warp: Warp, rng: np.random.Generator) -> Leaves:
    """The land between the streets of every leaf cell; cells that the streets use up are left out."""
    quad = inset(cells.quad, lines.width[cells.side] / 2)
    usable = sound(cells.quad, quad)
    cells, quad = cells.take(usable), quad[usable]
    turned = cells.along == 1
    quad = np.where(turned[:, None, None], np.roll(quad, -1, axis=1), quad)
    line = np.where(turned[:, None], np.roll(cells.side, -1, axis=1), cells.side)
    corner = warp(quad.reshape(-1, 2)).reshape(-1, 4, 2)
    length = np.linalg.norm(np.roll(corner, -1, axis=1) - corner, axis=2)
    deep = (length[:, 1] + length[:, 3]) / 2
    least = np.array([_LEAST_DEPTH[k] for k in Kind])[cells.kind]
    rows = np.where((deep >= 2 * least) & ~cells.single, 2, 1)
    middle = 0.5 + rng.uniform(-0.07, 0.07, (len(cells), 2))
    street = lines.rank[line] <= LOCAL
    cap = _caps(cells, length, rows, street, rng)
    chamfer = _chamfers(cells, length, rows, street)
    return Leaves(cells, quad, line, length, rows, cap, middle, chamfer)


def sound(outer: Floats, inner: Floats) -> Bools:
    """Whether the inset cell still is one: every side keeps its direction and is 6 m long."""
    before, after = np.roll(outer, -1, axis=1) - outer, np.roll(inner, -1, axis=1) - inner
    length = np.linalg.norm(after, axis=2)
    result: Bools = ((before * after).sum(axis=2) > 0).all(axis=1) & (length > 6).all(axis=1)
    return result


def _caps(cells: Cells, length: Floats, rows: Ints, street: Bools, rng: np.random.Generator) -> Floats:
    """Depth of the end rows as a share of u: where a street passes the end of two rows."""
    depth = column("cap")[cells.kind][:, None] * rng.uniform(0.85, 1.15, (len(cells), 2))
    long = np.minimum(length[:, 0], length[:, 2])[:, None]
    wide = length[:, (3, 1)] >= 2.4 * column("front")[cells.kind][:, None]
    made = (depth > 0) & (rows[:, None] == 2) & street[:, (3, 1)] & wide & (long > 2.6 * depth)
    return np.where(made, depth / np.maximum(long, 1.0), 0.0)


def _chamfers(cells: Cells, length: Floats, rows: Ints, street: Bools) -> Floats:
    """Corners are cut off by 3 m between streets and by 1 m where an alley opens."""
    both, any_ = street & np.roll(street, 1, axis=1), street | np.roll(street, 1, axis=1)
    cut = np.where(both, 3.0, np.where(any_, 1.0, 0.0))
    cut[cells.kind == Kind.PADDY] = 0.0
    cut[rows == 1] = 0.0
    result: Floats = np.minimum(cut, 0.12 * length.min(axis=1)[:, None])
    return result


def make_strips(leaves: Leaves, wet: Bools) -> Strips:
    """The rows of every leaf that is not `wet`, sorted by leaf and face."""
    n = len(leaves)
    there = np.column_stack((np.ones(n, np.bool_), leaves.rows == 2, leaves.cap[:, 0] > 0, leaves.cap[:, 1] > 0))
    there &= ~wet[:, None]
    leaf, face = np.nonzero(there)
    span = (leaves.u1 - leaves.u0)[leaf]
    front = leaves.length[leaf, SIDE_OF[face]] * np.where(face < CAP_L, span, 1.0)
    chamfer = leaves.chamfer[leaf[:, None], _CORNERS[face]]
    for end in (0, 1):  # a row does not reach a corner that belongs to a cap
        capped = leaves.cap[leaf, end] > 0
        chamfer[capped & (face == ROW_A), end] = 0.0
        chamfer[capped & (face == ROW_B), 1 - end] = 0.0
    kind = leaves.cells.kind[leaf]
    usable = front - chamfer.sum(axis=1)
    lots = np.maximum(1, np.minimum(usable / column("lot")[kind], (usable - 1.0) / column("front")[kind])).astype(
        np.int64
    )
    lots[leaves.cells.single[leaf]] = 1
    return Strips(leaf, face, front, chamfer, lots)


def make_cuts(strips: Strips, leaves: Leaves, calm: Bools, rng: np.random.Generator) -> tuple[Cuts, Events]:
    """Where lots meet, and what happened to lots of `calm` leaves over the last ten years."""
    kind = leaves.cells.kind[strips.leaf]
    first = np.concatenate(([0], np.cumsum(strips.lots + 1)))
    strip = np.repeat(np.arange(len(strips)), strips.lots + 1)
    metres = _positions(strips, kind, first, rng)
    events = draw_events(strips.lots, first, kind, calm[strips.leaf], rng)
    place, twin = twin_cuts(events, metres, rng)
    events = events.after_inserting(place)
    past = np.zeros(len(strip), np.bool_)
    strip, metres, past = (
        np.insert(strip, place, strip[place]),
        np.insert(metres, place, twin),
        np.insert(past, place, False),
    )
    past[events.past_cuts()] = True
    first = np.searchsorted(strip, np.arange(len(strips) + 1))
    fore = metres / strips.front[strip]
    rear = fore + rng.uniform(-0.18, 0.18, len(fore)) / strips.front[strip]
    rear[first[:-1]], rear[first[1:] - 1] = 0.0, 1.0
    fore[first[:-1]] = strips.chamfer[:, 0] / strips.front
    fore[first[1:] - 1] = 1.0 - strips.chamfer[:, 1] / strips.front
    return Cuts(strip, fore, rear, past, first), events


def _positions(strips: Strips, kind: Ints, first: Ints, rng: np.random.Generator) -> Floats:
    """Distance of each cut from the start of its strip, m: the least front each, the rest shared unequally."""
    count = strips.lots
    lot = np.repeat(np.arange(len(strips)), count)
    spread, least = column("spread")[kind], column("front")[kind]
    weight = np.exp(spread[lot] * rng.normal(0, 0.8, len(lot)))
    ends = np.cumsum(count)
    total = np.add.reduceat(weight, ends - count)
    usable = strips.front - strips.chamfer.sum(axis=1)
    least = np.minimum(least, usable / count)
    width = least[lot] + weight / total[lot] * (usable - count * least)[lot]
    run = np.cumsum(width)
    before = np.concatenate(([0.0], run))[ends - count]
    metres = np.empty(first[-1])
    inner = np.ones(first[-1], np.bool_)
    inner[first[:-1]] = False
    metres[first[:-1]] = strips.chamfer[:, 0]
    metres[inner] = run - before[lot] + strips.chamfer[lot, 0]
    return metres
