from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.ops.fronts import corners, fronts, road_land

BOX = shapely.box


def array(*shapes: shapely.Geometry | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(shapes, dtype=object)


def street(width: float = 10.0) -> shapely.Geometry:
    """Land of a street along x whose north red line is y = 0."""
    middle = shapely.LineString([(-100, -width / 2), (100, -width / 2)])
    return road_land(array(middle), np.array([width]))[0]


def test_the_land_of_a_road_is_as_wide_as_its_right_of_way_and_ends_with_it() -> None:
    middle = shapely.LineString([(0, 0), (50, 0), (50, 50)])
    land = road_land(array(middle, middle, None), np.array([10.0, np.nan, 10.0]))
    assert land[0].bounds == (0.0, -5.0, 55.0, 50.0)
    assert land[1] is None
    assert land[2] is None


def test_frontage_is_the_width_at_the_road_whatever_the_sides_and_gaps_do() -> None:
    lots = array(BOX(0, 0, 5, 16), BOX(10, 0.8, 15, 16), BOX(20, 1.2, 25, 16), BOX(30, 20, 35, 40), None)
    found = fronts(lots, array(street()))
    assert list(found.lot) == [0, 1]
    assert found.length == pytest.approx([5.0, 5.0])
    assert found.depth == pytest.approx([16.0, 15.2])


@given(st.floats(-1.5, 1.5), st.floats(2.0, 30.0), st.floats(4.0, 30.0))
def test_frontage_and_depth_turn_with_the_street(angle: float, width: float, depth: float) -> None:
    lot, land = (
        shapely.affinity.rotate(g, angle, origin=(0, 0), use_radians=True) for g in (BOX(0, 0, width, depth), street())
    )
    found = fronts(array(lot), array(land))
    assert found.length == pytest.approx([width], abs=1e-6)
    assert found.depth == pytest.approx([depth], abs=1e-6)


def test_a_front_that_the_outline_begins_in_is_one_front() -> None:
    lot = shapely.Polygon([(2, 0), (5, 0), (5, 16), (0, 16), (0, 0)])
    assert fronts(array(lot), array(street())).length == pytest.approx([5.0])


def test_two_parts_at_the_road_add_up_and_holes_are_no_front() -> None:
    parts = shapely.MultiPolygon([BOX(0, 0, 5, 16), BOX(8, 0, 12, 16)])
    holed = BOX(20, 0, 40, 30).difference(BOX(25, 0.2, 30, 5))
    assert fronts(array(parts, holed), array(street())).length == pytest.approx([9.0, 20.0])


def test_less_than_a_metre_at_a_road_is_no_front() -> None:
    flag = shapely.Polygon([(0, 0), (0.9, 0), (0.9, 10), (6, 10), (6, 20), (0, 20)])
    assert len(fronts(array(flag), array(street())).lot) == 0


def test_corners_are_fronts_on_two_roads_in_two_directions() -> None:
    side = road_land(array(shapely.LineString([(-3, 0), (-3, 100)])), np.array([6.0]))[0]
    behind = road_land(array(shapely.LineString([(20, 18), (90, 18)])), np.array([4.0]))[0]
    land = array(street(), side, behind)
    found = fronts(array(BOX(0, 0, 5, 16), BOX(10, 0, 15, 16), BOX(30, 0, 35, 16)), land)
    assert list(zip(found.lot, found.road, strict=True)) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 2)]
    assert list(corners(found, np.array([0, 1, 2]), 3)) == [True, False, False]
    assert list(corners(found, np.array([0, 0, 2]), 3)) == [False, False, False]


def test_nothing_fronts_nothing() -> None:
    found = fronts(array(BOX(0, 0, 5, 16)), array())
    assert len(found.lot) == 0
    assert list(corners(found, np.zeros(0, np.int64), 1)) == [False]
