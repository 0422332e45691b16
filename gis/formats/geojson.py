"""A geometry as GeoJSON: the same shape gives the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import shapely

from gis.crs.transform import transform_geometries
from gis.model.query import CRS84

_DIGITS = 8
"""Of a degree: about a millimetre."""


def geojson(shape: shapely.Geometry, crs: int) -> dict[str, Any]:
    """The shape (of `crs`, easting first) as a GeoJSON geometry in CRS84, in an order that follows from the shape alone."""
    moved = transform_geometries(np.array([shapely.normalize(shape)], dtype=object), crs, CRS84)
    rounded = shapely.transform(moved[0], lambda points: np.round(points, _DIGITS))
    found: dict[str, Any] = orjson.loads(shapely.to_geojson(rounded))
    return found
