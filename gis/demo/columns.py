"""Arrow columns: identifiers, dates, instants and joined texts, made by the million."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

_EPOCH = date(1970, 1, 1)
_OFFSET = 7 * 3600 * 1_000_000
"""Saigon is UTC+7 in every year that the demo city knows; legal days begin at 00:00 there."""


def ids(count: int, rng: np.random.Generator) -> pa.Array:
    """Random UUIDs (version 4) as 16 bytes each."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(raw.tobytes())]).cast(
        pa.binary()
    )


def days_of(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def dates(days: Sequence[date | None] | NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """A date column from dates or from days since 1970; null where not `known`."""
    count, known = _counted(days, known)
    return pa.array(count.astype(np.int32), mask=None if known is None else ~known).cast(pa.date32())


def instants(days: Sequence[date | None] | NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Timestamps at which these days begin in Saigon; null where not `known`."""
    count, known = _counted(days, known)
    micros = count.astype(np.int64) * 86_400_000_000 - _OFFSET
    return pa.array(micros, mask=None if known is None else ~known).cast(pa.timestamp("us", tz="UTC"))


def _counted(
    days: Sequence[date | None] | NDArray[Any], known: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    if isinstance(days, np.ndarray):
        return days, known
    return np.array([0 if d is None else days_of(d) for d in days], dtype=np.int64), np.array(
        [d is not None for d in days], dtype=np.bool_
    )


def integers(values: NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Whole numbers; null where not `known`."""
    return pa.array(values.astype(np.int64), mask=None if known is None else ~known)


def numbers(values: NDArray[Any], digits: int, known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Numbers rounded to `digits` places; null where not `known`."""
    return pa.array(np.round(values.astype(np.float64), digits), mask=None if known is None else ~known)


def pick(choices: Sequence[str | None], index: NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """The choice at each index; null where not `known`."""
    taken = pa.array(choices, pa.string()).take(pa.array(index.astype(np.int64)))
    return taken if known is None else only(taken, known)


def only(column: pa.Array, known: NDArray[np.bool_]) -> pa.Array:
    """The column, null where not `known`."""
    return pc.if_else(pa.array(known), column, pa.scalar(None, column.type))


def text(*parts: pa.Array | NDArray[Any] | str) -> pa.Array:
    """Texts joined row by row; numbers are written in decimal; null where any part is."""
    arrays = [
        p if isinstance(p, str) else (pa.array(p) if isinstance(p, np.ndarray) else p).cast(pa.string()) for p in parts
    ]
    return pc.binary_join_element_wise(*[pa.scalar(a) if isinstance(a, str) else a for a in arrays], pa.scalar(""))


def lists(column: pa.Array) -> pa.Array:
    """Each text as a list of one; null stays null."""
    count = len(column) - column.null_count
    full = np.zeros(len(column) + 1, dtype=np.int32)
    full[1:] = np.cumsum(np.asarray(column.is_valid()))
    result = pa.ListArray.from_arrays(pa.array(full), column.drop_null() if count < len(column) else column)
    if count == len(column):
        return result
    return pc.if_else(column.is_valid(), result, pa.scalar(None, result.type))


def whole_geometry(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons as MultiPolygons, lines as MultiLineStrings; rounded to the millimetre, counter-clockwise."""
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, 3))
    kind = shapely.get_type_id(shapes)
    result = shapes.copy()
    for single, gather in ((3, shapely.multipolygons), (1, shapely.multilinestrings)):
        chosen = kind == single
        if chosen.any():
            result[chosen] = gather(shapes[chosen, None])
    oriented: NDArray[np.object_] = shapely.orient_polygons(result)
    return oriented
