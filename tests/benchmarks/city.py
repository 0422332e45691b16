"""The city that is served: the demo city in a database of its own, ten versions of the parcels of one district, and the
same public rows as a plain table for the peers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import shapely
from psycopg.rows import tuple_row

from gis.model.access import public_decision
from gis.model.change import Provenance
from gis.model.layer import Catalog, FieldType, Layer
from gis.store import embedded
from gis.store.database import connect, prepare
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN
from tests.benchmarks.draw import Box, Points, box_around
from tests.benchmarks.load import BenchmarkError

LAYER = "parcels"
SEED = 1
VERSIONS = 10
_DISTRICT = 50_000  # parcels with ten versions, at most half of the city

_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # a command in use has been compiled before, whatever this shell says

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class City:
    """A served city. `points`: centres of the parcels that the public can find by place now; `district`: where each parcel
    has ten versions, known since one of `changesets` each."""

    server: embedded.ServerInfo
    dsn: str
    catalog: Catalog
    points: Points
    district: Box
    changesets: tuple[int, ...]

    @property
    def layer(self) -> Layer:
        return self.catalog.layers[LAYER]


@contextmanager
def city(home: Path, catalog: Catalog, parcels: int, say: Say) -> Iterator[City]:
    """The city of so many parcels, built if it is not there yet; its server runs as long as the block."""
    with embedded.running(home) as server:
        dsn = server.create_database("landmap")
        if not _finished(dsn):
            server.drop_database("landmap")  # what an interrupted run left
            dsn = server.create_database("landmap")
            prepare(dsn, catalog)
            say(f"Building the city of {parcels:,} parcels")
            demo_data(dsn, parcels)
            with connect(dsn, autocommit=True) as connection:
                _add_peers(connection, catalog.layers[LAYER], say)
        prepare(dsn, catalog)
        say("Counting the indicators of today, which a server would do beside what is measured")
        landmap(dsn, "indicators", "compute", "--surveys", "0")
        with connect(dsn, autocommit=True) as connection:
            found = _read(connection, server, dsn, catalog)
        yield found


def _finished(dsn: str) -> bool:
    with connect(dsn) as connection:
        return bool(_one(connection, "SELECT to_regclass('peers.district') IS NOT NULL"))


def demo_data(dsn: str, parcels: int) -> float:
    """`landmap demo-data`, as a user would run it; the seconds that it says it took to load, without the cells made after."""
    said = landmap(dsn, "demo-data", "--parcels", str(parcels), "--seed", str(SEED), "--lang", "en")
    found = re.search(r"loaded in ([0-9.]+) s", said)
    if found is None:
        raise BenchmarkError(f"landmap demo-data does not say how long it took: {said[:200]}")
    return float(found[1])


def landmap_command(dsn: str, *arguments: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command on a database, and its environment."""
    environment = {**os.environ, **_COMPILED, "LANDMAP_DATABASE_URL": dsn, "LANDMAP_TERRITORY": "hcmc"}
    return (str(Path(sys.executable).with_name("landmap")), *arguments), environment


def landmap(dsn: str, *arguments: str) -> str:
    """Run the command on a database; what it printed. BenchmarkError if it fails."""
    command, environment = landmap_command(dsn, *arguments)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"landmap {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _add_peers(connection: psycopg.Connection, layer: Layer, say: Say) -> None:
    """The district's history, then the plain table; the row of `peers.district` says that all is done."""
    connection.execute("DROP SCHEMA IF EXISTS peers CASCADE")
    points = _points(connection, f"land_history.{LAYER} WHERE to_changeset IS NULL AND valid @> now()")
    district = box_around(points, np.median(points, axis=0), min(_DISTRICT, len(points) // 2))
    say(f"Writing the history of a district: {VERSIONS} versions of each parcel")
    changesets = [_last(connection)] + [_revise(connection, layer, district, i) for i in range(1, VERSIONS)]
    say("Writing the plain table for the peers")
    connection.execute("CREATE SCHEMA peers")
    connection.execute(_plain_table(layer))
    connection.execute("ALTER TABLE peers.parcels ADD PRIMARY KEY (id)")
    connection.execute("CREATE INDEX ON peers.parcels USING gist (geom)")
    style = ", ".join(layer.tiles.fields)
    connection.execute(f"CREATE VIEW peers.parcels_style AS SELECT fid, id, {style}, geom FROM peers.parcels")
    connection.execute(f"VACUUM (ANALYZE) land_history.{LAYER}")
    connection.execute("VACUUM (ANALYZE) peers.parcels")
    connection.execute(
        "CREATE TABLE peers.district AS SELECT %s::float8[] AS box, %s::int[] AS changesets",
        (list(district), changesets),
    )
    connection.execute("CHECKPOINT")


def common_pairs(city: City) -> list[tuple[str, str]]:
    """Communes with a use of land that at least 50 parcels have there."""
    text = "SELECT commune, land_use FROM peers.parcels GROUP BY 1, 2 HAVING count(*) >= 50 ORDER BY 1, 2"
    with connect(city.dsn) as connection, connection.cursor(row_factory=tuple_row) as cursor:
        return [(commune, use) for commune, use in cursor.execute(text) if commune and use]


def _plain_table(layer: Layer) -> str:
    """What the public sees of the rows that hold now, in spatial order, with the same times as landmap's answers have."""
    columns = ", ".join(
        f"CASE WHEN shown >= {SHOWN} THEN {name} END AS {name}" for name in public_decision(layer).columns
    )
    times = "lower(valid) AS valid_from, upper(valid) AS valid_to, valid_from_known, from_changeset AS changeset"
    return f"""CREATE TABLE peers.parcels AS SELECT fid, id, {columns}, {times}, geom_84 AS geom FROM land_history.{LAYER}
               WHERE to_changeset IS NULL AND valid @> now() AND shown >= {REDUCED_WITH_PLACE} ORDER BY sort_key"""


def _revise(connection: psycopg.Connection, layer: Layer, district: Box, number: int) -> int:
    """One more version of each parcel of the district: its map scale is corrected. The changeset's number."""
    names = [field.name for field in layer.columns]
    records = [with_scale(batch, 500 + number) for batch in read(connection, layer, names, district)]
    staged = stage(connection, layer, Provenance("benchmark", f"Correction {number}"), records)
    found = match(connection, staged, layer)
    if found.updated != sum(map(len, records)):
        raise BenchmarkError(f"Correction {number} should change {sum(map(len, records))} parcels, it found {found}")
    changeset = publish(connection, staged, layer)
    if changeset is None:
        raise BenchmarkError(f"Correction {number} changed nothing")
    return changeset


def read(
    connection: psycopg.Connection, layer: Layer, names: list[str], box: Box | None = None, size: int = 50_000
) -> Iterator[Records]:
    """The rows that hold now, with these columns and `valid_from`, in batches; only those centred in the box if one is given."""
    columns = ", ".join(names)
    where = "to_changeset IS NULL AND valid @> now()"
    if box is not None:
        west, south, east, north = box
        centre = "ST_SetSRID(ST_MakePoint((ST_XMin(geom_84) + ST_XMax(geom_84)) / 2, (ST_YMin(geom_84) + ST_YMax(geom_84)) / 2), 4326)"
        where += f" AND {centre} && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"
    text = f"SELECT ST_AsBinary(geom), lower(valid), {columns} FROM land_history.{layer.id} WHERE {where} ORDER BY sort_key, id"
    with connection.transaction(), connection.cursor(name="rows", row_factory=tuple_row) as cursor:
        cursor.execute(text)
        while rows := cursor.fetchmany(size):
            geometry, valid_from, *values = zip(*rows, strict=True)
            arrays = {name: pa.array(v) for name, v in zip(names, values, strict=True)}
            arrays["valid_from"] = pa.array(valid_from, pa.timestamp("us", tz="UTC"))
            yield Records(shapely.from_wkb(np.array(geometry, dtype=object)), arrays)


def with_scale(records: Records, scale: int) -> Records:
    """The records with another map scale: a change that no check minds."""
    return Records(records.geometry, {**records.columns, "map_scale": pa.array([scale] * len(records), pa.int64())})


def file_columns(layer: Layer) -> list[str]:
    """The 20 attributes of a cadastral file."""
    return [field.name for field in layer.columns if field.type is not FieldType.TEXT_LIST][:20]


def _read(connection: psycopg.Connection, server: embedded.ServerInfo, dsn: str, catalog: Catalog) -> City:
    row = connection.execute("SELECT box, changesets FROM peers.district").fetchone()
    if row is None:
        raise BenchmarkError("peers.district is empty: delete the benchmark's home and start again")
    return City(server, dsn, catalog, _points(connection, "peers.parcels"), tuple(row[0]), tuple(row[1]))


def _points(connection: psycopg.Connection, rows: str) -> Points:
    geometry = "geom_84" if rows.startswith("land_history") else "geom"
    text = f"SELECT (ST_XMin({geometry}) + ST_XMax({geometry})) / 2, (ST_YMin({geometry}) + ST_YMax({geometry})) / 2 FROM {rows} ORDER BY id"
    with connection.cursor(row_factory=tuple_row) as cursor:
        return np.array(cursor.execute(text).fetchall(), dtype=np.float64)


def _last(connection: psycopg.Connection) -> int:
    return int(_one(connection, "SELECT max(number) FROM landmap.changeset_layer WHERE layer = 'parcels'"))


def _one(connection: psycopg.Connection, text: str) -> int:
    row = connection.execute(text).fetchone()
    return row[0] if row else 0
