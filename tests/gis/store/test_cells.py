"""Cells of low zooms: never old, nothing dropped, and no more told than the rows themselves tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import mapbox_vector_tile
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.model.access import Decision, agency_decision, public_decision
from gis.model.layer import Catalog, Layer
from gis.model.query import ItemQuery
from gis.store import cell_base, cells
from gis.store.match import match
from gis.store.publish import publish
from gis.store.sql import Sql
from gis.store.stage import Records, stage
from gis.store.tile import Tile
from gis.store.tiles import tile_sql
from tests.gis.store.conftest import E0, N0, WHO, Load, Parcel, records

LON, LAT = 106.7002, 10.7761
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def tile_at(zoom: int, lon: float = LON, lat: float = LAT) -> Tile:
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return Tile(zoom, int((lon + 180) / 360 * 2**zoom), int(row * 2**zoom))


def run(db: psycopg.Connection, sql: Sql) -> Any:
    """The row of a statement made for asyncpg, with its $n named for psycopg's raw cursor."""
    with psycopg.RawCursor(db, row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(sql.text, sql.params).fetchone()


def tile(db: psycopg.Connection, layer: Layer, place: Tile, query: ItemQuery, decision: Decision | None = None) -> Any:
    """The layers of the tile; None where the base lags."""
    row = run(db, tile_sql(layer, place, query, decision or public_decision(layer)))
    return mapbox_vector_tile.decode(bytes(row["mvt"] or b"")) if row["current"] else None


def known_cells(drawn: Any, layer: Layer) -> dict[int, dict[str, Any]]:
    """The cells of a tile by id."""
    features = drawn.get(cells.name(layer), {"features": []})["features"]
    found = {f["id"]: {**f["properties"], "at": f["geometry"]["coordinates"]} for f in features}
    assert len(found) == len(features)
    return found


def now(layer: Layer) -> ItemQuery:
    return ItemQuery(layer.id)


def then(layer: Layer) -> ItemQuery:
    """Now, said as an instant: so it is counted from the versions, not taken from the base."""
    return ItemQuery(layer.id, at=datetime.now(UTC))


def at_zoom(layer: Layer, zoom: int, area: tuple[float, float, float, float]) -> list[Tile]:
    """All tiles of the zoom in the area."""
    a, b = tile_at(zoom, area[0], area[3]), tile_at(zoom, area[2], area[1])
    return [Tile(zoom, x, y) for x in range(a.x, b.x + 1) for y in range(a.y, b.y + 1)]


def test_a_base_that_lags_gives_no_tile_and_is_brought_up(
    db: psycopg.Connection, load: Load, parcels: Layer, database: str
) -> None:
    first = load([Parcel("1", 0), Parcel("2", 1)])
    assert tile(db, parcels, tile_at(12), now(parcels)) is None
    assert cell_base.bring_up(database, parcels, datetime.now(UTC)) == first
    (cell,) = known_cells(tile(db, parcels, tile_at(12), now(parcels)), parcels).values()
    assert (cell["land_use"], cell["share"], cell["features"]) == ("ODT", 100, 2)
    second = load([Parcel("3", 2, uses=("CLN",), size=10.0)])
    assert tile(db, parcels, tile_at(12), now(parcels)) is None
    assert cell_base.bring_up(database, parcels, datetime.now(UTC)) == second
    (cell,) = known_cells(tile(db, parcels, tile_at(12), now(parcels)), parcels).values()
    assert (cell["land_use"], cell["share"], cell["features"]) == ("ODT", 67, 3)


def test_an_edit_through_the_view_is_seen(db: psycopg.Connection, load: Load, parcels: Layer, database: str) -> None:
    load([Parcel("1", 0)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    db.execute("UPDATE land.parcels SET land_use = 'CLN', land_uses = '{CLN}', land_use_raw = NULL")
    assert tile(db, parcels, tile_at(10), now(parcels)) is None
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    (cell,) = known_cells(tile(db, parcels, tile_at(10), now(parcels)), parcels).values()
    assert (cell["land_use"], cell["features"]) == ("CLN", 1)


def test_the_clock_alone_makes_a_base_lag(db: psycopg.Connection, load: Load, parcels: Layer, database: str) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=2)
    load([Parcel("1", 0, valid_from=SINCE, valid_to=ends), Parcel("2", 1, valid_from=SINCE)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    (cell,) = known_cells(tile(db, parcels, tile_at(9), now(parcels)), parcels).values()
    assert cell["features"] == 2
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 0.05)
    assert tile(db, parcels, tile_at(9), now(parcels)) is None
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    (cell,) = known_cells(tile(db, parcels, tile_at(9), now(parcels)), parcels).values()
    assert cell["features"] == 1


def test_land_of_the_army_has_no_class_in_cells(
    db: psycopg.Connection, load: Load, parcels: Layer, database: str
) -> None:
    load([Parcel("1", 0, uses=("CQP",)), Parcel("2", 1, uses=("CQP",)), Parcel("3", 2, uses=("ODT",), size=5.0)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    for query in (now(parcels), then(parcels)):
        (cell,) = known_cells(tile(db, parcels, tile_at(11), query), parcels).values()
        assert "land_use" not in cell
        assert cell["features"] == 3
        seen = agency_decision(parcels, None, "test")
        (cell,) = known_cells(tile(db, parcels, tile_at(11), query, seen), parcels).values()
        assert cell["land_use"] == "CQP"


def test_hidden_rows_colour_nothing(db: psycopg.Connection, catalog: Catalog, database: str) -> None:
    permits = catalog.layers["permits"]
    states = ["ISSUED", "IN_REVIEW", "DRAFT"]
    point = shapely.Point(E0 + 2.0, N0 + 2.0)
    columns = {
        "number": pa.array(["1", "2", "3"]),
        "office": pa.array(["26740"] * 3),
        "status": pa.array(states),
    }
    publish(db, stage(db, permits, WHO, [Records(np.array([point] * 3, dtype=object), columns)]), permits)
    cell_base.bring_up(database, permits, datetime.now(UTC))
    for query in (now(permits), then(permits)):
        (cell,) = known_cells(tile(db, permits, tile_at(10), query), permits).values()
        assert (cell["status"], cell["share"], cell["features"]) == ("ISSUED", 100, 1)
        seen = agency_decision(permits, None, "test")
        (cell,) = known_cells(tile(db, permits, tile_at(10), query, seen), permits).values()
        assert cell["features"] == 3


def test_a_feature_too_large_for_cells_is_drawn_as_itself(
    db: psycopg.Connection, load: Load, parcels: Layer, database: str
) -> None:
    load([Parcel("1", 0, size=600.0), Parcel("2", 100)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    drawn = tile(db, parcels, tile_at(13), now(parcels))
    assert [f["properties"]["parcel"] for f in drawn["parcels"]["features"]] == ["1"]
    assert sum(c["features"] for c in known_cells(drawn, parcels).values()) == 1
    drawn = tile(db, parcels, tile_at(12), now(parcels))
    assert "parcels" not in drawn
    found = known_cells(drawn, parcels)
    assert sum(c["features"] for c in found.values()) == 2
    assert len(found) >= 9, "600 m are cut along squares of 153 m"


def test_another_definition_begins_anew(db: psycopg.Connection, load: Load, parcels: Layer, database: str) -> None:
    load([Parcel("1", 0)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    db.execute("UPDATE landmap.tile_base SET definition = 'another'")
    assert tile(db, parcels, tile_at(12), now(parcels)) is None
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    (cell,) = known_cells(tile(db, parcels, tile_at(12), now(parcels)), parcels).values()
    assert cell["features"] == 1


def test_what_was_known_and_what_held_earlier_is_counted(
    db: psycopg.Connection, load: Load, parcels: Layer, database: str
) -> None:
    first = load([Parcel("1", 0, valid_from=SINCE)])
    load([Parcel("2", 1, valid_from=datetime(2022, 1, 1, tzinfo=UTC))])
    for query, features in (
        (ItemQuery("parcels", known=first), 1),
        (ItemQuery("parcels", at=datetime(2021, 1, 1, tzinfo=UTC)), 1),
        (ItemQuery("parcels", at=datetime(2023, 1, 1, tzinfo=UTC)), 2),
    ):
        (cell,) = known_cells(tile(db, parcels, tile_at(9), query), parcels).values()
        assert cell["features"] == features
    assert tile(db, parcels, tile_at(9), ItemQuery("parcels", at=datetime(2019, 1, 1, tzinfo=UTC))) == {}


USES = st.sampled_from(["ODT", "CLN", "LUC", "CQP"])
LOTS = st.tuples(
    st.integers(1, 6), st.sampled_from([0.0, 3.3, 7.0, 40.0, 90.0]), st.sampled_from([8.0, 30.0, 70.0, 800.0]), USES
)
STEPS = st.lists(
    st.tuples(st.lists(LOTS, min_size=1, max_size=4, unique_by=lambda lot: lot[0]), st.booleans()),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def changing(make_database: Callable[..., str]) -> str:
    """A database that goes from one example to the next; each begins by closing what the last one left."""
    return make_database()


@settings(max_examples=10, deadline=None)
@given(steps=STEPS, gone=st.integers(0, 6))
def test_cells_are_never_old_and_drop_nothing(changing: str, catalog: Catalog, steps: list[Any], gone: int) -> None:
    """After any changes, with the base brought up after some of them, it is what the versions add up to."""
    parcels = catalog.layers["parcels"]
    with psycopg.connect(changing, autocommit=True) as db:
        db.execute("DELETE FROM land.parcels")
        load = _loader(db, parcels)
        for lots, bring_up in steps:
            load(lots)
            if bring_up:
                cell_base.bring_up(changing, parcels, datetime.now(UTC))
        db.execute("DELETE FROM land.parcels WHERE parcel = %s", (str(gone),))
        cell_base.bring_up(changing, parcels, datetime.now(UTC))
        _agree(db, parcels)


def _loader(db: psycopg.Connection, layer: Layer) -> Callable[[list[Any]], None]:
    def load(lots: list[Any]) -> None:
        rows = [Parcel(str(n), place, size=size, uses=(use,)) for n, place, size, use in lots]
        staged = stage(db, layer, WHO, [records(rows)])
        match(db, staged, layer)
        publish(db, staged, layer)

    return load


def _agree(db: psycopg.Connection, layer: Layer) -> None:
    ids = {str(row[0]) for row in db.execute("SELECT id FROM land.parcels").fetchall()}
    for zoom in range(layer.tiles.least_zoom, layer.tiles.min_zoom):
        counted, large = 0, set()
        for place in at_zoom(layer, zoom, (LON - 0.001, LAT - 0.001, LON + 0.017, LAT + 0.009)):
            kept, fresh = tile(db, layer, place, now(layer)), tile(db, layer, place, then(layer))
            assert kept is not None
            known, made = known_cells(kept, layer), known_cells(fresh, layer)
            if zoom >= layer.tiles.min_zoom - 2:
                assert known == made  # both lie on the finest grid
            counted += sum(cell["features"] for cell in known.values())
            assert sum(c["features"] for c in made.values()) == sum(c["features"] for c in known.values())
            drawn = {f["properties"]["id"] for f in kept.get("parcels", {"features": []})["features"]}
            assert drawn == {f["properties"]["id"] for f in fresh.get("parcels", {"features": []})["features"]}
            large |= drawn
        assert counted + len(large) == len(ids), zoom
        assert {UUID(one) for one in large} <= {UUID(one) for one in ids}


@pytest.mark.parametrize("zoom", [9, 12, 15])
def test_cells_lie_where_the_features_are(
    db: psycopg.Connection, load: Load, parcels: Layer, database: str, zoom: int
) -> None:
    load([Parcel("1", 0)])
    cell_base.bring_up(database, parcels, datetime.now(UTC))
    center = db.execute(
        "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Centroid(geom_84) p FROM land_history.parcels) t"
    ).fetchone()
    assert center is not None
    place = tile_at(zoom, *center)
    (cell,) = known_cells(tile(db, parcels, place, now(parcels)), parcels).values()
    west, south, east, north = place.bounds()
    # The library turns y upwards.
    xs, ys = zip(*cell["at"][0], strict=True)
    assert min(xs) <= (center[0] - west) / (east - west) * 4096 <= max(xs)
    assert min(ys) - 1 <= (center[1] - south) / (north - south) * 4096 <= max(ys) + 1
    assert (max(xs) - min(xs), max(ys) - min(ys)) == (64, 64)
