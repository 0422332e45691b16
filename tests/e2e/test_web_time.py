"""The way through time on the page: steps of the slider, what changed here, plans that bind nobody yet."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "time.mjs"
AGENCY = "so-nnmt-thoi-gian"


@pytest.fixture(scope="module")
def key(page_database: str, catalog: Catalog) -> str:
    """The key of an officer who may look at parcels."""
    with psycopg.connect(page_database, autocommit=True) as db:
        access.add_agency(db, AGENCY, "Sở Nông nghiệp và Môi trường", "tester")
        access.set_layers(db, catalog, AGENCY, ["parcels"], [], "tester")
        grant = access.Grant(Role.PUBLISHER, AGENCY, datetime.now(UTC) + timedelta(days=1), None)
        return access.issue_key(db, catalog, grant, "test", "tester")


@pytest.fixture(scope="module")
def seen(base: str, key: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a walk saw. Screenshots lie in `web_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    west, south, east, north = httpx.get(f"{base}/collections/parcels?f=json", timeout=30).json()["extent"]["spatial"][
        "bbox"
    ][0]
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("web_shots")),
        "lon": round((west + east) / 2, 6),
        "lat": round((south + north) / 2, 6),
        "key": key,
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _plans(base: str) -> list[Seen]:
    """Every version of every plan that the public may see."""
    asked = {"f": "json", "datetime": "../..", "skipGeometry": "true", "limit": "1000"}
    found: list[Seen] = httpx.get(f"{base}/collections/plans/items", params=asked, timeout=30).json()["features"]
    return found


def _today() -> str:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()


def test_no_journey_meets_an_error(seen: Seen) -> None:
    unexpected = {name: journey["errors"] for name, journey in seen.items() if journey["errors"] and name != "fails"}
    assert unexpected == {}


def test_the_slider_steps_through_days_on_which_something_changed_here(seen: Seen, base: str) -> None:
    steps = seen["steps"]
    assert steps["first"]["day"] == "Hôm nay (hiện trạng mới nhất)"
    assert steps["first"]["label"] == "Ngày có thay đổi ở đây"
    assert steps["first"]["max"] >= 5
    assert steps["one"]["value"] == steps["first"]["value"] - 1
    assert steps["two"]["value"] == steps["first"]["value"] - 2
    day = re.search(r"at=(\d{4}-\d\d-\d\d)", steps["one"]["hash"])
    assert day is not None
    year, month, date = day[1].split("-")
    assert steps["one"]["day"] == f"{date}/{month}/{year}"
    assert steps["one"]["header"] == f"Tình trạng tại ngày {date}/{month}/{year}"
    bounds = {
        str(feature["properties"].get(bound))[:10]
        for layer in ("parcels", "plans")
        for bound in ("valid_from", "valid_to")
        for feature in httpx.get(
            f"{base}/collections/{layer}/items",
            params={"f": "json", "datetime": "../..", "skipGeometry": "true", "limit": 10_000},
            timeout=60,
        ).json()["features"]
    }
    assert day[1] in bounds
    assert steps["start"]["value"] == 0
    assert "at=" not in steps["back"]["hash"] and steps["back"]["value"] == steps["first"]["value"]


def test_a_step_is_asked_of_the_tiles(seen: Seen) -> None:
    one = seen["steps"]["one"]
    day = re.search(r"at=(\d{4}-\d\d-\d\d)", one["hash"])
    assert day is not None and one["tiles"]
    assert all(f"datetime={day[1]}" in address for address in one["tiles"])


def test_a_free_day_puts_the_slider_at_the_step_before_it(seen: Seen) -> None:
    free = seen["steps"]["free"]
    assert free["day"] == "15/06/2015"
    assert 0 <= free["value"] < seen["steps"]["first"]["value"]


def test_what_changed_here_since_a_day_is_listed_and_opens_as_it_was(seen: Seen, base: str) -> None:
    rows = {(row["title"], row["said"]) for row in seen["changes"]["since"] if row["layer"] == "Đồ án quy hoạch"}
    then, now = "2025-06-01", _today()
    expected = set()
    for plan in _plans(base):
        held = plan["properties"]
        begun, ended = str(held["valid_from"])[:10], str(held["valid_to"] or "9999")[:10]
        if then < begun <= now < ended:
            expected.add((held["name"], "mới"))
        if begun <= then < ended <= now:
            expected.add((held["name"], "hết hiệu lực"))
    assert expected and expected <= rows
    assert "at=2025-06-01" in seen["changes"]["hash"]
    gone = {row["title"] for row in seen["changes"]["since"] if row["said"] == "hết hiệu lực"}
    assert seen["changes"]["card"] in gone


def test_plans_that_wait_are_told_apart_from_those_that_bind(seen: Seen, base: str) -> None:
    told = seen["pending"]["waiting"]
    plans = [
        plan["properties"] for plan in _plans(base) if str(plan["properties"]["valid_to"] or "9999")[:10] > _today()
    ]
    revised = {plan["name"] for plan in plans if plan["status"] == "REVISING"}
    waiting = {plan["name"] for plan in plans if plan["status"] != "REVISING"} - {
        plan["name"] for plan in plans if plan["status"] == "APPROVED" and plan["valid_from"][:10] <= _today()
    }
    assert revised
    by_said = {row["title"]: row["said"] for row in told["rows"]}
    assert set(by_said) <= revised | waiting
    for name in revised & set(by_said):
        assert by_said[name] == "đang điều chỉnh, vẫn còn hiệu lực"
    assert ("chưa có giá trị ràng buộc" in told["text"]) == bool(waiting & set(by_said))


def test_a_day_that_is_none_is_refused(seen: Seen) -> None:
    assert seen["refused"]["fault"].startswith("Không có ngày 31 trong tháng 2 năm 2024.")
    assert "time.since" not in seen["refused"]["hash"]


def test_from_afar_it_says_to_zoom_in(seen: Seen) -> None:
    assert "Phóng to thêm để xem các mốc thời gian" in seen["far"]["said"]


def test_a_list_that_cannot_be_had_says_so_and_is_asked_for_again(seen: Seen) -> None:
    assert seen["fails"]["said"].startswith("Không kết nối được máy chủ.")
    assert seen["fails"]["rows"] > 0


def test_officers_see_the_map_as_it_was_known_on_a_day(seen: Seen) -> None:
    officer = seen["officer"]
    assert officer["header"] == "Theo dữ liệu đã ghi nhận đến 01/01/2020"
    assert "time.known=2020-01-01" in officer["hash"] and officer["field"] == "01/01/2020"
    tiles = [address for address in officer["shown"] if "/tiles/" in address]
    assert tiles and all("knownAt=2020-01-01" in address for address in tiles)


def test_the_public_is_not_offered_that(seen: Seen) -> None:
    assert seen["stranger"] | {"errors": [], "requests": []} == {
        "fields": 0,
        "past": 0,
        "asked": [],
        "errors": [],
        "requests": [],
    }


def test_on_a_phone_the_slider_is_wide_enough_for_a_finger(seen: Seen) -> None:
    phone = seen["phone"]
    assert phone["width"] == 360
    assert min(phone["targets"]) >= 40
    assert phone["line"]["x"] >= 0 and phone["line"]["x"] + phone["line"]["width"] <= 360
