"""What all parts of a survey found, put together: the same rows in the same order, however it was parted and by whom judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyarrow import csv

from gis.formats.about import GEOMETRY
from gis.formats.geoparquet import GeoParquet
from gis.formats.private import private_file, write_private
from gis.formats.survey_tables import BUILDINGS, FINDINGS, Surveyed, described, geoparquet, in_order
from gis.model.layer import Text
from gis.ops.table import Table

BUILDINGS_FILE, FINDINGS_FILE = "buildings.parquet", "findings.parquet"
DIGEST = "sha256"
"""The note of a file with the SHA-256 of its rows: the same for the same rows, whatever version of Parquet they are in."""

_TITLE = Text("Rà soát công trình theo quy hoạch", "Survey of buildings against the plans")
_HEAD = 1
"""Rows lie in heaps by so many first letters of their building's id: one heap after the other is put in order in memory."""


class Heaps:
    """Rows of buildings and findings on their way, in a folder of their own; a context."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._writers: dict[tuple[str, str], pa.ipc.RecordBatchStreamWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def add(self, found: Surveyed) -> None:
        """The rows of one part."""
        for name, rows in (("buildings", found.buildings), ("findings", found.findings)):
            heads = pc.utf8_slice_codeunits(rows["building"], 0, _HEAD)
            for head in pc.unique(heads).to_pylist():
                self._writer(name, head, rows.schema).write_table(rows.filter(pc.equal(heads, head)))

    def _writer(self, name: str, head: str, schema: pa.Schema) -> pa.ipc.RecordBatchStreamWriter:
        found = self._writers.get((name, head))
        if found is None:
            file = self._open.enter_context(private_file(self._path(name, head)))
            found = self._open.enter_context(pa.ipc.new_stream(file, schema))
            self._writers[name, head] = found
        return found

    def _path(self, name: str, head: str) -> Path:
        return self._folder / f"{name}-{head.encode().hex()}.arrows"

    def write(self, folder: Path, crs: int, notes: Mapping[str, str]) -> dict[str, str]:
        """Writes both files, with the notes and the digest of their rows; the digests by the name of the file."""
        self._open.close()
        schema = described(BUILDINGS, _TITLE, crs)
        return {
            BUILDINGS_FILE: _write_places(folder / BUILDINGS_FILE, self._sorted("buildings", schema), schema, notes),
            FINDINGS_FILE: _write_rows(folder / FINDINGS_FILE, self._sorted("findings", FINDINGS), notes),
        }

    def _sorted(self, name: str, schema: pa.Schema) -> Iterator[pa.Table]:
        for head in sorted(head for of, head in self._writers if of == name):
            with pa.memory_map(str(self._path(name, head))) as file, pa.ipc.open_stream(file) as stream:
                yield in_order(stream.read_all()).cast(schema)


def _write_places(path: Path, tables: Iterator[pa.Table], schema: pa.Schema, notes: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    writer = GeoParquet(schema)
    with private_file(path) as file:
        file.write(writer.open())
        for table in tables:
            digest.update(rows_text(table))
            for batch in table.combine_chunks().to_batches():
                file.write(writer.write(batch))
        file.write(writer.close({**notes, DIGEST: digest.hexdigest()}))
    return digest.hexdigest()


def _write_rows(path: Path, tables: Iterator[pa.Table], notes: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    with private_file(path) as file, pq.ParquetWriter(file, FINDINGS, compression="zstd") as writer:
        for table in tables:
            digest.update(rows_text(table))
            writer.write_table(table)
        writer.add_key_value_metadata({**notes, DIGEST: digest.hexdigest()})
    return digest.hexdigest()


def rows_text(table: pa.Table) -> bytes:
    """The rows as bytes: CSV without a head, geometries in hexadecimal WKB."""
    places = [
        pa.array([one.hex() for one in column.to_pylist()]) if name == GEOMETRY else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    sink = pa.BufferOutputStream()
    csv.write_csv(pa.table(places, names=table.column_names), sink, csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


def write_wards(
    path: Path,
    wards: Table,
    figures: Mapping[str, Mapping[str, float | None]],
    notes: Mapping[str, str],
    *,
    public: bool,
) -> str:
    """Writes the wards with their figures, which are given by their codes; the digest of the rows."""
    names = list(next(iter(figures.values()), ()))
    order = np.argsort(wards.column("code").astype(str))
    codes = wards.column("code")[order].tolist()
    numbers = {name: pa.array([figures[code][name] for code in codes]) for name in names}
    columns = {
        "code": pa.array(codes, pa.string()),
        "name": pa.array(wards.column("name")[order].tolist(), pa.string()),
        **{
            name: column.cast(pa.float64() if name.endswith("share_known") else pa.int64())
            for name, column in numbers.items()
        },
        GEOMETRY: pa.array(shapely.to_wkb(wards.geometry[order]), pa.binary()),
    }
    rows = pa.table(columns)
    digest = hashlib.sha256(rows_text(rows)).hexdigest()
    schema = described(rows.schema, _TITLE, wards.crs, public=public)
    write_private(path, geoparquet(rows.cast(schema), {**notes, DIGEST: digest}))
    return digest
