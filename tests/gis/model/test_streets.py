from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.streets import day_spellings, street_spellings


@pytest.mark.parametrize(
    "text", ["đường 3/2", "3/2", "3 / 2", "Đường 3 Tháng 2", "duong 3 thang 2", "đ. 3/2", "phố 3-2", "03/02"]
)
def test_a_street_named_after_a_day_is_read_in_all_its_spellings(text: str) -> None:
    assert day_spellings(text) == ("3 tháng 2", "03 tháng 2", "3/2")


@pytest.mark.parametrize(
    "text", ["32/2", "31/2", "3/13", "3/2 Nguyễn Trãi", "hẻm 3/2", "0/2", "3", "Nguyễn Trãi", "3/2/1"]
)
def test_other_numbers_are_no_days(text: str) -> None:
    assert day_spellings(text) == ()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("QL13", "quốc lộ 13"),
        ("ql 1A, Bình Tân", "quốc lộ 1A, Bình Tân"),
        ("TL.10", "tỉnh lộ 10"),
        ("quốc lộ 13", "QL13"),
        ("quoc lo 22", "QL22"),
        ("Tỉnh lộ 8", "TL8"),
        ("hương lộ 2", "HL2"),
        ("ngõ 65 Võ Văn Tần", "hẻm 65 Võ Văn Tần"),
        ("CMT8", "cách mạng tháng tám"),
        ("cach mang thang 8", "cách mạng tháng tám"),
        ("ngo 65 vo van tan", "hẻm 65 vo van tan"),
        ("kiệt số 65 Võ Văn Tần", "hẻm số 65 Võ Văn Tần"),
    ],
)
def test_kinds_of_roads_and_lanes_are_written_in_several_ways(text: str, other: str) -> None:
    assert street_spellings(text) == (other,)


@pytest.mark.parametrize("text", ["hẻm 65 Võ Văn Tần", "ngõ hẹp", "Kiệt", "qlo13", "Nguyễn Trãi"])
def test_what_has_no_other_spelling_stays(text: str) -> None:
    assert street_spellings(text) == ()


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_mistake(text: str) -> None:
    assert text not in street_spellings(text)
    assert len(day_spellings(text)) in (0, 3)
