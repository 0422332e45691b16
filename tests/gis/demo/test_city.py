"""The geometry of the demo city: counts, shapes, shared boundaries, and that it looks like a city."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.demo.city import City, build
from gis.demo.content import Content
from gis.demo.kinds import Kind
from gis.errors import InvalidParameter


def overlapping_area(shapes: np.ndarray) -> float:
    """The area that two of the shapes share, m2, all pairs together."""
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < two
    return float(shapely.area(shapely.intersection(shapes[one[pairs]], shapes[two[pairs]])).sum())


@settings(max_examples=8, deadline=None)
@given(parcels=st.integers(100, 2_000), seed=st.integers(0, 10_000))
def test_any_city_has_exactly_its_parcels_valid_apart_and_wide_enough(parcels: int, seed: int) -> None:
    city = build(parcels, seed)
    assert len(city.today) == parcels
    shapes = city.today.geometry
    assert shapely.is_valid(shapes).all()
    assert shapely.is_valid(city.before.geometry).all()
    assert overlapping_area(shapes) < 0.01
    assert city.today.front.min() >= 3.0


def test_neighbours_share_every_vertex_of_their_boundary(content: Content) -> None:
    lots = content.city.today
    parts = shapely.get_geometry(lots.geometry, 0)
    for leaf in np.unique(lots.leaf[lots.whole]):
        assert shapely.coverage_is_valid(parts[(lots.leaf == leaf) & lots.whole])


def test_lots_before_fit_among_their_neighbours(content: Content) -> None:
    city = content.city
    for event in range(len(city.events)):
        now, then = city.today.event == event, city.before.event == event
        successors, predecessors = city.today.geometry[now], city.before.geometry[then]
        assert len(successors) and len(predecessors)
        difference = shapely.symmetric_difference(shapely.union_all(successors), shapely.union_all(predecessors))
        assert shapely.area(difference) < 0.001


def test_lots_have_a_median_of_nine_vertices_and_a_tenth_of_a_millimetre_is_not_kept(content: Content) -> None:
    shapes = content.city.today.geometry
    vertices = shapely.get_num_coordinates(shapes) - 1
    assert np.median(vertices) >= 9
    coordinates = shapely.get_coordinates(shapes)
    assert (coordinates == coordinates.round(3)).all()


def test_tube_houses_are_narrow_and_deep() -> None:
    lots = build(8_000, 4).today
    tube = (lots.kind == Kind.DENSE) & lots.whole & (lots.area < 300)
    assert 3.0 <= np.percentile(lots.front[tube], 5) <= np.percentile(lots.front[tube], 90) <= 6.5
    assert 9.0 <= np.percentile(lots.depth[tube], 10) <= np.percentile(lots.depth[tube], 90) <= 25.0
    assert tube.mean() > 0.5


def test_every_kind_of_quarter_is_there(content: Content) -> None:
    assert set(content.city.today.kind) == {int(k) for k in Kind}


def test_streets_run_in_all_directions(content: Content) -> None:
    lines = content.city.plan.lines
    run = lines.end - lines.start
    heading = np.degrees(np.arctan2(run[:, 1], run[:, 0])) % 90  # a checkerboard has one direction modulo 90
    share = np.bincount((heading // 10).astype(int), minlength=9) / len(heading)
    assert (share > 0.02).sum() >= 7
    assert share.max() < 0.4


def test_no_lot_lies_in_the_water(content: Content) -> None:
    city = content.city
    wet = shapely.area(shapely.intersection(city.today.geometry, city.water.surface))
    assert wet.max() < 0.001
    assert shapely.area(shapely.intersection(city.water.surface, shapely.union_all(content.wards.ward_outline))) > 1000


@pytest.mark.parametrize(("parcels", "seed"), [(10, 1), (10_000_000, 1), (2_000, -1)])
def test_sizes_and_seeds_out_of_range_are_refused(parcels: int, seed: int) -> None:
    with pytest.raises(InvalidParameter):
        build(parcels, seed)


def test_larger_cities_reach_the_number_too() -> None:
    city: City = build(20_000, 3)
    assert len(city.today) == 20_000
    assert 0.02 < (city.today.event >= 0).mean() < 0.04
