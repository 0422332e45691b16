"""The map page after its server has been stopped: it opens with what was seen last, and says how old that is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import shapely

from tests.e2e.conftest import LANDMAP, ROOT, WEB, Browser, Seen, _free_port, _when_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SCRIPT = Path(__file__).parent / "web" / "offline.mjs"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture(scope="module")
def seen(base: str, page_database: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the journey saw on both sides of the stop of a service of its own, over the city of `base`."""
    if not (WEB / "dist" / "service-worker.js").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("offline_shots"))
    parcel = httpx.get(
        f"{base}/collections/parcels/items", params={"limit": 1, "land_use": "ODT", "f": "json"}, timeout=30
    ).json()
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["features"][0]["geometry"]))
    every = httpx.get(f"{base}/collections/parcels/items", params={"limit": 2000, "f": "json"}, timeout=30).json()
    shapes = [shapely.geometry.shape(one["geometry"]) for one in every["features"] if one["geometry"]]
    far = shapely.point_on_surface(max(shapes, key=place.distance))
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")},
        "LANDMAP_DATABASE_URL": page_database,
        "LANDMAP_PORT": str(port),
        "LANDMAP_LOG_LEVEL": "error",
        "LANDMAP_STATEMENT_TIMEOUT_MS": "60000",
    }
    service = subprocess.Popen([LANDMAP, "serve"], env=environment, cwd=ROOT)
    asked: Seen = {
        "chromium": browser.chromium,
        "shots": str(shots),
        "lon": round(place.x, 6),
        "lat": round(place.y, 6),
        "far": {"lon": round(far.x, 6), "lat": round(far.y, 6)},
    }
    try:
        asked["base"] = _when_ready(f"http://127.0.0.1:{port}", service)
        journey = subprocess.Popen(
            [browser.node, SCRIPT, json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert journey.stdout is not None and journey.stderr is not None
        assert journey.stdout.readline() == "stop\n", journey.stderr.read()
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(timeout=30)
    told, complained = journey.communicate("stopped\n", timeout=250)
    assert journey.returncode == 0, complained
    answer: Seen = json.loads(told)["away"]
    return answer


def test_the_page_can_be_installed(seen: Seen) -> None:
    manifest = seen["manifest"]
    assert manifest["display"] == "standalone" and manifest["start_url"] == "./" and manifest["lang"] == "vi"
    assert [f"{width}x{height}" for width, height in seen["icons"]] == [icon["sizes"] for icon in manifest["icons"]]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}


def test_what_was_looked_at_is_kept_and_downloads_are_not(seen: Seen) -> None:
    paths = [url.split("/", 3)[3] for url in seen["kept"]]
    assert "map/style.json?kept-in=vi-VN" in paths
    assert any(path.startswith("collections/parcels/tiles/") for path in paths)
    assert any(path.startswith("collections/parcels/items/") for path in paths)
    assert not [path for path in paths if ".pdf" in path or "f=gpkg" in path]


def test_without_its_server_the_page_shows_the_area_that_was_seen(seen: Seen) -> None:
    assert seen["answered"] == 0, "the server was still there"
    before, after = (dict(map(tuple, seen[when])) for when in ("before", "after"))
    common = sum(min(share, after.get(color, 0)) for color, share in before.items())
    assert common > 0.6, (before, after)
    assert len(before) > 3, "a map has colours"
    assert seen["again"] == seen["card"] and seen["card"].startswith("Thửa ")


def test_it_says_how_old_the_data_are(seen: Seen) -> None:
    told = re.search(r"[Dd]ữ liệu tại (\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d)", seen["banner"])
    assert told is not None, seen["banner"]
    day, month, year, hour, minute = (int(part) for part in told.groups())
    moment = datetime(year, month, day, hour, minute, tzinfo=HERE)
    stopped = datetime.fromtimestamp(seen["at"] / 1000, HERE)
    assert stopped - timedelta(minutes=6) < moment <= stopped


def test_opened_without_a_place_it_goes_where_it_was_last(seen: Seen) -> None:
    assert seen["hash"].startswith("#map=19/")  # the last of the places without the server


def test_that_there_is_no_server_is_said_once(seen: Seen) -> None:
    assert len(seen["alone"]) == 1, seen["alone"]
    for one in (*seen["far"], {"notices": seen["asks"]}):
        assert len([text for text in one["notices"] if "Không kết nối được máy chủ" in text]) == 1, one["notices"]


def test_the_user_keeps_the_frozen_city_and_reads_of_when_it_is(seen: Seen) -> None:
    day = datetime.fromtimestamp(seen["at"] / 1000, HERE)
    days = {f"{day - timedelta(minutes=m):%d/%m/%Y}" for m in (0, 30)}
    told = re.search(r"dữ liệu đến ngày (\S+) \(([\d,]+) MB\)", seen["keeping"])
    assert told is not None and told[1] in days, seen["keeping"]
    assert float(told[2].replace(",", ".")) > 0


@pytest.mark.parametrize("zoom", [15, 17, 19])
def test_where_nobody_looked_before_the_frozen_city_is_drawn_with_its_day(seen: Seen, zoom: int) -> None:
    (shown,) = [one for one in seen["far"] if one["zoom"] == zoom]
    (banner,) = [text for text in shown["notices"] if "Không kết nối được máy chủ" in text]
    assert re.search(r"bản đồ đóng băng, dữ liệu đến ngày \d\d/\d\d/\d{4}", banner), banner
    assert "Nơi đã xem: dữ liệu tại" in banner
    colours = dict(map(tuple, shown["colors"]))
    assert len(colours) > 3 and max(colours.values()) < 0.97, colours
