from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import given

from gis.formats.delimited import Csv, ExcelCsv
from tests.gis.formats.conftest import ODD_TEXTS, ZONE, batch, rows, written

TEMPTING = ("=", "+", "-", "@", "\t", "\r", "\n")
GUARDED = re.compile(r"^'('*[=+\-@\t\r\n＝＋－＠])")


def read(data: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True))


def given_back(text: str) -> str:
    """The text that stood in the cell, by the documented rule."""
    return GUARDED.sub(r"\1", text)


@given(rows())
def test_a_program_reads_the_same_features_from_csv(features: list[dict[str, Any]]) -> None:
    data = batch(features, "wkt")
    header, *found = read(written(Csv(data.schema), data), ",")
    assert header == [*data.schema.names[:-1], "wkt"]
    assert len(found) == len(features)
    for feature, cells in zip(features, found, strict=True):
        one = dict(zip(header, cells, strict=True))
        assert given_back(one["name"]) == (feature["name"] or "")
        assert (float(one["number"]) if one["number"] else None) == feature["number"]
        assert (int(one["count"]) if one["count"] else None) == feature["count"]
        assert one["open"] == {None: "", True: "true", False: "false"}[feature["open"]]
        assert one["day"] == (feature["day"].isoformat() if feature["day"] else "")
        assert (datetime.fromisoformat(one["moment"]) if one["moment"] else None) == feature["moment"]
        assert (json.loads(one["uses"]) if one["uses"] else None) == feature["uses"]
        assert (shapely.from_wkt(one["wkt"]) if one["wkt"] else None) == feature["geometry"]


@given(rows())
def test_no_cell_of_text_begins_like_a_formula(features: list[dict[str, Any]]) -> None:
    data = batch(features, "wkt")
    for cells in read(written(Csv(data.schema), data), ",")[1:]:
        assert not cells[data.schema.names.index("name")].startswith((*TEMPTING, "＝", "＋", "－", "＠"))


def test_a_missing_text_is_told_from_an_empty_one() -> None:
    data = batch([{"id": "a", "name": ""}, {"id": "b", "name": None}], "wkt")
    lines = written(Csv(data.schema), data).split(b"\r\n")
    assert lines[1].startswith(b'"a","",') and lines[2].startswith(b'"b",,')


@given(rows())
def test_a_vietnamese_excel_reads_the_same_features(features: list[dict[str, Any]]) -> None:
    data = batch(features, "point")
    body = written(ExcelCsv(data.schema, ZONE, True), data)
    assert body.startswith(b"\xef\xbb\xbf")
    header, *found = read(body, ";")
    assert header[:3] == ["Mã định danh", "Tên đường", "Diện tích"] and header[-2:] == ["Kinh độ", "Vĩ độ"]
    for feature, cells in zip(features, found, strict=True):
        assert given_back(cells[1]) == (feature["name"] or "")
        assert (float(cells[2].replace(",", ".")) if cells[2] else None) == feature["number"] and "." not in cells[2]
        assert cells[4] == {None: "", True: "có", False: "không"}[feature["open"]]
        assert cells[5] == (_day(feature["day"]) if feature["day"] else "")
        assert cells[6] == (_moment(feature["moment"]) if feature["moment"] else "")
        assert (cells[-1] == "") == (feature["geometry"] is None)


def _day(day: Any) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _moment(moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(ZONE))
    return f"{_day(local)} {local:%H:%M:%S}"


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_each_odd_text_comes_back(text: str) -> None:
    data = batch([{"id": "a", "name": text, "uses": [text, None]}], "wkt")
    (_, cells) = read(written(Csv(data.schema), data), ",")
    assert given_back(cells[1]) == text and json.loads(cells[7]) == [text, None]
