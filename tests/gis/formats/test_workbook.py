from __future__ import annotations

import gc
import io
import re
import sys
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyogrio
import pytest
from hypothesis import given

from gis.errors import InvalidParameter
from gis.formats import workbook
from gis.formats.workbook import Workbook
from tests.gis.formats.conftest import ODD_TEXTS, ZONE, batch, rows, written

_ESCAPED = re.compile(r"_x([0-9A-F]{4})_")


def sheet(features: list[dict[str, Any]], name: str = "things") -> list[list[Any]]:
    data = batch(features, "point")
    body = written(Workbook(data.schema, ZONE, True), data)
    found = openpyxl.load_workbook(io.BytesIO(body), read_only=False)
    return [list(cells) for cells in found[name].iter_rows()]


def text(cell: Any) -> str | None:
    """What Excel shows: ECMA-376 Part 1, 22.9.2.19 (ST_Xstring); XML itself makes line ends alike."""
    if cell.value is None:
        return None
    assert cell.data_type in ("s", "inlineStr"), cell.data_type
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(cell.value))


@given(rows())
def test_the_same_features_are_read_from_the_sheet(features: list[dict[str, Any]]) -> None:
    header, *found = sheet(features)
    assert [cell.value for cell in header][:4] == ["id", "name", "number", "count"]
    assert [cell.value for cell in header][-2:] == ["lon", "lat"]
    assert len(found) == len(features)
    for feature, cells in zip(features, found, strict=True):
        assert (text(cells[1]) or "") == (feature["name"] or "")
        assert cells[2].value == feature["number"]
        count = feature["count"]
        exact = count is None or abs(count) < 10**15
        assert cells[3].value == (count if exact else str(count))
        assert cells[4].value is feature["open"]
        assert _day(cells[5].value) == feature["day"]
        assert _same_moment(cells[6].value, feature["moment"])
        assert (cells[-1].value is None) == (feature["geometry"] is None)


def _day(value: Any) -> date | None:
    """Days before March 1900 are texts: Excel cannot count them."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value.date() if value is not None else None


def _same_moment(value: Any, moment: datetime | None) -> bool:
    if moment is None or value is None:
        return value is None and moment is None
    local = moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return abs((found - local).total_seconds()) <= 1


@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_each_odd_text_comes_back_and_none_is_a_formula(odd: str) -> None:
    _, cells = sheet([{"id": "a", "name": odd}])
    assert (text(cells[1]) or "") == odd


def test_gdal_reads_the_sheet_and_dates_are_dates(tmp_path: Any) -> None:
    data = batch([{"id": "a", "name": "=Bình Thạnh", "day": date(2024, 8, 1), "count": 5}], "point")
    (tmp_path / "x.xlsx").write_bytes(written(Workbook(data.schema, ZONE, True), data))
    _, found = pyogrio.read_arrow(tmp_path / "x.xlsx", layer="things")
    assert found.column("name").to_pylist() == ["=Bình Thạnh"]
    assert found.column("day").to_pylist() == [date(2024, 8, 1)] and found.column("count").to_pylist() == [5]


def test_the_second_sheet_explains_the_columns() -> None:
    found = {row[0].value: [cell.value for cell in row] for row in sheet([], "_dictionary")}
    assert found["number"] == ["number", "Diện tích", "Area", "", "", "m2"] or found["number"] == ["number", "Diện tích", "Area", None, None, "m2"]  # fmt: skip


def test_a_text_that_no_cell_holds_is_marked_where_it_is_cut() -> None:
    _, cells = sheet([{"id": "a", "name": "ă" * 40_000}])
    assert len(cells[1].value) == 32_767 and cells[1].value.endswith("ă…")


def test_a_workbook_given_up_half_way_goes_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    started = Workbook(batch([], "point").schema, ZONE, True)
    started.open()
    kept = [started]
    kept.append(kept)  # type: ignore[arg-type]  # as the traceback of an error keeps it: in a circle
    del started, kept
    gc.collect()
    assert told == []


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(InvalidParameter, match="GeoParquet"):
        sheet([{"id": str(i)} for i in range(4)])
