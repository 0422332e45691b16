from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.ops.overlay import Standing, overlay
from gis.ops.table import objects
from gis.rules.account import road_part, share, with_road_land
from gis.rules.derive import derive
from gis.rules.themes import Theme
from gis.rules.vocabulary import Domain

LOT = shapely.MultiPolygon([shapely.box(0, 0, 10, 20)])
AROUND = np.array([shapely.box(-500, -500, 500, 500)], dtype=object)
NOWHERE = np.empty(0, dtype=object)


def theme(shapes: list[Any], complete: Any = AROUND, **columns: Any) -> Theme:
    return Theme(gpd.GeoDataFrame(columns, geometry=shapes, crs=9210), complete, "1")


def street(y: float, width: float | None, complete: Any = AROUND) -> Theme:
    line = shapely.LineString([(-100, y), (100, y)])
    return theme([line], complete, kind=["CENTRELINE"], name=["Lê Lợi"], right_of_way=[width])


def test_parts_are_measured_the_largest_first_and_slivers_are_none() -> None:
    found = share(LOT, theme([shapely.box(0, 0, 2, 20), shapely.box(2, 0, 10, 20), shapely.box(9.99, 0, 11, 20)]))
    assert [(hit.feature, hit.area) for hit in found.hits] == [(1, 160), (0, 40)]
    assert (found.standing, found.area, found.bare, found.unknown) == (Standing.CONCERNED, 200, 0, 0)


_SIDE = st.sampled_from((-5.0, 0.0, 0.04, 0.3, 5.0, 9.7, 9.96, 10.0, 15.0, 19.96, 25.0))
_SIDES = st.lists(_SIDE, min_size=2, max_size=2, unique=True).map(sorted)
_SHAPES = st.lists(st.builds(lambda x, y: shapely.box(x[0], y[0], x[1], y[1]), _SIDES, _SIDES), max_size=4)


@given(shapes=_SHAPES, complete=_SHAPES)
@settings(max_examples=150, deadline=None)
def test_an_extract_and_an_overlay_tell_the_same(shapes: list[Any], complete: list[Any]) -> None:
    known = objects(complete)
    found, laid = share(LOT, theme(shapes, known)), overlay(LOT, objects(shapes), known)
    assert [(hit.feature, hit.area) for hit in found.hits] == list(zip(laid.feature, laid.area, strict=True))
    assert (found.area, found.bare, found.unknown) == (laid.hit, laid.free + laid.unknown, laid.unknown)
    assert found.standing is (Standing.NO_DATA if laid.standing is Standing.PARTIAL else laid.standing)
    assert (found.standing is Standing.NOT_CONCERNED) == (not found.hits and not found.unknown)


def test_a_strip_too_thin_to_count_does_not_make_a_layer_unknown() -> None:
    found = share(LOT, theme([shapely.box(50, 0, 60, 20)], objects([shapely.box(0.05, -5, 50, 50)])))
    assert (found.standing, found.bare, found.unknown) == (Standing.NOT_CONCERNED, 200, 0)


def test_overlapping_features_count_once() -> None:
    found = share(LOT, theme([shapely.box(0, 0, 10, 10), shapely.box(0, 5, 10, 15)]))
    assert (found.area, found.bare) == (150, 50) and sum(hit.area for hit in found.hits) == 200


@pytest.mark.parametrize(
    ("complete", "standing", "unknown"),
    [
        (AROUND, Standing.NOT_CONCERNED, 0),
        (NOWHERE, Standing.NO_DATA, 200),
        (np.array([shapely.box(0, 0, 10, 5)], dtype=object), Standing.NO_DATA, 150),
    ],
)
def test_nothing_found_says_something_only_where_the_data_are_complete(complete, standing, unknown) -> None:
    found = share(LOT, theme([shapely.box(50, 0, 60, 20)], complete))
    assert (found.standing, found.unknown, found.hits) == (standing, unknown, ())


def test_lines_and_points_are_hits_without_area_and_an_edge_is_none() -> None:
    through, along = shapely.LineString([(-5, 5), (15, 5)]), shapely.LineString([(0, 0), (0, 20)])
    found = share(LOT, theme([through, along, shapely.Point(5, 5), shapely.Point(0, 5), None]))
    assert [hit.feature for hit in found.hits] == [0, 2] and found.area == 0 and found.bare == 200


def test_a_road_takes_its_width_and_the_rest_conforms() -> None:
    found = road_part(LOT, {"road_lines": street(-4, 16), "zones": theme([])})
    assert (found.standing, found.area, found.conforming.area) == (Standing.CONCERNED, 40, 160)
    assert [(front.road, front.length, front.width) for front in found.fronts] == [("Lê Lợi", 10, 16)]
    assert found.missing == () and found.land.equals(shapely.box(0, 0, 10, 4))


@pytest.mark.parametrize("lines", [None, street(-4, None), street(-300, 8, NOWHERE)])
def test_without_lines_or_widths_nobody_knows_what_conforms(lines) -> None:
    found = road_part(LOT, {"road_lines": lines})
    assert found.standing is Standing.NO_DATA and found.missing


def test_a_road_that_only_grazes_the_lot_takes_nothing() -> None:
    found = road_part(LOT, {"road_lines": street(-4, 8.02), "zones": theme([])})
    assert (found.standing, found.area, found.conforming.area) == (
        Standing.NOT_CONCERNED,
        0,
        200,
    ) and found.land.is_empty


def test_the_layer_of_lines_has_the_area_of_the_land_between_them() -> None:
    lines = street(-4, 16)
    assert with_road_land(share(LOT, lines), road_part(LOT, {"road_lines": lines})).area == 40
    far = street(-100, 16)
    assert with_road_land(share(LOT, far), road_part(LOT, {"road_lines": far})).standing is Standing.NOT_CONCERNED


@pytest.mark.parametrize("zones", [{}, {"zones": theme([], NOWHERE)}])
def test_without_zones_nobody_knows_what_plans_give_to_roads(zones: dict[str, Theme]) -> None:
    found = road_part(LOT, {"road_lines": street(-100, 16), **zones})
    assert found.standing is Standing.NO_DATA and found.lines_known
    assert [title["en"] for title in found.missing] == ["planning zones"]


ROAD, HOMES = "DAT_HTKT_DuongGT", "DAT_O_Nhomnhao"


def test_a_zone_of_a_road_takes_its_part_beside_the_lines_and_what_both_take_counts_once() -> None:
    zones = theme([shapely.box(-50, -50, 50, 6), shapely.box(-50, 6, 50, 50)], function=[ROAD, HOMES])
    found = road_part(LOT, {"road_lines": street(-4, 16), "zones": zones})
    assert (found.standing, found.area, found.lined, found.conforming.area) == (Standing.CONCERNED, 60, 40, 140)
    assert found.land.equals(shapely.box(0, 0, 10, 6)) and found.missing == ()
    assert [(front.road, front.length) for front in found.fronts] == [("Lê Lợi", 10)]


def test_where_the_edges_of_zone_and_road_differ_by_a_hand_nothing_more_is_taken() -> None:
    zones = theme([shapely.box(-50, -50, 50, 4.04)], function=[ROAD])
    assert road_part(LOT, {"road_lines": street(-4, 16), "zones": zones}).area == 40


def test_the_layer_of_lines_does_not_tell_what_only_the_plan_takes() -> None:
    zones, far = theme([shapely.box(-50, -50, 50, 6)], function=[ROAD]), street(-100, 16)
    road = road_part(LOT, {"road_lines": far, "zones": zones})
    assert (road.standing, road.area, road.lined) == (Standing.CONCERNED, 60, 0)
    told = with_road_land(share(LOT, far), road)
    assert (told.standing, told.area) == (Standing.NOT_CONCERNED, 0)


@given(
    shapes=_SHAPES,
    functions=st.lists(st.sampled_from((ROAD, HOMES, None)), min_size=4, max_size=4),
    y=st.sampled_from((-40.0, -4.0, 3.0)),
)
@settings(max_examples=100, deadline=None)
def test_an_extract_and_a_check_tell_the_same_of_what_conforms(
    shapes: list[Any], functions: list[str | None], y: float
) -> None:
    zones = theme(shapes, function=functions[: len(shapes)]) if shapes else theme([], function=[])
    themes = {"road_lines": street(y, 16), "zones": zones}
    found = road_part(LOT, themes)
    cases = gpd.GeoDataFrame({"id": ["a"]}, geometry=[LOT], crs=9210)
    numbers = derive(cases, themes, (), date(2026, 11, 20)).rows[Domain.CASE].numbers
    assert found.conforming.area == pytest.approx(float(numbers["area_conforming"].known[0]))
    assert found.area == pytest.approx(float(numbers["in_road_m2"].known[0]))
    assert found.area + found.conforming.area == pytest.approx(200)
    assert found.lined <= found.area
