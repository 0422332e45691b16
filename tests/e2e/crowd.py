"""Many users who look at the map at the same time: each asks for the tiles of places of its own, one after another."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from gis.store.tile import Tile

LAYERS = ("parcels", "zones", "wards", "road_lines", "permits", "housing_projects")
"""What the page asks for at first."""

_ZOOMS = (14, 15, 16)
"""That all of these have."""

type Box = tuple[float, float, float, float]
"""West, south, east, north in CRS84 degrees."""


@dataclass(slots=True)
class Tally:
    """What the users were answered: how often which status (0: no answer), and the seconds of each tile."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Tiles that were neither given (200) nor empty (204)."""
        return sum(count for status, count in self.statuses.items() if status not in (200, 204))


async def crowd(base: str, box: Box, *, users: int, tiles: int, until: asyncio.Event | None = None) -> Tally:
    """So many users, each with so many tiles, or until the event is set."""
    tally, gone = Tally(), until or asyncio.Event()
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
        await asyncio.gather(
            *(_look(client, _places(random.Random(user), box, tiles), tally, gone) for user in range(users))
        )
    return tally


def _places(dice: random.Random, box: Box, tiles: int) -> Iterator[str]:
    west, south, east, north = box
    for _ in range(tiles):
        tile = Tile.at(dice.choice(_ZOOMS), dice.uniform(west, east), dice.uniform(south, north))
        yield f"/collections/{dice.choice(LAYERS)}/tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}"


async def _look(client: httpx.AsyncClient, paths: Iterator[str], tally: Tally, gone: asyncio.Event) -> None:
    for path in paths:
        if gone.is_set():
            return
        begun = time.perf_counter()
        try:
            status = (await client.get(path)).status_code
        except httpx.TransportError:
            status = 0
        tally.statuses[status] += 1
        tally.seconds.append(time.perf_counter() - begun)
