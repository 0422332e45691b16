from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import ConflictError
from gis.model.layer import Catalog, Layer
from gis.store import match as matching
from gis.store.check import check
from gis.store.match import Matched, Scope, match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from tests.gis.store.conftest import E0, N0, WHO, Load, Parcel, records, staged, table


def test_the_same_file_again_writes_nothing(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    rows = [Parcel(str(i), i, holder=f"Người {i}") for i in range(20)] + [Parcel("5", 30)]
    load(rows)
    _, found = staged(db, parcels, rows)
    assert (found.unchanged, found.inserted, found.updated) == (21, 0, 0)


def test_a_changed_file_writes_the_changed_records_only(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel(str(i), i) for i in range(20)])
    _, found = staged(
        db,
        parcels,
        [Parcel(str(i), i, street="Lê Lợi" if i < 3 else "Nguyễn Trãi") for i in range(20)] + [Parcel("20", 20)],
    )
    assert (found.unchanged, found.inserted, found.updated) == (17, 1, 3)


def test_a_change_of_a_restricted_field_is_a_change(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A")])
    _, found = staged(db, parcels, [Parcel("1", 0, holder="Trần Thị B")])
    assert found.updated == 1


def test_repeated_keys_are_told_apart_by_place(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("5", 0), Parcel("5", 40)])
    ids = {r[0]: r[1] for r in table(db, "SELECT round(ST_XMin(geom) - %s), id FROM land.parcels", E0)}
    load([Parcel("5", 40, street="Lê Lợi"), Parcel("5", 0, street="Hai Bà Trưng")])
    rows = table(db, "SELECT round(ST_XMin(geom) - %s), id, street FROM land.parcels ORDER BY 1", E0)
    assert rows == [(0, ids[0], "Hai Bà Trưng"), (400, ids[400], "Lê Lợi")]


def test_a_renumbered_parcel_is_known_by_its_place(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])
    before = table(db, "SELECT id FROM land.parcels")
    load([Parcel("77", 0.2)])
    assert table(db, "SELECT id FROM land.parcels WHERE parcel = '77'") == before


def test_half_an_overlap_is_another_parcel(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])
    _, found = staged(db, parcels, [Parcel("77", 0.6)])
    assert (found.inserted, found.updated) == (1, 0)


def test_records_without_a_whole_identity_are_matched_by_content_and_place(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    rows = [Parcel(None, 0), Parcel(None, 1)]  # type: ignore[arg-type]
    load(rows)
    _, found = staged(db, parcels, rows)
    assert found.unchanged == 2
    _, moved = staged(db, parcels, [Parcel(None, 0.1, street="Lê Lợi"), Parcel(None, 1)])  # type: ignore[arg-type]
    assert (moved.unchanged, moved.updated) == (1, 1)


def test_what_vanished_is_closed_only_inside_the_scope(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel(str(i), i, sheet="12" if i < 5 else "13") for i in range(10)])
    load([Parcel("0", 0)], scope=Scope({"sheet": "12"}))
    assert table(db, "SELECT parcel FROM land.parcels ORDER BY parcel::int") == [
        ("0",),
        ("5",),
        ("6",),
        ("7",),
        ("8",),
        ("9",),
    ]
    assert check(database, catalog) == []


def test_without_a_scope_nothing_is_closed(db: psycopg.Connection, load: Load) -> None:
    load([Parcel(str(i), i) for i in range(3)])
    load([Parcel("0", 0, street="Lê Lợi")])
    assert table(db, "SELECT count(*) FROM land.parcels") == [(3,)]


def test_a_polygon_is_a_scope_too(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel(str(i), i) for i in range(10)])
    area = shapely.box(E0 - 1, N0 - 1, E0 + 41, N0 + 11)
    _, found = staged(db, parcels, [Parcel("0", 0)], scope=Scope({}, area))
    assert (found.vanished, found.in_scope) == (3, 4)


def test_features_that_do_not_hold_today_are_known_again(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    rows = [
        Parcel("1", 0, valid_from=datetime(2030, 1, 1, tzinfo=UTC)),
        Parcel("2", 1, valid_from=datetime(2010, 1, 1, tzinfo=UTC), valid_to=datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    load(rows)
    _, found = staged(db, parcels, rows)
    assert (found.unchanged, found.inserted, found.updated) == (2, 0, 0)


def test_an_older_state_loaded_again_is_a_change(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])
    load([Parcel("1", 0, street="Lê Lợi")])
    _, found = staged(db, parcels, [Parcel("1", 0)])
    assert found.updated == 1


def test_a_feature_that_ended_begins_again(db: psycopg.Connection, load: Load, catalog: Catalog, database: str) -> None:
    load([Parcel("1", 0, valid_from=datetime(2010, 1, 1, tzinfo=UTC), valid_to=datetime(2020, 1, 1, tzinfo=UTC))])
    load([Parcel("1", 0, street="Lê Lợi")])
    assert table(db, "SELECT count(DISTINCT id), count(*) FROM land_history.parcels") == [(1, 2)]
    assert table(db, "SELECT street FROM land.parcels") == [("Lê Lợi",)]
    assert check(database, catalog) == []


def test_a_part_of_the_identity_may_be_absent(db: psycopg.Connection, catalog: Catalog) -> None:
    permits = catalog.layers["permits"]

    def load_states(*states: str) -> Matched:
        columns = {"number": pa.array(["P1"] * len(states)), "status": pa.array(states)}
        stage_id = stage(db, permits, WHO, [Records(np.array([shapely.Point(E0, N0)] * len(states)), columns)])
        found = match(db, stage_id, permits)
        publish(db, stage_id, permits)
        return found

    load_states("IN_REVIEW")
    assert load_states("ISSUED").updated == 1
    load_states("ISSUED", "IN_REVIEW", "RECEIVED")
    again = load_states("EXPIRED", "ISSUED", "RECEIVED")
    assert (again.inserted, again.updated + again.unchanged) == (0, 3)


def test_another_changeset_during_matching_is_not_overlooked(
    db: psycopg.Connection, database: str, parcels: Layer, load: Load
) -> None:
    """The base is what was known when matching began."""
    load([Parcel("9", 9)])
    mine = stage(db, parcels, WHO, [records([Parcel("7", 7)])])
    with psycopg.connect(database) as holder:
        match(holder, mine, parcels)
        load([Parcel("7", 7)])
        holder.commit()
    with pytest.raises(ConflictError):
        publish(db, mine, parcels)


_SOME = st.builds(
    Parcel,
    number=st.sampled_from(["1", "2", "3", None]),
    place=st.sampled_from([0.0, 0.2, 1.0, 2.0, 500.0]),
    sheet=st.sampled_from(["12", "13", None]),
    street=st.sampled_from(["Nguyễn Trãi", "Lê Lợi"]),
)


@given(known=st.lists(_SOME, min_size=1, max_size=6), arrived=st.lists(_SOME, min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_small_file_compared_with_its_surroundings_matches_as_with_the_whole_layer(
    db: psycopg.Connection, parcels: Layer, known: list[Parcel], arrived: list[Parcel]
) -> None:
    results = []
    with db.transaction(force_rollback=True):
        first = stage(db, parcels, WHO, [records(known)])
        publish(db, first, parcels)
        db.execute("ANALYZE land_history.parcels")
        for small in (0, 10**9):
            with db.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
                patch.setattr(matching, "_SMALL", small)
                mine, found = staged(db, parcels, arrived, Scope({"sheet": "12"}))
                rows = table(db, f"SELECT row, operation, replaces FROM land_staging.s{mine}")
                results.append((found, sorted((row[1:] if row[1] == "close" else row for row in rows), key=repr)))
    assert results[0] == results[1]
