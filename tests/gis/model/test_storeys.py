from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from gis.model.storeys import KINDS, storeys

NOTHING = dict.fromkeys(KINDS, 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("trệt + 3 lầu", {"tang": 4}),
        ("1 hầm + trệt + lửng + 2 lầu + tum", {"ham": 1, "tang": 3, "lung": 1, "tum": 1}),
        ("5 tầng", {"tang": 5}),
        ("2 tầng hầm, 1 bán hầm và 12 tầng", {"ham": 2, "ban_ham": 1, "tang": 12}),
        ("1 trệt 1 lầu", {"tang": 2}),
        ("Trệt, lửng, ba lầu, áp mái.", {"tang": 4, "lung": 1, "ap_mai": 1}),
        ("TRET + 2 LAU + TUM THANG", {"tang": 3, "tum": 1}),
        ("trệt", {"tang": 1}),
        ("0 hầm + trệt", {"tang": 1}),
    ],
)
def test_a_building_in_words_is_counted_by_kind(text: str, found: dict[str, int]) -> None:
    assert storeys(text) == NOTHING | found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("trệt + 3 lầu + sân thượng", "(16: 'sân thượng')"),
        ("trệt + lầu 3", "(12: '3')"),
        ("trệt + 3 lầu + 1 lầu", "(18: 'lầu')"),
        ("3 lầu", "without 'trệt'"),
        ("trệt + 3 tầng", "two ways"),
        ("2 trệt", "one ground floor"),
        ("lửng + tum", "no full storey"),
        ("201 tầng", "more than 200"),
        ("-3 tầng", "(1: '-3 tầng')"),
        ("3,5 tầng", "(1: '3,5 tầng')"),
        ("", "no full storey"),
        ("nhà to", "(1: 'nhà to')"),
        ("trệt" * 60, "too long"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(InvalidParameter) as error:
        storeys(text)
    assert place in error.value.en
    assert error.value.where == "storeys"


PARTS = {"ham": "hầm", "ban_ham": "bán hầm", "lung": "lửng", "ap_mai": "áp mái", "tum": "tum"}


@given(
    counts=st.dictionaries(st.sampled_from(list(PARTS)), st.integers(0, 9)),
    above=st.none() | st.integers(0, 60),
    between=st.sampled_from([" + ", ", ", " và ", "; ", " ", "+"]),
    order=st.randoms(),
)
def test_what_is_written_out_is_read_back(
    counts: dict[str, int], above: int | None, between: str, order: object
) -> None:
    parts = [f"{number} {PARTS[kind]}" for kind, number in counts.items()]
    parts += ["trệt"] if above is None else ["trệt", f"{above} lầu"]
    order.shuffle(parts)  # type: ignore[attr-defined]
    assert storeys(between.join(parts)) == NOTHING | counts | {"tang": 1 + (above or 0)}


@given(text=st.text(max_size=60))
def test_no_text_is_an_error_of_ours_or_understood_without_a_full_storey(text: str) -> None:
    try:
        found = storeys(text)
    except InvalidParameter:
        return
    assert found["tang"] >= 0 and set(found) == set(KINDS)


@given(junk=st.text("abceghiknopqrsuvxyzêơư!?#/*", min_size=3, max_size=12), before=st.booleans())
def test_junk_is_never_passed_over(junk: str, before: bool) -> None:
    with pytest.raises(InvalidParameter):
        storeys(f"{junk} + trệt" if before else f"trệt + {junk}")
