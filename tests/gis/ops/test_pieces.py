from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.ops.pieces import covered, pieces, polygonal, ranks, remainder, slivers, total

BOX = shapely.box


def array(*shapes: shapely.Geometry | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(shapes, dtype=object)


def test_parts_of_lots_are_told_with_their_area_and_those_that_only_touch_are_not() -> None:
    lots = array(BOX(0, 0, 10, 10), None, BOX(20, 0, 30, 10))
    others = array(BOX(-5, -5, 5, 15), BOX(10, 0, 20, 10), BOX(-50, -50, 50, 50))
    found = pieces(lots, others)
    assert list(zip(found.lot, found.other, found.area, strict=True)) == [(0, 0, 50.0), (0, 2, 100.0), (2, 2, 100.0)]
    assert found.geometry[1] is lots[0]


def test_lines_at_which_shapes_touch_are_no_part() -> None:
    lot = shapely.Polygon([(0, 0), (10, 0), (10, 10), (6, 10), (6, 4), (4, 4), (4, 10), (0, 10)])
    found = pieces(array(lot), array(BOX(0, 2, 4, 4), BOX(4, 2, 6, 8)))
    assert list(found.area) == [8.0, 4.0]
    assert set(shapely.get_type_id(shapely.get_parts(found.geometry))) == {shapely.GeometryType.POLYGON}
    mixed = shapely.GeometryCollection([BOX(0, 0, 1, 1), shapely.LineString([(2, 0), (3, 0)])])
    only_line = shapely.GeometryCollection([shapely.LineString([(2, 0), (3, 0)]), shapely.Point(0, 0)])
    done = polygonal(array(only_line, mixed, only_line, mixed, BOX(0, 0, 1, 1)))
    assert list(shapely.area(done)) == [0.0, 1.0, 0.0, 1.0, 1.0]
    assert {g.geom_type for g in done} == {"MultiPolygon", "Polygon"}


def test_what_is_left_counts_overlapping_parts_once() -> None:
    lots = array(BOX(0, 0, 10, 10), BOX(0, 0, 10, 10).difference(BOX(4, 4, 6, 6)), BOX(50, 50, 51, 51))
    others = array(BOX(0, 0, 5, 10), BOX(0, 0, 10, 5))
    found = pieces(lots, others)
    assert list(shapely.area(remainder(lots, found))) == [25.0, 24.0, 1.0]
    assert list(total(found, 3)) == [100.0, 96.0, 0.0]


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(1, 30)), max_size=6))
def test_parts_and_remainder_make_up_the_lot(squares: list[tuple[float, float, float]]) -> None:
    lots = array(BOX(0, 0, 10, 10))
    others = array(*(BOX(x, y, x + side, y + side) for x, y, side in squares))
    left = remainder(lots, pieces(lots, others))
    met = shapely.intersection(lots[0], shapely.union_all(others))
    assert shapely.area(left)[0] + shapely.area(met) == pytest.approx(100.0, abs=1e-6)


def test_slivers_are_small_or_thin() -> None:
    lots = array(BOX(0, 0, 100, 100))
    others = array(BOX(0, 0, 0.05, 100), BOX(0, 0, 0.5, 0.5), BOX(0, 0, 0.2, 100), BOX(0, 0, 1, 1))
    assert list(slivers(pieces(lots, others))) == [True, True, False, False]


def test_ranks_count_within_a_group() -> None:
    assert list(ranks(np.array([0, 0, 2, 2, 2, 5]))) == [0, 1, 0, 1, 2, 0]


def test_covered_is_within_the_union_but_for_a_thousandth() -> None:
    union = array(BOX(0, 0, 10, 10), BOX(10, 0, 20, 10))
    shapes = array(BOX(5, 0, 15, 10), BOX(5, 0, 15, 10.005), BOX(5, 0, 15, 10.2), BOX(40, 0, 41, 1), None)
    assert list(covered(shapes, union)) == [True, True, False, False, False]
    assert not covered(shapes, array()).any()
