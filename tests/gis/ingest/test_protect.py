"""What may be defence or security land is never shown in full, however its use is written."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from gis.ingest.protect import protect
from gis.model.layer import Catalog, RowAccess, RowRule, Show
from tests.gis.ingest.conftest import counts, lot

DEFENCE = [
    *("qph", "QPH+ODT", "ODT-CQP", "CQP1", "c.q.p", "quốc phòng", "Đất Quốc phòng khu 3", "DAT QUOC PHONG"),
    *("DatQuocPhong", "Đất quân sự", "National defence", "military"),
]
SECURITY = ["ANI, ODT", "ani", "an ninh", "ODT (CAN)", "Trụ sở công an", "đất an ninh xã"]
BOTH = ["CQA", "Đất sử dụng vào mục đích quốc phòng, an ninh", "quốc phòng và an ninh"]
OTHERS = ["RSM", "NHK", "căn hộ", "Đất trồng lúa cạn", "Đất công nghiệp", "Văn phòng", "ODT+CLN", "XYZ", "PNN"]


def protected(catalog: Catalog, raw: list[str | None], given: list[list[str] | None] | None = None):
    columns = {"land_use_raw": pa.array(raw, pa.string())}
    if given is not None:
        columns["land_uses"] = pa.array(given, pa.list_(pa.string()))
    found = protect(catalog.layers["parcels"], catalog.codelists, columns)
    codes = columns["land_uses"].to_pylist() if "land_uses" in columns else [None] * len(raw)
    return codes, [(str(f.severity), f.rows.tolist()) for f in found]


@pytest.mark.parametrize(
    ("text", "codes"),
    [*((t, ["CQP"]) for t in DEFENCE), *((t, ["CAN"]) for t in SECURITY), *((t, ["CAN", "CQP"]) for t in BOTH)],
)
def test_a_text_that_may_mean_it_adds_the_code(catalog, text, codes) -> None:
    assert protected(catalog, ["ODT", None, text]) == ([None, None, codes], [("warning", [2])])


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts_add_nothing(catalog, text) -> None:
    assert protected(catalog, [text, None]) == ([None, None], [])


def test_codes_that_came_with_the_file_are_kept(catalog) -> None:
    given = [["ODT"], ["CQP", "ODT"], None, ["CLN"]]
    codes, found = protected(catalog, ["QPH+ODT", "cqp", "ani", "CLN"], given)
    assert codes == [["ODT", "CQP"], ["CQP", "ODT"], ["CAN"], ["CLN"]]
    assert found == [("warning", [0, 2])]


def test_without_codes_that_a_rule_looks_at_the_record_is_withheld(catalog) -> None:
    rule = RowRule("land_use_raw", ("CQP",), Show.NONE)
    layer = replace(catalog.layers["parcels"], rows=RowAccess(rules=(rule,)))
    found = protect(layer, catalog.codelists, {"land_use_raw": pa.array(["CQP", "cqp+ODT", "ODT", None])})
    assert [(str(f.severity), f.rows.tolist()) for f in found] == [("error", [1])]


def test_in_the_database_such_parcels_are_shown_reduced(open_database, write, load_file) -> None:
    connection = open_database("hcmc")
    raw = ["qph", "QPH+ODT", "ANI, ODT", "quốc phòng", "QPH", "Đất an ninh", "RSM", "ODT"]
    report = load_file(connection, write([lot(i) for i in range(len(raw))], Loai_dat=raw))
    assert report.counts.inserted == len(raw)
    assert counts(report)["protected"] == 4
    full = connection.execute("SELECT land_use_raw FROM land_history.parcels WHERE shown = 3 ORDER BY 1").fetchall()
    assert full == [("ODT",), ("RSM",)]


def test_lists_of_codes_are_shown_reduced_or_withheld(open_database, write, load_file) -> None:
    connection = open_database("hcmc")
    uses = ["CQP+ODT", "cqp", "Đất quốc phòng", "quốc phòng", "ODT"]
    report = load_file(connection, write([lot(i) for i in range(len(uses))], land_uses=uses))
    assert counts(report) == {"unknown-code": 1}
    assert report.counts.withheld == 1
    shown = connection.execute("SELECT land_uses, shown FROM land_history.parcels ORDER BY parcel").fetchall()
    assert shown == [(["CQP", "ODT"], 2), (["CQP"], 2), (["CQP"], 2), (["ODT"], 3)]
