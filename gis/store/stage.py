"""Staging: cleaned records copied beside the layer, outside any lock, until they are published or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import psycopg
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg.types.json import Jsonb
from sqlalchemy.schema import CreateTable

from gis.crs.transform import transform_geometries
from gis.errors import NotFound, StoreError
from gis.model.change import Provenance, stage_name
from gis.model.layer import Layer
from gis.store import sources
from gis.store.columns import ARROW
from gis.store.sort_key import sort_keys
from gis.store.sql import ddl, quoted
from gis.store.tables import STAGING, staging_table

_CHUNK = 20_000
_AHEAD = 3  # chunks being encoded while one is sent

_FIXED: dict[str, pa.DataType] = {
    "id": pa.binary(),
    "valid_from": pa.timestamp("us", tz="UTC"),
    "valid_to": pa.timestamp("us", tz="UTC"),
    "survey_crs": pa.int32(),
    "source_row": pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Records:
    """n cleaned records of one layer.

    `geometry`: (n,) shapely geometries in the layer's storage CRS, x = easting; None where there is none.
    `columns`: (n,) Arrow arrays by field name, and optionally `id` (16-byte UUID), `valid_from`, `valid_to`
    (timestamps), `survey_crs` (EPSG code), `source_row`. What is left out is null.
    """

    geometry: NDArray[np.object_]
    columns: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.geometry)

    def slice(self, start: int, length: int) -> Records:
        """Records start .. start + length, without copying."""
        return Records(
            self.geometry[start : start + length], {k: v.slice(start, length) for k, v in self.columns.items()}
        )


def stage(
    connection: psycopg.Connection,
    layer: Layer,
    provenance: Provenance,
    batches: Iterable[Records],
    progress: Callable[[int], object] = lambda done: None,
) -> int:
    """Copy `batches` into a staging table of their own, in one transaction; the stage's id.

    `progress` is called with the number of records sent so far. Raises StoreError if the database refuses the records.
    """
    with connection.transaction():
        stage_id = _begin(connection, layer, provenance)
        table = staging_table(layer, stage_id)
        connection.execute(ddl(CreateTable(table)))
        names = (*_FIXED, "sort_key", "geom", "geom_84", *(f.name for f in layer.fields))
        copy = f"COPY {table_name(stage_id)} ({', '.join(map(quoted, names))}) FROM STDIN (FORMAT binary)"
        done = identified = 0
        try:
            with connection.cursor() as cursor, cursor.copy(copy) as sink:
                for count, ids, data in _encoded(layer, batches):
                    sink.write(data)
                    done += count
                    identified += ids
                    progress(done)
        except psycopg.DataError as error:
            raise StoreError(f"The database refused records of {layer.id}: {error}") from error
        _finish(connection, stage_id, done, identified)
    return stage_id


def no_such_stage(stage_id: int) -> NotFound:
    """Nothing waits under that name."""
    name = stage_name(stage_id)
    return NotFound(
        f"There is no staged changeset {name} (landmap changeset list shows those that wait).",
        f"Không có lần cập nhật đang chờ {name} (xem các lần cập nhật đang chờ bằng landmap changeset list).",
    )


def table_name(stage_id: int) -> str:
    """The staging table of a stage, quoted and with its schema."""
    return f"{STAGING}.{stage_name(stage_id)}"


def _begin(connection: psycopg.Connection, layer: Layer, provenance: Provenance) -> int:
    row = connection.execute(
        """INSERT INTO landmap.stage (layer, base, actor, title, source, document, document_date)
           SELECT %s, coalesce(max(number), 0), %s, %s, %s, %s, %s FROM landmap.changeset RETURNING id""",
        (
            layer.id,
            provenance.actor,
            provenance.title,
            sources.keep(connection, provenance),
            provenance.document,
            provenance.document_date,
        ),
    ).fetchone()
    if row is None:
        raise StoreError("The stage could not be written.")
    return int(row[0])


def _finish(connection: psycopg.Connection, stage_id: int, rows: int, identified: int) -> None:
    """Keep how many rows there are, and whether a feature comes in several versions, which only one with an id can."""
    several = f"SELECT count(id) > count(DISTINCT id) FROM {table_name(stage_id)}" if identified else "SELECT false"
    connection.execute(
        f"UPDATE landmap.stage SET state = 'staged', counts = %s, several = ({several}) WHERE id = %s",
        (Jsonb({"insert": rows}), stage_id),
    )


def keep(connection: psycopg.Connection, stage_id: int) -> None:
    """Make a stage that is to wait outlive a crash of the server; until then it is written without the log."""
    connection.execute(f"ALTER TABLE {table_name(stage_id)} SET LOGGED")


def set_counts(connection: psycopg.Connection, stage_id: int, counts: Mapping[str, int]) -> None:
    """Keep how many records of each kind the stage holds."""
    connection.execute("UPDATE landmap.stage SET counts = %s WHERE id = %s", (Jsonb(dict(counts)), stage_id))


def refuse(connection: psycopg.Connection, stage_id: int) -> None:
    """Give the staged records up; the stage itself stays on record. NotFound if it is not staged."""
    with connection.transaction():
        row = connection.execute(
            "UPDATE landmap.stage SET state = 'refused' WHERE id = %s AND state = 'staged' RETURNING id", (stage_id,)
        ).fetchone()
        if row is None:
            raise no_such_stage(stage_id)
        connection.execute(f"DROP TABLE IF EXISTS {table_name(stage_id)}")


def _encoded(layer: Layer, batches: Iterable[Records]) -> Iterator[tuple[int, int, bytes]]:
    """Chunks as COPY BINARY with their numbers of rows and of ids.

    Encoded on threads: shapely, PROJ and the encoder release the interpreter lock.
    """
    encoder: ArrowToPostgresBinaryEncoder | None = None
    with ThreadPoolExecutor(2) as pool:
        chunks = (b.slice(i, _CHUNK) for b in batches for i in range(0, len(b), _CHUNK))
        waiting: list[Future[pa.RecordBatch]] = [pool.submit(_arrow, layer, c) for c in islice(chunks, _AHEAD)]
        while waiting:
            batch = waiting.pop(0).result()
            waiting += [pool.submit(_arrow, layer, c) for c in islice(chunks, 1)]
            head = b""
            if encoder is None:
                encoder = ArrowToPostgresBinaryEncoder(batch.schema)
                head = encoder.write_header()
            ids = batch.num_rows - batch.column("id").null_count
            yield batch.num_rows, ids, head + encoder.write_batch(batch)
    yield 0, 0, encoder.finish() if encoder else _EMPTY


_EMPTY = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"


def _arrow(layer: Layer, records: Records) -> pa.RecordBatch:
    """One chunk with both geometries and the sort key, in the column order of the COPY."""
    geometry_84 = transform_geometries(records.geometry, layer.storage_crs, 4326)
    arrays = {name: _column(records, name, type_) for name, type_ in _FIXED.items()}
    arrays["sort_key"] = pa.array(sort_keys(shapely.bounds(geometry_84)))
    arrays["geom"] = _wkb(records.geometry)
    arrays["geom_84"] = _wkb(geometry_84)
    arrays |= {f.name: _column(records, f.name, ARROW[f.type]) for f in layer.fields}
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _wkb(geometry: NDArray[np.object_]) -> pa.Array:
    return pa.array(shapely.to_wkb(geometry, output_dimension=2), type=pa.binary())


def _column(records: Records, name: str, type_: pa.DataType) -> pa.Array:
    found = records.columns.get(name)
    if found is None:
        return pa.nulls(len(records), type_)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found if found.type == type_ else found.cast(type_)
