"""What became of the ground between two states of a layer of polygons. Projected CRS, metres.

The outlines of both states cut the ground into faces, each wholly inside or outside of every feature. So faces neither
overlap nor leave gaps, their areas add up, and the way back is the same with both sides exchanged.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.ops.pieces import TOLERANCE, Bools, Floats, Objects, Pieces, slivers, wholes
from gis.ops.table import objects

type Values = tuple[str | None, ...]
"""What stands on a piece of ground, sorted, each once; None is a feature without a value. Empty: no feature is there."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Features of one moment: `key` (n,) tells which feature, `value` (n,) is a text or None, `shape` (n,) polygons."""

    key: Objects
    value: Objects
    shape: Objects


@dataclass(frozen=True, slots=True, eq=False)
class Became:
    """Ground of one kind that became another: its parts, the largest first, with their areas in m2; none is a sliver."""

    before: Values
    after: Values
    parts: Objects
    areas: Floats

    @property
    def area(self) -> float:
        return float(self.areas.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A feature of both states with other limits: `gained` and `lost` in m2."""

    key: str
    gained: float
    lost: float


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What became of the features within the place, by key: those of one state only, and those with other limits or values."""

    appeared: tuple[str, ...]
    went: tuple[str, ...]
    moved: tuple[Moved, ...]
    revalued: tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """`became`: the largest first. `slivers`: m2 of the changed ground that lies in parts too small or too thin to count."""

    became: tuple[Became, ...]
    slivers: float
    features: Features


def changed_ground(before: State, after: State, within: shapely.Geometry) -> Change:
    """What is different within the polygon. Where features of one state overlap, the ground has the values of all."""
    shapely.prepare(within)
    concerned = _concerned(before, after)
    faces = _faces([state.shape[keep] for state, keep in zip((before, after), concerned, strict=True)], within)
    then, now = (
        _on(faces, state.value[keep], state.shape[keep]) for state, keep in zip((before, after), concerned, strict=True)
    )
    grouped: dict[tuple[Values, Values], list[int]] = defaultdict(list)
    for face, sides in enumerate(zip(then, now, strict=True)):
        if sides[0] != sides[1]:
            grouped[sides].append(face)
    became, small = [], 0.0
    for (old, new), rows in grouped.items():
        parts = _parts(faces[rows])
        small += float(parts.area.sum())
        parts = parts.only(~slivers(parts))
        small -= float(parts.area.sum())
        if len(parts.area):
            became.append(Became(old, new, parts.geometry, parts.area))
    became.sort(key=lambda one: (-round(one.area, 2), _order(one.before), _order(one.after)))
    return Change(tuple(became), max(small, 0.0), _features(before, after, within))


def _order(values: Values) -> tuple[str, ...]:
    return tuple("\uffff" if value is None else value for value in values)


def _concerned(before: State, after: State) -> tuple[Bools, Bools]:
    """The features that are not the same in both states, and those that lie on the ground of one of them."""
    marks = [
        objects([(bytes(shape), value) for shape, value in zip(shapely.to_wkb(state.shape), state.value, strict=True)])
        for state in (before, after)
    ]
    sets = [set(one) for one in marks]
    differs = [
        np.array([mark not in other for mark in own], dtype=bool)
        for own, other in ((marks[0], sets[1]), (marks[1], sets[0]))
    ]
    tree = shapely.STRtree(np.concatenate([before.shape[differs[0]], after.shape[differs[1]]]))
    found = []
    for state, keep in zip((before, after), differs, strict=True):
        near = np.zeros(len(keep), dtype=bool)
        near[tree.query(state.shape, predicate="intersects")[0]] = True
        found.append(keep | near)
    return found[0], found[1]


def _faces(shapes: list[Objects], within: shapely.Geometry) -> Objects:
    """The pieces (n,) into which all outlines cut the polygon, those that lie in it."""
    lines = shapely.boundary(np.concatenate([*shapes, objects([within])]))
    # Whichever state comes first: the order, and with it every rounded crossing, is that of the outlines themselves.
    singles = np.array(sorted({bytes(wkb) for wkb in shapely.to_wkb(shapely.get_parts(lines))}), dtype=object)
    noded = shapely.union_all(shapely.from_wkb(singles))
    faces: Objects = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    return np.asarray(faces[shapely.intersects(within, shapely.point_on_surface(faces))], dtype=object)


def _on(faces: Objects, value: Objects, shape: Objects) -> list[Values]:
    """What stands on each face."""
    tree = shapely.STRtree(shapely.point_on_surface(faces))
    feature, face = tree.query(shape, predicate="contains")
    found: list[set[str | None]] = [set() for _ in faces]
    for one, there in zip(feature, face, strict=True):
        found[there].add(value[one])
    return [tuple(sorted(one, key=lambda text: (text is None, text or ""))) for one in found]


def _parts(faces: NDArray[np.object_]) -> Pieces:
    """The faces joined into parts, the largest first."""
    parts = objects(list(shapely.get_parts(shapely.coverage_union_all(faces))))
    area: Floats = np.asarray(shapely.area(parts), dtype=np.float64)
    place = shapely.bounds(parts)
    order = np.lexsort((place[:, 1], place[:, 0], -np.round(area, 4)))
    return wholes(parts[order])


def _features(before: State, after: State, within: shapely.Geometry) -> Features:
    rows = [_inside(state, within) for state in (before, after)]
    then, now = ({str(key): row for row, key in enumerate(state.key)} for state in (before, after))
    inside = [{str(state.key[row]) for row in there} for state, there in zip((before, after), rows, strict=True)]
    both = sorted((inside[0] | inside[1]) & then.keys() & now.keys())
    pairs = [(key, then[key], now[key]) for key in both]
    revalued = tuple(
        (key, before.value[old], after.value[new]) for key, old, new in pairs if before.value[old] != after.value[new]
    )
    return Features(
        appeared=tuple(sorted(inside[1] - then.keys())),
        went=tuple(sorted(inside[0] - now.keys())),
        moved=_moved(before, after, pairs, within),
        revalued=revalued,
    )


def _inside(state: State, within: shapely.Geometry) -> list[int]:
    """The features that have ground in the polygon, and do not only touch it."""
    meets = np.flatnonzero(shapely.intersects(within, state.shape))
    whole = shapely.covers(within, state.shape[meets])
    cut = meets[~whole]
    shared = shapely.area(shapely.intersection(state.shape[cut], within)) >= TOLERANCE.area
    return sorted([*meets[whole].tolist(), *cut[shared].tolist()])


def _moved(
    before: State, after: State, pairs: list[tuple[str, int, int]], within: shapely.Geometry
) -> tuple[Moved, ...]:
    """Those with other limits, the keys in order."""
    old, new = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (1, 2))
    shapes = before.shape[old], after.shape[new]
    differ = np.flatnonzero(shapely.to_wkb(shapes[0]) != shapely.to_wkb(shapes[1]))
    sides = shapes[0][differ], shapes[1][differ]
    gained = _size(shapely.difference(sides[1], sides[0]), within)
    lost = _size(shapely.difference(sides[0], sides[1]), within)
    return tuple(
        Moved(pairs[row][0], float(more), float(less))
        for row, more, less in zip(differ, gained, lost, strict=True)
        if more + less >= TOLERANCE.area
    )


def _size(shapes: Objects, within: shapely.Geometry) -> Floats:
    return np.asarray(shapely.area(shapely.intersection(shapes, within)), dtype=np.float64)


def uncovered(parts: Objects, complete: Objects) -> float:
    """Area in m2 of the parts, which lie apart, that no polygon of `complete` covers."""
    whole = float(shapely.area(parts).sum())
    if not len(complete):
        return whole
    shared = shapely.intersection(parts, shapely.union_all(complete))
    return max(whole - float(shapely.area(shared).sum()), 0.0)
