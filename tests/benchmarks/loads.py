"""Loading: `landmap ingest` against `ogr2ogr`, a second load of what changed, and the demo city."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import psycopg
import pyarrow as pa
import pyogrio
import shapely

from gis.store.database import connect, prepare
from gis.store.stage import Records
from tests.benchmarks.city import LAYER, City, demo_data, file_columns, landmap_command, read, with_scale
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.peers import Place
from tests.benchmarks.table import Figure, Goal, Line

_CHANGED = 100_000
_DATABASE = "loaded"


def ingest(city: City, place: Place, rounds: int) -> list[Line]:
    """The whole city as a GeoPackage into an empty database, in turns; then the records that changed. The cells of low
    zooms, made after, are not counted, as they are not for the demo city."""
    whole, changed = files(city, place.home)
    count, few = _count(whole), _count(changed)
    ours, theirs, second, same = [], [], [], []
    for _ in range(rounds):
        with database(city, prepared=True) as dsn:
            ours.append(_ingest(dsn, whole, "inserted", count))
            second.append(_ingest(dsn, changed, "updated", few))
            same.append(_ingest(dsn, changed, "unchanged", few))
        if shutil.which("ogr2ogr"):
            with database(city, prepared=False) as dsn:
                theirs.append(_timed(partial(_ogr2ogr, dsn, whole, count)))
    title = f"ingest of {count:,} parcels, GeoPackage, 20 attributes"
    other = Figure("ogr2ogr, COPY and GiST, unchecked", median(theirs), _speed(count, theirs)) if theirs else None
    return [
        Line(title, Figure("landmap", median(ours), _speed(count, ours)), other, "s", Goal(at_most=1.5)),
        Line(
            f"second load: {few:,} changed records", Figure("landmap", median(second), _speed(few, second)), None, "s"
        ),
        Line(f"the same {few:,} records again: nothing to do", Figure("landmap", median(same)), None, "s"),
    ]


def demo(city: City, parcels: int, rounds: int) -> list[Line]:
    """`landmap demo-data` from an empty database to a whole city; the cells of low zooms, made after, are not counted."""
    lines = []
    for count, limit in {20_000: 20.0, parcels: 20.0 if parcels <= 20_000 else 90.0}.items():
        seconds = []
        for _ in range(rounds if count <= 100_000 else 1):
            with database(city, prepared=True) as dsn:
                seconds.append(demo_data(dsn, count))
        lines.append(
            Line(f"demo city of {count:,} parcels", Figure("landmap", median(seconds)), None, "s", Goal(seconds=limit))
        )
    return lines


def files(city: City, home: Path) -> tuple[Path, Path]:
    """The city as a GeoPackage, and the file of its first records with another map scale; written once."""
    folder = home / f"files-{len(city.points)}"
    whole, changed = folder / "parcels.gpkg", folder / "changed.gpkg"
    if not changed.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        names = file_columns(city.layer)
        with connect(city.dsn) as connection:
            _write(whole, read(connection, city.layer, names), city)
            few = max(1, min(_CHANGED, len(city.points) // 10))
            part = next(read(connection, city.layer, names, size=few))
            _write(folder / "part.gpkg", iter([with_scale(part, 250)]), city)
        (folder / "part.gpkg").rename(changed)
    return whole, changed


def _write(path: Path, batches: Iterator[Records], city: City) -> None:
    for n, batch in enumerate(batches):
        columns = {name: values for name, values in batch.columns.items() if name != "valid_from"}
        table = pa.table({**columns, "geom": pa.array(shapely.to_wkb(batch.geometry), pa.binary())})
        pyogrio.write_arrow(
            table,
            path,
            driver="GPKG",
            layer=LAYER,
            geometry_name="geom",
            geometry_type="MultiPolygon",
            crs=f"EPSG:{city.layer.storage_crs}",
            append=n > 0,
        )


def _count(path: Path) -> int:
    return int(pyogrio.read_info(path)["features"])


@contextmanager
def database(city: City, *, prepared: bool) -> Iterator[str]:
    """A fresh database on the city's server, with landmap's tables or with PostGIS alone."""
    city.server.drop_database(_DATABASE)
    dsn = city.server.create_database(_DATABASE)
    try:
        if prepared:
            prepare(dsn, city.catalog)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        yield dsn
    finally:
        city.server.drop_database(_DATABASE)


def _ingest(dsn: str, path: Path, outcome: str, count: int) -> float:
    """Load a file; the seconds from the start of the command until it reports. The cells of low zooms are made after.

    BenchmarkError unless `outcome` (inserted, updated, unchanged) is what became of every record.
    """
    command, environment = landmap_command(dsn, "ingest", LAYER, str(path), "--json")
    began = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as done:
        assert done.stdout is not None
        said = done.stdout.readline()
        seconds = time.monotonic() - began
        _, wrong = done.communicate()
    if done.returncode != 0:
        raise BenchmarkError(f"landmap ingest {path.name}: {wrong.strip()[-300:]}")
    counts = json.loads(said)["counts"]
    if counts["read"] != count or counts[outcome] != count:
        raise BenchmarkError(f"landmap ingest {path.name}: all of {count:,} records should be {outcome}: {counts}")
    return seconds


def _ogr2ogr(dsn: str, path: Path, count: int) -> None:
    command = (
        "ogr2ogr",
        "-f",
        "PostgreSQL",
        f"PG:{dsn}",
        str(path),
        "-nln",
        "parcels",
        "-lco",
        "GEOMETRY_NAME=geom",
        "-lco",
        "SPATIAL_INDEX=GIST",
    )
    done = subprocess.run(
        command, env={**os.environ, "PG_USE_COPY": "YES"}, capture_output=True, text=True, check=False
    )
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM parcels").fetchone() if done.returncode == 0 else None
    if row is None or row[0] != count:
        raise BenchmarkError(
            f"ogr2ogr loaded {row[0] if row else 0:,} of {count:,} records: {done.stderr.strip()[-300:]}"
        )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _speed(count: int, seconds: list[float]) -> str:
    return f"{count / median(seconds):,.0f}/s"
