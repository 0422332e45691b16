"""An officer signs in on the map in a real Chromium, looks at what waits before and after, publishes and refuses."""

from __future__ import annotations

import io
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from PIL import Image

from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog
from gis.store import access, quarantine
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "officer.mjs"
AGENCY = "so-nong-nghiep-moi-truong"
"""The one that answers reports on land, too"""
HOLDER = "Nguyễn Văn Bí Mật"
IDENTITY = ("commune", "commune_old", "document_series", "sheet", "parcel")


@pytest.fixture(scope="module")
def parcel(base: str) -> Seen:
    found = httpx.get(
        f"{base}/collections/parcels/items", params={"limit": 1, "land_use": "ODT", "f": "json"}, timeout=30
    )
    feature: Seen = found.raise_for_status().json()["features"][0]
    return feature


@pytest.fixture(scope="module")
def seen(
    base: str,
    page_database: str,
    browser: Browser,
    catalog: Catalog,
    parcel: Seen,
    tmp_path_factory: pytest.TempPathFactory,
) -> Seen:
    """What the journeys saw. Screenshots lie in `officer_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file() or not (WEB / "node_modules" / "axe-core").is_dir():
        pytest.skip("the page is not built or axe-core is absent: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("officer_shots"))
    with psycopg.connect(page_database, autocommit=True) as db:
        access.add_agency(db, AGENCY, "Sở Nông nghiệp và Môi trường", "tester")
        access.set_layers(db, catalog, AGENCY, ["parcels"], [], "tester")
        grant = access.Grant(Role.PUBLISHER, AGENCY, datetime.now(UTC) + timedelta(days=1), None)
        key = access.issue_key(db, catalog, grant, "test", "tester")
        if db.execute("SELECT 1 FROM landmap.agency WHERE id = 'so-xay-dung'").fetchone() is None:
            access.add_agency(db, "so-xay-dung", "Sở Xây dựng", "tester")
        publish(
            db, int(_staged(db, catalog, parcel, "ODT")[1:]), catalog.layers["parcels"]
        )  # before the others look at it
        staged, doubtful = (_staged(db, catalog, parcel, use) for use in ("TMD", "DGD"))
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {
        "base": base, "chromium": browser.chromium, "shots": str(shots), "lon": round(place.x, 6), "lat": round(place.y, 6),
        "key": key, "staged": staged, "doubtful": doubtful, "reports": [_report(base, place, n) for n in range(3)],
    }  # fmt: skip
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout) | {"staged": staged, "doubtful": doubtful, "key": key}
    return answer | {"numbers": asked["reports"]}


def _report(base: str, place: shapely.Point, at: int) -> str:
    """A citizen's report beside the parcel; its number."""
    form = {
        "service_code": "land", "lat": f"{place.y + at * 0.0004:.6f}", "long": f"{place.x:.6f}", "first_name": "Trần Thị Bình",
        "phone": "0901 234 567", "description": f"Có người dời mốc ranh thửa đất, lần {at + 1}", "address_string": "12 Lê Lợi",
    }  # fmt: skip
    photo = io.BytesIO()
    Image.new("RGB", (640, 400), (40, 110, 90)).save(photo, "JPEG")
    files = {"media": ("a.jpg", photo.getvalue(), "image/jpeg")} if at == 0 else None
    sent = httpx.post(f"{base}/open311/v2/requests.json", data=form, files=files, timeout=30)
    return str(sent.raise_for_status().json()[0]["service_request_id"])


def _staged(db: psycopg.Connection, catalog: Catalog, parcel: Seen, use: str) -> str:
    """A file with another use of the parcel, and one record that was withheld; the name under which it waits."""
    layer = catalog.layers["parcels"]
    shape = transform_geometries(
        np.array([shapely.geometry.shape(parcel["geometry"])], dtype=object), 4326, layer.storage_crs
    )
    columns = {name: pa.array([parcel["properties"][name]]) for name in IDENTITY} | {"land_use": pa.array([use])}
    source = DataSource(
        f"bien-dong-{use}.gpkg", crs_used=f"EPSG:{layer.storage_crs}", mapping={"columns": {"land_use": "LoaiDat"}}, agency="Chi nhánh 1"
    )  # fmt: skip
    number = stage(
        db, layer, Provenance("can-bo", "Biến động tháng 11", source, "15/QĐ-UBND"), [Records(shape, columns)]
    )
    match(db, number, layer)
    finding = {
        "layer": layer.id, "source_row": 2, "severity": "error", "reason": "geometry-invalid", "message_vi": "Ranh giới tự cắt",
        "message_en": "The boundary crosses itself", "responsible": "source", "raw": {"LoaiDat": "ODTT", "Chu": HOLDER}, "geom_wkb": shapely.to_wkb(shape[0]),
    }  # fmt: skip
    with db.transaction():
        quarantine.write(db, number, [finding])
    return f"s{number}"


def test_a_wrong_key_is_told_and_a_right_one_stays_on_the_tab_alone(seen: Seen) -> None:
    signs = seen["signs"]
    assert signs["faults"][0] == "Đây không phải khóa truy cập. Khóa bắt đầu bằng lmk_."
    assert signs["faults"][2] == "Khóa này không mở được: sai, hết hạn hoặc đã bị thu hồi."
    assert any(text.startswith(f"{seen['staged']} · Thửa đất") for text in signs["waiting"])
    assert "15/QĐ-UBND" in signs["waiting"][0]
    assert seen["key"] not in signs["inUrl"]
    assert signs["kept"] is None


def test_what_is_and_what_is_to_become_stand_side_by_side(seen: Seen) -> None:
    reviews = seen["reviews"]
    assert any("Đất ở tại đô thị" in row and "Đất thương mại, dịch vụ" in row for row in reviews["update"])
    assert reviews["error"] == "Bị giữ lại: Ranh giới tự cắtdòng 2"


def test_publishing_asks_once_more_and_then_everybody_sees_it(seen: Seen, base: str, parcel: Seen) -> None:
    reviews = seen["reviews"]
    assert reviews["sure"] == f"Công bố toàn bộ {seen['staged']}? Mọi người sẽ thấy ngay."
    assert reviews["focused"] == "Chưa"
    assert reviews["said"].startswith(f"Đã công bố {seen['staged']}: lần cập nhật số ")
    assert not any(text.startswith(f"{seen['staged']} ·") for text in reviews["left"])
    item = httpx.get(f"{base}/collections/parcels/items/{parcel['id']}", params={"f": "json"}, timeout=30)
    assert item.json()["properties"]["land_use"] == "TMD"


@pytest.mark.parametrize("journey", ["queue", "queuePhone"])
def test_reports_stand_in_the_queue_with_what_was_told_and_their_place(seen: Seen, journey: str) -> None:
    told = seen[journey]
    assert any("Đất đai" in row and "Đã tiếp nhận" in row and "gửi hôm nay" in row for row in told["rows"])
    assert "Trần Thị Bình · 0901 234 567" in told["facts"]
    assert "12 Lê Lợi" in told["facts"]
    assert told["away"] < 0.0005
    assert told["wide"] <= (360 if journey == "queuePhone" else 1280)
    assert told["needed"] == "Hãy điền: Trả lời công khai, người dân đọc được."


def test_what_an_officer_answers_is_what_the_citizen_reads(seen: Seen, base: str) -> None:
    told = seen["queue"]
    assert told["picture"] == 640
    assert told["states"] == ["Đang xử lý", "Đã trả lời"]
    assert told["stale"].startswith("Phản ánh vừa được người khác xử lý.")
    public = httpx.get(f"{base}/open311/v2/requests/{seen['numbers'][0]}.json", timeout=30).json()[0]
    assert (public["status"], public["status_notes"]) == ("closed", "Đã khôi phục mốc ranh.")
    assert not any(seen["numbers"][0] in row for row in told["left"])
    phone = seen["queuePhone"]
    assert phone["state"] == "Không xử lý"
    refused = httpx.get(f"{base}/open311/v2/requests/{seen['numbers'][1]}.json", timeout=30).json()[0]
    assert refused["status_notes"] == "Không thuộc thẩm quyền, xin gửi UBND phường."
    assert "Gửi nhầm" not in json.dumps(refused)
    assert phone["choices"] == ["Xử lý lại"]


def test_a_report_goes_to_another_agency_and_is_gone_from_the_queue(seen: Seen, base: str) -> None:
    told = seen["forwards"]
    assert told["said"] == f"Đã chuyển {seen['numbers'][2]} đến Sở Xây dựng."
    assert not any(seen["numbers"][2] in row for row in told["rows"])
    public = httpx.get(f"{base}/open311/v2/requests/{seen['numbers'][2]}.json", timeout=30).json()[0]
    assert public["agency_responsible"] == "Sở Xây dựng"


@pytest.mark.parametrize("journey", ["doubts", "doubtsPhone"])
def test_what_is_not_right_with_published_data_is_on_the_map_without_what_nobody_may_read(
    seen: Seen, journey: str
) -> None:
    told = seen[journey]
    assert "Bị giữ lại: Ranh giới tự cắt" in told["row"]
    assert "bien-dong-ODT.gpkg" in told["row"]
    assert "Người xử lý: đơn vị lập tệp (Chi nhánh 1)" in told["row"]
    assert "LoaiDat" in told["raw"]
    assert "ODTT" in told["raw"]
    assert "1 cột khác của tệp không hiện" in told["raw"]
    assert HOLDER not in told["text"]
    assert told["drawn"] > 0
    assert told["none"] == "Không có bản ghi nào bị giữ lại hoặc cần xem."


def test_axe_objects_to_nothing_of_the_desk(seen: Seen) -> None:
    scenes = {journey: seen[journey]["objections"] for journey in ("queue", "queuePhone", "doubts", "doubtsPhone")}
    assert all(looked for looked in scenes.values())
    assert {name: found for name, looked in scenes.items() for found in looked if found != {}} == {}


def test_who_may_not_has_no_desk(seen: Seen) -> None:
    assert seen["signs"]["accounts"] == 0


def test_refusing_works_on_a_phone(seen: Seen) -> None:
    assert seen["refuses"]["said"] == f"Đã bỏ {seen['doubtful']}. Không có gì được công bố."
    assert seen["refuses"]["wide"] <= 360


def test_nothing_went_wrong_and_no_foreign_host_was_asked(seen: Seen, base: str) -> None:
    for journey in ("signs", "reviews", "refuses", "queue", "queuePhone", "forwards", "doubts", "doubtsPhone"):
        heard = [
            error
            for error in seen[journey]["errors"]
            if not any(code in error for code in ("401", "403", "412", "ApiError"))
        ]  # wrong keys; cases of others; what somebody else has done
        assert heard == [], journey
        assert [url for url in seen[journey]["requests"] if not url.startswith((base, "data:", "blob:"))] == []
