from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.notation import ParcelNotation, parcel_notation, written_out

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
    written_out(text)
