"""The street plan: a mesh of radial avenues and ring roads, each cell split again and again down to the alley.

Every cell is a quadrilateral. A split is a line across a cell, and the line is a street; so the plan is a tree of cells
and a list of lines. All work is done level by level on arrays. Coordinates are plan metres (see `gis.demo.warp`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from gis.demo.kinds import SHAPES, Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

AVENUE, STREET, ROAD, LOCAL, LANE, ALLEY = range(6)
"""Ranks of lines, broad to narrow. LANE and ALLEY are hẻm."""


@dataclass(slots=True)
class Lines:
    """Streets and alleys: from `start` (on the parent line) to `end`, each (n, 2). `width` now and `planned`, in m."""

    start: Floats
    end: Floats
    width: Floats
    planned: Floats
    rank: Ints
    parent: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.width)


@dataclass(slots=True)
class Cells:
    """Quadrilaterals `quad` (n, 4, 2), counter-clockwise; `side` (n, 4) the line of each side, the first from corner 0 to 1.

    `parts` (n, 2) is into how many the cell is still to be cut along and across `along` (0: sides 0 and 2 are long).
    """

    quad: Floats
    side: Ints
    commune: Ints
    quarter: Ints
    block: Ints
    kind: Ints
    along: Ints
    parts: Ints
    single: Bools

    def __len__(self) -> int:
        return len(self.quad)

    def take(self, which: Ints | Bools) -> Cells:
        """The cells at these indices."""
        return Cells(*(getattr(self, f.name)[which] for f in fields(self)))


Style = Callable[[Cells, np.random.Generator], tuple[Floats, Floats, Ints]]
"""Width now, lộ giới and rank of the lines that cut these cells."""


def join(pieces: list[Cells]) -> Cells:
    """All cells of several arrays, in that order."""
    return Cells(*(np.concatenate([getattr(p, f.name) for p in pieces]) for f in fields(Cells)))


@dataclass(frozen=True, slots=True)
class Cut:
    """Where cells are cut: across `axis` (0 cuts sides 0 and 2), at shares `at` (n, 2), by a line of `rank`."""

    axis: Ints
    at: Floats
    rank: Ints
    width: Floats
    planned: Floats


class Plan:
    """The growing street plan: lines are added, cells replaced by their parts."""

    def __init__(self, cells: Cells, lines: Lines) -> None:
        self.cells = cells
        self.lines = lines
        self.communes = cells
        self.blocks = cells

    def split(self, cells: Cells, cut: Cut) -> tuple[Cells, Cells]:
        """The two parts of each cell; the lines between them become part of the plan."""
        q, s, low = cells.quad, cells.side, cut.axis == 0
        first = np.where(
            low[:, None], _between(q[:, 0], q[:, 1], cut.at[:, 0]), _between(q[:, 0], q[:, 3], cut.at[:, 0])
        )
        second = np.where(
            low[:, None], _between(q[:, 3], q[:, 2], cut.at[:, 1]), _between(q[:, 1], q[:, 2], cut.at[:, 1])
        )
        near = np.where(low, s[:, 0], s[:, 3])
        far = np.where(low, s[:, 2], s[:, 1])
        new = self._add(first, second, near, far, cut, cells.kind)
        one, two = cells.take(np.arange(len(cells))), cells.take(np.arange(len(cells)))
        u, v = np.flatnonzero(low), np.flatnonzero(~low)
        one.quad[u, 1], one.quad[u, 2], one.side[u, 1] = first[u], second[u], new[u]
        two.quad[u, 0], two.quad[u, 3], two.side[u, 3] = first[u], second[u], new[u]
        one.quad[v, 3], one.quad[v, 2], one.side[v, 2] = first[v], second[v], new[v]
        two.quad[v, 0], two.quad[v, 1], two.side[v, 0] = first[v], second[v], new[v]
        return one, two

    def _add(self, first: Floats, second: Floats, near: Ints, far: Ints, cut: Cut, kind: Ints) -> Ints:
        lines = self.lines
        turned = lines.rank[far] < lines.rank[near]  # a street starts, and is numbered, from the greater one
        n = len(lines)
        self.lines = Lines(
            np.concatenate((lines.start, np.where(turned[:, None], second, first))),
            np.concatenate((lines.end, np.where(turned[:, None], first, second))),
            np.concatenate((lines.width, cut.width)),
            np.concatenate((lines.planned, np.maximum(cut.planned, cut.width))),
            np.concatenate((lines.rank, cut.rank)),
            np.concatenate((lines.parent, np.where(turned, far, near))),
            np.concatenate((lines.kind, kind)),
        )
        return np.arange(n, n + len(first), dtype=np.int64)


def _between(a: Floats, b: Floats, t: Floats) -> Floats:
    result: Floats = a + (b - a) * t[:, None]
    return result


def sizes(quad: Floats) -> tuple[Floats, Floats]:
    """Mean length of sides 0 and 2, and of sides 1 and 3, in metres."""
    side = np.linalg.norm(np.roll(quad, -1, axis=1) - quad, axis=2)
    return (side[:, 0] + side[:, 2]) / 2, (side[:, 1] + side[:, 3]) / 2


def areas(quad: Floats) -> Floats:
    """Areas in m2."""
    x, y = quad[:, :, 0], quad[:, :, 1]
    result: Floats = 0.5 * np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))
    return result


def inset(quad: Floats, by: Floats) -> Floats:
    """Quadrilaterals whose sides have moved inwards by `by` (n, 4) metres."""
    edge = np.roll(quad, -1, axis=1) - quad
    edge /= np.linalg.norm(edge, axis=2)[:, :, None]
    normal = np.stack((-edge[:, :, 1], edge[:, :, 0]), axis=2)
    origin = quad + normal * by[:, :, None]
    last, last_edge = np.roll(origin, 1, axis=1), np.roll(edge, 1, axis=1)
    gap = origin - last
    cross = last_edge[:, :, 0] * edge[:, :, 1] - last_edge[:, :, 1] * edge[:, :, 0]
    t = (gap[:, :, 0] * edge[:, :, 1] - gap[:, :, 1] * edge[:, :, 0]) / cross
    result: Floats = last + last_edge * t[:, :, None]
    return result


def mesh(radius: float, rng: np.random.Generator) -> Plan:
    """Four cells in the middle and eight around them, in a ring road: the radial frame of the city."""
    turn = rng.uniform(0, np.pi / 4)
    angle = turn + np.arange(8) * np.pi / 4 + rng.uniform(-0.12, 0.12, 8)
    inner = 0.27 * radius * np.where(np.arange(8) % 2 == 0, 1.25, 0.95) * rng.uniform(0.92, 1.08, 8)
    outer = radius * rng.uniform(0.93, 1.07, 8)
    direction = np.column_stack((np.cos(angle), np.sin(angle)))
    points = np.concatenate(
        (rng.normal(0, 0.02 * radius, (1, 2)), direction * inner[:, None], direction * outer[:, None])
    )
    quads = [[1 + i, 1 + (i + 1) % 8, 0, 1 + (i - 1) % 8] for i in range(0, 8, 2)]
    quads += [[1 + i, 9 + i, 9 + (i + 1) % 8, 1 + (i + 1) % 8] for i in range(8)]
    number: dict[tuple[int, int], int] = {}
    side = [
        [number.setdefault((min(e), max(e)), len(number)) for e in zip(q, q[1:] + q[:1], strict=True)] for q in quads
    ]
    ends = np.array(list(number))
    broad = avenue_width(radius)
    n, m = len(number), len(quads)
    lines = Lines(
        points[ends[:, 0]], points[ends[:, 1]], np.full(n, broad), np.full(n, planned_avenue(radius)),
        np.zeros(n, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64),
    )  # fmt: skip
    none = np.full(m, -1, np.int64)
    cells = Cells(
        points[np.array(quads)], np.array(side, dtype=np.int64), none, none.copy(), none.copy(), none.copy(),
        np.zeros(m, np.int64), np.ones((m, 2), np.int64), np.zeros(m, np.bool_),
    )  # fmt: skip
    return Plan(cells, lines)


def avenue_width(radius: float) -> float:
    """Width in m of avenues: a small town has no boulevards."""
    return float(np.clip(13 + radius / 230, 14, 40))


def planned_avenue(radius: float) -> float:
    """Lộ giới in m of avenues."""
    return float(np.ceil(avenue_width(radius) * 1.15 / 5) * 5)


def grow(plan: Plan, radius: float, communes: int, rng: np.random.Generator) -> None:
    """From the mesh to leaves: communes, quarters with their kinds, blocks between streets, leaves between alleys."""
    total = float(areas(plan.cells.quad).sum())
    _split_by_area(plan, radius, lambda q: _commune_limit(q, radius, total / communes), rng)
    plan.cells.commune = np.arange(len(plan.cells))
    plan.communes = plan.cells
    quarter = float(np.clip(total / 60, 11_000, 280_000))
    _split_by_area(plan, radius, lambda q: np.full(len(q), quarter), rng)
    plan.cells.quarter = np.arange(len(plan.cells))
    plan.cells.kind = zone_kinds(plan.cells.quad, radius, rng)
    _order_parts(plan.cells, "block", rng)
    _cut_to_parts(plan, _street_cut, rng)
    plan.cells.block = np.arange(len(plan.cells))
    plan.cells.single = _singles(plan.cells, 0, rng)
    _order_parts(plan.cells, "leaf", rng)
    plan.cells.parts[plan.cells.single] = 1
    plan.blocks = plan.cells
    _cut_to_parts(plan, _alley_cut, rng)
    plan.cells.single |= _singles(plan.cells, 1, rng)


def _singles(cells: Cells, which: int, rng: np.random.Generator) -> Bools:
    """Cells that are one lot (a school, a market, a park): the share of `Shape.single`, none larger than 2.2 ha."""
    share = np.array([SHAPES[k].single[which] for k in Kind])[cells.kind]
    most = np.where(cells.kind == Kind.INDUSTRY, 60_000, 22_000)
    result: Bools = (rng.random(len(cells)) < share) & (areas(cells.quad) < most)
    return result


def _commune_limit(quad: Floats, radius: float, mean: float) -> Floats:
    """Communes are small in the middle and large at the edge, as their people are."""
    away = np.linalg.norm(quad.mean(axis=1), axis=1) / radius
    result: Floats = mean * (0.75 + 1.9 * away**2)
    return result


def _split_by_area(plan: Plan, radius: float, limit: Callable[[Floats], Floats], rng: np.random.Generator) -> None:
    """Cut the longer way until no cell is larger than its limit."""
    done: list[Cells] = []
    cells, total = plan.cells, float(areas(plan.cells.quad).sum())
    while len(cells):
        size = areas(cells.quad)
        small = size <= limit(cells.quad)
        done.append(cells.take(small))
        cells, size = cells.take(~small), size[~small]
        if not len(cells):
            break
        n = len(cells)
        u, v = sizes(cells.quad)
        middle = rng.uniform(0.4, 0.6, n)
        at = np.clip(middle[:, None] + rng.normal(0, 0.05, (n, 2)), 0.3, 0.7)
        great = size > total / 26
        rank = np.where(great, AVENUE, STREET)
        width = np.where(great, avenue_width(radius), np.clip(10 + radius / 420, 11, 24) * rng.uniform(0.85, 1.15, n))
        planned = np.where(great, planned_avenue(radius), np.ceil(width * rng.uniform(1.0, 1.35, n) / 2) * 2)
        cut = Cut(np.where(u >= v, 0, 1), at, rank, width, planned)
        cells = join(list(plan.split(cells, cut)))
    plan.cells = join(done)


def zone_kinds(quad: Floats, radius: float, rng: np.random.Generator) -> Ints:
    """A kind for every quarter: by distance from the middle, direction and patches, in the shares of `SHAPES`."""
    centre = quad.mean(axis=1) / radius
    away, size = np.linalg.norm(centre, axis=1), areas(quad)
    kind = np.full(len(quad), int(Kind.DENSE), dtype=np.int64)
    free = np.ones(len(quad), np.bool_)
    works = rng.uniform(0, 2 * np.pi)
    side = centre @ np.array((np.cos(works), np.sin(works)))
    scores = (
        (Kind.CORE, -away),
        (Kind.INDUSTRY, side - 1.1 * np.abs(away - 0.72) + 0.35 * _patches(centre, 2.6, rng)),
        (Kind.PADDY, away + 0.22 * _patches(centre, 2.0, rng)),
        (Kind.VILLA, _patches(centre, 3.4, rng) - 0.8 * np.abs(away - 0.5)),
        (Kind.NEW, _patches(centre, 3.0, rng) - 0.9 * np.abs(away - 0.62)),
        (Kind.SUBURB, away + 0.25 * _patches(centre, 2.5, rng)),
    )
    for what, score in scores:
        order = np.flatnonzero(free)[np.argsort(-score[free], kind="stable")]
        reach = np.cumsum(size[order]) - size[order] / 2
        chosen = order[reach <= SHAPES[what].share * size.sum()]
        chosen = order[:1] if not len(chosen) else chosen
        kind[chosen], free[chosen] = int(what), False
    return kind


def _patches(at: Floats, frequency: float, rng: np.random.Generator) -> Floats:
    """Smooth noise of about -1 to 1 at points (n, 2)."""
    total = np.zeros(len(at))
    for _ in range(5):
        heading, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = frequency * rng.uniform(0.7, 1.6) * np.pi
        total += np.sin(wave * (at[:, 0] * np.cos(heading) + at[:, 1] * np.sin(heading)) + phase)
    return total / 2.5


def _order_parts(cells: Cells, what: str, rng: np.random.Generator) -> None:
    """Into how many parts each cell is to be cut, from the sizes of its kind; which way the parts lie is drawn."""
    u, v = sizes(cells.quad)
    length, depth = (np.array([getattr(SHAPES[k], what)[i] for k in Kind], dtype=float)[cells.kind] for i in (0, 1))
    gap = column_lane()[cells.kind] if what == "leaf" else 12.0
    turned = rng.random(len(cells)) < 0.35
    cells.along = np.where((u >= v) ^ turned, 0, 1)
    long, deep = np.where(cells.along == 0, u, v), np.where(cells.along == 0, v, u)
    cells.parts = np.column_stack((_rounded(long / (length + gap), rng), _rounded(deep / (depth + gap), rng)))


def column_lane() -> Floats:
    """Mean alley width of each kind."""
    return np.array([sum(SHAPES[k].lane) / 2 for k in Kind])


def _rounded(value: Floats, rng: np.random.Generator) -> Ints:
    result: Ints = np.maximum(1, np.floor(value + rng.uniform(0.35, 0.65, len(value)))).astype(np.int64)
    return result


def _cut_to_parts(plan: Plan, style: Style, rng: np.random.Generator) -> None:
    done: list[Cells] = []
    cells = plan.cells
    while len(cells):
        ready = (cells.parts == 1).all(axis=1)
        done.append(cells.take(ready))
        cells = cells.take(~ready)
        n = len(cells)
        if not n:
            break
        across = (cells.parts[:, 1] > 1) & ((cells.parts[:, 0] == 1) | (rng.random(n) < 0.55))
        way = np.where(across, 1, 0)
        count = cells.parts[np.arange(n), way]
        less = np.where(rng.random(n) < 0.5, count // 2, count - count // 2)
        slack = np.where(across, 0.05, 0.1) / count
        at = (less / count)[:, None] + rng.uniform(-1, 1, (n, 2)) * slack[:, None]
        at += (rng.uniform(-1, 1, n) * slack)[:, None]
        width, planned, rank = style(cells, rng)
        one, two = plan.split(cells, Cut(np.where(across, 1 - cells.along, cells.along), at, rank, width, planned))
        one.parts[np.arange(n), way], two.parts[np.arange(n), way] = less, count - less
        cells = join([one, two])
    plan.cells = join(done)


def _street_cut(cells: Cells, rng: np.random.Generator) -> tuple[Floats, Floats, Ints]:
    """Streets between blocks: width now, lộ giới and rank."""
    n = len(cells)
    main = cells.parts.prod(axis=1) > 6
    rural = (cells.kind == Kind.PADDY) | (cells.kind == Kind.SUBURB)
    base = np.where(main, rng.uniform(11, 16, n), rng.uniform(7, 11, n))
    width = np.where(rural, base * 0.7, np.where(cells.kind == Kind.INDUSTRY, 18.0, base))
    planned = np.choose(rng.integers(0, 3, n), (width, np.ceil(width / 2) * 2, np.ceil(width * 1.25 / 2) * 2))
    fixed = (cells.kind == Kind.NEW) | (cells.kind == Kind.VILLA) | (cells.kind == Kind.INDUSTRY)
    width = np.where(fixed, np.ceil(width), width)
    return width, np.where(fixed, width, np.maximum(planned, 6.0)), np.where(main, ROAD, LOCAL)


def _alley_cut(cells: Cells, rng: np.random.Generator) -> tuple[Floats, Floats, Ints]:
    """Alleys within blocks: width now, lộ giới and rank."""
    n = len(cells)
    main = cells.parts.prod(axis=1) > 4
    lane = np.array([SHAPES[k].lane for k in Kind])[cells.kind]
    width = np.where(main, lane[:, 0], lane[:, 1]) * rng.uniform(0.75, 1.3, n)
    planned = np.choose(np.searchsorted((2.6, 3.4, 4.4, 5.8), width), (3.5, 4.0, 5.0, 6.0, 8.0))
    return width, np.maximum(planned, width), np.where(main, LANE, ALLEY)
