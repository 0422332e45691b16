"""An officer signs in on the map in a real Chromium, looks at what waits before and after, publishes and refuses."""

from __future__ import annotations

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

from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog
from gis.store import access, quarantine
from gis.store.match import match
from gis.store.stage import Records, stage
from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "officer.mjs"
AGENCY = "so-nnmt-duyet"
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
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("officer_shots"))
    with psycopg.connect(page_database, autocommit=True) as db:
        access.add_agency(db, AGENCY, "Sở Nông nghiệp và Môi trường", "tester")
        access.set_layers(db, catalog, AGENCY, ["parcels"], [], "tester")
        grant = access.Grant(Role.PUBLISHER, AGENCY, datetime.now(UTC) + timedelta(days=1), None)
        key = access.issue_key(db, catalog, grant, "test", "tester")
        staged, doubtful = (_staged(db, catalog, parcel, use) for use in ("TMD", "DGD"))
    place = shapely.point_on_surface(shapely.geometry.shape(parcel["geometry"]))
    asked = {
        "base": base, "chromium": browser.chromium, "shots": str(shots), "lon": round(place.x, 6), "lat": round(place.y, 6),
        "key": key, "staged": staged, "doubtful": doubtful,
    }  # fmt: skip
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout) | {"staged": staged, "doubtful": doubtful, "key": key}
    return answer


def _staged(db: psycopg.Connection, catalog: Catalog, parcel: Seen, use: str) -> str:
    """A file with another use of the parcel, and one record that was withheld; the name under which it waits."""
    layer = catalog.layers["parcels"]
    shape = transform_geometries(
        np.array([shapely.geometry.shape(parcel["geometry"])], dtype=object), 4326, layer.storage_crs
    )
    columns = {name: pa.array([parcel["properties"][name]]) for name in IDENTITY} | {"land_use": pa.array([use])}
    source = DataSource("bien-dong.gpkg", crs_used=f"EPSG:{layer.storage_crs}")
    number = stage(
        db, layer, Provenance("can-bo", "Biến động tháng 11", source, "15/QĐ-UBND"), [Records(shape, columns)]
    )
    match(db, number, layer)
    finding = {
        "layer": layer.id, "source_row": 2, "severity": "error", "reason": "invalid-geometry", "message_vi": "Ranh giới tự cắt",
        "message_en": "The boundary crosses itself", "responsible": "surveyor", "raw": {}, "geom_wkb": shapely.to_wkb(shape[0]),
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


def test_refusing_works_on_a_phone(seen: Seen) -> None:
    assert seen["refuses"]["said"] == f"Đã bỏ {seen['doubtful']}. Không có gì được công bố."
    assert seen["refuses"]["wide"] <= 360


def test_nothing_went_wrong_and_no_foreign_host_was_asked(seen: Seen, base: str) -> None:
    for journey in ("signs", "reviews", "refuses"):
        heard = [
            error for error in seen[journey]["errors"] if "401" not in error and "403" not in error
        ]  # wrong keys; cases of others
        assert heard == [], journey
        assert [url for url in seen[journey]["requests"] if not url.startswith((base, "data:", "blob:"))] == []
