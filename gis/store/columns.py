"""The columns of an export as Arrow: what they are, how PostgreSQL packs a batch of them, how the bytes become arrays.

PostgreSQL puts the values of a column one after the other into one `bytea`, with their lengths in another; numpy and
Arrow take these as they are. Python touches no value, whatever the number of rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gis.model.access import Decision
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import Field, FieldType, Layer, Text
from gis.model.names import CHANGESET, TIMES, VALID_FROM_KNOWN, name_of
from gis.model.query import EVERYTHING_SHOWN, Shown
from gis.store import levels
from gis.store.sql import quoted
from gis.store.tables import REDUCED, SHOWN

GEOMETRY = "geometry"
_EPOCH_2000_DAYS = 10_957
_EPOCH_2000_MICROS = _EPOCH_2000_DAYS * 86_400_000_000
_MASK_BITS = 60  # columns whose nulls one bigint tells

ARROW: dict[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    FieldType.TEXT_LIST: pa.list_(pa.string()),
}
"""How the values of a field lie in Arrow."""
_SENT = {
    FieldType.INTEGER: ("int8send", ">i8"),
    FieldType.NUMBER: ("float8send", ">f8"),
    FieldType.BOOLEAN: ("boolsend", "u1"),
    FieldType.DATE: ("date_send", ">i4"),
    FieldType.TIMESTAMP: ("timestamptz_send", ">i8"),
}
"""How PostgreSQL sends a value of fixed width, and how numpy reads it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export. `sql` is its value in a row of `picked`, null where the row does not show it."""

    name: str
    type: FieldType
    title: Text
    sql: str
    description: Text | None = None
    unit: str | None = None


@lru_cache(maxsize=256)
def columns(layer: Layer, decision: Decision, shown: Shown = EVERYTHING_SHOWN) -> tuple[Column, ...]:
    """The columns that the caller may see, in the order and by the names of GeoJSON: id, fields, times; or the id and
    those asked for."""
    plain = levels.uniform(layer, decision)

    def seen(sql: str, least: int) -> str:
        """Reduced rows show only what they may; those that take part at all show REDUCED."""
        return sql if plain or least <= REDUCED else f"CASE WHEN picked.level >= {least} THEN {sql} END"

    def of_field(field: Field, told: str) -> Column:
        sql = seen(f"picked.{quoted(field.name)}", levels.needed(layer, field.name))
        return Column(told, field.type, field.title, sql, field.description, field.unit)

    def of(name: str) -> Column:
        told = name_of(layer, name, vietnamese=shown.vietnamese)
        if name in layer:
            return of_field(layer.field(name), told)
        type_, title, sql = _TIMES[name]
        return Column(told, type_, title, seen(sql, SHOWN))

    wanted = (*decision.columns, *TIMES) if shown.properties is None else shown.properties
    ident = Column("id", FieldType.TEXT, Text("Mã định danh", "Id"), "picked.id::text")
    return (ident, *(of(name) for name in wanted))


_TIMES = {
    VALID_FROM: (FieldType.TIMESTAMP, Text("Hiệu lực từ", "Holds from"), "lower(picked.valid)"),
    VALID_TO: (FieldType.TIMESTAMP, Text("Hiệu lực đến", "Holds until"), "upper(picked.valid)"),
    VALID_FROM_KNOWN: (
        FieldType.BOOLEAN,
        Text("Biết rõ ngày bắt đầu hiệu lực", "The day on which it began to hold is known"),
        "picked.valid_from_known",
    ),
    CHANGESET: (
        FieldType.INTEGER,
        Text("Ghi nhận ở lần cập nhật", "Recorded by changeset"),
        "picked.from_changeset::bigint",
    ),
}


def schema(layer: Layer, decision: Decision, *, crs: int, text: bool, shown: Shown = EVERYTHING_SHOWN) -> pa.Schema:
    """The Arrow schema of an export, describing itself: titles, units and the CRS stand in its metadata.

    The last column is the geometry: WKB (x before y), or `text` as the query writes it.
    """
    fields = [_arrow_field(column) for column in columns(layer, decision, shown)]
    place = pa.field(GEOMETRY, pa.string() if text else pa.binary())
    about = {
        "layer": layer.id,
        "title": {"vi": layer.title.vi, "en": layer.title.en},
        "description": {"vi": layer.description.vi, "en": layer.description.en},
        "geometry_type": str(layer.geometry.type),
        "crs": crs,
        "owner": layer.owner,
        "licence": layer.licence,
    }
    return pa.schema([*fields, place], metadata={"landmap": json.dumps(about, ensure_ascii=False)})


def _arrow_field(column: Column) -> pa.Field:
    texts = {"title.vi": column.title.vi, "title.en": column.title.en}
    if column.description is not None:
        texts |= {"description.vi": column.description.vi, "description.en": column.description.en}
    if column.unit is not None:
        texts["unit"] = column.unit
    return pa.field(column.name, ARROW[column.type], metadata=texts)


def packed(found: tuple[Column, ...]) -> list[tuple[str, str]]:
    """Aggregates over the rows of a batch, as (SQL, name): what `record_batch` reads.

    The rows carry the values of the columns as `c0`, `c1` …, and the geometry as `place`.
    """
    nulls = [*(f"c{i}" for i in range(len(found))), "place"]
    sent = [
        (_bytes_of(" | ".join(f"CASE WHEN {c} IS NULL THEN {1 << i}::bigint ELSE 0 END" for i, c in enumerate(some))), f"nulls{k}")
        for k, some in enumerate(nulls[at : at + _MASK_BITS] for at in range(0, len(nulls), _MASK_BITS))
    ]  # fmt: skip
    for i, column in enumerate(found):
        sent += _packed_column(f"c{i}", column.type)
    return [*sent, ("string_agg(place, '')", "place"), (_lengths("place"), "place_lengths")]


def _packed_column(name: str, type_: FieldType) -> list[tuple[str, str]]:
    if type_ is FieldType.TEXT:
        return [(f"convert_to(string_agg({name}, ''), 'UTF8')", name), (_lengths(name), f"{name}_lengths")]
    if type_ is FieldType.TEXT_LIST:
        each = f"(SELECT string_agg(int4send(coalesce(octet_length(e), -1)), '') FROM unnest({name}) e)"
        return [
            (f"convert_to(string_agg(array_to_string({name}, ''), ''), 'UTF8')", name),
            (f"string_agg({each}, '')", f"{name}_lengths"),
            (f"string_agg(int4send(cardinality({name})), '')", f"{name}_counts"),
        ]
    return [(f"string_agg({_SENT[type_][0]}({name}), '')", name)]


def _lengths(name: str) -> str:
    return f"string_agg(int4send(octet_length({name})), '')"


def _bytes_of(sql: str) -> str:
    return f"string_agg(int8send({sql}), '')"


def record_batch(found: tuple[Column, ...], wanted: pa.Schema, row: Mapping[str, Any], count: int) -> pa.RecordBatch:
    """The arrays of one batch of `count` rows, over the bytes that PostgreSQL sent."""
    null = _null_masks(row, count, len(found) + 1)
    arrays = [_array(row, f"c{i}", column.type, null[i]) for i, column in enumerate(found)]
    arrays.append(_texts(wanted.field(GEOMETRY).type, row, "place", null[-1]))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _null_masks(row: Mapping[str, Any], count: int, width: int) -> list[NDArray[np.bool_]]:
    masks = [np.frombuffer(row[f"nulls{k}"], ">i8").astype(np.int64) for k in range(-(-width // _MASK_BITS))]
    if any(len(mask) != count for mask in masks):
        raise ValueError("a batch came with another number of rows than it says")
    return [(masks[i // _MASK_BITS] >> (i % _MASK_BITS)) & 1 == 1 for i in range(width)]


def _array(row: Mapping[str, Any], name: str, type_: FieldType, null: NDArray[np.bool_]) -> pa.Array:
    if type_ is FieldType.TEXT:
        return _texts(pa.string(), row, name, null)
    if type_ is FieldType.TEXT_LIST:
        return _lists(row, name, null)
    sent = np.frombuffer(row[name] or b"", _SENT[type_][1])
    full = np.zeros(len(null), sent.dtype.newbyteorder("="))
    full[~null] = sent
    if type_ is FieldType.BOOLEAN:
        return pa.array(full.astype(np.bool_), mask=null)
    if type_ is FieldType.DATE:
        return _moved(full, null, _EPOCH_2000_DAYS, pa.date32())
    if type_ is FieldType.TIMESTAMP:
        return _moved(full, null, _EPOCH_2000_MICROS, pa.timestamp("us", tz="UTC"))
    return pa.array(full, mask=null)


def _moved(values: NDArray[Any], null: NDArray[np.bool_], epoch: int, type_: pa.DataType) -> pa.Array:
    """Days or microseconds since 2000 as those since 1970; PostgreSQL's infinities have no value in Arrow."""
    ends = np.iinfo(values.dtype)
    endless = (values == ends.max) | (values == ends.min)
    moved = np.where(endless, 0, values) + np.array(epoch, values.dtype)
    return pa.array(moved, mask=null | endless).cast(pa.int32() if type_ == pa.date32() else pa.int64()).view(type_)


def _texts(type_: pa.DataType, row: Mapping[str, Any], name: str, null: NDArray[np.bool_]) -> pa.Array:
    lengths = np.zeros(len(null), np.int32)
    lengths[~null] = np.frombuffer(row[f"{name}_lengths"] or b"", ">i4")
    buffers = [_valid(null), pa.py_buffer(_offsets(lengths)), pa.py_buffer(row[name] or b"")]
    return pa.Array.from_buffers(type_, len(null), buffers)


def _lists(row: Mapping[str, Any], name: str, null: NDArray[np.bool_]) -> pa.Array:
    counts = np.zeros(len(null), np.int32)
    counts[~null] = np.frombuffer(row[f"{name}_counts"] or b"", ">i4")
    lengths = np.frombuffer(row[f"{name}_lengths"] or b"", ">i4")
    absent = lengths < 0
    offsets = pa.py_buffer(_offsets(np.where(absent, 0, lengths)))
    elements = [_valid(absent), offsets, pa.py_buffer(row[name] or b"")]
    values = pa.Array.from_buffers(pa.string(), len(lengths), elements)
    lists = [_valid(null), pa.py_buffer(_offsets(counts))]
    return pa.Array.from_buffers(pa.list_(pa.string()), len(null), lists, children=[values])


def _offsets(lengths: NDArray[Any]) -> NDArray[np.int32]:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _valid(null: NDArray[np.bool_]) -> pa.Buffer | None:
    """Arrow's validity bits; none where nothing is null."""
    return pa.py_buffer(np.packbits(~null, bitorder="little")) if null.any() else None
