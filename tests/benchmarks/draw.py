"""What is asked for: boxes and tiles drawn from a fixed seed around the parcels, so that everybody gets the same."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

type Points = NDArray[np.float64]
"""(n, 2) longitude, latitude in degrees."""

type Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

type Tile = tuple[int, int, int]
"""Zoom, column from the west, row from the north, in WebMercatorQuad."""


def box_around(points: Points, centre: NDArray[np.float64], count: int) -> Box:
    """The square in degrees around `centre` that holds `count` of the points (all of them if there are fewer)."""
    away = np.abs(points - centre).max(axis=1)
    count = min(count, len(points))
    half = float(np.partition(away, count - 1)[count - 1])
    return centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half


def draw_boxes(points: Points, count: int, number: int, seed: int) -> list[Box]:
    """`number` boxes of `count` points each, around points drawn at random."""
    chosen = np.random.default_rng(seed).integers(0, len(points), number)
    return [box_around(points, points[i], count) for i in chosen]


def draw_tiles(points: Points, zoom: int, number: int, seed: int) -> list[Tile]:
    """Different tiles, at most `number`, around points drawn at random: where there is more to see, more often."""
    chosen = np.random.default_rng(seed).permutation(len(points))[: 20 * number]
    tiles = dict.fromkeys(tile_of(points[i, 0], points[i, 1], zoom) for i in chosen)
    return list(tiles)[:number]


def tile_of(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place."""
    n = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int((lon + 180) / 360 * n), int(y * n)


def inside(points: Points, box: Box) -> Points:
    """Those of the points that lie in the box."""
    west, south, east, north = box
    x, y = points.T
    found: Points = points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
    return found


def diamond(box: Box) -> str:
    """The rhombus within the box as the positions of a WKT ring."""
    west, south, east, north = box
    x, y = (west + east) / 2, (south + north) / 2
    ring = ((x, south), (east, y), (x, north), (west, y), (x, south))
    return ", ".join(f"{lon:.6f} {lat:.6f}" for lon, lat in ring)


def query_box(box: Box) -> str:
    """The box as everybody's parameter `bbox`: about 0.1 m."""
    return "bbox=" + ",".join(f"{degree:.6f}" for degree in box)
