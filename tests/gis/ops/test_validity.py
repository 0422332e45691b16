"""Geometry is mended only where nothing changes but its description."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.model.layer import GeometryType
from gis.ops.validity import coerce, finite, reasons, repair

BOX = shapely.box(0, 0, 10, 10)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
UNEVEN_BOW_TIE = shapely.Polygon([(0, 0), (10, 9), (10, 0), (0, 10)])
PINCHED = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (5, 5), (4, 6), (6, 6), (5, 5), (5, 10), (0, 10)])
TOUCHING_RING = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)], [[(5, 5), (4, 2), (6, 2)]])
SPIKE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (-50, 5), (0, 5)])
COLLAPSED = shapely.Polygon([(0, 0), (10, 0), (5, 0)])


def array(*shapes: shapely.Geometry | None) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def test_valid_shapes_and_missing_ones_are_left_alone() -> None:
    shapes = array(BOX, None, shapely.LineString([(0, 0), (1, 1), (0, 1), (1, 0)]), shapely.Polygon())
    mended = repair(shapes)
    assert mended.geometry.tolist() == shapes.tolist()
    assert not mended.repaired.any()
    assert not mended.broken.any()


def test_a_spike_goes_and_the_area_stays() -> None:
    mended = repair(array(SPIKE))
    assert mended.repaired.tolist() == [True]
    assert mended.geometry[0].equals(BOX)


@pytest.mark.parametrize("shape", [BOW_TIE, UNEVEN_BOW_TIE, COLLAPSED])
def test_what_would_change_the_area_is_left_broken(shape) -> None:
    mended = repair(array(BOX, shape))
    assert mended.broken.tolist() == [False, True]
    assert mended.geometry[1] is shape
    assert "[" in reasons(mended.geometry[mended.broken])[0]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=4, max_size=9, unique=True).map(
        shapely.Polygon
    )
)
def test_a_repaired_shape_is_valid_and_as_large_as_before(shape) -> None:
    mended = repair(array(shape))
    assert mended.broken[0] or shapely.is_valid(mended.geometry[0])
    if mended.repaired[0]:
        assert shapely.area(mended.geometry[0]) == pytest.approx(shapely.area(shape), rel=1e-4)


def test_single_parts_become_multi_and_heights_go() -> None:
    shapes = array(shapely.force_3d(BOX, 5.0), shapely.MultiPolygon([BOX]), None, shapely.LineString([(0, 0), (1, 1)]))
    found, other = coerce(shapes, GeometryType.MULTIPOLYGON)
    assert [None if g is None else g.geom_type for g in found] == ["MultiPolygon", "MultiPolygon", None, "LineString"]
    assert not shapely.has_z(found).any()
    assert other.tolist() == [False, False, False, True]


def test_lines_and_points_have_their_layers_too() -> None:
    shapes = array(
        shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([(1, 1)]), shapely.MultiPoint([(1, 1), (2, 2)])
    )
    lines, other = coerce(shapes, GeometryType.MULTILINESTRING)
    assert lines[0].geom_type == "MultiLineString"
    assert other.tolist() == [False, True, True]
    points, other = coerce(shapes, GeometryType.POINT)
    assert points[1].equals(shapely.Point(1, 1))
    assert other.tolist() == [True, False, True]


def test_a_layer_of_any_geometry_takes_all_but_collections() -> None:
    shapes = array(BOX, shapely.Point(1, 1), None, shapely.GeometryCollection([BOX]))
    assert coerce(shapes, GeometryType.GEOMETRY)[1].tolist() == [False, False, False, True]


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_one_coordinate_that_is_no_number_is_found(bad) -> None:
    ring = [(0, 0), (1, 0), (1, bad), (0, 1), (0, 0)]
    shapes = array(
        BOX,
        shapely.Polygon(ring),
        shapely.Point(bad, 1),
        shapely.MultiPoint([(1, 1), (2, bad)]),
        shapely.LineString([(0, 0), (bad, 1), (2, 2)]),
        shapely.GeometryCollection([shapely.Point(1, 1), shapely.Point(bad, 0)]),
        None,
        shapely.Polygon(),
    )
    assert finite(shapes).tolist() == [True, False, False, False, False, False, True, True]
