"""The map page as a phone of the middle class has it: when something can be read, when the city is seen, how it pans, and how
much longer that takes while 200 others look at the map.

Chromium draws without a graphics card here, so frames are slower than on any phone; a ratio on one machine is what counts.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks import ours
from tests.benchmarks.city import City
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.peers import Place
from tests.benchmarks.processes import free_port, running
from tests.benchmarks.table import Figure, Goal, Line
from tests.e2e.crowd import Box, Tally, crowd

_WEB = Path(__file__).resolve().parent.parent.parent / "services" / "web"
_SCRIPT = Path(__file__).with_name("page.mjs")
_NETWORKS = ("4G", "slow 4G")
_USERS = 200
_MOST_TILES = 400
"""Of one user, so that the crowd ends even where the journey does not."""

_SIDE = 0.04  # degrees, of the box in which everybody looks

type Visit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """Something of a visit, in ms, and what is told beside it."""

    title: str
    took: Callable[[Visit], float]
    beside: Callable[[Visit], str] = lambda visit: ""
    seconds: float | None = None
    """What it may take over 4G without others"""


def _frame(share: float) -> Callable[[Visit], float]:
    return lambda visit: float(np.quantile(visit["frames"], share))


_PARTS = (
    _Part("first paint", lambda v: v["contentful"], lambda v: f"{v['script'] / 1000:,.0f} kB of scripts", 2),
    _Part("the city's ground seen", lambda v: v["picture"], seconds=2),
    _Part("the map has its first parcels", lambda v: v["ground"]),
    _Part("everything drawn", lambda v: v["quiet"]),
    _Part("a frame while panning", _frame(0.5), lambda v: f"95 % within {_frame(0.95)(v):,.0f} ms"),
    _Part("a card after a tap", lambda v: v["card"]),
)


def page(city: City, place: Place, rounds: int) -> tuple[list[Line], list[str]]:
    """First visits of the page alone, and among a crowd; what could not be measured, and how the crowd fared."""
    try:
        server, port = ours.landmap(place), free_port()
        with running(server.program(port), port):
            alone, among, tally = asyncio.run(_measured(city, f"http://127.0.0.1:{port}", rounds))
    except BenchmarkError as error:
        return [], [f"The map page was not measured: {error}."]
    lines = [_line(part, network, alone, among) for network in _NETWORKS for part in _PARTS]
    return lines, [_crowded(tally)]


async def _measured(city: City, base: str, rounds: int) -> tuple[list[Visit], list[Visit], Tally]:
    lon, lat = (float(degrees) for degrees in np.median(city.points, axis=0))
    asked = {"base": base, "hash": f"#map=17/{lat:.5f}/{lon:.5f}", "rounds": rounds, "networks": list(_NETWORKS)}
    alone = await _visits(asked)
    gone = asyncio.Event()
    box = (lon - _SIDE / 2, lat - _SIDE / 2, lon + _SIDE / 2, lat + _SIDE / 2)
    others = asyncio.create_task(_crowd(base, box, gone))
    try:
        among = await _visits(asked)
    finally:
        gone.set()
        tally = await others
    return alone, among, tally


async def _crowd(base: str, box: Box, gone: asyncio.Event) -> Tally:
    return await crowd(base, box, users=_USERS, tiles=_MOST_TILES, until=gone)


async def _visits(asked: dict[str, object]) -> list[Visit]:
    """BenchmarkError where there is no browser or no page, or the page does not come."""
    chromium, node = shutil.which("chromium"), shutil.which("node")
    if chromium is None or node is None:
        raise BenchmarkError("there is no Chromium or no Node on the PATH")
    if not (_WEB / "dist" / "index.html").is_file():
        raise BenchmarkError("the page is not built (`make setup`)")
    told = {**asked, "chromium": chromium, "playwright": str(_WEB / "package.json")}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, str(_SCRIPT), json.dumps(told), stdout=pipe, stderr=pipe)
    out, complained = await process.communicate()
    if process.returncode != 0:
        raise BenchmarkError(complained.decode()[-800:])
    visits: list[Visit] = json.loads(out)
    return visits


def _line(part: _Part, network: str, alone: list[Visit], among: list[Visit]) -> Line:
    def figure(name: str, visits: list[Visit]) -> Figure:
        there = sorted((visit for visit in visits if visit["network"] == network), key=part.took)
        return Figure(name, median(map(part.took, there)) / 1000, part.beside(there[len(there) // 2]))

    goal = Goal(seconds=part.seconds) if part.seconds is not None and network == "4G" else None
    ours_, theirs = figure("landmap", alone), figure(f"landmap among {_USERS} users", among)
    return Line(f"first visit, phone, {network}: {part.title}", ours_, theirs, "s", goal)


def _crowded(tally: Tally) -> str:
    seconds = np.array(tally.seconds)
    return (
        f"First visits: Chromium with its processor slowed 4×, without a graphics card. The crowd around the page: {len(seconds):,} "
        f"tiles, {tally.failed} failed, median {np.median(seconds):.3f} s, 95 % within {np.quantile(seconds, 0.95):.3f} s."
    )
