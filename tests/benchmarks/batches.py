"""`permit-check-batch`: as many cases as one may have, each a house on a parcel of its own, sent as GeoJSON with outlines."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from itertools import cycle, islice
from statistics import median
from typing import Any

import psycopg
import shapely
from psycopg.rows import tuple_row
from shapely.affinity import scale

from gis.ingest.case_file import MOST_CASES
from gis.store.database import connect
from tests.benchmarks import ours
from tests.benchmarks.city import City
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.peers import Place
from tests.benchmarks.processes import free_port, running
from tests.benchmarks.table import Figure, Goal, Line

_PATH = "/processes/permit-check-batch/execution"
_LOOK = 0.2  # seconds between two looks at the job
_PATIENCE = 900.0
_HOUSE = {
    "works": "NEW",
    "use": "HOUSE",
    "house_form": "townhouse",
    "area_kind": "existing",
    "storeys": "trệt + 3 lầu",
    "height_m": 15,
    "floor_main_m2": 280,
    "floor_basement_m2": 0,
    "rear_setback_m": 2,
    "ground_setback_m": 0,
}


def batch(city: City, place: Place, rounds: int) -> list[Line]:
    """From sending the cases until the rows of all are there, with the worker that the service has of its own."""
    server, port = ours.landmap(place), free_port()
    body = json.dumps({"inputs": {"cases": {"type": "FeatureCollection", "features": list(_cases(city))}}}).encode()
    with running(server.program(port), port):
        done = [_batch(port, body) for _ in range(rounds)]
    took = median(seconds for seconds, _ in done)
    judged = f"{MOST_CASES / took:,.0f}/s, {len(body) / 1e6:,.0f} MB sent"
    title = f"permit check of {MOST_CASES:,} houses with outlines in one batch"
    return [Line(title, Figure("landmap", took, judged), None, "s", Goal(seconds=60))]


def _cases(city: City) -> Iterator[dict[str, Any]]:
    """Parcels from all over the city, again and again where there are fewer; each house has seven tenths of its parcel."""
    with connect(city.dsn) as connection:
        parcels = _parcels(connection)
    for number, (parcel, shape) in enumerate(islice(cycle(parcels), MOST_CASES)):
        outline = scale(shapely.from_wkb(shape), 0.8366, 0.8366)
        yield {
            "type": "Feature",
            "id": f"HS-{number}",
            "properties": {"parcel": str(parcel), **_HOUSE},
            "geometry": shapely.geometry.mapping(outline),
        }


def _parcels(connection: psycopg.Connection) -> list[tuple[Any, bytes]]:
    text = "SELECT id, ST_AsBinary(geom) FROM peers.parcels WHERE geom IS NOT NULL ORDER BY id LIMIT %s"
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(text, (MOST_CASES,)).fetchall()
    if not found:
        raise BenchmarkError("the city has no parcels")
    return found


def _batch(port: int, body: bytes) -> tuple[float, int]:
    """The seconds, and how many cases have a verdict. BenchmarkError where a case was not judged."""
    began = time.monotonic()
    job = json.loads(_asked(port, _PATH, body))
    while (now := json.loads(_asked(port, f"/jobs/{job['jobID']}")))["status"] in ("accepted", "running"):
        if time.monotonic() > began + _PATIENCE:
            raise BenchmarkError(f"the batch is not done after {_PATIENCE:g} s: {now}")
        time.sleep(_LOOK)
    if now["status"] != "successful":
        raise BenchmarkError(f"the batch failed: {now}")
    rows = _asked(port, f"/jobs/{job['jobID']}/results/results").count(b"\n") - 1
    seconds = time.monotonic() - began
    summary = json.loads(_asked(port, f"/jobs/{job['jobID']}/results/summary"))
    if rows != MOST_CASES or summary["not_judged"]:
        raise BenchmarkError(f"of {MOST_CASES:,} cases {rows:,} have a row, {summary['not_judged']:,} were not judged")
    return seconds, sum(summary["verdicts"].values())


def _asked(port: int, path: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        found: bytes = answer.read()
        return found
