"""200 users look at the map at the same time: each gets its tiles, and somebody among them walks through the page."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import httpx
import pytest
import shapely

from tests.e2e.conftest import WEB, Browser, Seen
from tests.e2e.crowd import Tally, crowd

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "crowd.mjs"
USERS = 200
TILES = 10


@pytest.fixture(scope="module")
def walked(base: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Tally]:
    """What the journey saw, and what the others were answered meanwhile."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = os.environ.get("WEB_SHOTS") or str(tmp_path_factory.mktemp("crowd_shots"))
    parcel = httpx.get(
        f"{base}/collections/parcels/items", params={"limit": 1, "land_use": "ODT", "f": "json"}, timeout=30
    ).json()["features"][0]
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {"base": base, "chromium": browser.chromium, "shots": shots, "lon": place.x, "lat": place.y}
    box = (place.x - 0.02, place.y - 0.02, place.x + 0.02, place.y + 0.02)
    return asyncio.run(_together([browser.node, str(SCRIPT), json.dumps(asked)], base, box))


async def _together(command: list[str], base: str, box: tuple[float, float, float, float]) -> tuple[Seen, Tally]:
    pipe = asyncio.subprocess.PIPE
    journey = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    told, tally = await asyncio.gather(journey.communicate(), crowd(base, box, users=USERS, tiles=TILES))
    assert journey.returncode == 0, told[1].decode()
    answer: Seen = json.loads(told[0])["crowded"]
    return answer, tally


def test_every_user_gets_every_tile(walked: tuple[Seen, Tally]) -> None:
    _, tally = walked
    assert tally.failed == 0, tally.statuses
    assert sum(tally.statuses.values()) == USERS * TILES and tally.statuses[200] > USERS


def test_the_journey_through_the_page_comes_to_its_end(walked: tuple[Seen, Tally]) -> None:
    seen, _ = walked
    assert seen["card"].startswith("Thửa ")
    assert seen["failed"] == [] and seen["errors"] == [] and seen["notices"] == []
