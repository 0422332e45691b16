"""The map page in a real Chromium, served by a real `landmap serve` over a small demo city."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
import shapely

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "map.mjs"
MOST_SCRIPT = 400_000  # bytes, compressed
ODT = "Đất ở tại đô thị"


@pytest.fixture(scope="module")
def parcel(base: str) -> Seen:
    """A parcel of dwellings wide enough to be hit, as the API has it."""
    answer = httpx.get(
        f"{base}/collections/parcels/items", params={"limit": 200, "land_use": "ODT", "f": "json"}, timeout=30
    )
    features: list[Seen] = answer.raise_for_status().json()["features"]
    return max(features, key=lambda feature: shapely.minimum_clearance(shapely.geometry.shape(feature["geometry"])))


@pytest.fixture(scope="module")
def ward(base: str, parcel: Seen) -> str:
    """Name of the ward of that parcel."""
    answer = httpx.get(
        f"{base}/collections/wards/items", params={"code": parcel["properties"]["commune"], "f": "json"}, timeout=30
    )
    return str(answer.raise_for_status().json()["features"][0]["properties"]["name"])


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, parcel: Seen, ward: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a walk through the page saw. Screenshots lie in `web_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("web_shots"))
    point = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(shots),
        "lon": round(point.x, 7),
        "lat": round(point.y, 7),
        "ward": ward,
        "notation": "tờ {sheet} thửa {parcel}".format(**parcel["properties"]),
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _share(colors: list[tuple[str, float]], red: int, green: int, blue: int) -> float:
    """Share of pixels within 6 of a colour in each channel."""
    wanted = (red, green, blue)
    return sum(
        share
        for color, share in colors
        if all(abs(int(channel) - value) <= 6 for channel, value in zip(color.split(","), wanted, strict=True))
    )


def _dwellings(colors: list[tuple[str, float]]) -> float:
    """Share of the colour of ODT parcels (255,160,255), 75 % over the map's ground (244,241,234)."""
    return _share(colors, 252, 180, 250)


def test_chromium_shows_parcels_in_their_colours(seen: Seen) -> None:
    assert _dwellings(seen["shows"]["colors"]) > 0.05
    assert ODT in seen["shows"]["legend"]


def test_a_click_shows_sheet_and_number(seen: Seen, parcel: Seen) -> None:
    properties = parcel["properties"]
    card = seen["clicks"]["first"]
    assert card["title"] == f"Thửa {properties['parcel']}, tờ {properties['sheet']}"
    assert card["layer"] == "Thửa đất"
    assert card["rows"]["Số tờ"] == properties["sheet"]
    assert card["rows"]["Số thửa"] == properties["parcel"]
    assert card["rows"]["Loại đất chính"] == f"{ODT} (ODT)"


def test_a_ward_is_found_without_accents_and_chosen_by_keyboard(seen: Seen, ward: str) -> None:
    found = seen["finds"]
    assert ward in found["ward"][0]
    assert found["marked"] == found["ward"][0]
    assert ward in found["wardCard"]["title"]
    assert found["expanded"] == "false"


def test_a_parcel_is_found_by_its_numbers_and_gone_to(seen: Seen, parcel: Seen) -> None:
    found, numbers = seen["finds"], parcel["properties"]
    assert all(line.startswith(f"Thửa {numbers['parcel']}, tờ {numbers['sheet']}") for line in found["parcels"])
    assert found["zoom"] > 17


def test_a_place_is_found_by_its_coordinates(seen: Seen, parcel: Seen) -> None:
    found, numbers = seen["finds"], parcel["properties"]
    assert len(found["coordinates"]) == 1
    assert found["placeCard"]["title"] == f"Thửa {numbers['parcel']}, tờ {numbers['sheet']}"


def test_what_is_not_found_is_said_with_what_to_try(seen: Seen) -> None:
    assert seen["finds"]["nothing"] == "Không tìm thấy. Hãy thử tên khác, hoặc ghi số thửa và số tờ."


def test_values_are_written_the_vietnamese_way(seen: Seen, parcel: Seen) -> None:
    rows = seen["clicks"]["first"]["rows"]
    assert re.fullmatch(r"[\d.]+,\d m²", rows["Diện tích đo đạc"].replace("\u00a0", " "))
    assert re.fullmatch(r"(chưa rõ, ghi nhận )?\d\d/\d\d/\d{4}.*", rows["Có hiệu lực từ"])
    assert re.fullmatch(rf"\d\d/\d\d/\d{{4}}.*, lần cập nhật {parcel['properties']['changeset']}", rows["Ghi nhận"])
    assert int(rows["Phiên bản dữ liệu"]) >= parcel["properties"]["changeset"]
    unknown = [name for name, value in parcel["properties"].items() if value is None and not name.startswith("valid")]
    first = seen["clicks"]["first"]
    said = first["unknown"].removeprefix("Chưa có dữ liệu: ").split(" · ") if first["unknown"] else []
    assert len(first["missing"]) + len(said) == len(unknown)
    assert set(first["missing"]) <= {"Chưa có dữ liệu"}
    assert not set(said) & set(rows)


def test_the_card_leads_to_versions_and_json(seen: Seen, base: str, parcel: Seen) -> None:
    links = seen["clicks"]["first"]["links"]
    assert links["Các phiên bản"] == f"{base}/collections/parcels/items/{parcel['id']}/versions"
    for address in links.values():
        assert httpx.get(address, timeout=30).status_code == 200, address


def test_the_address_of_the_page_holds_what_is_shown(seen: Seen, parcel: Seen) -> None:
    clicks = seen["clicks"]
    assert f"sel=parcels/{parcel['id']}" in clicks["hash"]
    assert "layers=parcels" in clicks["hash"]
    assert re.match(r"#map=19/\d+\.\d+/\d+\.\d+&", clicks["hash"])
    assert clicks["back"] == clicks["link"]["title"] == clicks["first"]["title"]


def test_a_link_to_a_feature_goes_to_its_place(seen: Seen, parcel: Seen) -> None:
    zoom, lat, lon = re.match(r"#map=([\d.]+)/([\d.]+)/([\d.]+)", seen["clicks"]["link"]["hash"]).groups()  # type: ignore[union-attr]
    assert float(zoom) > 17
    assert (
        shapely.box(*shapely.geometry.shape(parcel["geometry"]).bounds).distance(shapely.Point(float(lon), float(lat)))
        < 1e-4
    )


def test_escape_closes_the_card_and_gives_the_keyboard_back_to_the_map(seen: Seen) -> None:
    clicks = seen["clicks"]
    assert clicks["first"]["focused"] and clicks["closed"]
    assert "maplibregl-canvas" in clicks["focus"]
    assert "sel=" not in clicks["hashAfter"]


def test_the_keyboard_alone_opens_and_closes_a_parcel(seen: Seen) -> None:
    keyboard = seen["keyboard"]
    assert keyboard["opened"] == seen["clicks"]["first"]["title"]
    assert keyboard["next"] == "Đóng" and keyboard["closed"]


def test_everything_that_can_be_used_has_a_name(seen: Seen) -> None:
    assert seen["keyboard"]["unnamed"] == []
    assert seen["clicks"]["first"]["labelledBy"] == seen["clicks"]["first"]["title"]


def test_the_page_is_vietnamese_first_and_english_on_demand(seen: Seen) -> None:
    assert seen["shows"]["language"] == "vi"
    assert {"Thửa đất", "Giấy phép xây dựng"} <= set(seen["shows"]["layers"])
    speaks = seen["speaks"]
    assert speaks["language"] == "en" and "lang=en" in speaks["hash"]
    assert "Land parcels" in speaks["layers"]
    assert speaks["card"]["title"].startswith("Parcel ") and "Map sheet" in speaks["card"]["rows"]


def test_the_back_button_does_not_undo_the_choice_of_a_language(seen: Seen) -> None:
    back = seen["speaks"]["back"]
    assert back["language"] == "en"
    assert "lang=en" in back["hash"] and "sel=" not in back["hash"]


def test_an_english_browser_gets_english_until_another_language_is_chosen(seen: Seen) -> None:
    follows = seen["follows"]
    assert follows["first"]["language"] == "en" and "lang=" not in follows["first"]["hash"]
    assert follows["chosen"]["language"] == "vi" and "lang=vi" in follows["chosen"]["hash"]
    assert follows["kept"]["language"] == "vi"
    assert follows["linked"]["language"] == "en"  # a link says what its sender saw


def test_a_layer_can_be_switched_off_and_on(seen: Seen) -> None:
    switches = seen["switches"]
    assert _dwellings(switches["before"]) > 0.05
    assert _dwellings(switches["off"]["colors"]) == 0
    assert switches["off"]["hash"].endswith("layers=")
    assert switches["off"]["focus"] == "layer-parcels"
    assert _dwellings(switches["on"]) == pytest.approx(_dwellings(switches["before"]), rel=0.05)


def test_a_day_in_the_past_is_asked_of_tiles_and_items(seen: Seen) -> None:
    dates = seen["dates"]
    asked = [address for address in dates["requests"] if "datetime=1980-02-01" in address]
    assert any("/tiles/" in address for address in asked)
    assert any("/items/" in address for address in asked)
    assert dates["then"]["said"] == "Đang xem tình trạng có hiệu lực tại ngày 01/02/1980."
    assert dates["then"]["card"] == "Không có thông tin của đối tượng này tại ngày 01/02/1980."
    assert _dwellings(dates["then"]["colors"]) == 0
    assert dates["then"]["hint"] == ["Không có dữ liệu tại ngày 01/02/1980 trong khung nhìn này."]
    assert dates["now"]["title"] == seen["clicks"]["first"]["title"]


def test_a_day_that_is_none_is_refused(seen: Seen) -> None:
    refused = seen["dates"]["refused"]
    assert refused["31/02/2024"]["said"] == [
        "Không có ngày 31 trong tháng 2 năm 2024. Ngày cuối tháng này là 29/02/2024."
    ]
    assert refused["12/13/1980"]["said"][0].startswith("Không có tháng 13.")
    assert refused["mai"]["said"] == ["Không đọc được ngày này. Hãy gõ ngày/tháng/năm, ví dụ 01/03/2024."]
    assert {answer["invalid"] for answer in refused.values()} == {"true"}
    assert not any("at=" in answer["hash"] for answer in refused.values())
    assert seen["dates"]["kept"] == "mai"  # what was typed stays to be mended
    assert seen["dates"]["mended"] == ""


def test_a_lost_connection_is_told_in_words_and_mended(seen: Seen) -> None:
    survives = seen["survives"]
    assert survives["notices"] == ["Không kết nối được máy chủ. Hãy kiểm tra mạng rồi thử lại.Thử lại"]
    assert survives["after"] == 0
    assert len(survives["colors"]) > 5


def test_a_failing_server_is_told_once_and_never_taken_for_an_empty_map(seen: Seen) -> None:
    breaks = seen["breaks"]
    [said] = breaks["notices"]
    named = re.fullmatch(r"Chưa tải được một phần bản đồ \((.+)\)\.Thử lại", said)
    assert named is not None and set(re.split(r", (?=[TP])", named[1])) == {"Thửa đất", "Phường, xã, đặc khu"}
    assert breaks["after"] == []
    assert _dwellings(breaks["colors"]) > 0.05


def test_text_of_a_source_never_becomes_html(seen: Seen) -> None:
    escapes = seen["escapes"]
    assert escapes["card"]["rows"]["Số thửa"] == escapes["hostile"]
    assert escapes["card"]["injected"] == 0
    assert escapes["title"] == "Landmap – Bản đồ đất đai, đô thị"


def test_on_a_phone_the_card_is_a_sheet_at_the_bottom(seen: Seen) -> None:
    unfolds = seen["unfolds"]
    box = unfolds["box"]
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 360, 740)
    assert box["height"] < 740 * 0.6
    assert unfolds["width"] == 360
    assert unfolds["panel"]["width"] <= 360 and unfolds["panelAfter"] is False
    assert min(unfolds["targets"]) >= 24


def test_on_a_phone_the_facts_stand_before_what_can_be_done(seen: Seen) -> None:
    facts = seen["unfolds"]["facts"]
    assert facts["titles"][:2] == ["Loại đất chính", "Diện tích đo đạc"]
    assert len(facts["titles"]) >= 5
    assert facts["buttonsBefore"] == 2  # close, and the way to what else is here


def test_on_a_phone_the_sheet_does_not_cover_what_was_tapped(seen: Seen) -> None:
    unfolds = seen["unfolds"]
    zoom, lat, _ = (float(part) for part in unfolds["hash"].removeprefix("#map=").split("&")[0].split("/"))
    pixels = (unfolds["pointed"][1] - lat) * 512 * 2**zoom / 360  # up from the middle of the screen
    assert 370 - pixels < unfolds["box"]["y"]
    assert 370 - pixels > 60  # below the header


def _at_point(base: str, hash_: str, **when: str) -> dict[str, int]:
    """How many features each layer has within 3 m of the place of a link (areas: around it), by title; empty ones left out."""
    found = re.search(r"pt=([\d.]+)/([\d.]+)", hash_)
    assert found is not None
    place = shapely.Point(float(found[2]), float(found[1]))
    reach = 3 / 111_320
    near = shapely.box(place.x - reach, place.y - reach, place.x + reach, place.y + reach)
    counts = {}
    for layer in httpx.get(f"{base}/collections?f=json", headers={"Accept-Language": "vi"}).json()["collections"]:
        asked = {"f": "json", "limit": "200", "bbox": ",".join(str(side) for side in near.bounds), **when}
        features = httpx.get(f"{base}/collections/{layer['id']}/items", params=asked).json()["features"]
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        there = [shape for shape in shapes if shape.area == 0 or shape.covers(place)]
        if there:
            counts[layer["title"]] = len(there)
    return counts


def _counts(answer: Seen) -> dict[str, int]:
    return {title: len(hits) for title, hits in answer["lists"].items()}


def test_every_public_layer_is_asked_what_it_has_at_the_point(seen: Seen, base: str) -> None:
    here = seen["here"]
    assert "layers=parcels&" in f"{here['hash']}&"  # the others are switched off
    expected = _at_point(base, here["hash"])
    expected["Thửa đất"] -= 1  # the card's own
    assert _counts(here["parcel"]) == {title: count for title, count in expected.items() if count}
    assert {"Ô quy hoạch", "Đồ án quy hoạch", "Phường, xã, đặc khu"} <= set(expected)
    assert here["parcel"]["jump"] == f"Cũng tại điểm này: {sum(expected.values())}"


def test_a_layer_with_nothing_at_the_point_is_told_by_what_is_declared_of_its_data(seen: Seen, base: str) -> None:
    here = seen["here"]
    found = re.search(r"pt=([\d.]+)/([\d.]+)", here["hash"])
    assert found is not None
    answer = httpx.get(f"{base}/coverage", params={"point": f"{found[2]},{found[1]}"}).json()["coverage"]
    levels = {each["layer"]: each["level"] for each in answer}
    titles = {"permits": "Giấy phép xây dựng", "housing_projects": "Dự án nhà ở", "buildings": "Công trình"}
    quiet = {layer: title for layer, title in titles.items() if title not in here["parcel"]["lists"]}
    assert quiet, "the place has all layers"
    starts = {"complete": "Không có tại điểm này (dữ liệu đầy đủ): ", "none": "Chưa có dữ liệu: "}
    unsure = "Không tìm thấy gì tại điểm này trong dữ liệu đã công bố của: "
    for layer, title in quiet.items():
        [said] = [text for text in here["parcel"]["said"] if title in text]
        # Of permits some are withheld: nothing found never means nothing there.
        assert said.startswith(unsure if layer == "permits" else starts.get(levels[layer], unsure))


def test_what_else_is_at_the_point_can_be_opened_and_left_again(seen: Seen) -> None:
    here = seen["here"]
    [(layer, titles), *_] = here["parcel"]["lists"].items()
    assert here["focus"] == "here"
    assert (here["opened"]["layer"], here["opened"]["title"]) == (layer, titles[0])
    assert "Thửa đất" in here["opened"]["lists"]
    place = re.search("pt=[^&]+", here["hash"])
    assert place is not None and place[0] in here["opened"]["hash"]
    assert here["back"] == here["link"] == here["parcel"]


def test_what_else_is_at_the_point_is_asked_at_the_day_looked_at(seen: Seen, base: str) -> None:
    here = seen["here"]
    expected = _at_point(base, here["hash"], datetime="2024-06-01")
    expected["Thửa đất"] -= 1
    assert _counts(here["then"]) == {title: count for title, count in expected.items() if count}
    asked = [address for address in here["requests"] if "bbox=" in address and "datetime=2024-06-01" in address]
    assert len(asked) >= 8


def test_a_layer_that_could_not_be_asked_is_named_and_asked_again(seen: Seen) -> None:
    failed = seen["here"]["failed"]
    assert "Ô quy hoạch" not in failed["lists"] and "Chưa hỏi được: Ô quy hoạch." in failed["said"]
    assert "Ô quy hoạch" in seen["here"]["parcel"]["lists"]


def test_a_parcel_opens_at_every_zoom_that_draws_parcels(seen: Seen) -> None:
    assert seen["far"]["title"] == seen["clicks"]["first"]["title"]


def test_a_long_legend_can_be_shown_whole(seen: Seen) -> None:
    legends = seen["legends"]
    left = int(re.findall(r"Hiện thêm (\d+) loại", legends["short"][-1])[0])
    assert len(legends["whole"]) == len(legends["short"]) + left
    assert legends["whole"][-1] == "Thu gọn" and legends["focus"] == "legend-parcels"


def test_at_200_percent_nothing_is_cut_off_and_nothing_moves(seen: Seen) -> None:
    zooms = seen["zooms"]
    assert zooms["width"] == 640
    assert len(zooms["inside"]) == 5 and all(zooms["inside"])
    assert not zooms["shrunk"]
    assert zooms["moving"] == "none"


def test_no_address_of_another_host_is_asked_for(seen: Seen, base: str) -> None:
    foreign = {
        address
        for journey in seen.values()
        for address in journey["requests"]
        if not address.startswith((f"{base}/", "data:", "blob:", "about:"))
    }
    assert foreign == set()


def test_nothing_breaks_and_no_policy_is_violated(seen: Seen) -> None:
    quiet = {
        name: journey["errors"] for name, journey in seen.items() if name not in ("survives", "dates", "here", "breaks")
    }
    assert {name: errors for name, errors in quiet.items() if errors} == {}
    assert not [error for journey in seen.values() for error in journey["errors"] if "Content Security Policy" in error]


def test_labels_are_drawn_from_the_fonts_of_the_page(seen: Seen) -> None:
    # The style sheet's own font requests are not `fetch`; these are the map's.
    fetched = " ".join(seen["labels"]["fetched"])
    assert re.search(r"/assets/be-vietnam-pro-latin-400-\S+\.woff2", fetched)
    assert re.search(r"/assets/be-vietnam-pro-vietnamese-400-\S+\.woff2", fetched)


def test_scale_and_position_are_shown(seen: Seen) -> None:
    assert seen["shows"]["scale"].endswith("m")
    assert re.match(r"\d+,\d{5}° B, \d+,\d{5}° Đ", seen["shows"]["position"])


def test_the_modules_of_the_page_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("no Node with the web packages: run `npm ci` in services/web")
    done = subprocess.run([node, WEB / "test" / "run.mjs"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"^. pass (\d+)$", done.stdout, re.MULTILINE)[0]) >= 29


def test_the_scripts_are_small_enough_for_a_cheap_phone(seen: Seen) -> None:
    served = seen["shows"]["scripts"]
    assert len(served) == 3  # what the page begins with, the page, the map's worker
    assert 100_000 < sum(served.values()) < MOST_SCRIPT
