"""The box of a question: axis order, and advice where it was exchanged."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gis.crs.registry import crs
from gis.errors import InvalidParameter
from gis.model.layer import Catalog, Territory, Text
from gis.model.query import CRS84, BBox
from services.ogc.boxes import parse_bbox

PARIS = Territory("paris", Text("Paris", "Paris"), 2154, (2.2, 48.8, 2.48, 48.92), "Europe/Paris")


@pytest.fixture(scope="session")
def city(catalog: Catalog) -> Territory:
    """Ho Chi Minh City: 106.05 to 107.65 east, 8.5 to 11.55 north."""
    return catalog.territory


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0,0,1,1", CRS84),  # in the Atlantic, and there the other way round too
        ("10,40,11,41", CRS84),
        ("102,8,110,24", CRS84),  # all of Vietnam
        ("-180,-90,180,90", CRS84),
        ("107,10,-170,11", CRS84),  # over the antimeridian, from within the city
        ("-500,-90,500,90", CRS84),
        ("1,2,3,4", 9210),
        ("600000,1190000,601000,1191000", 9210),
    ],
)
def test_a_box_elsewhere_or_around_is_a_box(city: Territory, text: str, code: int) -> None:
    assert parse_bbox(text, crs(code), city).crs == code


@pytest.mark.parametrize(
    "text", ["10.7,106.6,10.8,106.7", "8.5,106.1,11.5,107.6", "8,102,24,110", "10.7,106.6,10.7,106.6"]
)
def test_latitude_before_longitude_is_refused_with_the_box_that_is_meant(city: Territory, text: str) -> None:
    south, west, north, east = text.split(",")
    with pytest.raises(InvalidParameter) as refused:
        parse_bbox(text, crs(CRS84), city)
    assert refused.value.where == "bbox"
    for sentence in (refused.value.en, refused.value.vi):
        assert "OGC:CRS84" in sentence
        assert "minLon,minLat,maxLon,maxLat" in sentence
        assert f"bbox={west},{south},{east},{north}." in sentence


def test_a_large_box_elsewhere_that_would_touch_the_territory_turned_is_no_mistake() -> None:
    """The Horn of Africa asked of Paris, where both readings are places on Earth."""
    assert parse_bbox("40,0,60,20", crs(CRS84), PARIS) == BBox((40.0, 0.0, 60.0, 20.0), CRS84)
    with pytest.raises(InvalidParameter, match=r"bbox=2\.3,48\.8,2\.4,48\.9\."):
        parse_bbox("48.8,2.3,48.9,2.4", crs(CRS84), PARIS)


INSIDE = st.tuples(
    st.floats(106.1, 107.6), st.floats(8.6, 11.5), st.floats(0.0, 0.04, exclude_min=True), st.floats(0.0, 0.04)
)


@given(INSIDE)
def test_a_box_in_the_territory_is_taken_as_written_and_refused_when_turned(
    city: Territory, place: tuple[float, float, float, float]
) -> None:
    west, south, width, height = (round(number, 6) for number in place)
    east, north = round(west + width, 6), round(south + height, 6)
    assume(west <= east)
    assert parse_bbox(f"{west},{south},{east},{north}", crs(CRS84), city).bounds == (west, south, east, north)
    assert parse_bbox(f"{south},{west},{north},{east}", crs(4326), city).bounds == (west, south, east, north)
    with pytest.raises(InvalidParameter, match=f"bbox={west},{south},{east},{north}"):
        parse_bbox(f"{south},{west},{north},{east}", crs(CRS84), city)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4),
    st.sampled_from([84, 4326, 3857, 9210]),
)
def test_any_four_numbers_are_a_box_or_refused(city: Territory, numbers: list[float], code: int) -> None:
    text = ",".join(map(repr, numbers))
    try:
        found = parse_bbox(text, crs(code), city)
    except InvalidParameter:
        return
    assert found.bounds[1] <= found.bounds[3]
