"""Well-known binary from strangers: decoded without letting it exhaust the stack."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

MAX_DEPTH = 16
_SHALLOW = 32_768  # bytes; a blob this small cannot nest deep enough to hurt (9 bytes a level)
_MAX_COLLECTIONS_IN_TEXT = 64


def decode_wkb(blobs: pa.Array) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Geometries of a binary array, and which of them could not be read (those are None, as nulls are).

    GEOS recurses into collections without a limit, so that a nest of 20,000 ends the process: large blobs are
    walked first and refused beyond MAX_DEPTH. A shapely geometry comes for everything that WKB can say, also if it
    is empty, invalid or has NaN coordinates.
    """
    if isinstance(blobs, pa.ChunkedArray):
        blobs = blobs.combine_chunks()
    large = pc.fill_null(pc.greater(pc.binary_length(blobs), _SHALLOW), False).to_numpy(zero_copy_only=False)
    values = blobs.to_numpy(zero_copy_only=False)
    deep = [i for i in np.flatnonzero(large) if nests_too_deep(values[i])]
    if deep:
        values = values.copy()
        values[deep] = None
    with np.errstate(invalid="ignore"):
        geometries = shapely.from_wkb(values, on_invalid="ignore")
    missing = shapely.is_missing(geometries)
    unread = missing & ~pc.is_null(blobs).to_numpy(zero_copy_only=False)
    return geometries, unread


def decode_wkt(texts: pa.Array) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Geometries of a text array, and which of them could not be read. An EWKT prefix `SRID=…;` is not read."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts)
    empty = pc.fill_null(pc.equal(texts, ""), True).to_numpy(zero_copy_only=False)
    collections = pc.count_substring(texts, "collection", ignore_case=True)
    deep = pc.fill_null(pc.greater(collections, _MAX_COLLECTIONS_IN_TEXT), False)
    safe = pc.if_else(deep, pa.scalar(None, pa.string()), texts)
    values = safe.to_numpy(zero_copy_only=False)
    values = np.where(empty, None, values)
    with np.errstate(invalid="ignore"):
        geometries = shapely.from_wkt(values, on_invalid="ignore")
    return geometries, shapely.is_missing(geometries) & ~empty


def is_polygonal(blob: bytes) -> bool:
    """A whole polygon, or multipolygon of nothing but polygons, in (E)WKB: what has a fixed depth and is safe to decode."""
    try:
        kind, at, members = _step(blob, 0)
        if kind == _POLYGON:
            return at <= len(blob)
        if kind != _MULTIPOLYGON:
            return False
        for _ in range(members):
            kind, at, _ = _step(blob, at)
            if kind != _POLYGON:
                return False
    except (struct.error, KeyError, _NoByteOrder):
        return False
    return at <= len(blob)


def nests_too_deep(blob: bytes) -> bool:
    """Collections in a blob of (E)WKB nest deeper than MAX_DEPTH. A blob that breaks off is walked up to there.

    So is one with a byte order that is none: GEOS goes on with the one before, and would see another nest.
    """
    members_left = [1]
    at = 0
    try:
        while members_left:
            if members_left[-1] == 0:
                members_left.pop()
                continue
            members_left[-1] -= 1
            _, at, members = _step(blob, at)
            if members:
                members_left.append(members)
            if len(members_left) > MAX_DEPTH:
                return True
    except _NoByteOrder:
        return True
    except (struct.error, KeyError):
        return False  # the reader meets the same break at the same depth
    return False


_ISO = (0b00, 0b10, 0b01, 0b11)
"""Z and M, as the two highest bits of EWKB have them, by the thousands of the ISO code."""

_SHAPE = {1: "point", 2: "line", 3: "polygon", 8: "line"} | dict.fromkeys((4, 5, 6, 7, 9, 10, 11, 12), "members")


_POLYGON, _MULTIPOLYGON = 3, 6
_ORDERS = {b"\x00": ">", b"\x01": "<", b"": "<"}


class _NoByteOrder(Exception):
    """The byte that tells the order is neither 0 nor 1."""


def _step(blob: bytes, at: int) -> tuple[int, int, int]:
    """Pass the header at `at`: its kind, the position after it and its own coordinates, and how many members follow."""
    order = _ORDERS.get(blob[at : at + 1])
    if order is None:
        raise _NoByteOrder
    (kind,) = struct.unpack_from(f"{order}I", blob, at + 1)
    at += 5 + (4 if kind & 0x20000000 else 0)
    extended = kind >> 30
    iso, kind = divmod(kind & 0xFFFF, 1000)
    ordinates = 2 + (extended | (_ISO[iso] if iso < 4 else 0)).bit_count()
    shape = _SHAPE[kind]
    if shape == "point":
        return kind, at + 8 * ordinates, 0
    (count,) = struct.unpack_from(f"{order}I", blob, at)
    at += 4
    if shape == "members":
        return kind, at, count
    if shape == "line":
        return kind, at + 8 * ordinates * count, 0
    for _ in range(count):
        (points,) = struct.unpack_from(f"{order}I", blob, at)
        at += 4 + 8 * ordinates * points
    return kind, at, 0
