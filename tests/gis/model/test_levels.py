"""Levels and ranks of the wards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gis.model.levels import LEVELS, level, ranks, thresholds

VALUES = st.lists(st.floats(0, 1e7, allow_nan=False), max_size=60)


def test_levels_of_a_plain_row_have_as_many_each() -> None:
    values = [float(value) for value in range(1, 101)]
    assert thresholds(values) == (21.0, 41.0, 61.0, 81.0)
    assert [sum(level(value, thresholds(values)) == number for value in values) for number in range(1, 6)] == [20] * 5


def test_a_value_on_a_threshold_is_in_the_level_that_begins_there() -> None:
    assert [level(value, (10.0, 25.0)) for value in (9.9, 10.0, 24.9, 25.0)] == [1, 2, 2, 3]


@given(VALUES)
def test_thresholds_grow_and_no_level_is_beyond_the_last(values: list[float]) -> None:
    found = thresholds(values)
    assert list(found) == sorted(set(found))
    assert all(1 <= level(value, found) <= LEVELS for value in values)


@given(st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), max_size=30))
def test_a_rank_is_one_more_than_the_number_of_greater_values(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    expected = [None if value is None else 1 + sum(other > value for other in known) for value in values]
    assert ranks(values) == expected


def test_where_nothing_is_above_nought_there_are_no_thresholds() -> None:
    assert thresholds([]) == thresholds([0.0, 0.0]) == ()
    assert level(0.0, ()) == 1
