"""GeoJSON geometries read one by one and many together."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from gis.ingest.geojson import Misread, plain_polygons, read_geometry

type Value = Any

NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
NEAR = st.floats(-180, 180) | st.integers(-180, 180)
ODD: st.SearchStrategy[Value] = st.none() | st.booleans() | st.text(max_size=2) | st.just([]) | st.just({})


def closed(ring: list[Value]) -> list[Value]:
    return [*ring, ring[0]] if ring else ring


RINGS = st.lists(st.lists(NEAR, min_size=2, max_size=2), min_size=3, max_size=8).map(closed)
PLAIN = st.one_of(
    RINGS.map(lambda ring: {"type": "Polygon", "coordinates": [ring]}),
    RINGS.map(lambda ring: {"type": "MultiPolygon", "coordinates": [[ring]]}),
)
POSITIONS = st.lists(NUMBERS | ODD, max_size=4)
OTHERS: st.SearchStrategy[Value] = st.one_of(
    ODD,
    st.builds(
        lambda kind, coordinates: {"type": kind, "coordinates": coordinates},
        st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString", "polygon", None]),
        st.lists(st.lists(POSITIONS | ODD, max_size=6).map(closed) | ODD, max_size=2) | ODD,
    ),
    RINGS.map(lambda ring: {"type": "Polygon", "coordinates": [ring, ring]}),
    RINGS.map(lambda ring: {"type": "Polygon", "coordinates": [ring[:-1]]}),
    RINGS.map(lambda ring: {"type": "MultiPolygon", "coordinates": [[ring], [ring]]}),
    RINGS.map(lambda ring: {"type": "MultiPolygon", "coordinates": [[ring, ring]]}),
    RINGS.map(lambda ring: {"type": "MultiPolygon", "coordinates": [ring]}),
    RINGS.map(lambda ring: {"type": "Polygon", "coordinates": [[[*position, 5.0] for position in ring]]}),
    st.just({"type": "Polygon"}),
)


def alone(value: Value) -> bytes | None:
    """What `read_geometry` reads; None where it reads nothing."""
    try:
        shape = read_geometry(value, flipped=False)
    except Misread:
        return None
    return None if shape is None else bytes(shapely.to_wkb(shape))


@given(st.lists(PLAIN | OTHERS, max_size=6))
@example([{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [False, 0]]]}])
@example([{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [2**70, 1], [0, 0]]]}])
@example([{"type": "Polygon", "coordinates": [[[0.0, 0], [1, 0], [1, 1], [-0.0, 0]]]}])
@example([{"type": "Polygon", "coordinates": [[[0, 0, 1, 0], [1, 1], [], [0, 0, 1, 0]]]}])
def test_polygons_read_together_are_those_read_one_by_one(values: list[Value]) -> None:
    found = plain_polygons(values)
    assert len(found) == len(values)
    for value, shape in zip(values, found, strict=True):
        assert shape is None or shapely.to_wkb(shape) == alone(value)


@given(st.lists(PLAIN, min_size=1, max_size=6))
def test_no_plain_polygon_is_left_for_later(values: list[Value]) -> None:
    assert [shapely.to_wkb(shape) for shape in plain_polygons(values)] == [alone(value) for value in values]


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"type": "Polygon", "coordinates": [None]}])
def test_what_is_no_polygon_is_left_to_be_read_or_refused(value: Value) -> None:
    assert list(plain_polygons([value])) == [None]
