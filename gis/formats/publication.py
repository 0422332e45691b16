"""Makes the open-data files of a published version: GeoParquet, GeoPackage, CSV and the data dictionary.

They hold what the public sees of the layer as it was known at the version and held at its instant: the answer of items to
`knownAt=<number>&datetime=<instant>`, from the same query. The same version gives the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from gis.crs.registry import crs
from gis.errors import InvalidParameter, NoRoom, StoreError
from gis.formats.about import retold
from gis.formats.delimited import Csv
from gis.formats.dictionary import columns_of, dictionary_csv
from gis.formats.geoparquet import GeoParquet
from gis.formats.open_files import Box, File, Manifest, Shelf, described, rows_digest
from gis.formats.spool import Spool
from gis.model.access import public_decision
from gis.model.invented import NOTICE
from gis.model.invented import described as described_as
from gis.model.layer import Codelist, Layer
from gis.model.query import ItemQuery
from gis.store.export import EVERYTHING, Selection, Shape, arrow_schema, batches
from gis.store.open_data import Version
from gis.store.pools import Pools, Snapshot

PARQUET = "application/vnd.apache.parquet"
GEOPACKAGE = "application/geopackage+sqlite3"
CSV = "text/csv; charset=utf-8"
_AGAIN = 0.2  # seconds until the lock is asked for again


class _Writer(Protocol):
    def open(self) -> bytes: ...

    def write(self, batch: pa.RecordBatch) -> bytes: ...

    def close(self) -> bytes: ...


async def publication(
    pools: Pools, shelf: Shelf, layer: Layer, version: Version, codes: Mapping[str, Codelist]
) -> Manifest:
    """The files of the version; they are made where they are not there yet, by one process at a time.

    `codes`: the codelist of each column that has one. Raises NoRoom where the disk has none, and what reading raises.
    """
    async with alone(shelf):
        found = await asyncio.to_thread(shelf.find, layer, version)
        if found is not None:
            return found
        with shelf.making(version) as folder:
            manifest = await _made(pools, shelf, (layer, version), folder, codes)
            await asyncio.to_thread(shelf.put, folder, manifest)
            return manifest


@asynccontextmanager
async def alone(shelf: Shelf) -> AsyncIterator[None]:
    """Waits until no other process makes or removes files of the folder; others wait as long as the block."""
    while True:
        with shelf.lock() as held:
            if held:
                yield
                return
        await asyncio.sleep(_AGAIN)


async def _made(
    pools: Pools, shelf: Shelf, what: tuple[Layer, Version], folder: Path, codes: Mapping[str, Codelist]
) -> Manifest:
    layer, version = what
    query = ItemQuery(layer.id, limit=EVERYTHING, at=version.instant, known=version.number)
    selection = Selection(layer, query, public_decision(layer))
    description = described_as(layer.description, invented=version.invented)
    schema = retold(arrow_schema(selection, Shape.WKB), description)
    paths = {ending: folder / f"{layer.id}.{ending}" for ending in ("parquet", "gpkg", "csv")}
    try:
        async with pools.snapshot() as source:
            features, bbox = await _binary(source, selection, shelf, (schema, paths["parquet"], paths["gpkg"]))
            await _text(source, selection, shelf, (paths["csv"], features))
        (folder / "dictionary.csv").write_bytes(dictionary_csv(schema, codes, NOTICE if version.invented else None))
    except (OSError, InvalidParameter) as error:  # the latter: the file passed the size that there is room for
        raise NoRoom(
            "The disk has no room for these files; the operator has been told. Try again later.",
            "Máy chủ không đủ chỗ để tạo các tệp này; đơn vị vận hành đã được báo. Hãy thử lại sau.",
        ) from error
    return Manifest(
        layer=layer.id,
        number=version.number,
        instant=version.instant,
        features=features,
        bbox=bbox,
        crs=crs(query.crs).uri,
        title={"vi": layer.title.vi, "en": layer.title.en},
        description={"vi": description.vi, "en": description.en},
        owner=layer.owner,
        licence=layer.licence,
        columns=tuple(columns_of(schema)),
        rows=rows_digest(layer),
        files=await asyncio.to_thread(_files, paths, folder),
        invented=version.invented,
    )


def _files(paths: Mapping[str, Path], folder: Path) -> tuple[File, ...]:
    kinds = {"parquet": PARQUET, "gpkg": GEOPACKAGE, "csv": CSV}
    listed = [(path, kinds[ending]) for ending, path in paths.items()]
    return tuple(described(path, kind) for path, kind in (*listed, (folder / "dictionary.csv", CSV)))


async def _binary(
    source: Snapshot, selection: Selection, shelf: Shelf, wanted: tuple[pa.Schema, Path, Path]
) -> tuple[int, Box | None]:
    """GeoParquet and GeoPackage, from one walk through the features: how many they are, and the box around them."""
    (schema, parquet, geopackage), features = wanted, 0
    with ExitStack() as stack:
        file = stack.enter_context(parquet.open("xb"))
        spool = Spool("gpkg", schema, parquet.parent, shelf.room(), selection.query.at)  # type: ignore[arg-type]
        stack.callback(spool.close)
        writer = GeoParquet(schema)
        file.write(writer.open())
        async for batch in batches(source, selection, Shape.WKB):
            shelf.room()
            features += batch.num_rows
            await asyncio.to_thread(_append, file, writer, batch)
            await asyncio.to_thread(spool.write, batch)
        file.write(await asyncio.to_thread(writer.close))
        await asyncio.to_thread(spool.keep, geopackage)
    return features, writer.bbox


async def _text(source: Snapshot, selection: Selection, shelf: Shelf, wanted: tuple[Path, int]) -> None:
    """CSV, whose geometry the database writes as text: the same features once more."""
    path, features = wanted
    writer, written = Csv(arrow_schema(selection, Shape.WKT)), 0
    with path.open("xb") as file:
        file.write(writer.open())
        async for batch in batches(source, selection, Shape.WKT):
            shelf.room()
            written += batch.num_rows
            await asyncio.to_thread(_append, file, writer, batch)
        file.write(writer.close())
    if written != features:
        raise StoreError(f"The same version was read with {features} and with {written} features.")


def _append(file: BinaryIO, writer: _Writer, batch: pa.RecordBatch) -> None:
    file.write(writer.write(batch))
