from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.names import RESERVED, ascii_name, fold, name_problem


@pytest.mark.parametrize("name", ["SoTo", "So_to", "Số tờ", "SỐ-TỜ", "so to", unicodedata.normalize("NFD", "Số Tờ")])
def test_case_accents_and_separators_do_not_count(name: str) -> None:
    assert fold(name) == "soto"


def test_the_letter_with_a_bar_is_a_plain_d() -> None:
    assert fold("Địa chỉ") == fold("dia_chi") == "diachi"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Số tờ", "so_to"),
        ("Đường, khu phố", "duong_khu_pho"),
        ("Tỷ lệ (mẫu số)", "ty_le_mau_so"),
        ("ĐẤT", "dat"),
        ("%", ""),
    ],
)
def test_a_title_makes_a_name(title: str, name: str) -> None:
    assert ascii_name(title) == ascii_name(unicodedata.normalize("NFD", title)) == name


@given(st.text())
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_every_reserved_name_is_refused(name: str) -> None:
    assert name_problem(name) is not None


@given(st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True).filter(lambda name: name not in RESERVED))
def test_other_short_names_are_taken(name: str) -> None:
    assert name_problem(name) is None
