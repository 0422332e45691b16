"""Parcel identifiers as Circular 19/2026/TT-BNNMT has them assigned: the GeoHash, 12 characters, of a point inside."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs.transform import transform

_LETTERS = np.frombuffer(b"0123456789bcdefghjkmnpqrstuvwxyz", dtype=np.uint8)
_BITS = 30


def geohash(points: NDArray[np.object_]) -> NDArray[np.object_]:
    """GeoHashes of points in EPSG:9210."""
    if not len(points):
        return np.empty(0, dtype=object)
    degrees = transform(shapely.get_coordinates(points), 9210, 4326)
    return encode(degrees[:, 0], degrees[:, 1])


def encode(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.object_]:
    """GeoHashes of 12 characters of positions in degrees."""
    bits = _spread(longitude, -180.0, 360.0) << np.uint64(1) | _spread(latitude, -90.0, 180.0)
    shifts = np.arange(55, -1, -5, dtype=np.uint64)
    letters = _LETTERS[(bits[:, None] >> shifts & np.uint64(31)).astype(np.int64)]
    joined: NDArray[np.object_] = np.ascontiguousarray(letters).view("S12").ravel().astype("U12").astype(object)
    return joined


def _spread(value: NDArray[np.float64], low: float, size: float) -> NDArray[np.uint64]:
    """30 bits of a position within its range, a zero bit before each."""
    x = np.clip((value - low) / size * 2**_BITS, 0, 2**_BITS - 1).astype(np.uint64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        x = (x | x << np.uint64(shift)) & np.uint64(mask)
    return np.asarray(x, dtype=np.uint64)
