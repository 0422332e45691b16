"""Overlaps are exactly the pairs whose interiors meet, however they were looked for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.ops import coverage
from gis.ops.coverage import invalid_edges, narrow_gaps, overlap_areas, overlaps


def grid(columns: int, rows: int, size: float = 10.0) -> np.ndarray:
    return np.array(
        [shapely.box(x * size, y * size, (x + 1) * size, (y + 1) * size) for x in range(columns) for y in range(rows)],
        dtype=object,
    )


def pairs_by_force(shapes: np.ndarray) -> set[tuple[int, int]]:
    return {
        (i, j)
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
        if shapes[i] is not None and shapes[j] is not None and shapely.relate_pattern(shapes[i], shapes[j], "T********")
    }


def pairs(shapes: np.ndarray) -> set[tuple[int, int]]:
    found = overlaps(shapes)
    return set(zip(found.first.tolist(), found.second.tolist(), strict=True))


def test_neighbours_that_touch_do_not_overlap() -> None:
    shapes = grid(20, 20)
    assert len(overlaps(shapes)) == 0
    assert not invalid_edges(shapes, 0.1).any()


def test_neighbours_that_share_only_part_of_an_edge_do_not_overlap() -> None:
    shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 3, 20, 13), shapely.box(0, 10, 7, 20)], dtype=object)
    assert len(overlaps(shapes)) == 0


def test_each_overlap_is_found_with_its_area() -> None:
    shapes = grid(4, 4)
    shapes[5] = shapely.box(9.0, 10, 20, 20)  # reaches one metre into 1
    found = overlaps(shapes)
    assert (found.first.tolist(), found.second.tolist()) == ([1], [5])
    assert overlap_areas(shapes, found).tolist() == [10.0]
    assert found.contained.tolist() == [False]


def test_what_lies_in_another_is_contained() -> None:
    shapes = np.concatenate(
        [grid(3, 3), np.array([shapely.box(12, 12, 18, 18), shapely.box(0, 0, 10, 10)], dtype=object)]
    )
    found = overlaps(shapes)
    assert pairs(shapes) == {(4, 9), (0, 10)}
    assert found.contained.all()


def test_a_doubled_area_is_found_also_where_all_edges_match() -> None:
    """In the middle of two layers of the same lots no edge is wrong."""
    shapes = np.concatenate([grid(12, 12), shapely.transform(grid(12, 12), lambda xy: xy + 3.0)])
    assert pairs(shapes) == pairs_by_force(shapes)


def test_missing_shapes_are_passed_over() -> None:
    shapes = grid(3, 3)
    shapes[4] = None
    assert len(overlaps(shapes)) == 0
    assert len(overlaps(np.array([None, None], dtype=object))) == 0
    assert len(narrow_gaps(np.array([None], dtype=object), 0.1)) == 0


boxes = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8), st.integers(1, 8)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(boxes | st.none(), min_size=2, max_size=40))
@settings(deadline=None)
def test_found_pairs_are_those_of_comparing_all(shapes) -> None:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    assert pairs(array) == pairs_by_force(array)


def test_tiles_do_not_hide_overlaps_between_them(monkeypatch) -> None:
    monkeypatch.setattr(coverage, "_TILE", 5)
    shapes = grid(12, 12)
    for i in (17, 60, 100):
        shapes[i] = shapely.buffer(shapes[i], 0.5, join_style="mitre")
    assert pairs(shapes) == pairs_by_force(shapes)


def test_narrow_gaps_are_found_with_their_length() -> None:
    shapes = grid(2, 1)
    shapes[1] = shapely.box(10.05, 0, 20, 10)
    found = narrow_gaps(shapes, 0.1)
    assert (found.first.tolist(), found.second.tolist()) == ([0], [1])
    assert found.length[0] == pytest.approx(10, abs=0.5)


def test_a_sliver_between_neighbours_that_touch_is_a_gap() -> None:
    left = shapely.Polygon([(0, 0), (10, 0), (9.95, 5), (10, 10), (0, 10)])
    found = narrow_gaps(np.array([left, shapely.box(10, 0, 20, 10)], dtype=object), 0.1)
    assert len(found) == 1


@pytest.mark.parametrize("apart", [0.0, 0.2, 5.0])
def test_neighbours_and_streets_are_no_gaps(apart) -> None:
    shapes = grid(2, 1)
    shapes[1] = shapely.box(10 + apart, 0, 20, 10)
    assert len(narrow_gaps(shapes, 0.1)) == 0
