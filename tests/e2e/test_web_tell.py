"""A citizen reports something on the map in a real Chromium; an officer answers over the API; everybody sees the answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import shapely

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "tell.mjs"
AGENCY = "tong-dai-1022"
NUMBER = r"PA-[0-9A-HJKMNP-TV-Z]{8}"


@pytest.fixture(scope="module")
def key(page_database: str, base: str, catalog: Catalog) -> str:
    """A key of the agency that answers reports on urban order."""
    with psycopg.connect(page_database, autocommit=True) as db:
        access.add_agency(db, AGENCY, "Tổng đài 1022", "tester")
        grant = access.Grant(Role.EDITOR, AGENCY, datetime.now(UTC) + timedelta(days=1), None)
        return access.issue_key(db, catalog, grant, "test", "tester")


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, key: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the journey saw. Screenshots lie in `tell_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("tell_shots"))
    parcel = httpx.get(f"{base}/collections/parcels/items", params={"limit": 1, "f": "json"}, timeout=30).json()
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["features"][0]["geometry"]))
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(shots),
        "lon": round(place.x, 6),
        "lat": round(place.y, 6),
        "key": key,
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def test_what_is_missing_is_asked_for_one_after_the_other(seen: Seen) -> None:
    assert seen["mouse"]["refused"] == [
        "Hãy chọn loại phản ánh.",
        "Hãy chọn vị trí trên bản đồ.",
        "Hãy mô tả sự việc, hoặc gửi ảnh.",
        "Không đọc được ảnh này. Hãy chọn ảnh JPEG, PNG hoặc WebP.",
    ]
    assert seen["mouse"]["help"].endswith("Nơi tiếp nhận: Tổng đài 1022.")


def test_a_report_is_sent_with_a_smaller_photo_and_gets_a_number(seen: Seen) -> None:
    told = seen["mouse"]
    assert re.fullmatch(NUMBER, told["number"])
    assert told["number"] in told["link"]
    assert told["size"] == [1600, 800]
    assert not told["leaked"]
    assert re.fullmatch(r"\d+,\d{5}° B, \d+,\d{5}° Đ", told["position"])
    assert told["state"].endswith("Đã tiếp nhận")
    assert any("Trật tự đô thị" in item for item in told["listed"])


def test_what_is_typed_outlives_another_language(seen: Seen) -> None:
    assert seen["mouse"]["english"]["label"] == "Description"
    assert seen["mouse"]["english"]["text"].startswith("Vỉa hè bị lấn chiếm")


def test_the_link_shows_the_answer_and_the_released_photo_as_text(seen: Seen) -> None:
    told = seen["answered"]
    assert told["statuses"] == [200, 200]
    assert "Đã trả lời" in told["told"]
    assert "Đã thu dọn <b>vỉa hè</b>." in told["told"]
    assert "lấn chiếm" not in told["told"].split("Trả lời")[1]
    assert told["picture"] == 1600


def test_a_phone_and_a_keyboard_are_enough(seen: Seen) -> None:
    told = seen["keyboard"]
    assert told["wide"] == 360
    assert told["small"] == 0
    assert told["order"] == ["tell-centre", "tell-text"]
    assert re.fullmatch(NUMBER, told["number"])
    assert told["wrong"] == "Mã gồm PA- và 8 chữ hoặc số."
    assert told["title"] == "Hạ tầng kỹ thuật"


def test_a_number_that_is_not_there_is_said(seen: Seen) -> None:
    assert seen["unknown"] == "Không có phản ánh nào mang mã này."


def test_nothing_fails_and_no_other_host_is_asked(seen: Seen) -> None:
    assert seen["problems"] == []
    assert seen["foreign"] == []
