"""Real PostGIS for every test: one embedded server a run, one migrated template a territory, copies of it for tests."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gis.catalog.read import read_catalog
from gis.model.layer import Catalog
from gis.store import embedded
from gis.store.database import prepare
from gis.store.embedded import ServerInfo

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ROOT / "layers"
SHARED = ROOT.parent / "shared"

type MakeDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def server() -> Iterator[ServerInfo]:
    """An embedded server of this test run, where its account can come even if pytest's own directory is private."""
    home = Path(tempfile.mkdtemp(prefix="landmap-tests-", dir="/tmp"))
    home.chmod(0o755)
    try:
        server = embedded.ensure(home)
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):  # nobody needs these databases after a power cut
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            # Applications that all tests of a run share keep the connections of their pools to the end.
            connection.execute("ALTER SYSTEM SET max_connections = 400")
        embedded.stop(home)
        yield embedded.ensure(home)
    finally:
        embedded.destroy(home)
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def catalogs() -> Callable[[str], Catalog]:
    """The repository's layers for a territory, read once."""
    read: dict[str, Catalog] = {}

    def catalog_of(territory: str) -> Catalog:
        if territory not in read:
            read[territory] = read_catalog(LAYERS, territory)
        return read[territory]

    return catalog_of


@pytest.fixture(scope="session")
def catalog(catalogs: Callable[[str], Catalog]) -> Catalog:
    """The layers for Ho Chi Minh City."""
    return catalogs("hcmc")


@pytest.fixture(scope="session")
def make_database(server: ServerInfo, catalogs: Callable[[str], Catalog]) -> MakeDatabase:
    """`make_database(territory="hcmc") -> dsn`: a fresh database with all layers, in about 0.1 s.

    It stays until the run ends, so that module and session fixtures may use it too.
    """
    numbers = itertools.count(1)
    templates: set[str] = set()

    def make(territory: str = "hcmc") -> str:
        template = f"template_{territory}"
        if template not in templates:
            prepare(server.create_database(template), catalogs(territory))
            templates.add(template)
        return server.create_database(f"{territory}_{next(numbers)}", template)

    return make


@pytest.fixture
def database(make_database: MakeDatabase) -> str:
    """URL of a fresh database of Ho Chi Minh City."""
    return make_database()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A synchronous connection to `database`."""
    with psycopg.connect(database) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real files that lie beside the repository and are not part of it."""
    if not SHARED.is_dir():
        pytest.skip("needs the real data in ../shared, which are not part of the repository")
    return SHARED
