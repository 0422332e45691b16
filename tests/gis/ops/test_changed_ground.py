from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.ops.changed_ground import Change, State, changed_ground
from gis.ops.table import objects

CITY = shapely.box(-5, -5, 105, 105)
USES = ("DGT", "ODT", "TMD", None)

boxes = st.tuples(
    st.floats(0, 80), st.floats(0, 80), st.floats(1, 40), st.floats(1, 40), st.sampled_from(USES), st.integers(1, 6)
)


def state(*rows: tuple[str, str | None, shapely.Geometry]) -> State:
    return State(objects([r[0] for r in rows]), objects([r[1] for r in rows]), objects([r[2] for r in rows]))


def of(boxes: list[tuple[float, float, float, float, str | None, int]]) -> State:
    """One box for each key."""
    rows = {str(key): (use, shapely.box(x, y, min(x + w, 100), min(y + h, 100))) for x, y, w, h, use, key in boxes}
    return state(*((key, use, shape) for key, (use, shape) in sorted(rows.items())))


def ground(one: State, use: str | None) -> shapely.Geometry:
    return shapely.union_all(one.shape[[value == use for value in one.value]])


def told(change: Change) -> list[tuple[object, ...]]:
    return [(b.before, b.after, round(b.area, 3), len(b.parts)) for b in change.became]


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=6), st.lists(boxes, max_size=6))
def test_what_each_value_gained_and_lost_is_the_ground_that_it_has_on_one_side_only(
    first: list[tuple[float, float, float, float, str | None, int]],
    second: list[tuple[float, float, float, float, str | None, int]],
) -> None:
    before, after = of(first), of(second)
    change = changed_ground(before, after, CITY)
    net: dict[str | None, float] = defaultdict(float)
    for one in change.became:
        for use in one.before:
            net[use] -= one.area
        for use in one.after:
            net[use] += one.area
    for use in USES:
        grown = ground(after, use).area - ground(before, use).area
        assert net[use] == pytest.approx(grown, abs=change.slivers + 1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=6), st.lists(boxes, max_size=6))
def test_the_changed_ground_is_all_that_differs_and_its_parts_lie_apart(
    first: list[tuple[float, float, float, float, str | None, int]],
    second: list[tuple[float, float, float, float, str | None, int]],
) -> None:
    before, after = of(first), of(second)
    change = changed_ground(before, after, CITY)
    differs = shapely.union_all([shapely.symmetric_difference(ground(before, use), ground(after, use)) for use in USES])
    assert sum(one.area for one in change.became) + change.slivers == pytest.approx(differs.area, abs=1e-3)
    if change.became:
        parts = np.concatenate([one.parts for one in change.became])
        assert shapely.union_all(parts).area == pytest.approx(sum(one.area for one in change.became), abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=6), st.lists(boxes, max_size=6))
def test_the_way_back_is_the_same_with_both_sides_exchanged(
    first: list[tuple[float, float, float, float, str | None, int]],
    second: list[tuple[float, float, float, float, str | None, int]],
) -> None:
    there, back = changed_ground(of(first), of(second), CITY), changed_ground(of(second), of(first), CITY)
    assert sorted(told(there), key=repr) == sorted(
        [(after, before, area, parts) for before, after, area, parts in told(back)], key=repr
    )
    assert there.slivers == pytest.approx(back.slivers)
    assert (there.features.appeared, there.features.went) == (back.features.went, back.features.appeared)
    assert [(m.key, m.gained, m.lost) for m in there.features.moved] == [
        (m.key, m.lost, m.gained) for m in back.features.moved
    ]
    assert [(k, old, new) for k, old, new in there.features.revalued] == [
        (k, new, old) for k, old, new in back.features.revalued
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(boxes, max_size=6))
def test_a_state_and_itself_differ_in_nothing(
    rows: list[tuple[float, float, float, float, str | None, int]],
) -> None:
    change = changed_ground(of(rows), of(rows), CITY)
    assert (change.became, change.slivers) == ((), 0.0)
    found = change.features
    assert [*found.appeared, *found.went, *found.moved, *found.revalued] == []


def test_a_zone_that_is_cut_for_a_road_loses_what_the_road_gains() -> None:
    housing, road = shapely.box(0, 0, 50, 20), shapely.box(0, 0, 50, 4)
    before = state(("a", "ODT", housing))
    after = state(("a", "ODT", shapely.difference(housing, road)), ("b", "DGT", road))
    change = changed_ground(before, after, CITY)
    assert told(change) == [(("ODT",), ("DGT",), 200.0, 1)]
    assert [(m.key, m.gained, m.lost) for m in change.features.moved] == [("a", 0.0, 200.0)]
    assert change.features.appeared == ("b",)


def test_where_two_features_lie_over_each_other_the_ground_has_both_values() -> None:
    before = state(("a", "ODT", shapely.box(0, 0, 10, 10)))
    after = state(("a", "ODT", shapely.box(0, 0, 10, 10)), ("adjusts", "TMD", shapely.box(0, 0, 5, 10)))
    assert told(changed_ground(before, after, CITY)) == [(("ODT",), ("ODT", "TMD"), 50.0, 1)]


def test_another_feature_on_the_same_ground_with_the_same_value_changes_no_ground() -> None:
    shape = shapely.box(0, 0, 10, 10)
    change = changed_ground(state(("old", "ODT", shape)), state(("new", "ODT", shape)), CITY)
    assert change.became == ()
    assert (change.features.went, change.features.appeared) == (("old",), ("new",))


def test_only_what_lies_within_the_polygon_counts() -> None:
    before, after = state(("a", "ODT", shapely.box(0, 0, 10, 10))), state(("a", "TMD", shapely.box(0, 0, 10, 10)))
    inside = changed_ground(before, after, shapely.box(5, 0, 20, 20))
    assert told(inside) == [(("ODT",), ("TMD",), 50.0, 1)]
    outside = changed_ground(before, after, shapely.box(10, 0, 20, 20))
    assert [*outside.became, *outside.features.revalued] == []


def test_a_strip_too_thin_to_count_is_told_apart() -> None:
    before = state(("a", "ODT", shapely.box(0, 0, 50, 20)))
    after = state(("a", "ODT", shapely.box(0, 0, 50.02, 20)))
    change = changed_ground(before, after, CITY)
    assert change.became == ()
    assert change.slivers == pytest.approx(0.4)
    assert change.features.moved == ()
