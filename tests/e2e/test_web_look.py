"""How the map looks: ground, groups, opacity, hatches, the whole city, plan and present, two days, buildings as blocks."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "look.mjs"
WATER = (188, 217, 230)
ROAD = (255, 255, 255)
DWELLINGS = (252, 180, 250)
"""ODT (255,160,255), 75 % over the map's ground (244,241,234)"""
FAINT = (247, 217, 240)
"""The same at 40 % of that"""
CON_DAO = (106.60, 8.69)


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
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
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _share(colors: list[tuple[str, float]], wanted: tuple[int, int, int]) -> float:
    """Share of pixels within 6 of a colour in each channel."""
    return sum(
        share
        for color, share in colors
        if all(abs(int(channel) - value) <= 6 for channel, value in zip(color.split(","), wanted, strict=True))
    )


def test_the_ground_is_roads_and_water_of_the_citys_own_layers(seen: Seen, base: str) -> None:
    ground = seen["ground"]
    assert _share(ground["colors"], ROAD) > 0.05
    assert _share(ground["colors"], WATER) > 0.005
    assert ground["legend"] == ["Đường, theo lộ giới", "Sông, kênh, rạch, hồ"]
    assert not ground["card"]  # it is no feature to be opened
    assert {urlsplit(address).netloc for journey in seen.values() for address in journey["requests"]} <= {
        urlsplit(base).netloc,
        "",
    }


def test_no_journey_meets_an_error(seen: Seen) -> None:
    assert {name: journey["errors"] for name, journey in seen.items() if journey["errors"]} == {}


def test_layers_stand_in_their_groups(seen: Seen) -> None:
    groups = dict(seen["groups"]["groups"])
    assert list(groups)[:3] == ["Đất đai", "Quy hoạch", "Xây dựng"]
    assert groups["Đất đai"] == ["Thửa đất"]
    assert groups["Quy hoạch"] == ["Ô quy hoạch", "Lộ giới và chỉ giới", "Đồ án quy hoạch"]
    assert groups["Bản đồ nền"] == ["Phường, xã, đặc khu", "Đường và mặt nước"]
    assert seen["groups"]["outside"] == 0  # another host's pictures are not even offered


def test_whose_pictures_lie_below_is_said_while_they_do(seen: Seen) -> None:
    credited = seen["credited"]
    assert (credited["before"], credited["credit"]) == ("", "© Trung tâm Bản đồ <thử>")
    assert "127.0.0.1" in credited["warning"] and "outside" in credited["hash"]


def test_the_city_is_seen_before_the_map_is_there(seen: Seen) -> None:
    early = seen["early"]
    assert early["before"]["map"] == 0 and early["left"] == 0
    first, then = (_share(colors, DWELLINGS) for colors in (early["before"]["colors"], early["after"]))
    assert first > 0.05 and then > 0.05


def test_a_layer_can_be_made_fainter_and_a_link_keeps_it(seen: Seen) -> None:
    fades = seen["fades"]
    assert _share(fades["before"], DWELLINGS) > 0.05 and _share(fades["before"], FAINT) == 0
    assert _share(fades["after"], FAINT) > 0.05 and _share(fades["after"], DWELLINGS) == 0
    assert _share(fades["again"], FAINT) == pytest.approx(_share(fades["after"], FAINT), rel=0.1)
    assert fades["said"] == ["Độ đậm nhạt của lớp Thửa đất", "40 %", True]
    assert "look.fade=parcels:40" in fades["kept"] and "look.fade" not in fades["full"]


def test_codes_of_one_colour_are_told_apart_by_hatches(seen: Seen) -> None:
    rows = seen["hatches"]["rows"]
    assert not any(" · " in row["title"] for row in rows)
    by_color: dict[str, list[str]] = {}
    for row in rows:
        if row["title"] not in ("Loại khác", "Chưa có dữ liệu"):
            by_color.setdefault(row["color"], []).append(row["hatch"])
    assert any(len(hatches) > 1 for hatches in by_color.values())
    for hatches in by_color.values():
        assert len(set(hatches)) == len(hatches)


def test_views_wider_than_the_city_name_the_sea(seen: Seen) -> None:
    told = [([int(channel) for channel in color.split(",")], share) for color, share in seen["wide"]["colors"]]
    assert sum(share for (red, _, blue), share in told if blue - red > 60) > 0.005  # the blue of its letters


def test_where_the_reader_is_is_shown_when_asked_for(seen: Seen) -> None:
    here = seen["here"]
    assert here["name"] == "Vị trí của tôi"
    assert "sai số khoảng 40 m" in here["said"]
    zoom = re.match(r"#map=([\d.]+)/", here["hash"])
    assert zoom and float(zoom[1]) > 16


def test_who_is_elsewhere_or_does_not_tell_is_told_so_and_stays_where_they_are(seen: Seen) -> None:
    assert "ngoài phạm vi của bản đồ này" in seen["abroad"]["said"]
    assert "cài đặt của trình duyệt" in seen["refused"]["said"]
    assert all(seen[name]["hash"].startswith("#map=14/10.9") for name in ("abroad", "refused"))


def test_on_a_phone_the_panel_makes_room_for_the_tool_that_is_chosen_in_it(seen: Seen) -> None:
    chosen = seen["chosen"]
    assert (chosen["panel"], chosen["said"]) == (False, "false")
    assert chosen["map"] > 100  # pixels of the map that can be tapped


def test_the_whole_city_is_a_button_away_with_con_dao(seen: Seen, base: str) -> None:
    west, south, east, north = httpx.get(f"{base}/map/style.json", timeout=30).json()["metadata"]["landmap:bounds"]
    assert west < CON_DAO[0] < east and south < CON_DAO[1] < north
    place = re.match(r"#map=([\d.]+)/([\d.]+)/([\d.]+)", seen["city"]["hash"])
    assert place is not None
    zoom, lat, lon = (float(part) for part in place.groups())
    degrees = 360 / (512 * 2**zoom)
    assert abs(lat - CON_DAO[1]) < 400 * degrees and abs(lon - CON_DAO[0]) < 640 * degrees
    assert north - lat < 400 * degrees
    assert seen["city"]["name"] == "Toàn thành phố, cả Côn Đảo"


def test_plan_and_present_are_compared_with_a_curtain_by_key_and_by_hand(seen: Seen) -> None:
    swipes = seen["swipes"]
    assert swipes["start"]["role"] == "slider" and swipes["start"]["now"] == 50
    assert swipes["start"]["name"].startswith("Vị trí rèm")
    assert swipes["moved"]["now"] == 60 and "compare.edge=60" in swipes["kept"]
    assert swipes["dragged"]["now"] == pytest.approx(700 / 1280 * 100, abs=1)
    assert swipes["badges"] == ["hiện nay", "Quy hoạch, hiện nay"]
    assert _share(swipes["left"], DWELLINGS) > 0.05 and _share(swipes["right"], DWELLINGS) == 0
    assert any("/zones/tiles/" in address for address in swipes["requests"])
    assert swipes["present"] != swipes["right"]
    assert swipes["closed"] == 0 and "tool=" not in swipes["after"]


def test_two_maps_beside_each_other_move_together(seen: Seen) -> None:
    sides = seen["sides"]
    assert sides["boxes"] == [640, 640]
    for halves in (sides["same"], sides["together"]):
        left, right = _share(halves["left"], DWELLINGS), _share(halves["right"], DWELLINGS)
        assert left > 0.05 and right > 0.05
    assert sides["same"]["left"] != sides["together"]["left"]


def test_two_days_stand_side_by_side(seen: Seen) -> None:
    sides = seen["sides"]
    assert _share(sides["then"]["left"], DWELLINGS) > 0.05
    assert _share(sides["then"]["right"], DWELLINGS) == 0  # nothing held in 1980
    assert sides["badges"] == ["hiện nay", "01/01/1980"]
    assert any("datetime=1980-01-01" in address for address in sides["requests"])


def test_a_point_of_either_map_tells_what_both_have_there_and_opens_the_card(seen: Seen) -> None:
    (now, here), (then, nothing) = seen["sides"]["point"]
    assert (now, then) == ("hiện nay", "01/01/1980")
    assert here == ["Thửa đất"] and nothing == []
    assert seen["sides"]["card"] == {"kicker": "Thửa đất", "twins": 0}


def test_a_day_before_any_data_is_said_with_the_first_one(seen: Seen) -> None:
    sides = seen["sides"]
    said, first = "Chưa có dữ liệu của các lớp này được ghi nhận vào ngày 01/01/1980.", sides["firstDay"]
    assert sides["empty"] == f"{said} Ngày đầu tiên có: {first}"
    assert "1980" < first[6:] < "2026"


def test_buildings_rise_by_their_height_or_storeys_which_is_said(seen: Seen) -> None:
    raises = seen["raises"]
    assert raises["flat"] != raises["raised"]
    assert raises["legend"] == ["Cao theo số đo", "Cao theo số tầng × 3,3 m (chỉ là sơ đồ)"]
    assert "solid.tilt=30" in raises["kept"] and "solid.turn=45" in raises["kept"]
    assert raises["tilt"] == "30°"
    assert _share(raises["after"], DWELLINGS) == pytest.approx(_share(raises["flat"], DWELLINGS), rel=0.1)


def test_on_a_phone_the_curtain_stands_above_the_sheet(seen: Seen) -> None:
    phone = seen["phone"]
    assert phone["width"] == 360
    assert phone["curtain"]["y"] + phone["curtain"]["height"] <= phone["sheet"]["y"] + 30
    assert min(phone["targets"]) >= 40
    [first, second] = sorted(seen["phoneSides"]["maps"], key=lambda box: float(box["y"]))
    assert first["height"] > 200 and second["height"] > 200
    assert first["bottom"] <= second["top"] + 3
