"""Cases of a permit check in a GeoParquet file that anybody may have sent: looked at before it is read, and bounded."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from gis.errors import InvalidCrs, InvalidParameter, TooLarge
from gis.ingest.geometry_bytes import is_polygonal
from gis.ingest.geopackage_outlines import wrong
from gis.model.query import CRS84
from gis.rules.facts import Objects

MOST_BYTES = 128 << 20
"""Of what the file holds, uncompressed and with every value written out."""

_BATCH = 256
_NAME = "cases"
_CODECS = frozenset({"UNCOMPRESSED", "SNAPPY"})
"""Others make a thousand bytes and more of one."""

_ENCODINGS = frozenset({"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED"})
"""Others write a value as what it has in common with the one before."""

type Columns = dict[str, list[Any]]


def read_parquet(content: bytes, known: Collection[str], most: int) -> tuple[Columns, Objects, int]:
    """The columns `known`, the outlines (None where there is none) and the code of their CRS, x first.

    InvalidParameter, InvalidCrs and TooLarge, before anything large is built; at most `most` rows.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        geometry, crs = _geometry(file)
        _refuse(file, geometry, known, most)
        texts = [field.name for field in file.schema_arrow if _as_bytes(field.type)]
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        table = _rows(file, geometry, most)
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise wrong(_NAME, "the GeoParquet cannot be read", "không đọc được tệp GeoParquet") from error
    return table, _outlines(table.pop(geometry), geometry), crs


def _geometry(file: pq.ParquetFile) -> tuple[str, int]:
    """The column of the outlines and the EPSG code of its CRS."""
    told = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"null"))
    name = told.get("primary_column") if isinstance(told, dict) else None
    columns = told.get("columns") if isinstance(told, dict) else None
    column = columns.get(name) if isinstance(columns, dict) and isinstance(name, str) else None
    if not isinstance(name, str) or not isinstance(column, dict) or name not in file.schema_arrow.names:
        raise wrong(_NAME, "the file is no GeoParquet", "tệp không phải GeoParquet")
    if column.get("encoding") != "WKB" or not _is_binary(file.schema_arrow.field(name).type):
        raise _at(name, "outlines have to be in well-known binary (WKB)", "đường bao phải ở dạng WKB")
    return name, _code(column)


def _code(column: Mapping[str, object]) -> int:
    crs = column.get("crs", {"id": {"authority": "OGC", "code": "CRS84"}})
    known = crs.get("id") if isinstance(crs, dict) else None
    authority, code = (str(known.get(name)).upper() for name in ("authority", "code")) if known else ("", "")
    if (authority, code) in (("OGC", "CRS84"), ("EPSG", "4326")):
        return CRS84
    if authority == "EPSG" and code.isascii() and code.isdigit() and len(code) < 8:
        return int(code)
    raise InvalidCrs(
        "cases: the GeoParquet does not tell a CRS with an EPSG code.",
        "cases: tệp GeoParquet không có mã EPSG.",
        where=_NAME,
    )


def _refuse(file: pq.ParquetFile, geometry: str, known: Collection[str], most: int) -> None:
    """What the file says of itself: its columns, rows, sizes, and how they are packed."""
    for field in file.schema_arrow:
        if field.name == geometry:
            continue
        if field.name not in known:
            raise _at(field.name, "is no column of a case", "không phải cột của hồ sơ")
        if not _is_plain(field.type):
            raise _at(field.name, "has to be texts, numbers or true and false", "phải là chữ, số hoặc true/false")
    meta = file.metadata
    if not 0 < meta.num_rows <= most:
        raise _count(meta.num_rows, most)
    parts = [
        meta.row_group(group).column(place) for group in range(meta.num_row_groups) for place in range(meta.num_columns)
    ]
    if sum(part.total_uncompressed_size for part in parts) > MOST_BYTES:
        raise _too_large()
    if any(part.compression not in _CODECS or not _ENCODINGS.issuperset(part.encodings) for part in parts):
        raise wrong(
            _NAME,
            "save the GeoParquet with Snappy or no compression and plain or dictionary encoding",
            "hãy lưu tệp GeoParquet với nén Snappy hoặc không nén, mã hoá plain hoặc dictionary",
        )


def _rows(file: pq.ParquetFile, geometry: str, most: int) -> Columns:
    """The columns, read a few rows at a time, so that what dictionaries blow up to is known before it is written out."""
    table: Columns = {name: [] for name in file.schema_arrow.names}
    size = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        size += sum(_size(column) for column in batch.columns)
        if size > MOST_BYTES:
            raise _too_large()
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            table[name].extend(None if value != value else value for value in column.to_pylist())
        if len(table[geometry]) > most:
            raise _count(len(table[geometry]), most)
    return table


def _size(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0) + int(column.indices.nbytes)


def _outlines(blobs: list[Any], name: str) -> Objects:
    for row, blob in enumerate(blobs):
        if blob is not None and not is_polygonal(blob):
            raise _at(
                f"{name[:60]} (row {row + 1})",
                "has to be a whole polygon or multipolygon in WKB",
                "phải là polygon hoặc multipolygon hoàn chỉnh dạng WKB",
            )
    shapes = np.empty(len(blobs), dtype=object)
    shapes[:] = blobs
    try:
        found: Objects = shapely.force_2d(shapely.from_wkb(shapes))
    except shapely.GEOSException as error:
        raise _at(name, "an outline cannot be read", "có đường bao không đọc được") from error
    return found


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _as_bytes(kind: pa.DataType) -> bool:
    return _is_binary(kind) or bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_floating)
    return any(test(kind) for test in (*tests, pa.types.is_boolean, pa.types.is_decimal, pa.types.is_null))


def _at(column: str, en: str, vi: str) -> InvalidParameter:
    return wrong(f"{_NAME}.{column[:80]}", en, vi)


def _count(count: int, most: int) -> InvalidParameter:
    return InvalidParameter(
        f"cases: there are {count}; send 1 to {most}.",
        f"cases: có {count} hồ sơ; hãy gửi từ 1 đến {most}.",
        where=_NAME,
    )


def _too_large() -> TooLarge:
    return TooLarge(
        f"cases: the GeoParquet holds more than {MOST_BYTES >> 20} MB when it is unpacked; send it in parts.",
        f"cases: tệp GeoParquet khi giải nén lớn hơn {MOST_BYTES >> 20} MB; hãy chia nhỏ.",
        where=_NAME,
    )
