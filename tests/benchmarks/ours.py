"""Landmap as a server under test."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from services.dependencies import SOFTWARE_VERSION
from tests.benchmarks.city import LAYER
from tests.benchmarks.draw import Box, Tile, query_box
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.peers import WORKERS, Place
from tests.benchmarks.processes import Program
from tests.benchmarks.servers import Server

CHECK = "/processes/permit-check/execution"

_REPOSITORY = Path(__file__).resolve().parent.parent.parent
_COUNTS = "as far as ten times the limit (1,000 to 10,000 rows), within the same walk"


def items_path(box: Box, limit: int) -> str:
    """Where a page of the parcels in a box is."""
    return f"/collections/{LAYER}/items?{query_box(box)}&limit={limit}"


def filter_path(text: str, limit: int) -> str:
    """Where a page of the parcels that meet a condition in CQL2 text is."""
    return f"/collections/{LAYER}/items?filter={quote(text.format(geometry='geometry'), safe='')}&limit={limit}"


def later_page(port: int, path: str, pages: int) -> str:
    """Where the page is that comes so many pages after the one at `path`: found as clients do, by the links."""
    for _ in range(pages):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            links = json.load(answer)["links"]
        following = next((link["href"] for link in links if link["rel"] == "next"), None)
        if following is None:
            raise BenchmarkError(f"{path} is the last page")
        path = following.removeprefix(f"http://127.0.0.1:{port}")
    return path


def check_path(parcel: str) -> str:
    """The question whether a house may stand on a parcel, with its body (see paths.lua)."""
    house = {"work": "NEW", "use": "HOUSE", "storeys": "trệt + 3 lầu", "height_m": 15}
    asked = {"inputs": {"parcel": {"id": parcel}, **house}, "outputs": {"answer": {}}}
    return f"{CHECK}\t{json.dumps(asked)}"


def tile_path(tile: Tile) -> str:
    """Where a tile of the parcels is."""
    zoom, column, row = tile
    return f"/collections/{LAYER}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


def landmap(place: Place) -> Server:
    """`landmap serve`, as a user starts it."""
    return landmap_on(place, place.database.dsn())


def landmap_on(place: Place, dsn: str) -> Server:
    """`landmap serve` on another database."""
    command = (str(Path(sys.executable).with_name("landmap")), "serve", "--port")
    return _server(place, "landmap", lambda port: (*command, str(port)), dsn)


def uncached(place: Place) -> Server:
    """The same application keeping no tiles."""
    command = (
        *(str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--factory", "--no-ws"),
        *("--workers", str(WORKERS), "--host", "127.0.0.1", "tests.benchmarks.uncached:application", "--port"),
    )
    return _server(place, "landmap without its cache", lambda port: (*command, str(port)), place.database.dsn())


def known_at(path: str, changeset: int) -> str:
    """The question `path`, as the database knew it after that changeset."""
    return f"{path}&knownAt={changeset}"


def _server(place: Place, name: str, command: Callable[[int], tuple[str, ...]], dsn: str) -> Server:
    def program(port: int) -> Program:
        log = place.home / f"{name.replace(' ', '-')}.log"
        settings = {
            "LANDMAP_DATABASE_URL": dsn,
            "LANDMAP_TERRITORY": "hcmc",
            "LANDMAP_WORKERS": str(WORKERS),
        }
        return Program(command(port), settings, _REPOSITORY, log, "/readyz")

    return Server(name, SOFTWARE_VERSION, _COUNTS, program, items=items_path, tile=tile_path, style_tile=tile_path)
