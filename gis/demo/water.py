"""The river, which winds through the city, and the canals (kênh, rạch) that leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.demo.network import Floats
from gis.demo.warp import CENTRE


@dataclass(frozen=True, slots=True)
class Water:
    """Ground geometries in metres: middle lines, `surface` of all water, and `taken`: water with its embankment.

    `corridor` (m) is how wide the protected strip along the river is; along canals half of it.
    """

    river: shapely.LineString
    canals: tuple[shapely.LineString, ...]
    river_width: float
    canal_width: float
    corridor: float
    surface: shapely.MultiPolygon | shapely.Polygon
    taken: shapely.MultiPolygon | shapely.Polygon


def draw_water(radius: float, rng: np.random.Generator) -> Water:
    """A meandering river past the middle of a city of `radius` metres, and canals from it to both sides."""
    heading = rng.uniform(0.2, 1.2) + (np.pi / 2 if rng.random() < 0.5 else 0)
    side = np.array((-np.sin(heading), np.cos(heading)))
    bends = _meander(heading, 4.2 * radius, 1.05 * radius, 1.2, rng)
    river = bends - bends.mean(axis=0) + side * radius * rng.uniform(0.3, 0.45)
    width, narrow = float(np.clip(0.034 * radius, 26, 250)), float(np.clip(0.006 * radius, 9, 36))
    canals: list[Floats] = []
    for share in np.linspace(0.36, 0.64, 3 if radius < 2500 else 6) + rng.uniform(-0.03, 0.03):
        mouth = river[int(share * len(river))]
        away = heading - np.pi / 2 if len(canals) % 3 != 2 else heading + np.pi / 2
        reach = radius * rng.uniform(0.5, 1.05)
        canals.append(mouth + _meander(away + rng.uniform(-0.4, 0.4), reach, 0.4 * radius, 0.75, rng))
    lines = [shapely.LineString(np.round(line + np.array(CENTRE), 3)) for line in (river, *canals)]
    surface = shapely.union_all(
        [lines[0].buffer(width / 2, quad_segs=6), *(c.buffer(narrow / 2, quad_segs=4) for c in lines[1:])]
    )
    bank = float(np.clip(0.0025 * radius, 4, 12))
    return Water(
        lines[0], tuple(lines[1:]), width, narrow, float(np.clip(0.008 * radius, 10, 50)),
        _rounded(surface), _rounded(surface.buffer(bank, quad_segs=6)),
    )  # fmt: skip


def _meander(heading: float, length: float, wave: float, swing: float, rng: np.random.Generator) -> Floats:
    """A sine-generated curve from (0, 0): the course that rivers take in a plain."""
    step = wave / 36
    s = np.arange(0, length, step)
    phase = rng.uniform(0, 2 * np.pi)
    angle = (
        heading + swing * np.sin(2 * np.pi * s / wave + phase) + 0.3 * np.sin(2 * np.pi * s / (2.7 * wave) + 2 * phase)
    )
    steps = np.column_stack((np.cos(angle), np.sin(angle))) * step
    return np.concatenate((np.zeros((1, 2)), np.cumsum(steps, axis=0)))


def _rounded(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape.simplify(0.4), lambda xy: np.round(xy, 3))
