"""Loading files into a real database, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gis.ingest.mapping import parse_choice
from gis.ingest.report import Report
from gis.ingest.run import DRY_RUN, Options, load
from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.store.database import connect

WHO = Provenance("tester", "Test")

type Load = Callable[..., Report]


@pytest.fixture
def check_file(catalogs: Callable[[str], Catalog]) -> Load:
    """`check_file(path, layer, territory="hcmc", maps=(), sets=(), **options)`: a dry run without a database."""

    def run(path: Path, layer: str = "parcels", territory: str = "hcmc", **options: Any) -> Report:
        catalog = catalogs(territory)
        return load(None, catalog, catalog.layers[layer], path, _options({"mode": DRY_RUN} | options))

    return run


@pytest.fixture
def open_database(make_database: Callable[..., str]) -> Iterator[Callable[[str], psycopg.Connection]]:
    """Connections in autocommit to fresh databases of a territory."""
    opened: list[psycopg.Connection] = []

    def make(territory: str = "hcmc") -> psycopg.Connection:
        opened.append(connect(make_database(territory), autocommit=True))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


@pytest.fixture
def load_file(catalogs: Callable[[str], Catalog]) -> Load:
    """`load_file(connection, path, layer, territory="hcmc", **options)`: a load as the command does it."""

    def run(
        connection: psycopg.Connection, path: Path, layer: str = "parcels", territory: str = "hcmc", **options: Any
    ) -> Report:
        catalog = catalogs(territory)
        return load(connection, catalog, catalog.layers[layer], path, _options(options))

    return run


def _options(given: dict[str, Any]) -> Options:
    maps, sets = given.pop("maps", ()), given.pop("sets", ())
    return Options(WHO, choice=parse_choice(maps, sets), **given)
