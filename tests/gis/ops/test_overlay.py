"""Polygons laid over layers: the areas add up, whatever is asked about."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from gis.ops.overlay import Standing, overlay
from gis.ops.pieces import TOLERANCE
from gis.ops.table import objects

E0, N0 = 603_700.0, 1_191_840.0
CLOSE = 0.001  # m2

NOTHING = objects([])


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(E0 + x, N0 + y, E0 + x + width, N0 + y + height)


LOT = box(0, 0, 10, 20)
EVERYWHERE = objects([box(-1000, -1000, 2000, 2000)])

_PLACE = st.floats(-30, 30, allow_nan=False).map(lambda value: round(value, 2))
_SIZE = st.floats(0.05, 40, allow_nan=False).map(lambda value: round(value, 2))


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Polygon:
    """A rectangle, turned, and sometimes with a hole."""
    shape = box(draw(_PLACE), draw(_PLACE), draw(_SIZE), draw(_SIZE))
    if draw(st.booleans()):
        shape = shape.difference(affinity.scale(shape, 0.5, 0.5))
    return affinity.rotate(shape, draw(st.sampled_from((0, 17, 45, 90))))


SEVERAL = st.lists(polygons(), max_size=5)


@given(lot=polygons(), features=SEVERAL, complete=SEVERAL)
@settings(max_examples=150, deadline=None)
def test_what_is_hit_free_and_unknown_is_the_polygon(
    lot: shapely.Polygon, features: list[shapely.Polygon], complete: list[shapely.Polygon]
) -> None:
    found = overlay(lot, objects(features), objects(complete))
    told = found.hit + found.free + found.unknown
    assert min(found.hit, found.free, found.unknown, found.slivers) >= 0
    if found.free + found.unknown:
        assert told == pytest.approx(lot.area, abs=CLOSE)
        assert found.slivers <= found.free + found.unknown + CLOSE
    else:  # what is left beside features is a sliver
        assert len(found.feature) > 0
        assert told + found.slivers == pytest.approx(lot.area, abs=CLOSE)
    assert found.hit <= found.area.sum() + CLOSE  # each place once, however many features lie there
    assert (found.area[: len(found.area)] <= lot.area + CLOSE).all()


@given(lot=polygons(), features=SEVERAL, complete=SEVERAL, seed=st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_the_order_of_features_and_areas_does_not_matter(
    lot: shapely.Polygon, features: list[shapely.Polygon], complete: list[shapely.Polygon], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    mixed = [features[i] for i in rng.permutation(len(features))]
    others = [complete[i] for i in rng.permutation(len(complete))]
    one, other = overlay(lot, objects(features), objects(complete)), overlay(lot, objects(mixed), objects(others))
    for name in ("hit", "free", "unknown", "slivers"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=CLOSE)
    assert sorted(one.area) == pytest.approx(sorted(other.area), abs=CLOSE)


@given(
    lot=polygons(), features=SEVERAL, complete=SEVERAL, east=st.integers(-50, 50), angle=st.sampled_from((0, 30, 90))
)
@settings(max_examples=60, deadline=None)
def test_moving_and_turning_everything_changes_no_area(
    lot: shapely.Polygon, features: list[shapely.Polygon], complete: list[shapely.Polygon], east: int, angle: int
) -> None:
    def moved(shapes: list[shapely.Polygon]) -> list[shapely.Geometry]:
        return [affinity.translate(affinity.rotate(s, angle, origin=(E0, N0)), 100 * east) for s in shapes]

    one = overlay(lot, objects(features), objects(complete))
    other = overlay(moved([lot])[0], objects(moved(features)), objects(moved(complete)))
    border = 1e-3 + one.slivers + other.slivers  # a part at the very tolerance may fall on either side of it
    for name in ("hit", "free", "unknown"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=border)


def test_features_that_overlap_are_told_each_and_counted_once() -> None:
    found = overlay(LOT, objects([box(0, 0, 10, 8), box(0, 4, 10, 8), box(50, 0, 1, 1)]), EVERYWHERE)
    assert found.hit == pytest.approx(120)
    assert found.area.tolist() == pytest.approx([80, 80])
    assert found.feature.tolist() == [0, 1]
    assert found.free == pytest.approx(80)
    assert found.unknown == 0


def test_the_largest_comes_first() -> None:
    found = overlay(LOT, objects([box(0, 0, 10, 2), box(0, 5, 10, 10)]), EVERYWHERE)
    assert found.feature.tolist() == [1, 0]


def test_a_part_below_the_tolerance_is_a_sliver_and_no_hit() -> None:
    width = TOLERANCE.width / 4
    found = overlay(LOT, objects([box(-5, 0, 5 + width, 20)]), EVERYWHERE)
    assert len(found.feature) == 0
    assert found.hit == 0
    assert found.slivers == pytest.approx(20 * width)
    assert found.free == pytest.approx(LOT.area)


def test_a_sliver_over_which_something_else_lies_is_not_told_twice() -> None:
    found = overlay(LOT, objects([box(-5, 0, 5.02, 20), box(0, 0, 10, 20)]), EVERYWHERE)
    assert found.slivers == 0
    assert found.hit == pytest.approx(LOT.area)


def test_lines_are_told_by_their_length_inside_and_points_by_being_there() -> None:
    through = shapely.LineString([(E0 + 5, N0 - 5), (E0 + 5, N0 + 30)])
    edge = shapely.LineString([(E0, N0 - 5), (E0, N0 + 30)])
    inside, outside = shapely.Point(E0 + 1, N0 + 1), shapely.Point(E0 - 1, N0)
    found = overlay(LOT, objects([edge, outside, inside, through, None]), EVERYWHERE)
    assert found.feature.tolist() == [3, 2]
    assert found.length.tolist() == pytest.approx([20, 0])
    assert found.hit == 0
    assert found.free == pytest.approx(LOT.area)


@pytest.mark.parametrize(
    ("width", "standing", "free", "unknown"),
    [
        (0.0, Standing.NOT_CONCERNED, 400, 0),
        (0.05, Standing.NOT_CONCERNED, 400, 0),
        (0.15, Standing.PARTIAL, 397, 3),
        (19.85, Standing.PARTIAL, 3, 397),
        (19.95, Standing.NO_DATA, 0, 400),
        (20.0, Standing.NO_DATA, 0, 400),
    ],
)
def test_a_strip_too_thin_to_count_is_as_the_ground_beside_it(
    width: float, standing: Standing, free: float, unknown: float
) -> None:
    found = overlay(box(0, 0, 20, 20), NOTHING, objects([box(width, -5, 50, 50)]))
    assert found.standing is standing
    assert (found.free, found.unknown) == pytest.approx((free, unknown))


def test_a_strip_too_thin_to_count_beside_a_feature_is_a_sliver() -> None:
    for complete in (NOTHING, EVERYWHERE):
        found = overlay(LOT, objects([box(0, 0, 9.95, 20)]), complete)
        assert (found.free, found.unknown) == (0, 0)
        assert (found.hit, found.slivers) == pytest.approx((199, 1))


@pytest.mark.parametrize("lot", [box(0, 0, 0.05, 20), box(0, 0, 0.5, 0.5)])
def test_a_polygon_that_is_a_sliver_itself_is_not_known_for_it(lot: shapely.Polygon) -> None:
    assert overlay(lot, NOTHING, NOTHING).standing is Standing.NO_DATA
    assert overlay(lot, NOTHING, EVERYWHERE).standing is Standing.NOT_CONCERNED


def test_without_any_data_all_is_unknown() -> None:
    found = overlay(LOT, NOTHING, NOTHING)
    assert (found.hit, found.free, found.slivers) == (0, 0, 0)
    assert found.unknown == pytest.approx(LOT.area)


def test_a_polygon_of_several_parts_with_holes_adds_up() -> None:
    lot = shapely.MultiPolygon([box(0, 0, 10, 10).difference(box(4, 4, 2, 2)), box(20, 0, 5, 5)])
    found = overlay(lot, objects([box(0, 0, 22, 10)]), objects([box(0, 0, 10, 10)]))
    assert found.hit == pytest.approx(96 + 10)
    assert found.unknown == pytest.approx(15)
