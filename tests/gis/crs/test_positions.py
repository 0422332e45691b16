"""Positions nested as GeoJSON nests them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.crs.positions import MAX_POSITIONS, Frame, Move
from gis.crs.registry import WGS84
from gis.errors import InvalidCrs, InvalidParameter, TooLarge
from gis.model.query import CRS84

POINTS = Path(__file__).resolve().parents[4] / "shared" / "domain" / "vn2000_test_points.csv"
HCMC = Frame(9210, False)
LON_LAT = Frame(CRS84, False)
CENTRE, PAPER = [603699.1, 1191842.4], [1191842.4, 603699.1]
RING = [[603699.0, 1191842.0], [603704.0, 1191842.0], [603704.0, 1191862.0], [603699.0, 1191842.0]]


def move(source: Frame = HCMC, target: Frame = LON_LAT) -> Move:
    return Move(source, target, "here")


@pytest.mark.skipif(not POINTS.exists(), reason="the table of test points is not beside the repository")
def test_the_test_points_come_out_to_the_decimetre() -> None:
    with POINTS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            wanted = [float(row["E_9210_via_6960"]), float(row["N_9210_via_6960"])]
            degrees = [float(row["lon_wgs84"]), float(row["lat_wgs84"])]
            assert move(LON_LAT, HCMC).positions([degrees]) == [pytest.approx(wanted, abs=0.06)], row["name"]
            assert move().positions([wanted]) == [pytest.approx(degrees, abs=1e-6)], row["name"]


def test_the_order_of_the_numbers_is_as_it_is_said() -> None:
    ((lon, lat),) = move().positions([CENTRE])
    assert move(Frame(9210, True)).positions([PAPER]) == [[lon, lat]]
    assert move(HCMC, Frame(WGS84, True)).positions([CENTRE]) == [[lat, lon]]


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", CENTRE),
        ("MultiPoint", RING),
        ("LineString", RING),
        ("Polygon", [RING]),
        ("MultiPolygon", [[RING], [RING]]),
        ("Polygon", []),
    ],
)
def test_a_geometry_keeps_its_form(kind: str, coordinates: object) -> None:
    moved = move().geometry({"type": kind, "coordinates": coordinates})
    back = move(LON_LAT, HCMC).geometry(moved)
    assert moved["type"] == kind

    def near(one: object, other: object) -> bool:
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(near, one, other))
        return bool(one == pytest.approx(other, abs=2e-4))

    assert near(back["coordinates"], coordinates)


def test_collections_are_moved_with_all_they_hold() -> None:
    whole = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": CENTRE}] * 2}
    moved = move().geometry(whole)["geometries"]
    assert moved == [{"type": "Point", "coordinates": move().positions(CENTRE, 0)}] * 2


@pytest.mark.parametrize(
    ("geometry", "where"),
    [
        ({"type": "Circle", "coordinates": []}, "here.type"),
        ({"type": "Point"}, "here"),
        ({"type": "Point", "coordinates": [1, 2, 3]}, "here.coordinates"),
        ({"type": "Point", "coordinates": [True, 2]}, "here.coordinates"),
        ({"type": "LineString", "coordinates": [CENTRE, ["x", 1]]}, "here.coordinates[1]"),
        ({"type": "Polygon", "coordinates": [RING, [CENTRE, None]]}, "here.coordinates[1][1]"),
        ({"type": "Polygon", "coordinates": [[[RING]]]}, "here.coordinates[0][0]"),
        ({"type": "GeometryCollection"}, "here.geometries"),
        ({"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection"}]}, "here.geometries[0]"),
    ],
)
def test_what_is_no_position_is_named(geometry: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        move().geometry(geometry)
    assert caught.value.where == where


def test_a_position_outside_is_named_with_the_area() -> None:
    with pytest.raises(InvalidCrs) as caught:
        move().positions([CENTRE, [603699.1, 9_000_000.0]])
    assert caught.value.where == "here[1]"
    assert "latitude 6 to 24" in caught.value.en


def test_numbers_in_the_order_of_surveyors_are_recognised() -> None:
    with pytest.raises(InvalidCrs) as caught:
        move().positions([PAPER])
    assert "X is the northing" in caught.value.en
    assert "X là hướng Bắc" in caught.value.vi


def test_what_leaves_the_area_of_the_target_is_refused() -> None:
    with pytest.raises(InvalidCrs):
        move(LON_LAT, HCMC).positions([[2.35, 48.85]])


def test_too_many_positions_are_refused() -> None:
    assert len(move().positions([CENTRE] * MAX_POSITIONS)) == MAX_POSITIONS
    with pytest.raises(TooLarge):
        move().positions([CENTRE] * (MAX_POSITIONS + 1))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(103.5, 108.0), st.floats(8.0, 23.0)), min_size=1, max_size=20))
def test_there_and_back_is_where_one_was_within_two_millimetres(points: list[tuple[float, float]]) -> None:
    given_points = [list(point) for point in points]
    there = move(LON_LAT, HCMC).positions(given_points)
    for before, after in zip(given_points, move().positions(there), strict=True):
        assert after == pytest.approx(before, abs=2e-8)  # 2 mm: the shift of the datum leaves heights out
