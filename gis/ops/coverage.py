"""Neighbours that should share edges and nothing more: overlaps, containment and narrow gaps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

_TILE = 4_000  # polygons checked together
_NOTABLE = 5.0


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs (m,) of positions, first < second, whose interiors meet. `contained`: one lies wholly in the other."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    contained: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)


def overlaps(polygons: NDArray[np.object_], suspects: NDArray[np.bool_] | None = None) -> Overlaps:
    """All pairs of polygons whose interiors intersect, exactly; polygons that merely touch are none.

    Valid polygons and None. The coverage check, which is much cheaper than comparing every pair of neighbours, names
    polygons with edges that do not match (`suspects`, where `invalid_edges` was already asked); those are compared
    with everything they meet, and so are the ones found to overlap with them, until nothing new comes up: polygons
    inside a doubled area have edges that match.
    """
    tree = shapely.STRtree(polygons)
    rows = np.flatnonzero(invalid_edges(polygons, 0.0) if suspects is None else suspects)
    done = np.zeros(len(polygons), dtype=bool)
    pairs = [np.empty((0, 2), dtype=np.int64)]
    while len(rows):
        done[rows] = True
        found = _overlapping(polygons, tree, rows)
        pairs.append(found)
        involved = np.unique(found)
        rows = involved[~done[involved]]
    unique = np.unique(np.concatenate(pairs), axis=0)
    first, second = unique[:, 0], unique[:, 1]
    a, b = polygons[first], polygons[second]
    return Overlaps(first, second, np.asarray(shapely.covers(a, b) | shapely.covered_by(a, b), dtype=bool))


def _overlapping(polygons: NDArray[np.object_], tree: shapely.STRtree, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs (m, 2) with a suspect, lower position first."""
    which, other = tree.query(polygons[rows], predicate="intersects")
    one = rows[which]
    different = one != other
    one, other = one[different], other[different]
    low, high = np.minimum(one, other), np.maximum(one, other)
    pairs = np.unique(np.column_stack([low, high]), axis=0)
    inside = shapely.relate_pattern(polygons[pairs[:, 0]], polygons[pairs[:, 1]], "T********")
    return np.asarray(pairs[inside], dtype=np.int64)


def invalid_edges(polygons: NDArray[np.object_], gap_width: float) -> NDArray[np.bool_]:
    """Which polygons have edges that break the coverage: they cross a neighbour, or leave a gap under `gap_width`.

    Done tile by tile on all cores, each tile together with the neighbours that reach into it. None is never flagged.
    """
    tree = shapely.STRtree(polygons)
    flagged = np.zeros(len(polygons), dtype=bool)

    def check(tile: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        around = tree.query(shapely.box(*_extent(polygons[tile], gap_width)))
        members = np.concatenate([tile, np.setdiff1d(around, tile)])
        edges = shapely.coverage_invalid_edges(polygons[members], gap_width=gap_width)
        return tile, ~shapely.is_empty(edges[: len(tile)])

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for tile, found in pool.map(check, _tiles(polygons)):
            flagged[tile] = found
    return flagged


def _extent(polygons: NDArray[np.object_], margin: float) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(polygons)
    return west - margin, south - margin, east + margin, north + margin


def _tiles(polygons: NDArray[np.object_]) -> Iterator[NDArray[np.int64]]:
    """Positions of the polygons that are there, in groups of about _TILE that lie together."""
    bounds = shapely.bounds(polygons)
    rows = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    x, y = (bounds[rows, 0] + bounds[rows, 2]) / 2, (bounds[rows, 1] + bounds[rows, 3]) / 2
    strips = max(1, round(np.sqrt(len(rows) / _TILE)))
    for strip in np.array_split(np.argsort(x, kind="stable"), strips):
        ordered = strip[np.argsort(y[strip], kind="stable")]
        for part in np.array_split(ordered, max(1, round(len(ordered) / _TILE))):
            if len(part):
                yield rows[part]


def overlap_areas(polygons: NDArray[np.object_], pairs: Overlaps) -> NDArray[np.float64]:
    """Area (m,) of each overlap in the square of the polygons' unit."""
    return np.asarray(shapely.area(shapely.intersection(polygons[pairs.first], polygons[pairs.second])))


@dataclass(frozen=True, slots=True)
class Gaps:
    """Pairs (m,) of positions, first < second, with a gap between them, and how far it runs along the first."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    length: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first)


def narrow_gaps(polygons: NDArray[np.object_], width: float, suspects: NDArray[np.bool_] | None = None) -> Gaps:
    """Pairs of polygons that run beside each other less than `width` apart (units of the coordinates) but do not meet.

    A gap counts where it runs further than _NOTABLE times `width`: nearer than that every corner is. Only polygons whose edges the coverage check flags (`suspects`)
    are looked at; pairs whose interiors meet are overlaps, not gaps.
    """
    rows = np.flatnonzero(invalid_edges(polygons, width) if suspects is None else suspects)
    near = polygons[rows]
    which, other = shapely.STRtree(near).query(near, predicate="dwithin", distance=width)
    pairs = np.column_stack([which, other])[which < other]
    a, b = near[pairs[:, 0]], near[pairs[:, 1]]
    apart = ~np.asarray(shapely.relate_pattern(a, b, "T********"), dtype=bool)
    pairs, a, b = pairs[apart], a[apart], b[apart]
    length = _beside(a, b, width)
    found = length > _NOTABLE * width
    return Gaps(rows[pairs[found, 0]], rows[pairs[found, 1]], length[found])


def _beside(a: NDArray[np.object_], b: NDArray[np.object_], width: float) -> NDArray[np.float64]:
    """How much of the outline of `a` is less than `width` from `b`, without what touches it."""
    touching = width / 1000
    close = shapely.intersection(shapely.boundary(a), shapely.buffer(b, width))
    return np.asarray(shapely.length(shapely.difference(close, shapely.buffer(b, touching))))
