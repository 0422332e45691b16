from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.units import Former, former, formers, unit_notation, unit_within


@pytest.mark.parametrize(
    ("text", "ward_kind", "ward", "district_kind", "district"),
    [
        ("P.6 Q.10", "phường", "6", "quận", "10"),
        ("P.6 Q.X", "phường", "6", "quận", "10"),
        ("p6 q10", "phường", "6", "quận", "10"),
        ("P06, Q03", "phường", "6", "quận", "3"),
        ("F.7 Q.5", "phường", "7", "quận", "5"),
        ("Phường 12, Quận 10, TP.HCM", "phường", "12", "quận", "10"),
        ("phuong 12 quan 10 thanh pho ho chi minh", "phường", "12", "quận", "10"),
        ("Phường mười hai quận Mười", "phường", "12", "quận", "10"),
        ("phường mười lăm", "phường", "15", None, None),
        ("phuong ben nghe", "phường", "ben nghe", None, None),
        ("P. Tân Định", "phường", "tân định", None, None),
        ("P Bến Nghé", "phường", "bến nghé", None, None),
        ("P14 Bình Thạnh", "phường", "14", None, "bình thạnh"),
        ("phường 1 gò vấp", "phường", "1", None, "gò vấp"),
        ("Thảo Điền Quận 2", None, "thảo điền", "quận", "2"),
        ("phường Võ Thị Sáu quận 3", "phường", "võ thị sáu", "quận", "3"),
        ("xã Bình Khánh, huyện Cần Giờ", "xã", "bình khánh", "huyện", "cần giờ"),
        ("TT Củ Chi", "thị trấn", "củ chi", None, None),
        ("thi tran hoc mon huyen hoc mon", "thị trấn", "hoc mon", "huyện", "hoc mon"),
        ("đặc khu Côn Đảo", "đặc khu", "côn đảo", None, None),
        ("Q.3", None, None, "quận", "3"),
        ("quận Phú Nhuận", None, None, "quận", "phú nhuận"),
        ("TP Thủ Đức", None, None, "thành phố", "thủ đức"),
        ("H. Cần Giờ", None, None, "huyện", "cần giờ"),
        ("Bến Nghé", None, "bến nghé", None, None),
    ],
)
def test_units_are_read_as_people_write_them(
    text: str, ward_kind: str | None, ward: str | None, district_kind: str | None, district: str | None
) -> None:
    said = unit_notation(text)
    assert said is not None
    assert (said.ward_kind, said.ward, said.district_kind, said.district) == (ward_kind, ward, district_kind, district)
    assert said.told is (ward_kind is not None or district_kind is not None)


def test_nothing_names_nothing() -> None:
    assert unit_notation("") is None
    assert unit_notation("  ,; ") is None


def test_a_unit_is_written_out_with_capitals() -> None:
    said = unit_notation("p.6 q.x")
    assert said is not None and said.title == "Phường 6, Quận 10"
    said = unit_notation("phường bến nghé")
    assert said is not None and said.title == "Phường Bến Nghé"


def test_a_unit_behind_a_street_is_found_where_it_is_said_to_be_one() -> None:
    within = unit_within("nguyễn trãi phường 1 quận 10")
    assert within is not None and (within.ward, within.district) == ("1", "10")
    assert unit_within("nguyễn trãi") is None


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (None, ()),
        ("", ()),
        ("Phường 6 (Quận 3), Phường 14 (Quận 3)", (("Phường 6", "Quận 3"), ("Phường 14", "Quận 3"))),
        (
            "Phường 12, Phường 15 (Quận 10), Phường 26",
            (("Phường 12", "Quận 10"), ("Phường 15", "Quận 10"), ("Phường 26", None)),
        ),
        ("phần còn lại của Phường Đa Kao (Quận 1)", (("Phường Đa Kao", "Quận 1"),)),
        ("các phường 1, 2, 3 (Quận 4)", (("phường 1", "Quận 4"), ("phường 2", "Quận 4"), ("phường 3", "Quận 4"))),
        ("Phường Tân Định, Phường Đa Kao (Quận 1)", (("Phường Tân Định", None), ("Phường Đa Kao", "Quận 1"))),
        ("Xã Bình Khánh, huyện Cần Giờ.", (("Xã Bình Khánh", "huyện Cần Giờ"),)),
    ],
)
def test_a_ward_is_told_of_what_it_was_formed(text: str | None, units: tuple[tuple[str, str | None], ...]) -> None:
    assert formers(text) == tuple(Former(*unit) for unit in units)


def test_a_full_name_is_a_unit_with_its_district() -> None:
    assert former("Phường 6, Quận 10") == Former("Phường 6", "Quận 10")
    assert former(None) is None


@given(st.text(max_size=80))
def test_any_text_is_read_or_names_nothing(text: str) -> None:
    said = unit_notation(text)
    assert said is None or said.ward or said.district
    unit_within(text)
    assert all(isinstance(unit, Former) for unit in formers(text))


@given(
    st.integers(1, 28),
    st.integers(1, 12),
    st.sampled_from(["P.{} Q.{}", "phường {}, quận {}", "P{}Q{}", "phuong {} quan {}"]),
)
def test_numbers_are_the_same_however_the_unit_is_written(ward: int, district: int, form: str) -> None:
    said = unit_notation(form.format(ward, district))
    assert said is not None and (said.ward, said.district) == (str(ward), str(district))
