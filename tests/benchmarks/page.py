"""The map page as a phone of the middle class has it: when something can be read, when the ground is drawn, how it pans, and
how much longer that takes while 200 others look at the map.

python -m tests.benchmarks.page [--parcels N] [--rounds R]

Chromium draws without a graphics card here, so frames are slower than on any phone; a ratio on one machine is what counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console

from gis.catalog.read import read_catalog
from tests.benchmarks import ours
from tests.benchmarks.city import City, city
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.peers import Place
from tests.benchmarks.processes import free_port, running
from tests.e2e.crowd import Box, Tally, crowd

_ROOT = Path(__file__).resolve().parent.parent.parent
_SCRIPT = Path(__file__).with_name("page.mjs")
_NETWORKS = ("4G", "slow 4G")
_USERS = 200
_MOST_TILES = 400
"""Of one user, so that the crowd ends even where the journey does not."""

_SIDE = 0.04  # degrees, of the box in which everybody looks

screen = Console(stderr=True, highlight=False)

type Visit = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page")
    parser.add_argument("--parcels", type=int, default=1_000_000, help="parcels of the city (1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="visits in each network (3)")
    given = parser.parse_args(arguments)
    home = _ROOT / ".landmap" / "bench"
    try:
        catalog = read_catalog(_ROOT / "layers", "hcmc")
        with city(home / f"city-{given.parcels}", catalog, given.parcels, screen.print) as found:
            server, port = ours.landmap(Place(home, found.server)), free_port()
            with running(server.program(port), port):
                print(asyncio.run(_measured(found, f"http://127.0.0.1:{port}", given.rounds)))
    except BenchmarkError as error:
        screen.print(f"[red]page:[/red] {error}", soft_wrap=True)
        return 1
    return 0


async def _measured(found: City, base: str, rounds: int) -> str:
    lon, lat = (float(degrees) for degrees in np.median(found.points, axis=0))
    asked = {"base": base, "hash": f"#map=17/{lat:.5f}/{lon:.5f}", "rounds": rounds, "networks": list(_NETWORKS)}
    screen.print("The page alone")
    alone = await _visits(asked)
    screen.print(f"The page among {_USERS} users")
    gone = asyncio.Event()
    box = (lon - _SIDE / 2, lat - _SIDE / 2, lon + _SIDE / 2, lat + _SIDE / 2)
    others = asyncio.create_task(_crowd(base, box, gone))
    try:
        among = await _visits(asked)
    finally:
        gone.set()
    return _table(alone, among, await others)


async def _crowd(base: str, box: Box, gone: asyncio.Event) -> Tally:
    return await crowd(base, box, users=_USERS, tiles=_MOST_TILES, until=gone)


async def _visits(asked: dict[str, object]) -> list[Visit]:
    """BenchmarkError where there is no browser, or the page does not come."""
    chromium, node = shutil.which("chromium"), shutil.which("node")
    if chromium is None or node is None:
        raise BenchmarkError("there is no Chromium or no Node on the PATH")
    told = {**asked, "chromium": chromium, "playwright": str(_ROOT / "services" / "web" / "package.json")}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, str(_SCRIPT), json.dumps(told), stdout=pipe, stderr=pipe)
    out, complained = await process.communicate()
    if process.returncode != 0:
        raise BenchmarkError(complained.decode()[-800:])
    visits: list[Visit] = json.loads(out)
    return visits


def _table(alone: list[Visit], among: list[Visit], tally: Tally) -> str:
    heads = "| Network | What | Alone | Among 200 users | Ratio |\n|---|---|---|---|---|"
    lines = [heads]
    for network in _NETWORKS:
        for title, unit, value in _FIGURES:
            one, other = (median(value(v) for v in all_ if v["network"] == network) for all_ in (alone, among))
            ratio = f"{other / one:.2f}" if one else "–"
            lines.append(f"| {network} | {title} | {one:,.0f} {unit} | {other:,.0f} {unit} | {ratio} |")
    seconds = np.array(tally.seconds)
    lines.append(
        f"\nThe crowd: {len(seconds):,} tiles, {tally.failed} failed, "
        f"median {np.median(seconds):.3f} s, 95 % within {np.quantile(seconds, 0.95):.3f} s. CPU 4x slowed."
    )
    return "\n".join(lines)


_FIGURES: tuple[tuple[str, str, Callable[[Visit], float]], ...] = (
    ("first contentful paint", "ms", lambda v: v["contentful"] or 0.0),
    ("first parcels or zones drawn", "ms", lambda v: v["useful"]),
    ("everything drawn", "ms", lambda v: v["quiet"]),
    ("scripts over the network", "kB", lambda v: v["script"] / 1000),
    ("a frame while dragging, median", "ms", lambda v: median(v["frames"])),
    ("a frame while dragging, 95 %", "ms", lambda v: float(np.quantile(v["frames"], 0.95))),
    ("a card after a tap", "ms", lambda v: v["card"]),
)

if __name__ == "__main__":
    sys.exit(main())
