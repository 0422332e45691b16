"""The box that finds, in a real Chromium: metres of VN-2000, house numbers, parcels that have the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest
import shapely

from gis.crs.transform import transform
from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "find.mjs"
_LISTED = 8
"""The box lists no more; of so many there may be others."""


@pytest.fixture(scope="module")
def parcel(base: str) -> Seen:
    parameters: dict[str, str | int] = {"limit": 1, "land_use": "ODT", "f": "json"}
    found: Seen = (
        httpx.get(f"{base}/collections/parcels/items", params=parameters, timeout=30).raise_for_status().json()
    )
    feature: Seen = found["features"][0]
    return feature


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, parcel: Seen, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the journeys saw. Screenshots lie in `find_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    east, north = transform(np.array([[place.x, place.y]]), 4326, 9210)[0]
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": os.environ.get("WEB_SHOTS") or str(tmp_path_factory.mktemp("find_shots")),
        "lon": round(place.x, 6),
        "lat": round(place.y, 6),
        "metres": [f"{north:.1f}", f"{east:.1f}"],
        "street": parcel["properties"]["street"],
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def test_metres_are_read_in_either_order_and_said(seen: Seen, parcel: Seen) -> None:
    metres = seen["metres"]
    assert metres["plain"]["list"] == metres["turned"]["list"]
    (choice,) = metres["plain"]["list"]
    assert choice.startswith("Đến X (Bắc) 1.")
    assert "Y (Đông) " in choice
    assert "VN-2000" in choice
    assert f"sel=parcels/{parcel['id']}" in metres["at"]
    assert "nằm ngoài phạm vi" in metres["outside"]


def test_a_house_number_that_is_not_in_the_data_leads_to_its_street_and_says_so(seen: Seen) -> None:
    assert seen["house"]["said"] == "Không tìm được số nhà 123/45/6a; kết quả theo tên hẻm, tên đường."
    assert len(seen["house"]["list"]) > 0


def test_parcels_of_the_same_numbers_are_told_apart_by_their_wards(seen: Seen) -> None:
    alike = seen["alike"]
    count = len(alike["list"])
    many, few = f"Có từ {count} thửa trở lên", f"Có {count} thửa"
    then = "Hãy gõ thêm phường, xã." if count == _LISTED else "Hãy chọn theo phường, xã."
    assert alike["said"] == f"{many if count == _LISTED else few} cùng số tờ, số thửa. {then}"
    assert len(set(alike["list"])) == len(alike["list"]) > 1
    assert all("trước 01/07/2025: " in text for text in alike["list"])


def test_on_a_phone_the_box_is_used_by_touch(seen: Seen) -> None:
    assert "Thửa 2" in seen["touched"]["card"]


def test_without_script_a_form_leads_to_the_card_of_a_parcel(seen: Seen) -> None:
    scriptless = seen["scriptless"]
    assert "Bản đồ cần JavaScript" in scriptless["said"] and "Parcels can be found without it" in scriptless["said"]
    assert scriptless["card"] == "Thửa 2, tờ 1" and scriptless["at"].startswith("/thua/")
    assert scriptless["errors"] == []


def test_a_browser_that_draws_no_map_is_led_to_the_search_without_one(seen: Seen) -> None:
    flat = seen["flat"]
    assert "không vẽ được bản đồ" in flat["said"] and "Tìm không cần bản đồ" in flat["said"]
    assert flat["card"] == "Thửa 2, tờ 1"
