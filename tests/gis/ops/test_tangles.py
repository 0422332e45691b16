from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis.errors import TooMuch
from gis.ops.pieces import pieces
from gis.ops.tangles import MOST_CROSSINGS, crossings, refuse_tangles


def comb(teeth: int, *, lying: bool = False) -> shapely.Polygon:
    """Teeth of half a metre, as long as all of them are wide, on a back that joins them."""
    points = [(0.0, -1.0)]
    for tooth in range(teeth):
        points += [(tooth, 0.0), (tooth, teeth), (tooth + 0.5, teeth), (tooth + 0.5, 0.0)]
    points.append((teeth - 0.5, -1.0))
    return shapely.Polygon([(y, x) for x, y in points] if lying else points)


def array(*shapes: shapely.Geometry | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(shapes, dtype=object)


def test_combs_that_cross_in_too_many_places_are_refused_before_they_are_cut() -> None:
    one, two = array(comb(200)), array(comb(200, lying=True))
    with pytest.raises(TooMuch, match="footprint: a shape is too complex") as error:
        refuse_tangles(one, two, "footprint")
    assert error.value.where == "footprint" and "quá phức tạp" in error.value.vi
    with pytest.raises(TooMuch, match="too complex"):
        pieces(one, two)


def test_counting_ends_soon_after_there_are_too_many() -> None:
    assert MOST_CROSSINGS < crossings(comb(490), comb(490, lying=True)) < 30 * MOST_CROSSINGS


def test_detailed_shapes_that_cross_as_shapes_do_are_cut() -> None:
    circle, beside = shapely.Point(0, 0).buffer(50, quad_segs=450), shapely.Point(30, 0).buffer(50, quad_segs=450)
    assert len(circle.exterior.coords) > 1_800
    assert pieces(array(circle), array(beside)).area[0] == pytest.approx(shapely.intersection(circle, beside).area)


def test_a_lot_of_many_parts_is_cut_by_a_detailed_zone() -> None:
    lot = shapely.MultiPolygon([shapely.box(x, y, x + 5, y + 18) for x in range(0, 120, 6) for y in range(0, 200, 20)])
    zone = shapely.Point(60, 90).buffer(70, quad_segs=400)
    assert pieces(array(lot), array(zone)).area[0] == pytest.approx(shapely.intersection(lot, zone).area)


def test_what_is_missing_or_small_meets_nothing_too_often() -> None:
    refuse_tangles(array(None, shapely.box(0, 0, 1, 1)), array(comb(300), comb(300)))
