from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.rules.allowance import (
    BECOMES_KNOWN,
    BECOMES_UNKNOWN,
    GAINS,
    LOSES,
    SAME,
    UNKNOWN,
    Allowances,
    allowances,
    change,
)

CRS = 9210
LOT = shapely.box(0, 0, 20, 10)


def zones(*rows: tuple[shapely.Geometry, float | None, float | None, int | None]) -> gpd.GeoDataFrame:
    shapes, far, coverage, storeys = zip(*rows, strict=True) if rows else ((), (), (), ())
    data = {"far_max": list(far), "coverage_max": list(coverage), "storeys_max": list(storeys)}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=CRS)


def of(
    *rows: tuple[shapely.Geometry, float | None, float | None, int | None], lot: shapely.Geometry = LOT
) -> Allowances:
    return allowances(np.array([lot], dtype=object), zones(*rows))


def told(found: Allowances) -> tuple[float, float, float]:
    return float(found.floor[0]), float(found.ground[0]), float(found.storeys[0])


def test_one_zone_allows_its_limits_on_the_whole_lot() -> None:
    assert told(of((shapely.box(-5, -5, 50, 50), 2.0, 60.0, 5))) == (400.0, 120.0, 5.0)


def test_zones_side_by_side_each_allow_on_their_part() -> None:
    west, east = shapely.box(-5, -5, 5, 50), shapely.box(5, -5, 50, 50)
    assert told(of((west, 4.0, 80.0, 9), (east, 1.0, 40.0, 3))) == (50 * 4 + 150 * 1, 50 * 0.8 + 150 * 0.4, 9.0)


def test_where_zones_overlap_the_least_limit_of_each_kind_counts() -> None:
    whole, half = shapely.box(-5, -5, 50, 50), shapely.box(10, -5, 50, 50)
    found = told(of((whole, 3.0, 60.0, 6), (half, 1.0, 90.0, 4)))
    assert found == pytest.approx((100 * 3 + 100 * 1, 200 * 0.6, 6.0))


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((shapely.box(-5, -5, 50, 50), None, None, None),),
        ((shapely.box(-5, -5, 5, 50), 2.0, 60.0, 5),),
        ((shapely.box(-5, -5, 5, 50), 2.0, 60.0, 5), (shapely.box(5, -5, 50, 50), None, None, None)),
        ((shapely.box(-5, -5, 50, 50), 2.0, 60.0, 5), (shapely.box(5, -5, 9, 50), None, None, None)),
    ],
)
def test_a_missing_zone_or_limit_is_not_known_and_never_nothing(
    rows: tuple[tuple[shapely.Geometry, float | None, float | None, int | None], ...],
) -> None:
    assert np.isnan(told(of(*rows))).all()


def test_a_sliver_of_another_zone_and_a_sliver_without_one_change_nothing() -> None:
    zone, edge = shapely.box(-5, -5, 19.98, 50), shapely.box(-5, -5, 0.01, 50)
    floor, ground, storeys = told(of((zone, 2.0, 60.0, 5), (edge, None, None, None)))
    assert floor == pytest.approx(400, rel=0.002)
    assert (ground, storeys) == (pytest.approx(120, rel=0.002), 5.0)


def test_a_lot_without_a_place_has_no_known_allowance() -> None:
    assert np.isnan(told(allowances(np.array([None], dtype=object), zones((LOT, 2.0, 60.0, 5))))).all()  # type: ignore[arg-type]


numbers = st.floats(0.1, 20)
corner = st.floats(-10, 25)


@st.composite
def grounds(draw: st.DrawFn) -> tuple[shapely.Geometry, float, float, int]:
    x, y = draw(corner), draw(corner)
    shape = shapely.box(x, y, x + draw(st.floats(1, 40)), y + draw(st.floats(1, 40)))
    return shape, draw(numbers), draw(st.floats(1, 100)), draw(st.integers(1, 60))


@settings(deadline=None)
@given(st.lists(grounds(), max_size=4), st.randoms())
def test_the_order_of_zones_does_not_matter_and_one_more_never_allows_more(
    rows: list[tuple[shapely.Geometry, float, float, int]], random: object
) -> None:
    base = (shapely.box(-50, -50, 80, 80), 5.0, 80.0, 10)
    found = told(of(base, *rows))
    assert found[0] <= 200 * 5 + 1e-6 and found[1] <= 160 + 1e-6 and found[2] <= 10
    assert told(of(*reversed(rows), base)) == pytest.approx(found)
    if rows:
        fewer = told(of(base, *rows[:-1]))
        assert all(a <= b + 1e-3 for a, b in zip(found, fewer, strict=True))


@given(numbers, numbers)
def test_a_change_says_who_gains_and_who_loses(before: float, after: float) -> None:
    zone = shapely.box(-5, -5, 50, 50)
    kind = change(of((zone, before, 60.0, 5)), of((zone, after, 60.0, 5))).kind[0]
    difference = 200 * (after - before)
    expected = GAINS if difference >= 0.5 else LOSES if difference <= -0.5 else SAME
    assert kind == expected


def test_a_change_from_and_to_what_is_not_known_is_told_as_such() -> None:
    known, unknown = of((shapely.box(-5, -5, 50, 50), 2.0, 60.0, 5)), of()
    kinds = [change(*pair).kind[0] for pair in ((unknown, known), (known, unknown), (unknown, unknown))]
    assert kinds == [BECOMES_KNOWN, BECOMES_UNKNOWN, UNKNOWN]
