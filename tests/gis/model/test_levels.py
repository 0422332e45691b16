"""Levels and ranks of the wards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gis.model.indicator import INDICATORS
from gis.model.levels import level, ranks


def test_a_value_on_a_threshold_is_in_the_level_that_begins_there() -> None:
    assert [level(value, (10.0, 25.0)) for value in (9.9, 10.0, 24.9, 25.0)] == [1, 2, 2, 3]


def test_every_indicator_has_levels_that_grow() -> None:
    for indicator in INDICATORS.values():
        assert indicator.levels
        assert list(indicator.levels) == sorted(set(indicator.levels))
        assert indicator.levels[0] > 0


@given(st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), max_size=30))
def test_a_rank_is_one_more_than_the_number_of_greater_values(values: list[float | None]) -> None:
    known = [value for value in values if value]
    expected = [1 + sum(other > value for other in known) if value else None for value in values]
    assert ranks(values) == expected


def test_nothing_has_no_rank_and_none_stands_before_what_is_withheld() -> None:
    assert ranks([0.0, None, 12.0, 0.0, 30.0]) == [None, None, 2, None, 1]
