"""CSV and Parquet, read by Arrow itself. Every CSV column stays text: what it means is decided later."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gis.errors import IngestError
from gis.ingest.opened import Opened

LATIN1 = "latin-1"
_BATCH = 65_536
_BLOCK = 8 << 20
_PROBE = 1 << 20
_DELIMITERS = ",;\t|"
_LEGACY = {"tcvn3": LATIN1, "vni": LATIN1}


def open_parquet(path: Path) -> Opened:
    """GeoParquet with WKB geometry, or Parquet whose geometry stands in columns of WKT or coordinates."""
    try:
        file = pq.ParquetFile(path)
        schema, metadata = file.schema_arrow, file.schema_arrow.metadata or {}
        geo = json.loads(metadata[b"geo"]) if b"geo" in metadata else None
        geometry, crs = _geoparquet(path, geo) if geo is not None else (None, None)
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError) as error:
        raise IngestError(
            f"{path.name} cannot be read as Parquet: {error}.", f"Không đọc được {path.name} theo Parquet: {error}."
        ) from error
    rows = file.metadata.num_rows

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from pq.ParquetFile(path).iter_batches(batch_size=_BATCH)
        except (pa.ArrowException, OSError) as error:
            raise IngestError(
                f"{path.name} is damaged: {error}. Copy it again.", f"{path.name} bị hỏng: {error}. Hãy sao chép lại."
            ) from error

    names = tuple(name for name in schema.names if name != geometry)
    return Opened(batches, names, crs, "UTF-8", geometry, rows)


def _geoparquet(path: Path, geo: dict[str, object]) -> tuple[str, str | None]:
    """The primary geometry column and the CRS that it declares; none declared means lon/lat by the standard."""
    name = geo["primary_column"]
    columns = geo["columns"]
    if not isinstance(name, str) or not isinstance(columns, dict):
        raise TypeError("its 'geo' metadata is malformed")
    column = columns[name]
    if column["encoding"] != "WKB":
        raise IngestError(
            f"{path.name}: geometry in encoding {column['encoding']!r} is not read; write GeoParquet with WKB.",
            f"{path.name}: không đọc được hình học dạng {column['encoding']!r}; hãy ghi GeoParquet với WKB.",
        )
    if "crs" not in column:
        return name, "OGC:CRS84"
    return name, json.dumps(column["crs"]) if column["crs"] is not None else None


def open_csv(path: Path, encoding: str | None) -> Opened:
    """A CSV whose first line names the columns; separator and encoding are found from its beginning."""
    given = None if encoding is None else _LEGACY.get(encoding.lower(), encoding)
    text = given or _encoding(path)
    delimiter, header = _header(path, text)
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise IngestError(
            f"{path.name}: the column '{twice}' stands twice in the first line; rename one.",
            f"{path.name}: cột '{twice}' có hai lần ở dòng đầu; hãy đổi tên một cột.",
        )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from pa_csv.open_csv(
                path,
                read_options=pa_csv.ReadOptions(block_size=_BLOCK, encoding=text, column_names=header, skip_rows=1),
                parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
                ),
            )
        except (pa.ArrowException, UnicodeError) as error:
            raise IngestError(
                f"{path.name} cannot be read as CSV: {' '.join(str(error).split())[:300]}.",
                f"Không đọc được {path.name} theo CSV: {' '.join(str(error).split())[:300]}.",
            ) from error

    declared = None if text == LATIN1 else text
    return Opened(batches, tuple(header), None, declared, None)


def _encoding(path: Path) -> str:
    """utf-8, utf-16 by its mark, or Latin-1 for bytes that are neither (TCVN3 and VNI are read so, mended later)."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_PROBE):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return LATIN1
    return "utf-8"


def _header(path: Path, encoding: str) -> tuple[str, list[str]]:
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            first = file.readline(_PROBE)
    except (LookupError, UnicodeError) as error:
        raise IngestError(
            f"{path.name} cannot be read with encoding '{encoding}': {error}.",
            f"Không đọc được {path.name} với bảng mã '{encoding}': {error}.",
        ) from error
    delimiter = max(_DELIMITERS, key=first.count)
    names = next(csv.reader([first.rstrip("\r\n")], delimiter=delimiter), [])
    if not any(name.strip() for name in names):
        raise IngestError(
            f"{path.name}: the first line must name the columns.", f"{path.name}: dòng đầu phải là tên các cột."
        )
    return delimiter, [name.strip() or f"column {i}" for i, name in enumerate(names, 1)]
