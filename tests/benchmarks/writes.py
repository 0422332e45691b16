"""Writing: parcels sent one a request by an editor, from as many connections as the other works have."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import psycopg
import shapely

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.database import connect
from tests.benchmarks import ours
from tests.benchmarks.city import LAYER, City, file_columns, landmap, read
from tests.benchmarks.load import CONNECTIONS, BenchmarkError
from tests.benchmarks.loads import database, files
from tests.benchmarks.peers import Place
from tests.benchmarks.processes import free_port, running
from tests.benchmarks.table import Figure, Line
from tests.benchmarks.works import Turns

_ITEMS = f"/collections/{LAYER}/items"
_MOST = 50_000  # parcels that may be sent


def write(city: City, place: Place, turns: Turns) -> tuple[list[Line], list[str]]:
    """New parcels into a database that has a tenth of the city; no line, and a note, where nothing can be written."""
    _, changed = files(city, place.home)
    with database(city, prepared=True) as dsn:
        landmap(dsn, "ingest", LAYER, str(changed), "--json")
        with connect(dsn, autocommit=True) as connection:
            key = _editor(connection, city.catalog)
        server, port = ours.landmap_on(place, dsn), free_port()
        with running(server.program(port), port):
            if _status(port, key, b"{}") == 405:
                return [], ["Without writing: the service takes no POST."]
            bodies = _bodies(city, dsn)
            turns_done = [_turn(port, key, bodies, turns.seconds) for _ in range(turns.rounds)]
    rates = [len(taken) / seconds for taken, seconds in turns_done]
    slowest = median(float(np.percentile(taken, 99)) for taken, _ in turns_done)
    title = f"new parcels, one a request and changeset, {CONNECTIONS} connections"
    return [Line(title, Figure("landmap", median(rates), f"p99 {slowest * 1000:,.0f} ms"), None, "/s")], []


def _editor(connection: psycopg.Connection, catalog: Catalog) -> str:
    """The key of an editor whose agency owns the parcels."""
    access.add_agency(connection, "bench", "bench", "bench")
    access.set_layers(connection, catalog, "bench", [LAYER], [], "bench")
    grant = access.Grant(Role.EDITOR, "bench", datetime.now(UTC) + timedelta(days=1), None)
    return access.issue_key(connection, catalog, grant, "bench", "bench")


def _bodies(city: City, dsn: str) -> Iterator[bytes]:
    """Parcels of the city that the database does not have, as GeoJSON in the legal CRS."""
    names = file_columns(city.layer)
    with connect(dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM land_history.{LAYER}").fetchone()
    there = int(row[0]) if row else 0
    sent: list[bytes] = []
    seen = 0
    with connect(city.dsn) as connection:
        for records in read(connection, city.layer, names):
            skip, seen = max(0, there - seen), seen + len(records)
            columns = {name: records.columns[name].to_pylist() for name in names}
            for i in range(skip, len(records)):
                properties = {name: _plain(values[i]) for name, values in columns.items() if values[i] is not None}
                geometry = json.loads(shapely.to_geojson(records.geometry[i]))
                sent.append(json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}).encode())
                if len(sent) == _MOST:
                    return iter(sent)
    return iter(sent)


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _turn(port: int, key: str, bodies: Iterator[bytes], seconds: int) -> tuple[list[float], float]:
    """How long each request took, and all together. BenchmarkError for any that is not 201."""
    lock, end = threading.Lock(), time.perf_counter() + seconds

    def work() -> list[float]:
        taken = []
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < end:
            with lock:
                body = next(bodies, None)
            if body is None:
                raise BenchmarkError(f"{_MOST:,} parcels are not enough for the time; make turns shorter")
            began = time.perf_counter()
            connection.request("POST", _ITEMS, body, _headers(key))
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 201:
                raise BenchmarkError(f"POST {_ITEMS}: status {answer.status}: {said[:300].decode(errors='replace')}")
            taken.append(time.perf_counter() - began)
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [future.result() for future in [pool.submit(work) for _ in range(CONNECTIONS)]]
    return list(itertools.chain.from_iterable(parts)), time.perf_counter() - began


def _status(port: int, key: str, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", _ITEMS, body, _headers(key))
    return connection.getresponse().status


def _headers(key: str) -> dict[str, str]:
    crs = "<http://www.opengis.net/def/crs/EPSG/0/9210>"
    return {"X-Api-Key": key, "Content-Type": "application/geo+json", "Content-Crs": crs}
