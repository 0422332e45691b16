"""Where on Earth coordinates of a CRS are meant to lie, and which points lie elsewhere."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from gis.crs.registry import VN2000_GEOGRAPHIC, ZONES, crs
from gis.crs.transform import Bounds, Coordinates, transform
from gis.model.query import CRS84

_VIETNAM: Bounds = (102.0, 6.0, 118.0, 24.0)
"""The land and the sea with Hoàng Sa and Trường Sa; the registry names the mainland only."""

_UTM_SCALE = 0.9996
_WIDTHS = (3.0, 6.0)
"""Degrees on either side of the central meridian, of 3-degree zones and of those of UTM: twice what a zone is made for,
because a city that grew over the edge of its zone keeps its CRS."""


@lru_cache(maxsize=256)
def area_of(code: int) -> Bounds:
    """West, south, east and north in degrees of WGS 84. InvalidCrs for an unknown code."""
    zone = ZONES.get(code)
    if zone is not None:
        width = _WIDTHS[zone.scale == _UTM_SCALE]
        west, south, east, north = _VIETNAM
        return max(west, zone.meridian - width), south, min(east, zone.meridian + width), north
    if code == VN2000_GEOGRAPHIC:
        return _VIETNAM
    area = pyproj.CRS.from_user_input(crs(code).curie).area_of_use
    return (-180.0, -90.0, 180.0, 90.0) if area is None else area.bounds


def outside(coords: Coordinates, source: int, code: int) -> NDArray[np.bool_]:
    """Which of the coordinates (n, 2) of CRS `source`, easting or longitude first, lie outside the area of CRS `code`.

    So do those that are nowhere on Earth.
    """
    degrees = transform(coords, source, CRS84)
    west, south, east, north = area_of(code)
    x, y = degrees[:, 0], degrees[:, 1]
    along = (x >= west) & (x <= east) if west <= east else (x >= west) | (x <= east)
    return ~(along & (y >= south) & (y <= north))
