"""The peers, each set up as its own documentation recommends for two processors, all on the table `peers.parcels`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from gis.store.embedded import ServerInfo
from tests.benchmarks.draw import query_box
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.processes import Program
from tests.benchmarks.servers import Missing, Server

WORKERS = 2
_MAX = 10_000  # features a page and a tile may have, as with landmap


@dataclass(frozen=True, slots=True)
class Place:
    """Where the peers live: their environments and logs, and the database server."""

    home: Path
    database: ServerInfo

    @property
    def url(self) -> str:
        """The database as a URL with the socket's directory as its host, which everybody here understands."""
        return f"postgresql://landmap@{quote(str(self.database.socket), safe='')}:{self.database.port}/landmap"

    def program(self, name: str, command: Sequence[str], environment: dict[str, str], probe: str) -> Program:
        directory = self.home / name
        directory.mkdir(parents=True, exist_ok=True)
        return Program(command, environment, directory, directory / "server.log", probe)


def peers(place: Place) -> list[Server | Missing]:
    """All peers, in the order of the table."""
    return [_had(name, find, place) for name, find in _PEERS.items()]


def _had(name: str, find: Callable[[Place], Server | Missing], place: Place) -> Server | Missing:
    try:
        return find(place)
    except BenchmarkError as error:
        return Missing(name, str(error))


def environment(home: Path, requirements: Sequence[str], package: str) -> tuple[Path, str]:
    """A virtual environment with these packages, made if it is not there; its bin directory and the package's version."""
    binaries = home / "bin"
    pip = binaries / "pip"
    ask = (pip, "show", package)
    found = subprocess.run(ask, capture_output=True, text=True, check=False) if pip.exists() else None
    if found is None or found.returncode != 0:
        make: tuple[str, ...] = (sys.executable, "-m", "venv", str(home))
        for command in (make, (str(pip), "install", "--quiet", *requirements)):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise BenchmarkError(f"pip cannot install {package}: {(done.stderr or done.stdout).strip()[-300:]}")
        found = subprocess.run(ask, capture_output=True, text=True, check=True)
    return binaries, next(line.split(": ")[1] for line in found.stdout.splitlines() if line.startswith("Version: "))


def _tipg(place: Place) -> Server:
    binaries, version = environment(place.home / "tipg", ("tipg", "uvicorn[standard]"), "tipg")
    settings = {"DATABASE_URL": place.url, "TIPG_DB_SCHEMAS": '["peers"]', "TIPG_MAX_FEATURES_PER_QUERY": str(_MAX)}
    command = (str(binaries / "uvicorn"), "tipg.main:app", "--host", "127.0.0.1", "--workers", str(WORKERS), "--port")
    tiles = "tiles/WebMercatorQuad"
    return Server(
        "tipg",
        version,
        "all matches, by a second query",
        lambda port: place.program("tipg", (*command, str(port)), settings, "/collections/peers.parcels"),
        items=lambda box, limit: f"/collections/peers.parcels/items?{query_box(box)}&limit={limit}",
        filtered=lambda text, limit: (
            f"/collections/peers.parcels/items?{filter_parameter(text)}&filter-lang=cql2-text&limit={limit}"
        ),
        page=lambda box, limit, n: f"/collections/peers.parcels/items?{query_box(box)}&limit={limit}&offset={n}",
        tile=lambda t: f"/collections/peers.parcels/{tiles}/{t[0]}/{t[1]}/{t[2]}",
        style_tile=lambda t: f"/collections/peers.parcels_style/{tiles}/{t[0]}/{t[1]}/{t[2]}",
    )


def _pygeoapi(place: Place) -> Server:
    needs = ("pygeoapi>=0.24", "geoalchemy2", "gunicorn", "gevent", "psycopg2-binary")
    binaries, version = environment(place.home / "pygeoapi", needs, "pygeoapi")
    return Server(
        "pygeoapi",
        version,
        "all matches, by a second query",
        partial(_pygeoapi_program, place, binaries),
        items=lambda box, limit: f"/collections/parcels/items?{query_box(box)}&limit={limit}&f=json",
        filtered=lambda text, limit: f"/collections/parcels/items?{filter_parameter(text)}&limit={limit}&f=json",
        page=lambda box, limit, n: f"/collections/parcels/items?{query_box(box)}&limit={limit}&offset={n}&f=json",
    )


def _pygeoapi_program(place: Place, binaries: Path, port: int) -> Program:
    directory = place.home / "pygeoapi"
    config, openapi = directory / "config.yml", directory / "openapi.json"
    config.write_text(json.dumps(_pygeoapi_config(place.database, port), indent=1), encoding="utf-8")  # JSON is YAML
    settings = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    make = (binaries / "pygeoapi", "openapi", "generate", config, "--format", "json", "--output-file", openapi)
    done = subprocess.run(make, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"pygeoapi writes no OpenAPI document: {done.stderr.strip()[-300:]}")
    command = (
        *(str(binaries / "gunicorn"), "--workers", str(WORKERS), "--worker-class", "gevent", "--timeout", "6000"),
        *("--bind", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"),
    )
    return place.program("pygeoapi", command, settings, "/collections/parcels?f=json")


def _pygeoapi_config(database: ServerInfo, port: int) -> dict[str, object]:
    """A minimal configuration with the PostgreSQL provider; what is not said is as it comes. No tiles: those of its own
    provider do not use the index, and take it tens of seconds."""
    url = f"http://127.0.0.1:{port}"
    where = {"host": str(database.socket), "port": database.port, "dbname": "landmap", "user": "landmap"}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {**where, "password": "", "search_path": ["peers", "public"]},
        "id_field": "id",
        "table": "parcels",
        "geom_field": "geom",
    }
    person = {"name": "-", "url": url}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": _MAX, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "-",
                "description": "-",
                "keywords": ["-"],
                "terms_of_service": "-",
                "url": url,
            },
            "license": person,
            "provider": person,
            "contact": {"name": "-"},
        },
        "resources": {
            "parcels": {
                "type": "collection",
                "title": "parcels",
                "description": "-",
                "keywords": ["-"],
                "links": [],
                "extents": {
                    "spatial": {"bbox": [-180, -90, 180, 90], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
                },
                "providers": [provider],
            }
        },
    }


def _pg_featureserv(place: Place) -> Server | Missing:
    program = shutil.which("pg_featureserv")
    if program is None:
        return Missing("pg_featureserv", "not on the PATH")
    settings = {"DATABASE_URL": place.url, "PGFS_SERVER_HTTPHOST": "127.0.0.1", "PGFS_PAGING_LIMITMAX": str(_MAX)}
    return Server(
        "pg_featureserv",
        _version(program),
        "nothing",
        lambda port: place.program(
            "pg_featureserv",
            (program,),
            {**settings, "PGFS_SERVER_HTTPPORT": str(port)},
            "/collections/peers.parcels.json",
        ),
        items=lambda box, limit: f"/collections/peers.parcels/items.json?{query_box(box)}&limit={limit}",
        filtered=lambda text, limit: (
            f"/collections/peers.parcels/items.json?{filter_parameter(_plain_cql(text))}&limit={limit}"
        ),
        page=lambda box, limit, n: f"/collections/peers.parcels/items.json?{query_box(box)}&limit={limit}&offset={n}",
    )


def _martin(place: Place, *, cache_mb: int, name: str) -> Server | Missing:
    program = shutil.which("martin")
    if program is None:
        return Missing(name, "not on the PATH")

    def started(port: int) -> Program:
        found = place.program(name, (), {}, "/health")
        config = found.directory / "config.yaml"
        publish = {"tables": {"from_schemas": ["peers"]}, "functions": False}
        source = {"connection_string": place.url, "auto_publish": publish}
        options = {"listen_addresses": f"127.0.0.1:{port}", "worker_processes": WORKERS, "cache_size_mb": cache_mb}
        config.write_text(json.dumps({**options, "postgres": source}, indent=1), encoding="utf-8")
        return place.program(name, (program, "--config", str(config)), {}, "/health")

    return Server(
        name,
        _version(program),
        "nothing",
        started,
        tile=lambda t: f"/parcels/{t[0]}/{t[1]}/{t[2]}",
        style_tile=lambda t: f"/parcels_style/{t[0]}/{t[1]}/{t[2]}",
    )


def filter_parameter(text: str) -> str:
    """A condition on the plain table, whose geometry is `geom`."""
    return f"filter={quote(text.format(geometry='geom'), safe='')}"


def _plain_cql(text: str) -> str:
    """In the draft of CQL that pg_featureserv reads, functions have no `S_`."""
    return text.replace("S_INTERSECTS", "INTERSECTS")


def _version(program: str) -> str:
    done = subprocess.run((program, "--version"), capture_output=True, text=True, timeout=20, check=False)
    return (done.stdout or done.stderr).strip().split()[-1]


MARTIN_CACHED = "Martin with its cache"

_PEERS: dict[str, Callable[[Place], Server | Missing]] = {
    "tipg": _tipg,
    "pygeoapi": _pygeoapi,
    "pg_featureserv": _pg_featureserv,
    "Martin": partial(_martin, cache_mb=0, name="Martin"),
    MARTIN_CACHED: partial(_martin, cache_mb=512, name=MARTIN_CACHED),
}
