"""Every way between VN-2000 and WGS 84 is the one pinned operation."""

import csv
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.crs.registry import ZONES, proj4_text
from gis.crs.transform import bounds_to_84, transform, transform_geometries
from gis.errors import InvalidCrs
from gis.model.query import CRS84

POINTS = Path(__file__).parents[4] / "shared" / "domain" / "vn2000_test_points.csv"
KNOWN = [
    (106.70, 10.776, 603699.1, 1191842.4),
    (106.77, 10.85, 611327.9, 1200052.8),
    (106.60, 11.15, 592645.3, 1233180.2),
    (107.08, 10.35, 645463.6, 1144869.4),
]


def one(x: float, y: float, source: int, target: int) -> tuple[float, float]:
    moved = transform(np.array([[x, y]]), source, target)
    return float(moved[0, 0]), float(moved[0, 1])


@pytest.mark.parametrize(("lon", "lat", "east", "north"), KNOWN)
def test_known_points_are_met_within_ten_centimetres(lon: float, lat: float, east: float, north: float) -> None:
    assert one(lon, lat, CRS84, 9210) == pytest.approx((east, north), abs=0.1)
    assert one(lon, lat, 4326, 9210) == one(lon, lat, CRS84, 9210)


def test_table_of_test_points_is_met() -> None:
    if not POINTS.exists():
        pytest.skip(f"{POINTS.name} is not here")
    with POINTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    for row in rows:
        east, north = one(float(row["lon_wgs84"]), float(row["lat_wgs84"]), CRS84, 9210)
        assert (east, north) == pytest.approx((float(row["E_9210_via_6960"]), float(row["N_9210_via_6960"])), abs=0.1)


def test_vung_tau_in_the_zone_of_ba_ria() -> None:
    assert one(107.08, 10.35, CRS84, 5899) == pytest.approx((426432.4, 1144643.9), abs=0.1)
    assert one(645463.6234, 1144869.4006, 9210, 5899) == pytest.approx((426432.4, 1144643.9), abs=0.1)


degrees = st.tuples(st.floats(106.2, 107.7), st.floats(9.8, 11.6))


@given(degrees, st.sampled_from(sorted(set(ZONES) - {3406, 5896, 9205})))
@settings(max_examples=200, deadline=None)
def test_there_and_back_is_within_a_millimetre(point: tuple[float, float], zone: int) -> None:
    east, north = one(*point, CRS84, zone)
    assert one(east, north, zone, CRS84) == pytest.approx(point, abs=0.001 / 111_320)
    assert one(*one(east, north, zone, 9210), 9210, zone) == pytest.approx((east, north), abs=0.001)


@given(degrees)
@settings(max_examples=100, deadline=None)
def test_other_crs_are_reached_through_the_same_operation(point: tuple[float, float]) -> None:
    east, north = one(*point, CRS84, 9210)
    assert one(east, north, 9210, 3857) == pytest.approx(one(*point, CRS84, 3857), abs=0.002)
    assert one(*point, 3857, 9210) == pytest.approx(one(*one(*point, 3857, CRS84), CRS84, 9210), abs=0.001)


@pytest.mark.parametrize(("axis", "edge"), [(1, 11.04), (0, 107.11)])
def test_there_is_no_step_where_proj_would_change_its_operation(axis: int, edge: float) -> None:
    """1e-9 degrees apart is 0.1 mm; PROJ's own choice leaves 0.80 m between the two sides."""
    points = np.tile([106.6, 10.9], (2, 1))
    points[:, axis] = edge - 1e-9, edge + 1e-9
    both = transform(points, CRS84, 9210)
    assert np.hypot(*(both[1] - both[0])) < 0.001


def test_a_lost_shift_would_be_seen() -> None:
    plain = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84"
    )
    lost = np.array(plain.transform(106.7, 10.776))
    assert np.hypot(*(lost - one(106.7, 10.776, CRS84, 9210))) == pytest.approx(226, abs=2)


@pytest.mark.parametrize("code", [9210, 5899, 3405, 4756])
def test_proj4_text_with_flipped_rotations_is_the_same_operation(code: int) -> None:
    other = pyproj.Transformer.from_crs(pyproj.CRS.from_proj4(proj4_text(code)), 4326, always_xy=True)
    x, y = one(106.7, 10.776, CRS84, code)
    assert other.transform(x, y) == pytest.approx((106.7, 10.776), abs=0.001 / 111_320)


def test_swapped_axes_do_not_come_out_in_vietnam() -> None:
    lon, lat = one(1191842.4, 603699.1, 9210, CRS84)
    assert not (102 < lon < 110 and 8 < lat < 24)


def test_what_cannot_be_transformed_is_nan_and_does_not_touch_its_neighbours() -> None:
    rows = np.array([[106.7, 10.776], [np.nan, 1.0], [1.0, np.inf], [1e9, 3.0], [106.7, 95.0], [106.7, 10.776]])
    before = rows.copy()
    moved = transform(rows, CRS84, 9210)
    assert np.isnan(moved[1:5]).all()
    assert moved[0] == pytest.approx(moved[5])
    np.testing.assert_array_equal(rows, before)


def test_large_arrays_in_chunks_equal_small_ones() -> None:
    rng = np.random.default_rng(7)
    many = np.column_stack([rng.uniform(590_000, 650_000, 600_001), rng.uniform(1_150_000, 1_250_000, 600_001)])
    moved = transform(many, 9210, CRS84)
    picked = rng.integers(0, len(many), 500)
    np.testing.assert_array_equal(moved[picked], transform(many[picked], 9210, CRS84))


def test_geometries_keep_their_place_and_lose_their_height() -> None:
    shapes = np.array(
        [shapely.Point(106.7, 10.776, 5.0), None, shapely.box(106.7, 10.7, 106.71, 10.71), shapely.Polygon()],
        dtype=object,
    )
    moved = transform_geometries(shapes, CRS84, 9210)
    assert moved[1] is None
    assert not shapely.has_z(moved).any()
    assert shapely.get_coordinates(moved[0])[0] == pytest.approx((603699.1, 1191842.4), abs=0.1)
    assert moved[2].area == pytest.approx(1_208_700, rel=0.01)
    assert moved[3].is_empty
    assert shapely.has_z(shapes[0])


def test_other_pairs_take_one_registered_operation() -> None:
    assert one(2.3522, 48.8566, CRS84, 2154) == pytest.approx((652469.02, 6862035.26), abs=0.05)
    assert one(-87.0, 0.0, CRS84, 32616) == pytest.approx((500000, 0), abs=0.001)
    assert one(-86.0, 0.0, CRS84, 32616) == pytest.approx((611280.7, 0), abs=100)


def test_bounds_hold_every_point_of_the_box() -> None:
    box = (560_000.0, 1_150_000.0, 720_000.0, 1_250_000.0)
    west, south, east, north = bounds_to_84(box, 9210)
    rng = np.random.default_rng(1)
    inside = transform(
        np.column_stack([rng.uniform(box[0], box[2], 2000), rng.uniform(box[1], box[3], 2000)]), 9210, 84
    )
    assert (inside.min(axis=0) >= (west - 1e-6, south - 1e-6)).all()
    assert (inside.max(axis=0) <= (east + 1e-6, north + 1e-6)).all()
    assert bounds_to_84((179.0, -10.0, -179.0, 10.0), CRS84) == (179.0, -10.0, -179.0, 10.0)
    with pytest.raises(InvalidCrs):
        bounds_to_84((0.0, 0.0, float("inf"), 1.0), 9210)


def test_unknown_codes_are_refused() -> None:
    with pytest.raises(InvalidCrs):
        transform(np.zeros((1, 2)), 9210, 999_999)
