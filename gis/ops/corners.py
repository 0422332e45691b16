"""The corners of a lot as the table of a cadastral sheet has them. Projected CRS, metres, easting first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Corner:
    """A corner with its number; `edge` is the length to the next one, None at the end of a ring, which is its first corner again."""

    number: int
    easting: float
    northing: float
    edge: float | None


def corners(lot: shapely.Geometry) -> list[list[Corner]]:
    """The rings of the lot, outlines before holes; each begins at its north-western corner, runs clockwise and closes.

    Numbers go on from ring to ring.
    """
    rings, number = [], 1
    for points in _rings(lot):
        ring = _ring(points, number)
        number += len(ring) - 1
        rings.append(ring)
    return rings


def _rings(lot: shapely.Geometry) -> Iterator[NDArray[np.float64]]:
    polygons = shapely.get_parts(lot)
    order = np.argsort(-shapely.area(polygons), kind="stable")
    holes = [hole for polygon in polygons[order] for hole in polygon.interiors]
    for ring in (*(polygon.exterior for polygon in polygons[order]), *holes):
        points = shapely.get_coordinates(ring)[:-1]
        if shapely.is_ccw(ring):
            points = points[::-1]
        start = int(np.argmin(points[:, 0] - points[:, 1]))
        yield np.roll(points, -start, axis=0)


def _ring(points: NDArray[np.float64], first: int) -> list[Corner]:
    edges = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    found = [
        Corner(first + i, float(x), float(y), float(edge))
        for i, ((x, y), edge) in enumerate(zip(points, edges, strict=True))
    ]
    return [*found, Corner(first, float(points[0, 0]), float(points[0, 1]), None)]
