"""Where declarations overlap, the weaker has the ground."""

from __future__ import annotations

import numpy as np
import shapely

from gis.ops.precedence import sound, weakest
from gis.ops.table import objects


def test_the_weaker_area_keeps_its_ground_and_the_stronger_loses_it() -> None:
    areas = objects([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10), shapely.box(8, 0, 9, 10)])
    kept = weakest(areas, np.array([2, 1, 0]))
    assert shapely.area(kept).tolist() == [50, 90, 10]
    assert shapely.union_all(kept).area == 150


def test_areas_of_one_strength_are_left_as_they_are() -> None:
    areas = objects([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)])
    assert shapely.area(weakest(areas, np.array([2, 2]))).tolist() == [100, 100]


def test_what_only_touches_leaves_nothing_but_polygons() -> None:
    areas = objects([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(0, 0, 10, 10)])
    kept = weakest(areas, np.array([2, 0, 0]))
    assert kept[0].is_empty
    assert set(shapely.get_dimensions(kept[1:])) == {2}


def test_only_what_was_cut_and_is_broken_is_mended() -> None:
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shapes = objects([bow_tie, bow_tie, shapely.box(0, 0, 1, 1)])
    mended = sound(shapes, np.array([True, False, True]))
    assert [bool(shapely.is_valid(shape)) for shape in mended] == [True, False, True]
    assert mended[0].area == 2
    assert mended[1] is bow_tie
