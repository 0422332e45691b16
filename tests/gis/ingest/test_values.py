"""What spreadsheets and Shapefiles do to values is undone where that is certain and found elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from gis.ingest.findings import Severity
from gis.ingest.values import Cleaner
from gis.model.layer import Catalog


class Reader:
    def __init__(self, catalog: Catalog, layer: str = "parcels") -> None:
        self.layer = catalog.layers[layer]
        self.cleaner = Cleaner(self.layer, catalog.codelists, "Asia/Ho_Chi_Minh")

    def __call__(self, field: str, values: list[Any] | pa.Array, reading: str | None = None) -> list[Any]:
        array = values if isinstance(values, pa.Array) else pa.array(values)
        return self.cleaner.read(self.layer.field(field), array, "c", reading).to_pylist()

    @property
    def found(self) -> list[tuple[str, str, list[int]]]:
        return [(f.reason, str(f.severity), f.rows.tolist()) for f in self.cleaner.findings]


@pytest.fixture
def read(catalog: Catalog) -> Reader:
    return Reader(catalog)


def test_a_ward_code_that_became_a_number_is_text_again(read) -> None:
    assert read("commune", [26740.0, None]) == ["26740", None]
    assert read("commune", ["26740.0", "26737"]) == ["26740", "26737"]
    assert read("commune", [26740]) == ["26740"]
    assert read.found == []


def test_lost_leading_zeros_are_put_back_and_listed(read) -> None:
    assert read("commune", ["1", "00001", "26734"]) == ["00001", "00001", "26734"]
    assert read.found == [("leading-zeros", "warning", [0])]


def test_what_is_no_ward_code_is_found(read) -> None:
    assert read("commune", ["Phường 1", "267345"]) == [None, None]
    assert read.found == [("pattern", "warning", [0, 1])]


@pytest.mark.parametrize(
    "text", ["45-Jan", "Jan-45", "45-Thg1", "1945-01-01", "1945-01-01 00:00:00", "01/01/1945", "12-thg 3"]
)
def test_a_parcel_number_turned_into_a_date_is_caught(read, text) -> None:
    assert read("parcel", ["45-1", "45a", "7", text]) == ["45-1", "45a", "7", None]
    assert read.found == [("turned-into-date", "error", [3])]


def test_a_parcel_column_of_dates_is_caught(read) -> None:
    assert read("parcel", pa.array([date(1945, 1, 1)])) == [None]
    assert read.found == [("turned-into-date", "error", [0])]


def test_numbers_of_things_stay_text(read) -> None:
    assert read("sheet", [12.0, 7.5, None]) == ["12", "7.5", None]
    assert read("sheet", ["012", "DC 5"]) == ["012", "DC 5"]


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("http://x","y")', "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+cmd|'x'", "-A1(x)"]
)
def test_formulas_are_found(read, cell) -> None:
    assert read("street", ["Lê Lợi", cell]) == ["Lê Lợi", None]
    assert read.found == [("formula", "warning", [1])]


@pytest.mark.parametrize("cell", ["-1-QH GT phan cach", "--1-GT-heduong", "@ mặt nước", "-5", "+84 28 1234", "= ", "-"])
def test_real_labels_are_no_formulas(read, cell) -> None:
    assert read("street", ["Lê Lợi", cell])[1] == cell.strip()
    assert read.found == []


def test_nothing_written_in_words_is_nothing(read) -> None:
    assert read("street", ["", " ", "NULL", "<Null>", "#N/A", None, "x"]) == [None] * 6 + ["x"]


def test_areas_in_the_vietnamese_way(read) -> None:
    assert read("measured_area", ["1.234,5", "78,4", "x"]) == [1234.5, 78.4, None]
    assert read.found == [("number-unreadable", "warning", [2])]


def test_ranges_hold(read) -> None:
    assert read("measured_area", [-1.0, 5.0, float("nan"), float("inf")]) == [None, 5.0, None, None]
    assert ("out-of-range", "warning", [0]) in read.found
    assert ("number-unreadable", "warning", [2, 3]) in read.found
    assert read("map_scale", ["500", "12,5", "50000"], "comma") == [500, None, None]


def test_dates_that_are_none_are_found(read) -> None:
    assert read("registered_on", ["01/02/2024", "31/02/2024"]) == [date(2024, 2, 1), None]
    assert read.found == [("date-unreadable", "warning", [1])]


def test_codes_are_found_by_code_and_by_title(read) -> None:
    assert read("use_form", ["SDR", "sdc", "Sử dụng chung", "Held alone", "?"]) == ["SDR", "SDC", "SDC", "SDR", None]
    assert read.found == [("unknown-code", "warning", [4])]


def test_a_state_that_decides_who_may_see_the_row_must_be_known(catalog) -> None:
    read = Reader(catalog, "permits")
    assert read("status", ["ISSUED", "Đã cấp", "???"]) == ["ISSUED", "ISSUED", None]
    assert [severity for _, severity, _ in read.found] == [str(Severity.ERROR)]


def test_lists_and_truth(catalog) -> None:
    read = Reader(catalog, "permits")
    assert read("parcels", ["26734-1-2; 26734-1-3", None]) == [["26734-1-2", "26734-1-3"], None]
    lines = Reader(catalog, "road_lines")
    assert lines("derived", ["có", "Không", "1", "maybe", None]) == [True, False, True, None, None]
    assert lines.found == [("boolean-unreadable", "warning", [3])]


def test_a_pattern_with_look_ahead_is_checked(catalog) -> None:
    plans = Reader(catalog, "plans")
    good = plans("code", ["79QPK0010012", "QH-12", "79QPK00"])
    assert good == ["79QPK0010012", "QH-12", None]
    assert plans.found == [("pattern", "error", [2])]


def test_lost_text_is_not_stored(read) -> None:
    assert read("street", ["Ð?t nhóm nhà ?", "Lê Lợi"]) == [None, "Lê Lợi"]
    assert read.found == [("text-lost", "warning", [0])]


@pytest.mark.parametrize("text", ["CQP+ODT", "cqp; odt", "Đất quốc phòng & ODT", "CQP, CQP, ODT"])
def test_each_part_of_a_list_of_codes_is_looked_up(read, text) -> None:
    assert read("land_uses", [text, None]) == [["CQP", "ODT"], None]
    assert read.found == []


def test_a_list_of_codes_may_come_as_a_list(read) -> None:
    assert read("land_uses", pa.array([["cqp", None, "ODT"], None])) == [["CQP", "ODT"], None]


@pytest.mark.parametrize("text", ["quốc phòng", "ODT+???", "+"])
def test_an_unknown_part_of_a_list_that_decides_who_may_see_the_row_withholds_it(read, text) -> None:
    read("land_uses", ["ODT", text])
    assert read.found == [("unknown-code", "error", [1])]


def test_the_code_of_a_group_stands_on_no_feature(read) -> None:
    assert read("land_use", ["NNP", "ODT"]) == [None, "ODT"]
    assert read("land_uses", ["ODT", "CQA+ODT"]) == [["ODT"], ["ODT"]]
    assert read.found == [("group-code", "error", [0]), ("group-code", "error", [1])]
