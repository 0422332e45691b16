"""What is taken along from the map, in a real Chromium; and no page does what its policy forbids."""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import shapely

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SCRIPT = Path(__file__).parent / "web" / "take.mjs"
EARTH = 40_075_016.686
"""Metres around the equator."""


@pytest.fixture(scope="module")
def parcel(base: str) -> Seen:
    """A parcel of dwellings."""
    answer = httpx.get(
        f"{base}/collections/parcels/items", params={"limit": 1, "land_use": "ODT", "f": "json"}, timeout=30
    )
    found: Seen = answer.raise_for_status().json()["features"][0]
    return found


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, parcel: Seen, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the journeys saw. Screenshots lie in `take_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("take_shots"))
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(shots),
        "lon": round(place.x, 6),
        "lat": round(place.y, 6),
        "parcel": parcel["id"],
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=350)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("journey", ["takes", "phone"])
def test_a_view_is_taken_as_link_and_code(seen: Seen, base: str, parcel: Seen, journey: str) -> None:
    told = seen[journey]
    assert told["heads"] == [
        "Liên kết",
        "In theo tỷ lệ thật (PDF)",
        "Tải dữ liệu trong khung nhìn",
        "Dùng khi mất mạng",
        "Nhúng vào trang khác",
    ]
    assert told["link"].startswith(f"{base}/#map=18/") and f"sel=parcels/{parcel['id']}" in told["link"]
    assert "tool=" not in told["link"]
    assert told["qr"][0] > 100 and told["qr"][0] == told["qr"][1] and told["qr"][2] == "Mã QR của liên kết này"
    assert told["card"] == f"{base}/thua/{parcel['id']}"
    assert f'src="{base}/embed#map=18/' in told["code"] and "<script" not in told["code"]
    assert told["wide"] == 0 and told["small"] == []


@pytest.mark.parametrize("journey", ["takes", "phone"])
def test_a_view_is_printed_with_the_layers_that_paper_has(seen: Seen, journey: str) -> None:
    told = seen[journey]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(told["sheet"]).query).items()}
    assert (asked["scale"], asked["paper"], asked["layout"], asked["layers"]) == (
        "200",
        "a3",
        "portrait",
        "parcels,zones",
    )
    assert told["pdf"] == {"status": 200, "type": "application/pdf", "head": "%PDF-"}
    assert told["left"] == "Không có trên bản in: Phường, xã, đặc khu."


@pytest.mark.parametrize("journey", ["takes", "phone"])
def test_the_paper_lies_on_the_map_as_it_will_be_printed(seen: Seen, journey: str) -> None:
    for frame in (seen[journey]["first"], seen[journey]["second"]):
        window, room = frame["window"], frame["room"]
        assert room["left"] <= window["left"] and window["right"] <= room["right"]
        assert room["top"] <= window["top"] and window["bottom"] <= room["bottom"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(frame["href"]).query).items()}
        assert asked["scale"] == str(frame["scale"]) and frame["label"].endswith(
            f"1:{frame['scale']:,}".replace(",", ".")
        )
        latitude = float(asked["center"].split(",")[1])
        metres = EARTH * math.cos(math.radians(latitude)) / (512 * 2 ** frame["zoom"])
        millimetres = {"a4": 276, "a3": 276}[asked["paper"]]  # A4 lying and A3 standing are as wide
        assert window["width"] * metres == pytest.approx(millimetres * frame["scale"] / 1000, rel=0.01)
    before, after = seen[journey]["second"], seen[journey]["moved"]
    assert after["window"] == before["window"] and after["href"] != before["href"]  # the map moves, the paper stays


@pytest.mark.parametrize("journey", ["takes", "phone"])
def test_what_is_in_view_is_downloaded(seen: Seen, journey: str) -> None:
    told = seen[journey]
    assert told["formats"][:4] == ["GeoPackage (QGIS)", "Excel (XLSX)", "CSV", "GeoJSON"]
    assert {"FlatGeobuf", "GeoParquet", "GML", "JSON-FG"} <= set(told["formats"])
    assert told["data"]["status"] == 200 and ".csv" in told["data"]["name"]
    assert told["count"] == f"{told['data']['rows']} đối tượng trong khung nhìn."


def test_the_map_stands_in_a_frame_of_another_page_and_nothing_else_does(seen: Seen, base: str) -> None:
    told = seen["frames"]
    assert told["text"] == "Mở bản đồ" and told["target"] == "_blank"
    assert told["href"].startswith(f"{base}/#map=18/") and not told["panel"]
    assert told["refused"] == 2


def test_the_page_of_a_parcel_needs_no_script_and_fits_a_phone(seen: Seen) -> None:
    told = seen["card"]
    assert told["title"].startswith("Thửa ")
    assert told["box"]["width"] <= 360 and told["box"]["height"] > 200 and told["right"] <= 360
    assert all(height >= 44 for height in told["buttons"])
    assert not [url for url in told["requests"] if url.endswith(".js")]


def test_no_page_does_what_its_policy_forbids(seen: Seen) -> None:
    found = seen["policy"]["found"]
    assert len(found) > 15
    for path, told in found.items():
        assert told["violations"] == [], path
        assert told["policy"] and "unsafe" not in told["policy"], path
        assert told["nosniff"] == "nosniff" and told["referrer"] == "same-origin", path
        assert "microphone=()" in told["permissions"], path
        framed = "frame-ancestors *" if path == "/embed" else "frame-ancestors 'none'"
        assert framed in told["policy"], path


def test_nothing_comes_from_another_host(seen: Seen, base: str) -> None:
    for name in ("takes", "phone", "card", "policy"):
        others = [url for url in seen[name]["requests"] if not url.startswith((base, "data:", "blob:"))]
        assert others == [], name
