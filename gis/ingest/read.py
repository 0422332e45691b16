"""A source in memory: its attributes as an Arrow table, its geometry as shapely geometries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.errors import IngestError
from gis.ingest.geometry_bytes import decode_wkb, decode_wkt
from gis.ingest.mapping import Resolved, says_degrees
from gis.ingest.numbers import COMMA, POINT, read_numbers
from gis.ingest.source import Source
from gis.ingest.values import as_text, is_text

Step = Callable[[int, int | None], None]
"""Told how many records are done, and of how many where that is known."""


@dataclass(frozen=True, slots=True)
class Raw:
    """n records as they stand in the file. `geometry` (n,) in the CRS of the file, x first, None where there is none
    (or no geometry column); `unread` (n,): there was one, but it cannot be read."""

    attributes: pa.Table
    geometry: NDArray[np.object_] | None
    unread: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.attributes.num_rows)


def read(source: Source, step: Step) -> Raw:
    """All records of a source; the file is read and its geometry decoded at the same time, on two threads.

    IngestError where it is cut off: fewer records come than it says it has.
    """
    name = source.opened.geometry
    parts: list[pa.RecordBatch] = []
    shapes: list[tuple[NDArray[np.object_], NDArray[np.bool_]]] = []
    done = 0
    for batch in _ahead(source.batches()):
        if name is not None:
            shapes.append(decode_wkb(_binary(batch.column(name))))
            batch = batch.drop_columns([name])
        parts.append(batch)
        done += batch.num_rows
        step(done, source.opened.count)
    if source.opened.count is not None and done < source.opened.count:
        raise IngestError(
            f"{source.name} is cut off or damaged: it says it has {source.opened.count} records, {done} could be read.",
            f"{source.name} bị cụt hoặc hỏng: ghi có {source.opened.count} bản ghi, chỉ đọc được {done}.",
        )
    if not done:
        raise IngestError(f"{source.name} has no records.", f"{source.name} không có bản ghi nào.")
    attributes = pa.Table.from_batches(parts).combine_chunks()
    if name is None:
        return Raw(attributes, None, np.zeros(done, dtype=bool))
    return Raw(attributes, np.concatenate([g for g, _ in shapes]), np.concatenate([u for _, u in shapes]))


def _binary(column: pa.Array) -> pa.Array:
    """WKB as Arrow binary, whatever extension type wraps it."""
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    return storage if pa.types.is_binary(storage.type) else storage.cast(pa.binary())


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, each being read while the one before is worked on."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = pool.submit(next, batches, None)
            yield batch


def with_geometry(raw: Raw, mapping: Resolved) -> Raw:
    """The records with geometry from a WKT column or from two columns of coordinates, where the mapping names them."""
    if "geometry.wkt" in mapping.columns:
        texts = as_text(column(raw, mapping.columns["geometry.wkt"]))
        return Raw(raw.attributes, *decode_wkt(texts))
    if {"geometry.x", "geometry.y"} <= set(mapping.columns):
        x, y = (_coordinate(raw, mapping, axis) for axis in ("geometry.x", "geometry.y"))
        there = ~np.isnan(x[0]) & ~np.isnan(y[0])
        points = np.full(len(raw), None, dtype=object)
        points[there] = shapely.points(x[0][there], y[0][there])
        return Raw(raw.attributes, points, x[1] | y[1] | (np.isnan(x[0]) != np.isnan(y[0])))
    if raw.geometry is None:
        return Raw(raw.attributes, np.full(len(raw), None, dtype=object), raw.unread)
    return raw


def _coordinate(raw: Raw, mapping: Resolved, axis: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    name = mapping.columns[axis]
    values = column(raw, name)
    bad = np.zeros(len(raw), dtype=bool)
    if is_text(values):
        reading = mapping.readings.get(axis)
        if reading is None and says_degrees(mapping):  # 106.700 has no thousands
            reading = COMMA if pc.any(pc.match_substring(values, ",")).as_py() else POINT
        values, bad = read_numbers(values, name, reading)
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False), bad


def column(raw: Raw, name: str) -> pa.Array:
    """One column of the attributes as a single array."""
    chunked = raw.attributes.column(name)
    return chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked
