"""The key by which features are stored, sorted and paged: size class, then place along a Z-order curve.

A page in key order can stop early, because the keys that can meet a box are a few ranges, each read in order from a
B-tree. Size classes keep that true for large features: a feature of class c is at most `SIZES[c]` degrees wide and
high, so its centre lies in the box grown by half of that.

    bits 52..54  class: 0..4 by size, `NO_PLACE` for features without a geometry or with one the public may not see
    bits  0..51  Morton code of the centre of the bounds in CRS84, 26 bits an axis (0.6 m)

`ddl/sort_key.sql` is the same function for single rows inside PostgreSQL; a test holds them together.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIZES = (0.0005, 0.004, 0.032, 0.256, math.inf)
NO_PLACE = 5
_BITS = 26
_CELLS = 1 << _BITS
_CLASS_SHIFT = 2 * _BITS
_MAX_CELLS = (64, 32, 16, 16, 1)
_STRIP_CELLS = 512

Range = tuple[int, int]


def sort_keys(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Keys for bounds (n, 4) west, south, east, north in CRS84 degrees; NaN rows get `NO_PLACE`."""
    west, south, east, north = bounds.T
    nowhere = np.isnan(west)
    size = np.where(nowhere, 0.0, np.maximum(east - west, north - south))
    klass = np.searchsorted(np.array(SIZES), size, side="left").astype(np.int64)
    x = np.where(nowhere, 0.0, (west + east) / 2)
    y = np.where(nowhere, 0.0, (south + north) / 2)
    code = _spread(_cells(x, 360.0)) | (_spread(_cells(y, 180.0)) << 1)
    return np.where(nowhere, NO_PLACE << _CLASS_SHIFT, (klass << _CLASS_SHIFT) | code)


def key_ranges(bounds: tuple[float, float, float, float], *, hidden: bool = False) -> list[Range]:
    """Ranges [lo, hi) of keys, ascending, that hold every feature whose bounds meet `bounds` (CRS84, west <= east).

    `hidden` adds the features whose key does not tell their place.
    """
    ranges: list[Range] = []
    for klass, size in enumerate(SIZES):
        base = klass << _CLASS_SHIFT
        if math.isinf(size):
            ranges.append((base, (klass + 1) << _CLASS_SHIFT))
        else:
            ranges += [(base + lo, base + hi) for lo, hi in _cover(bounds, size, _MAX_CELLS[klass])]
    if hidden:
        ranges.append((NO_PLACE << _CLASS_SHIFT, (NO_PLACE + 1) << _CLASS_SHIFT))
    return ranges


def _cover(bounds: tuple[float, float, float, float], size: float, limit: int) -> list[Range]:
    """Morton ranges of the finest grid that covers the grown box in at most `limit` cells (more for thin strips)."""
    grow = size / 2 + 1e-6
    x0, x1 = _cell(bounds[0] - grow, 360.0), _cell(bounds[2] + grow, 360.0)
    y0, y1 = _cell(bounds[1] - grow, 180.0), _cell(bounds[3] + grow, 180.0)
    sides = sorted((x1 - x0 + 1, y1 - y0 + 1))
    if sides[1] > 16 * sides[0]:
        limit = _STRIP_CELLS
    shift = 0
    while ((x1 >> shift) - (x0 >> shift) + 1) * ((y1 >> shift) - (y0 >> shift) + 1) > limit:
        shift += 1
    xs = [_spread_one(x) for x in range(x0 >> shift, (x1 >> shift) + 1)]
    ys = [_spread_one(y) << 1 for y in range(y0 >> shift, (y1 >> shift) + 1)]
    return _merged(sorted(x | y for x in xs for y in ys), 2 * shift)


def _merged(codes: list[int], shift: int) -> list[Range]:
    """Cells as ranges of full-depth codes, neighbours joined."""
    ranges: list[Range] = []
    start = previous = codes[0]
    for code in codes[1:]:
        if code != previous + 1:
            ranges.append((start << shift, (previous + 1) << shift))
            start = code
        previous = code
    ranges.append((start << shift, (previous + 1) << shift))
    return ranges


def _cells(degrees: NDArray[np.float64], span: float) -> NDArray[np.int64]:
    cells = np.floor((degrees + span / 2) / span * _CELLS)
    return np.clip(cells, 0, _CELLS - 1).astype(np.int64)


def _cell(degrees: float, span: float) -> int:
    return min(max(int((degrees + span / 2) / span * _CELLS), 0), _CELLS - 1)


_STEPS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put a zero bit between the bits of each value."""
    for shift, mask in _STEPS:
        value = (value | (value << shift)) & mask
    return value


def _spread_one(value: int) -> int:
    for shift, mask in _STEPS:
        value = (value | (value << shift)) & mask
    return value
