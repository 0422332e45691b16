from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.ops.corners import corners

LOT = shapely.MultiPolygon([shapely.box(100, 200, 110, 220)])


def test_points_begin_in_the_north_west_run_clockwise_and_close() -> None:
    (ring,) = corners(LOT)
    assert [(c.number, c.easting, c.northing) for c in ring] == [
        (1, 100, 220),
        (2, 110, 220),
        (3, 110, 200),
        (4, 100, 200),
        (1, 100, 220),
    ]
    assert [c.edge for c in ring] == [10, 20, 10, 20, None]


def test_numbers_go_on_through_parts_and_holes_outlines_first() -> None:
    holed = shapely.Polygon(shapely.box(0, 0, 40, 40).exterior, [shapely.box(10, 10, 20, 20).exterior])
    rings = corners(shapely.MultiPolygon([shapely.box(50, 0, 55, 5), holed]))
    assert [[c.number for c in ring] for ring in rings] == [[1, 2, 3, 4, 1], [5, 6, 7, 8, 5], [9, 10, 11, 12, 9]]
    assert rings[0][0].edge == 40 and rings[2][0].edge == 10


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=4, max_size=12, unique=True),
    st.booleans(),
)
def test_the_edges_are_the_outline_whatever_way_it_is_drawn(points: list[tuple[int, int]], turned: bool) -> None:
    lot = shapely.convex_hull(shapely.MultiPoint(points))
    if lot.geom_type != "Polygon":
        return
    drawn = shapely.reverse(lot) if turned else lot
    (ring,) = corners(shapely.MultiPolygon([drawn]))
    assert sum(c.edge or 0 for c in ring) == pytest.approx(lot.length)
    assert [(c.easting, c.northing) for c in ring] == [
        (c.easting, c.northing) for c in corners(shapely.MultiPolygon([lot]))[0]
    ]
