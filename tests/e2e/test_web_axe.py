"""The page, its card, every tool and the page of a parcel keep WCAG 2.2 AA as far as axe can tell; nothing scrolls sideways."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx
import pytest
import shapely

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "axe.mjs"
SCREENS = ("desktop", "phone")
SCENES = {
    "rest", "card", "wards", "compare", "time", "solid", "measure", "check", "report", "take", "officer", "sheet",
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What axe saw, by screen. Screenshots lie in `axe_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file() or not (WEB / "node_modules" / "axe-core").is_dir():
        pytest.skip("the page is not built or axe-core is absent: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("axe_shots"))
    found = httpx.get(f"{base}/collections/parcels/items", params={"limit": 1, "f": "json"}, timeout=30)
    parcel = found.raise_for_status().json()["features"][0]
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {
        "base": base, "chromium": browser.chromium, "shots": str(shots), "lon": round(place.x, 6), "lat": round(place.y, 6),
        "id": parcel["id"],
    }  # fmt: skip
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_objects_to_nothing(seen: Seen, screen: str) -> None:
    scenes = seen[screen]["scenes"]
    assert set(scenes) == SCENES
    assert {name: scene["objections"] for name, scene in scenes.items() if scene["objections"]} == {}


def test_text_of_twice_the_size_needs_no_scrolling_sideways_on_a_phone(seen: Seen) -> None:
    scenes = seen["phone"]["scenes"]
    assert {name: scene["wide"] for name, scene in scenes.items() if scene["wide"]} == {}
