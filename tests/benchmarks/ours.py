"""Landmap as a server under test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from services.dependencies import SOFTWARE_VERSION
from tests.benchmarks.city import LAYER
from tests.benchmarks.draw import Box, Tile, query_box
from tests.benchmarks.peers import WORKERS, Place
from tests.benchmarks.processes import Program
from tests.benchmarks.servers import Server

_REPOSITORY = Path(__file__).resolve().parent.parent.parent
_COUNTS = "as far as ten times the limit (1,000 to 10,000 rows), within the same walk"


def items_path(box: Box, limit: int) -> str:
    """Where a page of the parcels in a box is."""
    return f"/collections/{LAYER}/items?{query_box(box)}&limit={limit}"


def tile_path(tile: Tile) -> str:
    """Where a tile of the parcels is."""
    zoom, column, row = tile
    return f"/collections/{LAYER}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


def landmap(place: Place) -> Server:
    """`landmap serve`, as a user starts it."""
    command = (str(Path(sys.executable).with_name("landmap")), "serve", "--port")
    return _server(place, "landmap", lambda port: (*command, str(port)))


def uncached(place: Place) -> Server:
    """The same application keeping no tiles."""
    command = (
        *(str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--factory", "--no-ws"),
        *("--workers", str(WORKERS), "--host", "127.0.0.1", "tests.benchmarks.uncached:application", "--port"),
    )
    return _server(place, "landmap without its cache", lambda port: (*command, str(port)))


def known_at(path: str, changeset: int) -> str:
    """The question `path`, as the database knew it after that changeset."""
    return f"{path}&knownAt={changeset}"


def _server(place: Place, name: str, command: Callable[[int], tuple[str, ...]]) -> Server:
    def program(port: int) -> Program:
        log = place.home / f"{name.replace(' ', '-')}.log"
        settings = {
            "LANDMAP_DATABASE_URL": place.database.dsn(),
            "LANDMAP_TERRITORY": "hcmc",
            "LANDMAP_WORKERS": str(WORKERS),
        }
        return Program(command(port), settings, _REPOSITORY, log, "/readyz")

    return Server(name, SOFTWARE_VERSION, _COUNTS, program, items=items_path, tile=tile_path, style_tile=tile_path)
