"""A changeset marks the tiles that it touches, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.crs.transform import transform_geometries
from gis.model.access import Decision, agency_decision, public_decision
from gis.model.layer import Catalog, Layer
from gis.model.query import ItemQuery
from gis.store import marks
from gis.store.publish import publish
from gis.store.stage import Records, stage
from gis.store.tile import Tile
from tests.gis.store.conftest import E0, N0, WHO, Load, Parcel, square
from tests.gis.store.test_cells import run, tile_at

BUFFER = 64 / 4096


def mark(db: psycopg.Connection, layer: Layer, places: list[Tile], decision: Decision | None = None) -> list[int]:
    sql = marks.state_sql(layer, places, ItemQuery(layer.id), decision or public_decision(layer))
    found: list[int] = run(db, sql)["marks"]
    return found


def bounds(geometry: Any) -> tuple[float, float, float, float]:
    """Of a geometry in EPSG:9210, in degrees."""
    (found,) = transform_geometries(np.array([geometry], dtype=object), 9210, 4326)
    west, south, east, north = shapely.bounds(found)
    return float(west), float(south), float(east), float(north)


def touches(place: Tile, box: tuple[float, float, float, float], slack: float) -> bool:
    """The tile with its buffer, and `slack` parts of a tile more, meets the box."""
    west, south, east, north = place.bounds(BUFFER + slack)
    return west <= box[2] and box[0] <= east and south <= box[3] and box[1] <= north


def test_nothing_is_marked_at_first(db: psycopg.Connection, parcels: Layer) -> None:
    assert mark(db, parcels, [tile_at(16), Tile(0, 0, 0)]) == [0, 0]


def test_a_changed_parcel_marks_the_tiles_that_draw_it_before_and_after(
    db: psycopg.Connection, load: Load, parcels: Layer
) -> None:
    first = load([Parcel("1", 0), Parcel("2", 400)])
    second = load([Parcel("1", 150)])
    moved = [bounds(square(0)), bounds(square(150))]
    still = bounds(square(400))
    for zoom in range(19):
        center = tile_at(zoom)
        near = [Tile(zoom, center.x + i, center.y + j) for i in range(-3, 4) for j in range(-3, 4)]
        near = [place for place in near if 0 <= place.x < 1 << zoom and 0 <= place.y < 1 << zoom]
        for place, found in zip(near, mark(db, parcels, near), strict=True):
            deepest = place if zoom <= 16 else Tile(16, place.x >> (zoom - 16), place.y >> (zoom - 16))
            if any(touches(place, box, 0) for box in moved):
                assert found == second, place
            elif not any(touches(deepest, box, 0.001) for box in moved):
                expected = first if touches(place, still, 0) else 0
                assert found == expected or touches(deepest, still, 0.001), place


@settings(max_examples=150, deadline=None)
@given(zoom=st.integers(0, 18), x=st.floats(0, 1, exclude_max=True), y=st.floats(0, 1, exclude_max=True))
def test_the_tiles_around_a_place_hold_it(zoom: int, x: float, y: float) -> None:
    place = Tile(zoom, int(x * 2**zoom), int(y * 2**zoom))
    found = marks.values([place])
    deepest = min(zoom, 16)
    assert found["mark_zoom"] == list(range(deepest + 1))
    assert found["mark_self"] == [False] * deepest + [True]
    west, south, east, north = place.bounds()
    for z, i, j in zip(found["mark_zoom"], found["mark_x"], found["mark_y"], strict=True):  # type: ignore[call-overload]
        w, s, e, n = Tile(z, i, j).bounds()
        assert w <= west and s <= south and e >= east and n >= north


def test_a_large_feature_marks_what_lies_inside_of_it(db: psycopg.Connection, load: Load, parcels: Layer) -> None:
    number = load([Parcel("1", 0, size=40_000.0)])
    inside = tile_at(18, 106.75, 10.85)
    assert mark(db, parcels, [inside, tile_at(12, 106.75, 10.85), tile_at(16, 105.0, 10.0)]) == [number, number, 0]
    rows = db.execute("SELECT count(*) FROM landmap.tile_mark").fetchone()
    assert rows is not None
    assert rows[0] < 3000


def test_many_rows_mark_coarsely_but_not_everything(db: psycopg.Connection, load: Load, parcels: Layer) -> None:
    number = load([Parcel(str(i), i) for i in range(600)])
    assert mark(db, parcels, [tile_at(z) for z in range(19)]) == [number] * 19
    assert mark(db, parcels, [tile_at(12, 106.2, 10.2)]) == [0]


@pytest.mark.parametrize(("status", "told"), [("ISSUED", True), ("IN_REVIEW", False), ("DRAFT", False)])
def test_rows_whose_place_the_public_does_not_see_mark_nothing_for_it(
    db: psycopg.Connection, catalog: Catalog, status: str, told: bool
) -> None:
    permits = catalog.layers["permits"]
    columns = {"number": pa.array(["1"]), "office": pa.array(["26740"]), "status": pa.array([status])}
    records = Records(np.array([shapely.Point(E0, N0)], dtype=object), columns)
    number = publish(db, stage(db, permits, WHO, [records]), permits)
    places = [tile_at(z) for z in (8, 14, 17)]
    assert mark(db, permits, places, agency_decision(permits, None, "test")) == [number] * 3
    assert mark(db, permits, places) == [number if told else 0] * 3


def test_an_edit_through_the_view_marks_once_at_its_end(db: psycopg.Connection, load: Load, parcels: Layer) -> None:
    first = load([Parcel("1", 0), Parcel("2", 400)])
    with db.transaction():
        db.execute("UPDATE land.parcels SET street = 'Lê Lợi' WHERE parcel = '1'")
        db.execute("UPDATE land.parcels SET street = 'Hàm Nghi' WHERE parcel = '1'")
    west, south, _, _ = bounds(square(0))
    other_west, other_south, _, _ = bounds(square(400))
    places = [tile_at(17, west, south), tile_at(16, other_west, other_south), tile_at(8)]
    assert mark(db, parcels, places) == [first + 1, first, first + 1]
