"""Asking about a parcel on the map page: its situation, the check of a building, measures; in a real Chromium."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import shapely

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "ask.mjs"
APPLICATION = {"work": "NEW", "use": "HOUSE", "storeys": "trệt + 8 lầu", "height_m": 40.5}
STANDINGS = {
    "concerned": "Có liên quan",
    "not-concerned": "Không liên quan",
    "partial": "Một phần chưa có dữ liệu",
    "no-data": "Chưa có dữ liệu",
}
METRES_A_PIXEL = 40_075_016.686 * 0.98237 / (512 * 2**18)  # at zoom 18, in the latitude of 10.776°


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, timeout=60, headers={"Accept-Language": "vi"}) as client:
        yield client


def _lot(parcel: Seen) -> list[list[float]]:
    """The corners of the parcel's outline, the first one once."""
    polygon = max(shapely.get_parts(shapely.geometry.shape(parcel["geometry"])), key=lambda part: part.area)
    return [list(place) for place in polygon.exterior.coords[:-1]]


def _check(client: httpx.Client, parcel: Seen) -> Seen:
    lot = _lot(parcel)
    footprint = {"type": "Polygon", "coordinates": [[*lot, lot[0]]]}
    inputs = {"parcel": {"id": parcel["id"]}, **APPLICATION, "footprint": footprint}
    answer = client.post("/processes/permit-check/execution", json={"inputs": inputs, "outputs": {"answer": {}}})
    found: Seen = answer.raise_for_status().json()
    return found


def _standing(answer: Seen) -> list[Seen]:
    found: list[Seen] = answer["place"].get("buildings", [])
    return found


@pytest.fixture(scope="module")
def parcels(client: httpx.Client) -> tuple[Seen, Seen, Seen]:
    """A parcel of few corners on which a house as large as it breaks a rule somewhere, one where data are missing, and one on
    which a building stands.
    """
    answer = client.get("/collections/parcels/items", params={"limit": 400, "land_use": "ODT", "f": "json"})
    features: list[Seen] = answer.raise_for_status().json()["features"]
    plain = [feature for feature in features if len(_lot(feature)) <= 9 and feature["properties"]["measured_area"] > 60]
    broken = next(
        feature
        for feature in plain
        if any("conflict" in one and one["status"] == "fail" for one in _check(client, feature)["findings"])
    )
    other = next(
        feature
        for feature in plain
        if client.get(f"/parcels/{feature['id']}/extract.json").json()["roadLand"]["missing"]
        and _check(client, feature)["verdict"] == "undetermined"
    )
    built = next(feature for feature in plain if _standing(_check(client, feature)))
    return broken, other, built


@pytest.fixture(scope="module")
def extract(client: httpx.Client, parcels: tuple[Seen, Seen, Seen]) -> Seen:
    found: Seen = client.get(f"/parcels/{parcels[0]['id']}/extract.json").raise_for_status().json()
    return found


@pytest.fixture(scope="module")
def seen(
    base: str, browser: Browser, parcels: tuple[Seen, Seen, Seen], tmp_path_factory: pytest.TempPathFactory
) -> Seen:
    """What the journeys saw. Screenshots lie in `web_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("web_shots"))
    broken, other, built = parcels
    asked = {
        "base": base,
        "chromium": browser.chromium,
        "shots": str(shots),
        "broken": {"id": broken["id"], "lot": _lot(broken)},
        "other": {"id": other["id"]},
        "built": {"id": built["id"]},
    }
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _number(value: float, digits: int = 1) -> str:
    """As Vietnamese write it, with a fixed number of digits."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def _flat(text: str) -> str:
    return text.replace("\u00a0", " ")


def _title(parcel: Seen) -> str:
    return "Thửa {parcel}, tờ {sheet}".format(**parcel["properties"])


def test_the_card_opens_with_road_land_and_the_area_conforming_to_plan(seen: Seen, extract: Seen) -> None:
    figures = {name: _flat(value) for name, value in seen["situation"]["figures"].items()}
    road, area = extract["roadLand"], extract["area"]
    assert road["standing"] == "concerned" and not road["missing"]
    assert figures["Phường, xã"].startswith("Phường Mẫu ")
    assert figures["Trong lộ giới"].startswith(f"{_number(road['area_m2'])} m² (")
    assert figures["Diện tích phù hợp quy hoạch"].startswith(f"{_number(area['conforming_m2'])} m² (")
    assert figures["Trong lộ giới"].endswith("% thửa)")
    assert all(front["road"] in figures["Mặt tiền"] for front in road["fronts"])
    assert seen["situation"]["facts"][0] == "Loại đất chính"


def test_each_zone_has_its_share_its_limits_and_its_plan(seen: Seen, extract: Seen) -> None:
    zones = seen["situation"]["zones"]
    assert len(zones) == len(extract["planning"])
    for told, part in zip(zones, extract["planning"], strict=True):
        assert told["name"].startswith(part["zone"])
        assert _flat(told["part"]).startswith(f"{_number(part['area_m2'])} m² (")
        assert set(told["limits"]) >= {
            "Mật độ tối đa",
            "Hệ số sử dụng đất",
            "Tầng cao tối đa",
            "Chiều cao tối đa",
        }
        if "far_max" not in part["limits"]:
            assert told["limits"]["Hệ số sử dụng đất"] == "Chưa có dữ liệu"
        year, month, day = part["plan"]["decidedOn"].split("-")
        assert part["plan"]["decision"] in told["plan"] and f"ngày {day}/{month}/{year}" in told["plan"]


def test_every_theme_is_concerned_not_concerned_or_without_data(seen: Seen, extract: Seen) -> None:
    assert seen["situation"]["themes"] == {theme["title"]: STANDINGS[theme["standing"]] for theme in extract["themes"]}
    assert len(set(seen["situation"]["themes"].values())) >= 3


def test_pending_plans_buildings_permits_and_lineage_have_their_parts(seen: Seen) -> None:
    assert {
        "Đồ án đang lập, lấy ý kiến hoặc thẩm định",
        "Công trình trên thửa",
        "Giấy phép xây dựng",
        "Lịch sử thửa",
        "Từng lớp dữ liệu",
    } <= set(seen["situation"]["headings"])


def test_the_card_leads_to_the_extract_in_pdf_and_html(seen: Seen, client: httpx.Client) -> None:
    links = seen["situation"]["links"]
    assert client.get(links["Phiếu tra cứu (PDF, có mã QR)"]).content.startswith(b"%PDF-")
    assert "PHIẾU TRA CỨU" in client.get(links["Phiếu tra cứu trên trang"]).text.upper()


def test_the_sides_are_those_of_the_legal_crs(
    seen: Seen, client: httpx.Client, parcels: tuple[Seen, Seen, Seen]
) -> None:
    crs = client.get("/collections/parcels", params={"f": "json"}).json()["storageCrs"]
    item = client.get(f"/collections/parcels/items/{parcels[0]['id']}", params={"f": "json", "crs": crs}).json()
    polygon = max(shapely.get_parts(shapely.geometry.shape(item["geometry"])), key=lambda part: part.area)
    corners = shapely.points(polygon.exterior.coords)
    sides = seen["situation"]["sides"]
    told = [float(_flat(side).removesuffix(" m").replace(".", "").replace(",", ".")) for side in sides["list"]]
    assert told == pytest.approx(list(shapely.distance(corners[:-1], corners[1:])), abs=0.006)
    assert sides["summary"].startswith(f"Cạnh thửa: {len(told)} cạnh")
    assert "VN-2000" in sides["note"] and "không thay số đo pháp lý" in sides["note"]
    assert seen["situation"]["opened"]


def test_the_situation_speaks_english(seen: Seen) -> None:
    assert {"Ward", "In road land", "Area conforming to plan", "Frontage"} == set(seen["english"]["figures"])
    assert {"Concerned", "Not concerned", "No data"} <= set(seen["english"]["themes"].values())


def test_the_day_of_the_page_is_the_day_of_the_situation(seen: Seen) -> None:
    assert "datetime=2026-03-01" in seen["dated"]["url"]
    assert all("datetime=2026-03-01" in link for link in seen["dated"]["links"].values())


def test_another_parcel_ends_the_first_ones_question(seen: Seen, parcels: tuple[Seen, Seen, Seen]) -> None:
    overtaken = seen["overtaken"]
    assert overtaken["first"]["busy"] == "true" and "Loại đất chính" in overtaken["first"]["facts"]
    assert "ABORTED" in overtaken["aborted"]
    assert overtaken["title"] == _title(parcels[1])
    assert overtaken["figures"]["Trong lộ giới"].startswith(("Ít nhất", "Chưa có dữ liệu"))
    assert overtaken["lacking"] == "Chưa đủ căn cứ để kết luận, còn thiếu: dữ liệu lộ giới."


def test_a_situation_that_cannot_be_had_leaves_the_facts_and_is_tried_again(seen: Seen) -> None:
    assert seen["fails"]["said"] == "Máy chủ báo lỗi (mã 503). Hãy thử lại sau."
    assert "Đất ở tại đô thị" in seen["fails"]["facts"]
    assert seen["fails"]["figures"] == seen["situation"]["figures"]


def test_the_form_asks_in_vietnamese(seen: Seen, parcels: tuple[Seen, Seen, Seen]) -> None:
    form = seen["checks"]["form"]
    assert form["parcel"] == _title(parcels[0])
    assert {"Loại công việc", "Công năng", "Số tầng", "Chiều cao công trình (m)", "Dạng nhà ở"} <= set(form["labels"])
    assert {"Nhà ở riêng lẻ", "Chung cư", "Khách sạn, lưu trú"} <= set(form["uses"])
    assert form["codes"]["city"] == ["Chưa ghi", "Thành phố Hồ Chí Minh (79)"]
    assert {"Quận 1 (760)", "Huyện Bàu Bàng (719)"} <= set(form["codes"]["district"])
    assert "Đất ở tại đô thị (ODT)" in form["codes"]["land_use"]
    assert not [
        one for one in form["codes"]["land_use"] if "(OTC)" in one or "(DCK)" in one
    ]  # a group, one of the law of before
    assert form["footprint"].startswith("Chưa vẽ.")


def test_what_is_not_understood_is_said_at_its_field(seen: Seen) -> None:
    refused = seen["checks"]["refused"]
    assert refused["said"].startswith("Không đọc được chỗ này") and "trệt + 3 lầu" in refused["said"]
    assert refused["invalid"] == "true"
    assert seen["checks"]["number"] == "Chiều cao công trình: hãy ghi một số không âm, ví dụ 12,5."


def test_a_footprint_is_drawn_to_the_corners_of_the_parcel(seen: Seen, parcels: tuple[Seen, Seen, Seen]) -> None:
    drawn = seen["checks"]["drawn"]
    assert drawn["hidden"] is False and drawn["undone"] == "0 điểm"
    assert drawn["status"] == f"{len(_lot(parcels[0]))} điểm"
    assert _flat(drawn["said"]).endswith("m², bằng 100% diện tích thửa.")


def test_the_answer_is_that_of_the_process(seen: Seen, client: httpx.Client, parcels: tuple[Seen, Seen, Seen]) -> None:
    wanted = _check(client, parcels[0])
    answer = seen["checks"]["answer"]
    assert answer["verdict"] == wanted["word"]["vi"] == "Không phù hợp"
    assert answer["read"].startswith("Hồ sơ được hiểu là: 9 tầng (kể cả trệt)")
    assert answer["advice"] == wanted["advice"]["vi"]
    assert answer["focused"] == "ask-result"
    said = sorted((one["status"], one["title"].partition(" – ")[0]) for one in answer["findings"])
    assert said == sorted((one["status"], one["title"]["vi"]) for one in wanted["findings"])
    assert all(one["clause"].startswith("Căn cứ: ") for one in answer["findings"])


def test_what_becomes_of_the_buildings_that_stand_there_is_asked_and_sent(
    seen: Seen, client: httpx.Client, parcels: tuple[Seen, Seen, Seen]
) -> None:
    standing = _standing(_check(client, parcels[2]))
    told = seen["stands"]
    assert told["form"]["legend"] == "Công trình hiện hữu trên thửa"
    assert [_flat(title).rpartition(", ")[2] for title in told["form"]["titles"]] == [
        f"{_number(one['on_lot_m2'])} m²" for one in standing
    ]
    assert told["form"]["choices"] == ["Chưa ghi", "Giữ lại", "Phá dỡ", "Thuộc công trình xin phép"]
    assert told["open"]["existing"] is None
    assert any("giữ lại hay phá dỡ" in text for text in told["open"]["needed"])
    assert told["demolished"]["existing"] == {"demolished": [one["id"] for one in standing]}
    assert not any("giữ lại hay phá dỡ" in text for text in told["demolished"]["needed"])


def test_findings_are_grouped_with_what_decides_first(seen: Seen) -> None:
    groups = seen["checks"]["answer"]["groups"]
    assert groups[0] == "Kết quả kiểm tra" and groups[1].startswith("Không đạt (")
    assert any(group.startswith("Chưa có dữ liệu (") for group in groups)
    failed = [one for one in seen["checks"]["answer"]["findings"] if one["status"] == "fail"]
    assert all(re.search(r"Hồ sơ: .*Quy định: tối (đa|thiểu) .*(Vượt|Thiếu): ", one["values"]) for one in failed)


def test_a_broken_rule_shows_where(seen: Seen) -> None:
    placed = [one for one in seen["checks"]["answer"]["findings"] if one["place"]]
    assert placed[0]["place"] == "Xem chỗ không phù hợp số 1 trên bản đồ"
    assert len(seen["checks"]["lit"]) == 1


def test_nothing_says_that_it_is_allowed(seen: Seen) -> None:
    assert "được phép" not in json.dumps(seen, ensure_ascii=False).lower()


def test_the_answer_names_the_office_its_time_and_what_the_dossier_lacks(
    seen: Seen, client: httpx.Client, parcels: tuple[Seen, Seen, Seen]
) -> None:
    answer, law = _check(client, parcels[0]), seen["checks"]["answer"]["law"]
    office = answer["office"]["office"]
    assert law["office"] == f"{office['title']['vi']} ({office['commune']['vi']})"
    limits = [answer["deadline"][step] for step in ("decide", "check-dossier")]
    assert [limit["count"] for limit in limits] == ["working", "working"]
    assert law["limits"] == [f"{limit['days']} ngày làm việc" for limit in limits]
    assert law["lacking"] == [part["title"]["vi"] for part in answer["dossier"]["missing"]]
    assert law["unseen"] == len(answer["dossier"]["unseen"]) > 0


def test_the_check_sheet_is_made_for_printing(seen: Seen) -> None:
    assert seen["checks"]["sheet"] == {"text": "Tải Phiếu kiểm tra hồ sơ (PDF)", "start": "%PDF-"}


def test_a_changed_application_makes_the_answer_stale(seen: Seen) -> None:
    assert seen["checks"]["stale"] == "Hồ sơ đã sửa sau lần kiểm tra này. Hãy kiểm tra lại."


def test_what_is_missing_leads_to_its_field_and_what_was_typed_is_kept(seen: Seen) -> None:
    assert seen["checks"]["goneTo"].startswith("ask-")
    assert seen["checks"]["kept"] == "12"


def test_a_footprint_is_drawn_by_keys_alone(seen: Seen) -> None:
    keyboard = seen["keyboard"]
    assert (keyboard["four"], keyboard["three"]) == ("4 điểm", "3 điểm")
    assert keyboard["drawn"].startswith("Đã có hình: ")
    assert keyboard["cancelled"] == {"drawing": False, "selected": True, "kept": keyboard["drawn"]}


def test_a_footprint_is_set_by_its_measures(seen: Seen) -> None:
    assert seen["keyboard"]["fault"].startswith("Hãy ghi bốn số bằng mét")
    assert _flat(seen["keyboard"]["rectangle"]).startswith("Đã có hình: 50,0 m²")


def test_missing_data_leave_the_verdict_open(seen: Seen) -> None:
    answer = seen["keyboard"]["answer"]
    assert answer["verdict"] in ("Chưa đủ căn cứ", "Không phù hợp")
    assert answer["needed"]
    assert "Còn thiếu để kết luận" in answer["groups"]


def _metres(text: str) -> float:
    found = re.search(r"([\d.]+(?:,\d+)?)", _flat(text))
    assert found, text
    return float(found[1].replace(".", "").replace(",", "."))


def test_lengths_and_areas_are_those_of_the_ground(seen: Seen) -> None:
    measures = seen["measures"]
    assert _metres(measures["length"]["value"]) == pytest.approx(500 * METRES_A_PIXEL, rel=0.01)
    assert measures["length"]["parts"].startswith("Từng đoạn: ")
    assert _metres(measures["area"]["value"]) == pytest.approx(60_000 * METRES_A_PIXEL**2, rel=0.02)
    assert _flat(measures["area"]["value"]).endswith(" m²")
    assert measures["area"]["around"].startswith("Chu vi: ")
    assert "ellipsoid WGS 84" in measures["how"] and "không phải số đo pháp lý" in measures["how"]
    assert measures["after"] == ""


def test_the_phone_shows_the_figures_first_with_targets_for_fingers(seen: Seen) -> None:
    phone = seen["phone"]
    assert phone["width"] == 360
    assert {"Loại đất chính", "Trong lộ giới", "Diện tích phù hợp quy hoạch"} <= set(phone["visible"])
    assert phone["read"]["figures"] == seen["situation"]["figures"]
    assert min(phone["cardTargets"]) >= 36 and min(phone["targets"]) >= 40


def test_a_footprint_is_drawn_with_a_finger_above_the_sheet(seen: Seen) -> None:
    phone = seen["phone"]
    assert all(y < phone["sheet"]["y"] for _, y in phone["corners"])
    assert _flat(phone["drawn"]).endswith("bằng 100% diện tích thửa.")
    assert phone["answer"]["verdict"] == "Không phù hợp"


def test_the_page_reports_no_errors_but_those_that_were_made(seen: Seen) -> None:
    for name, journey in seen.items():
        made = [error for error in journey["errors"] if "status of 503" in error or "status of 400" in error]
        own = [error for error in journey["errors"] if error.startswith("ApiError")]
        assert len(journey["errors"]) == len(made) + len(own), (name, journey["errors"])
        assert bool(journey["errors"]) == (name in ("fails", "checks")), (name, journey["errors"])
