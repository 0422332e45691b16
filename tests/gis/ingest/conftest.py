"""Loading files into a real database, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyogrio
import pytest
import shapely

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


def lot(column: int, row: int = 0, width: float = 10.0) -> shapely.Polygon:
    """A lot of `width` x 10 m near the centre of Ho Chi Minh City, in EPSG:9210, beside its neighbours."""
    x, y = 603_700 + 10 * column, 1_191_840 + 10 * row
    return shapely.box(x, y, x + width, y + 10)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """`write(shapes, name="a.gpkg", crs="EPSG:9210", **columns)`: a GeoPackage with one record a shape."""

    def run(shapes: list[Any], name: str = "a.gpkg", crs: str | None = "EPSG:9210", **columns: Any) -> Path:
        count = len(shapes)
        given = {"so_to": ["1"] * count, "so_thua": [str(i + 1) for i in range(count)]} | columns
        blobs = [s if s is None or isinstance(s, bytes) else shapely.to_wkb(s) for s in shapes]
        table = pa.table({**{k: pa.array(v) for k, v in given.items()}, "geom": pa.array(blobs, pa.binary())})
        path = tmp_path / name
        pyogrio.write_arrow(
            table, path, driver="GPKG", geometry_name="geom", geometry_type="Unknown", crs=crs, layer="x"
        )
        return path

    return run


def counts(report: Report) -> dict[str, int]:
    """Findings by reason."""
    found: dict[str, int] = {}
    for kind in report.kinds:
        found[kind.reason] = found.get(kind.reason, 0) + kind.count
    return found
