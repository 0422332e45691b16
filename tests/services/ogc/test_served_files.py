"""Files from the server as it is deployed: whole every time, and larger than the memory that may be used for them."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest

from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.store.publish import publish
from gis.store.stage import stage
from tests.benchmarks.exports import forget_peaks, peaks
from tests.gis.store.conftest import Parcel, records
from tests.services.conftest import City
from tests.services.test_schemathesis import served

pytestmark = pytest.mark.slow

COUNT, BATCH, LENGTH = 40_000, 4_000, 8_000
MOST = 250_000_000
"""Bytes of a process of the service, beyond what small files take."""


@pytest.fixture(scope="module")
def port(
    make_database: Callable[..., str], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """A service over parcels with 320 MB of text."""
    dsn, layer = make_database(), catalog.layers["parcels"]
    chance = Random(1)

    def text(length: int) -> str:
        return chance.randbytes(length // 2).hex()

    batches = (
        records([Parcel(str(i), i % 900, street=text(LENGTH)) for i in range(at, at + BATCH)])
        for at in range(0, COUNT, BATCH)
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        publish(connection, stage(connection, layer, Provenance("test", "wide"), batches), layer)
    with served(dsn, tmp_path_factory.mktemp("service")) as address:
        yield int(address.rpartition(":")[2])


def test_every_file_of_open_data_is_sent_whole_again_and_again(city: City, tmp_path: Path) -> None:
    with served(city.dsn, tmp_path) as address:
        version = f"{address}/open-data/parcels/{city.version}"
        for file in httpx.get(version, timeout=60).json()["files"] * 5:
            sent = httpx.get(f"{version}/{file['name']}")
            assert sent.status_code == 200, file["name"]
            assert hashlib.sha256(sent.content).hexdigest() == file["sha256"]


@pytest.mark.parametrize("name", ["csv", "gml", "gpkg"])
def test_a_file_takes_less_memory_than_it_is_large(port: int, name: str) -> None:
    whole = f"http://127.0.0.1:{port}/collections/parcels/items?f={name}"
    for _ in range(8):  # what the first file of a process loads stays, whatever the next ones' size
        assert _read(f"{whole}&limit=10") > 10 * LENGTH
    forget_peaks(port)
    before = max(peaks(port).values())  # of a process that has made files; others may still be new to it
    assert _read(whole) > COUNT * LENGTH > MOST
    assert max(peaks(port).values()) - before < MOST


def _read(address: str) -> int:
    """The bytes of the answer, read as they come."""
    with urllib.request.urlopen(address, timeout=300) as answer:
        return sum(map(len, iter(lambda: answer.read(1 << 20), b"")))
