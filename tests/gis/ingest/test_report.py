"""The report as a steward reads it: at 80 columns, in a pipe, in either language."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from gis.ingest.findings import error, titled, warning
from gis.ingest.kinds import kinds
from gis.ingest.mapping import FIXED
from gis.ingest.report import Counts, Report, as_json, as_table, number, unidentified
from gis.model.layer import Text

LONG = "QHPK_SDD_khu_dan_cu_phia_bac_duong_Nguyen_Van_Linh_dieu_chinh_lan_3_ban_ve_goc"


@pytest.fixture
def report(catalog) -> Report:
    layer = catalog.layers["zones"]
    findings = [
        error("geometry-type", np.arange(310), [Text("đường (LineString)", "LineString")] * 310),
        warning("unknown-code", np.arange(2000), [f"'{LONG} {i % 9}'" for i in range(2000)], "function_raw"),
        warning("overlap", np.array([1, 2]), ["5: 1 m²", "6: 900 m²"], amounts=np.array([1.0, 900.0])),
        warning("ends-before-it-begins", np.array([0]), ["2020-01-01 UTC"]),
    ]
    return Report(
        layer=layer,
        source=f"{LONG}.geojson",
        format="GeoJSON",
        state="staged",
        counts=Counts(4310, 4000, 0, 0, 310, 12),
        kinds=kinds(titled(findings, layer)),
        columns={"name": "name", "function_raw": LONG},
        constants={"plan": "79QPK0010012"},
        unmapped=tuple(f"_style{i}" for i in range(30)),
        crs="EPSG:4326",
        encodings={LONG: "tcvn3"},
        unidentified=("code",),
        stage=7,
        seconds=1.25,
    )


def shown(report: Report, language: str, width: int = 80) -> str:
    """What a program that reads the output sees."""
    sink = io.StringIO()
    Console(file=sink, width=width).print(as_table(report, language))
    return sink.getvalue()


def cells(line: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_fits_80_columns_and_a_pipe_gets_no_control_characters(report, language) -> None:
    text = shown(report, language)
    assert max(map(cells, text.splitlines())) <= 80
    assert not [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"]
    assert "…" not in text  # nothing is cut off
    assert LONG in re.sub(r"\s+", "", text)


def test_it_shows_the_worst_the_distinct_values_and_what_to_do(report) -> None:
    text = shown(report, "en", 200)
    assert text.index("record 3 – 6: 900 m²") < text.index("record 2 – 5: 1 m²")
    assert "LineString × 310 (first: record 1)" in text
    assert f"'{LONG} 0' × 223 (first: record 1)" in text
    assert "and 4 more" in text
    assert "Mend the boundary that the two share." in text


def test_vietnamese_has_the_titles_of_fields_and_vietnamese_numbers(report) -> None:
    text = shown(report, "vi", 200)
    for words in ("Mã không có trong danh mục: Chức năng theo hồ sơ", "đường (LineString) × 310", "4.310", "bản ghi 3"):
        assert words in text
    english = re.findall(r"\b(record|records|first|more|Withheld|Published|supplier|Read|New)\b", text)
    assert not english


def test_a_missing_part_of_the_identity_is_told_with_what_follows_and_the_option(report) -> None:
    text = shown(report, "en", 300)
    assert "Warning: missing from the identity: code (Zone code)." in text
    assert as_json(report)["remarks"][0]["en"].startswith("Warning: missing from the identity: code")
    assert as_json(report)["remarks"][0]["vi"].startswith("Cảnh báo: thiếu trường định danh: code")
    assert "only by equal content, or by an overlap of more than half" in text
    assert "--map COLUMN=code" in text
    assert as_json(report)["unidentified"] == ["code"]


def test_without_another_part_the_rest_has_to_tell_records_apart(report, catalog) -> None:
    text = shown(replace(report, unidentified=("plan",)), "en", 300)
    assert "told apart by code alone" in text
    assert "chỉ được phân biệt bằng Ký hiệu ô;" in shown(replace(report, unidentified=("plan",)), "vi", 300)
    assert "--set plan=VALUE" in text
    parcels = replace(report, layer=catalog.layers["parcels"], columns={}, constants={}, unidentified=("parcel",))
    assert "--map CỘT=parcel" in shown(parcels, "vi", 300)
    lines = replace(report, layer=catalog.layers["road_lines"], columns={}, constants={}, unidentified=("code",))
    assert "overlap of more than half" not in shown(lines, "en", 300)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_target_of_a_column_has_a_meaning(report, language) -> None:
    text = shown(replace(report, columns=dict.fromkeys(FIXED, "x")), language, 200)
    rows = [line.split() for line in text.splitlines() if line.startswith("x ")]
    assert [row[1] for row in rows] == list(FIXED)
    assert all(len(row) > 2 for row in rows)


def test_a_whole_identity_is_not_mentioned(report) -> None:
    assert "identity" not in shown(replace(report, unidentified=()), "en", 300)


def test_a_part_of_the_identity_is_missing_where_no_record_has_it(catalog) -> None:
    layer = catalog.layers["zones"]
    some, none = pa.array(["A", None]), pa.array([None, None], pa.string())
    assert unidentified(layer, {}) == ("plan", "code")
    assert unidentified(layer, {"plan": some, "code": none}) == ("code",)
    assert unidentified(layer, {"plan": some, "code": some}) == ()


def test_withheld_records_beside_closed_features_are_pointed_out(report) -> None:
    assert "310 record(s) were withheld; some of the 12 features that close" in shown(report, "en", 200)
    assert "310 bản ghi bị giữ lại; trong 12 đối tượng kết thúc" in shown(report, "vi", 200)


@pytest.mark.parametrize(("language", "text"), [("vi", "1.234.567"), ("en", "1,234,567")])
def test_numbers_are_grouped_as_the_language_does(language, text) -> None:
    assert number(1_234_567, language) == text


def test_a_marked_up_name_is_shown_as_it_is(report) -> None:
    text = shown(replace(report, source="[red]a[/red].gpkg", unmapped=("[b]x",)), "en", 120)
    assert "[red]a[/red].gpkg" in text and "[b]x" in text


@pytest.mark.parametrize("state", ["dry-run", "staged", "published", "unchanged"])
@pytest.mark.parametrize(("language", "word"), [("en", "published"), ("vi", "công bố")])
def test_nothing_is_called_published_that_is_not(report, state, language, word) -> None:
    done = replace(report, state=state, stage=7 if state in ("staged", "published") else None, changeset=12)
    text = " ".join(shown(done, language, 300).casefold().split())
    said = {"published": 1, "staged": 1}.get(state, 0)  # `Published as changeset 12`; `to be published with`
    assert text.count(word) == said


def test_warnings_on_withheld_records_are_counted_apart(report) -> None:
    assert "· 310 on records withheld for errors" in shown(report, "en", 200)
    assert [finding["withheld"] for finding in as_json(report)["findings"]] == [310, 310, 2, 1]
    assert "310 ở bản ghi bị giữ lại" in shown(report, "vi")


def test_it_says_who_must_do_what(report) -> None:
    assert "→ Steward: Mend the file, or add it to codes.csv of the layer." in shown(report, "en")
    assert "→ Nơi lập tệp: Chỉnh ranh giới chung của hai bản ghi." in shown(report, "vi")


def test_the_findings_of_what_is_kept_can_be_looked_up(report) -> None:
    assert "landmap changeset show s7" in shown(report, "en")
    assert "changeset show" not in shown(replace(report, state="dry-run", stage=None), "en")
