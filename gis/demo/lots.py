"""Lots as polygons: every vertex once, neighbours sharing all vertices of their common boundary.

Vertices are kept in one list; fronts, rear lines and party walls are runs of it, and a lot is four such runs: front, wall,
rear line backwards, wall backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.demo.kinds import column
from gis.demo.network import Bools, Floats, Ints
from gis.demo.strips import CAP_L, CAP_R, ROW_A, ROW_B, SIDE_OF, Cuts, Leaves, Strips
from gis.demo.warp import Warp

_CHUNK = 1 << 16


@dataclass(slots=True)
class Runs:
    """Runs of vertices: from `start`, `count` of them, `step` 1 or -1 apart."""

    start: Ints
    count: Ints
    step: Ints

    def take(self, which: Ints) -> Runs:
        """These runs."""
        return Runs(self.start[which], self.count[which], self.step[which])

    def backwards(self) -> Runs:
        """The same vertices from last to first."""
        return Runs(self.start + self.step * (self.count - 1), self.count, -self.step)


@dataclass(slots=True)
class Fabric:
    """`xy` (v, 2) ground coordinates of all vertices. For each cut: its `fore` and `rear` vertex and the `wall` between."""

    xy: Floats
    fore: Ints
    rear: Ints
    wall: Runs
    backwards: Bools  # of each strip: the rear line runs against the front


@dataclass(slots=True)
class Spans:
    """Lots: in `strip`, from cut `start` to cut `end`."""

    strip: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)

    def take(self, which: Ints | Bools) -> Spans:
        """These lots."""
        return Spans(self.strip[which], self.start[which], self.end[which])


@dataclass(slots=True)
class _Nodes:
    """Vertices of one sort in the making: leaf and plan coordinates within it."""

    leaf: Ints
    u: Floats
    v: Floats


def weave(leaves: Leaves, strips: Strips, cuts: Cuts, warp: Warp, rng: np.random.Generator) -> Fabric:
    """All vertices of all lots."""
    fronts, fore = _fronts(leaves, strips, cuts, rng)
    rears, rear, junction = _rears(leaves, strips, cuts, rng)
    walls, wall = _walls(leaves, strips, cuts, rng)
    rear += len(fronts.u)
    junction += len(fronts.u)
    wall.start += len(fronts.u) + len(rears.u)
    _lean_on_caps(leaves, strips, cuts, rear, junction, wall)
    leaf = np.concatenate((fronts.leaf, rears.leaf, walls.leaf))
    u, v = np.concatenate((fronts.u, rears.u, walls.u)), np.concatenate((fronts.v, rears.v, walls.v))
    against = (strips.face == ROW_A) | (strips.face == CAP_R)
    return Fabric(_ground(leaves, leaf, u, v, warp), fore, rear, wall, against)


def current(cuts: Cuts) -> Spans:
    """The lots of today."""
    real = np.flatnonzero(~cuts.past)
    same = cuts.strip[real[:-1]] == cuts.strip[real[1:]]
    start, end = real[:-1][same], real[1:][same]
    return Spans(cuts.strip[start], start, end)


def rings(fabric: Fabric, spans: Spans) -> tuple[Floats, Ints]:
    """Closed counter-clockwise rings of lots: coordinates (c, 2) and offsets (n + 1)."""
    a, b = spans.start, spans.end
    one = np.ones(len(spans), np.int64)
    front = Runs(fabric.fore[a], fabric.fore[b] - fabric.fore[a] + 1, one)
    away = np.where(fabric.backwards[spans.strip], -1, 1)
    back = Runs(fabric.rear[b], np.abs(fabric.rear[b] - fabric.rear[a]) + 1, away)
    parts = (front, fabric.wall.take(b), back, fabric.wall.take(a).backwards(), Runs(fabric.fore[a], one, one))
    start = np.column_stack([p.start for p in parts]).ravel()
    count = np.column_stack([p.count for p in parts])
    step = np.column_stack([p.step for p in parts]).ravel()
    offsets = np.concatenate(([0], np.cumsum(count.sum(axis=1))))
    return fabric.xy[_expand(start, count.ravel(), step)], offsets


def polygons(coordinates: Floats, offsets: Ints) -> NDArray[np.object_]:
    """MultiPolygons of one ring each."""
    each = np.arange(len(offsets), dtype=np.int64)
    result: NDArray[np.object_] = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, coordinates, (offsets, each, each)
    )
    return result


def _expand(start: Ints, count: Ints, step: Ints) -> Ints:
    """Concatenation of all runs."""
    ends = np.cumsum(count)
    inside = np.arange(count.sum()) - np.repeat(ends - count, count)
    result: Ints = np.repeat(start, count) + inside * np.repeat(step, count)
    return result


def _ground(leaves: Leaves, leaf: Ints, u: Floats, v: Floats, warp: Warp) -> Floats:
    """Ground coordinates; in chunks that stay in the processor's cache."""
    xy = np.empty((len(leaf), 2))
    for low in range(0, len(leaf), _CHUNK):
        part = slice(low, low + _CHUNK)
        q = leaves.quad[leaf[part]]
        a, b = u[part, None], v[part, None]
        plan = (q[:, 0] * (1 - a) + q[:, 1] * a) * (1 - b) + (q[:, 3] * (1 - a) + q[:, 2] * a) * b
        xy[part] = warp(plan)
    return xy


def along(leaves: Leaves, strips: Strips, strip: Ints, share: Floats) -> Floats:
    """u (rows) or v (caps) at a share of a strip's front; 0 and 1 give the ends exactly."""
    face, leaf = strips.face[strip], strips.leaf[strip]
    u0, u1 = leaves.u0[leaf], leaves.u1[leaf]
    low = np.choose(face, (u0, u1, np.ones(len(leaf)), np.zeros(len(leaf))))
    high = np.choose(face, (u1, u0, np.zeros(len(leaf)), np.ones(len(leaf))))
    result: Floats = low * (1 - share) + high * share
    return result


def _fronts(leaves: Leaves, strips: Strips, cuts: Cuts, rng: np.random.Generator) -> tuple[_Nodes, Ints]:
    """Vertices on streets: the cuts, and points between on wide lots and some narrow ones."""
    n = len(cuts)
    following = np.minimum(np.arange(n) + 1, n - 1)
    last = np.zeros(n, np.bool_)
    last[cuts.first[1:] - 1] = True
    wide = np.where(last, 0.0, (cuts.fore[following] - cuts.fore) * strips.front[cuts.strip])
    more = np.where(last, 0, np.maximum(np.minimum(wide / 7, 20).astype(np.int64), rng.random(n) < 0.45))
    count = more + 1
    index = np.cumsum(count) - count
    inside = np.arange(index[-1] + count[-1]) - np.repeat(index, count)
    t = inside / np.repeat(count, count)
    share = np.repeat(cuts.fore, count) * (1 - t) + np.repeat(cuts.fore[following], count) * t
    strip = np.repeat(cuts.strip, count)
    u, v = _place(leaves, strips, strip, along(leaves, strips, strip, share), np.zeros(len(strip)))
    return _Nodes(strips.leaf[strip], u, v), index


def _place(leaves: Leaves, strips: Strips, strip: Ints, at: Floats, depth: Floats) -> tuple[Floats, Floats]:
    """u and v of points `at` along a strip and `depth` (0 street to 1 rear line) into it."""
    face, leaf = strips.face[strip], strips.leaf[strip]
    row = face < CAP_L
    u0, u1 = leaves.u0[leaf], leaves.u1[leaf]
    rear = np.where(leaves.rows[leaf] == 2, _middle(leaves, leaf, at), 1.0)
    v = np.where(row, np.where(face == ROW_A, depth * rear, 1 - depth * (1 - rear)), at)
    u = np.where(row, at, np.where(face == CAP_L, depth * u0, 1 - depth * (1 - u1)))
    return u, v


def _middle(leaves: Leaves, leaf: Ints, u: Floats) -> Floats:
    """v of the line between two rows."""
    u0, u1 = leaves.u0[leaf], leaves.u1[leaf]
    t = (u - u0) / (u1 - u0)
    result: Floats = leaves.middle[leaf, 0] * (1 - t) + leaves.middle[leaf, 1] * t
    return result


def _rears(leaves: Leaves, strips: Strips, cuts: Cuts, rng: np.random.Generator) -> tuple[_Nodes, Ints, Ints]:
    """Vertices on rear lines; the rear vertex of every cut; and where rows end at the caps (leaf, 2; -1 without cap)."""
    strip, n = cuts.strip, len(cuts)
    face, leaf = strips.face[strip], strips.leaf[strip]
    at = along(leaves, strips, strip, cuts.rear)
    end = np.zeros(n, np.bool_)
    end[cuts.first[:-1]] = end[cuts.first[1:] - 1] = True
    line = leaf * 3 + np.maximum(face - 1, 0)
    size = leaves.length[leaf, SIDE_OF[face]]
    at = _apart(line, at, np.where(face == ROW_B, 1, 0), ~end & (face < CAP_L), 0.4 / size)
    capped_leaf, which = np.nonzero(leaves.cap > 0)
    present = np.zeros(len(leaves), np.bool_)
    present[strips.leaf] = True
    capped_leaf, which = capped_leaf[present[capped_leaf]], which[present[capped_leaf]]
    meet = leaves.middle[capped_leaf, which]
    near = leaves.middle[leaf, np.maximum(face - CAP_L, 0)]
    close = (face >= CAP_L) & ~end & (np.abs(at - near) < 0.4 / size)
    at = np.where(close, near + np.where(at < near, -0.4, 0.4) / size, at)
    own = ~((face == ROW_B) & end)  # row B ends where row A does
    lone, between = _between(leaves, strips, cuts, at)
    key = np.concatenate(
        (line[own] + 0.5 * at[own], capped_leaf * 3 + 1 + which + 0.5 * meet, lone * 3 + 0.5 * between)
    )
    order = np.argsort(key, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rear = np.full(n, -1, np.int64)
    rear[own] = rank[: own.sum()]
    junction = np.full((len(leaves), 2), -1, np.int64)
    junction[capped_leaf, which] = rank[own.sum() :][: len(meet)]
    _share_ends(strips, cuts, rear)
    nodes = _Nodes(
        np.concatenate((leaf[own], capped_leaf, lone))[order],
        np.concatenate((at[own], meet, between))[order],
        np.concatenate((face[own], which + CAP_L, np.full(len(lone), ROW_A)))[order],
    )
    still = np.zeros(len(meet) + len(lone), np.bool_)
    wobble = np.concatenate((~end[own] & (face[own] < CAP_L), still))[order]
    return _rear_places(leaves, nodes, wobble, rng), rear, junction


def _between(leaves: Leaves, strips: Strips, cuts: Cuts, at: Floats) -> tuple[Ints, Floats]:
    """Leaf and u of further vertices behind wide lots whose rear is on a street, which bends."""
    alone = (strips.face == ROW_A) & (leaves.rows[strips.leaf] == 1)
    cut = np.flatnonzero(alone[cuts.strip])
    cut = cut[cut + 1 < cuts.first[cuts.strip[cut] + 1]]
    wide = (at[cut + 1] - at[cut]) * strips.front[cuts.strip[cut]]
    more = np.minimum(wide / 8, 30).astype(np.int64)
    index = np.repeat(np.arange(len(cut)), more)
    t = (np.arange(len(index)) - np.repeat(np.cumsum(more) - more, more) + 1) / (more[index] + 1)
    low, high = at[cut[index]], at[cut[index] + 1]
    return strips.leaf[cuts.strip[cut[index]]], low * (1 - t) + high * t


def _rear_places(leaves: Leaves, nodes: _Nodes, wobble: Bools, rng: np.random.Generator) -> _Nodes:
    """From position along a rear line and face (in v) to u and v; free vertices wobble a little."""
    leaf, at, face = nodes.leaf, nodes.u, nodes.v.astype(np.int64)
    deep = (leaves.length[leaf, 1] + leaves.length[leaf, 3]) / 2
    bend = np.minimum(column("kink")[leaves.cells.kind[leaf]] * 1.3 / deep, 0.02)
    two = leaves.rows[leaf] == 2
    middle = _middle(leaves, leaf, at) + np.where(wobble, rng.uniform(-1, 1, len(leaf)) * bend, 0.0)
    # At the ends the exact value of the junction, whatever the arithmetic in between.
    middle = np.where(
        at == leaves.u0[leaf], leaves.middle[leaf, 0], np.where(at == leaves.u1[leaf], leaves.middle[leaf, 1], middle)
    )
    u = np.choose(face, (at, at, leaves.u0[leaf], leaves.u1[leaf]))
    return _Nodes(leaf, u, np.where(face < CAP_L, np.where(two, middle, 1.0), at))


def _apart(line: Ints, at: Floats, side: Ints, free: Bools, gap: Floats) -> Floats:
    """Moves cuts of the second row (`side` 1) that nearly meet one of the first, so that no boundary is shorter than `gap`."""
    first, second = np.flatnonzero(free & (side == 0)), np.flatnonzero(free & (side == 1))
    if not len(first) or not len(second):
        return at
    keys = line[first] + 0.5 * at[first]
    order = np.argsort(keys, kind="stable")
    keys, sorted_first = keys[order], first[order]
    found = np.searchsorted(keys, line[second] + 0.5 * at[second])
    at = at.copy()
    for candidate in (np.clip(found - 1, 0, len(keys) - 1), np.clip(found, 0, len(keys) - 1)):
        other = sorted_first[candidate]
        away = at[second] - at[other]
        close = (line[second] == line[other]) & (np.abs(away) < gap[second])
        at[second] = np.where(close, at[other] + np.where(away < 0, -gap[second], gap[second]), at[second])
    return at


def _share_ends(strips: Strips, cuts: Cuts, rear: Ints) -> None:
    """Row B starts where row A of the same leaf ends, and the other way round."""
    b = np.flatnonzero(strips.face == ROW_B)
    a = b - 1  # strips are sorted by leaf and face
    rear[cuts.first[b]] = rear[cuts.first[a + 1] - 1]
    rear[cuts.first[b + 1] - 1] = rear[cuts.first[a]]


def _walls(leaves: Leaves, strips: Strips, cuts: Cuts, rng: np.random.Generator) -> tuple[_Nodes, Runs]:
    """Vertices of walls between front and rear: two kinks in party walls, the corner and points between in end walls."""
    n = len(cuts)
    face, leaf = strips.face[cuts.strip], strips.leaf[cuts.strip]
    first, last = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    first[cuts.first[:-1]] = last[cuts.first[1:] - 1] = True
    deep = _depth(leaves, strips)[cuts.strip]
    leaning = (leaves.cap[leaf, 0] > 0) & np.where(face == ROW_A, first, (face == ROW_B) & last)
    leaning |= (leaves.cap[leaf, 1] > 0) & np.where(face == ROW_A, last, (face == ROW_B) & first)
    corner = np.where(first, strips.chamfer[cuts.strip, 0], np.where(last, strips.chamfer[cuts.strip, 1], 0.0)) / deep
    free = ~(first | last)
    straight = np.minimum(deep / 9, 24).astype(np.int64)
    count = np.where(leaning, 0, np.where(free, 2, straight + (corner > 0)))
    start = np.cumsum(count) - count
    cut = np.repeat(np.arange(n), count)
    inside = np.arange(len(cut)) - start[cut]
    shift = np.where(corner[cut] > 0, inside, inside + 1)
    t = np.where(
        free[cut],
        (inside + 1) / 3 + rng.uniform(-0.06, 0.06, len(cut)),
        corner[cut] + (1 - corner[cut]) * shift / (straight[cut] + 1),
    )
    bend = np.where(free[cut], column("kink")[leaves.cells.kind[leaf[cut]]] * rng.uniform(-1, 1, len(cut)), 0.0)
    share = np.where(free[cut], cuts.fore[cut] * (1 - t) + cuts.rear[cut] * t, cuts.rear[cut])
    share += bend / strips.front[cuts.strip[cut]]
    u, v = _place(leaves, strips, cuts.strip[cut], along(leaves, strips, cuts.strip[cut], share), t)
    return _Nodes(leaf[cut], u, v), Runs(start, count, np.ones(n, np.int64))


def _depth(leaves: Leaves, strips: Strips) -> Floats:
    """Depth of each strip in m."""
    leaf, face = strips.leaf, strips.face
    across = (leaves.length[leaf, 1] + leaves.length[leaf, 3]) / 2 / leaves.rows[leaf]
    long = np.minimum(leaves.length[leaf, 0], leaves.length[leaf, 2])
    result: Floats = np.where(face < CAP_L, across, leaves.cap[leaf, np.maximum(face - CAP_L, 0)] * long)
    return result


def _lean_on_caps(leaves: Leaves, strips: Strips, cuts: Cuts, rear: Ints, junction: Ints, wall: Runs) -> None:
    """The end walls of rows beside a cap are pieces of the cap's rear line."""
    strip_of = np.full((len(leaves), 4), -1, np.int64)
    strip_of[strips.leaf, strips.face] = np.arange(len(strips))
    for face in (ROW_A, ROW_B):
        for cap, end in ((CAP_L, 0), (CAP_R, 1)):
            leaf = np.flatnonzero((strip_of[:, cap] >= 0) & (strip_of[:, face] >= 0))
            row, side = strip_of[leaf, face], strip_of[leaf, cap]
            at_start = (face == ROW_A) == (cap == CAP_L)
            cut = cuts.first[row] if at_start else cuts.first[row + 1] - 1
            # Cap L counts down from v=1, cap R up from v=0; row A needs the vertex at v=0, row B the one at v=1.
            last = (cap == CAP_L) == (face == ROW_A)
            corner = rear[cuts.first[side + 1] - 1] if last else rear[cuts.first[side]]
            way = 1 if face == ROW_A else -1
            wall.start[cut] = corner + way
            wall.count[cut] = way * (junction[leaf, end] - corner) - 1
            wall.step[cut] = way
