from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.notation import HouseNotation, ParcelNotation, house_notation, parcel_notation, written_out

WRITTEN = [
    ("thửa 345 tờ 12 P.1 Q.10", ("12", "345", "phường 1 quận 10")),
    ("tờ 12 thửa 345", ("12", "345", "")),
    ("Thửa đất số 345, tờ bản đồ số 12, phường Bến Thành", ("12", "345", "phường bến thành")),
    ("THUA 345 TO 12 ben thanh", ("12", "345", "ben thanh")),
    ("to ban do 12 thua dat 345", ("12", "345", "")),
    ("số thửa: 345; số tờ: 12", ("12", "345", "")),
    ("thửa 45-1 tờ 7a", ("7a", "45-1", "")),
    ("thửa345 tờ12 F5", ("12", "345", "phường 5")),
    ("thửa 9", (None, "9", "")),
    ("thửa 9 tổ 12 khu phố 3", (None, "9", "tổ 12 khu phố 3")),
    ("x. tân nhựt h. bình chánh thửa 5 tờ 2", ("2", "5", "xã tân nhựt huyện bình chánh")),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN)
def test_sheet_and_parcel_are_read_in_either_order_with_and_without_accents(
    text: str, expected: tuple[str | None, str, str]
) -> None:
    for form in ("NFC", "NFD"):
        assert parcel_notation(unicodedata.normalize(form, text)) == ParcelNotation(*expected)


@pytest.mark.parametrize(
    "text",
    ["", "Nguyễn Trãi", "123/45/6A Nguyễn Trãi", "tờ 12", "thừa 12", "thửa", "thửa ruộng", "thửa 12.5", "thửa 1/2"],
)
def test_what_names_no_parcel_is_none(text: str) -> None:
    assert parcel_notation(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    parcel_notation(text)
    house_notation(text)
    written_out(text)


@pytest.mark.parametrize(
    ("text", "number", "street", "alley"),
    [
        ("123/45/6A Nguyễn Trãi", "123/45/6a", "nguyễn trãi", "hẻm 123 nguyễn trãi"),
        ("Số nhà 12b, đường Lê Lợi, P. Bến Nghé", "12b", "lê lợi, p. bến nghé", None),
        ("so 7 nguyen trai", "7", "nguyen trai", None),
        ("3 Tháng 2", "3", "tháng 2", None),
    ],
)
def test_a_house_is_read_with_the_alley_in_which_it_stands(
    text: str, number: str, street: str, alley: str | None
) -> None:
    for form in ("NFC", "NFD"):
        said = house_notation(unicodedata.normalize(form, text))
        assert said == HouseNotation(number, street)
        assert said.alley == alley


@pytest.mark.parametrize(
    "text", ["", "123", "Nguyễn Trãi", "10.776 106.7", "12 / 4 x", "thửa 12 tờ 1", "DA-12", "123/ Nguyễn Trãi"]
)
def test_what_names_no_house_is_none(text: str) -> None:
    assert house_notation(text) is None
