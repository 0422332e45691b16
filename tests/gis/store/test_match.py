from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

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


def test_where_the_former_commune_is_not_known_the_commune_tells_numbers_apart(
    db: psycopg.Connection, parcels: Layer
) -> None:
    """Sheet 12 number 1 of two communes are two parcels; far away, so that neither is known by its place."""

    def load_one(place: float, commune: str | None, former: str | None = None) -> Matched:
        plain = records([Parcel("1", place)])
        told = {"commune": pa.array([commune], pa.string()), "commune_old": pa.array([former], pa.string())}
        stage_id = stage(db, parcels, WHO, [Records(plain.geometry, {**plain.columns, **told})])
        found = match(db, stage_id, parcels)
        publish(db, stage_id, parcels)
        return found

    assert load_one(0, "26740").inserted == 1
    assert load_one(20, "26743").inserted == 1
    assert load_one(40, "26740").updated == 1  # moved, known by its number within the commune
    assert load_one(60, None).inserted == 1
    assert load_one(80, None).updated == 1
    assert load_one(100, "26740", former="26740").inserted == 1  # the code of a former commune means another one
    assert load_one(120, "26743", former="26740").updated == 1  # given to another commune, and known all the same


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


YEAR = {year: datetime(year, 1, 1, tzinfo=UTC) for year in range(2009, 2031)}
NEW = UUID("0190a000-0000-7000-8000-000000000001")
VERSIONS = """SELECT parcel, street, extract(year FROM lower(valid))::int, extract(year FROM upper(valid))::int
              FROM land_history.parcels WHERE to_changeset IS NULL ORDER BY lower(valid), parcel"""


def named(rows: list[Parcel], ids: list[UUID | None]) -> Records:
    """Records that say which features they are."""
    plain = records(rows)
    column = pa.array([each.bytes if each else None for each in ids], pa.binary())
    return Records(plain.geometry, {**plain.columns, "id": column, "source_row": pa.array(range(1, len(rows) + 1))})


def load_named(db: psycopg.Connection, layer: Layer, rows: list[Parcel], ids: list[UUID | None]) -> Matched:
    stage_id = stage(db, layer, WHO, [named(rows, ids)])
    found = match(db, stage_id, layer)
    publish(db, stage_id, layer)
    return found


def ids_of(db: psycopg.Connection) -> dict[str, UUID]:
    return dict(table(db, "SELECT parcel, id FROM land.parcels"))  # type: ignore[arg-type]


def test_a_record_with_the_id_of_a_feature_is_that_feature_whatever_its_number_and_place(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    ids = ids_of(db)
    rows = [Parcel("99", 50), Parcel("2", 1)]
    found = load_named(db, parcels, rows, [ids["1"], ids["2"]])
    assert (found.inserted, found.updated, found.unchanged, found.misnamed) == (0, 1, 1, ())
    assert ids_of(db) == {"99": ids["1"], "2": ids["2"]}
    assert load_named(db, parcels, rows, [ids["1"], ids["2"]]).unchanged == 2
    assert check(database, catalog) == []


def test_a_record_with_an_unknown_id_is_a_new_feature_of_that_id(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel("1", 0)])
    assert load_named(db, parcels, [Parcel("3", 0.1)], [NEW]).inserted == 1
    assert ids_of(db)["3"] == NEW


@pytest.mark.parametrize("known", [True, False])
def test_a_record_whose_id_and_number_name_different_features_is_taken_off(
    known: bool, db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel("1", 0), Parcel("2", 5)])
    ids = ids_of(db)
    mine = ids["1"] if known else NEW
    found = load_named(db, parcels, [Parcel("7", 9), Parcel("2", 5, street="Lê Lợi")], [None, mine])
    assert (found.inserted, found.updated) == (1, 0)
    assert [(one.source_row, one.id, one.other) for one in found.misnamed] == [(2, mine, ids["2"])]
    assert {parcel: one for parcel, one in ids_of(db).items() if parcel != "7"} == ids


def test_a_record_without_a_number_is_told_by_its_content_if_its_id_is_unknown(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    row = Parcel(None, 0)  # type: ignore[arg-type]
    load([row])
    assert [one.id for one in load_named(db, parcels, [row], [NEW]).misnamed] == [NEW]


def test_two_features_exchange_their_numbers(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0), Parcel("2", 5)])
    ids = ids_of(db)
    found = load_named(db, parcels, [Parcel("2", 0), Parcel("1", 5)], [ids["1"], ids["2"]])
    assert (found.updated, found.misnamed) == (2, ())
    assert ids_of(db) == {"1": ids["2"], "2": ids["1"]}
    assert check(database, catalog) == []


def test_the_versions_of_one_feature_come_in_one_file(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0, valid_from=YEAR[2010])])
    ids = [ids_of(db)["1"]] * 3
    rows = [
        Parcel("1", 0, street="A", valid_from=YEAR[2010], valid_to=YEAR[2015]),
        Parcel("1", 0, street="B", valid_from=YEAR[2015], valid_to=YEAR[2020]),
        Parcel("1", 0, street="C", valid_from=YEAR[2020]),
    ]
    assert load_named(db, parcels, rows, ids).updated == 3  # type: ignore[arg-type]
    assert table(db, VERSIONS) == [("1", "A", 2010, 2015), ("1", "B", 2015, 2020), ("1", "C", 2020, None)]
    assert load_named(db, parcels, rows, ids).unchanged == 3  # type: ignore[arg-type]
    corrected = [rows[0], replace(rows[1], street="B2"), rows[2]]
    again = load_named(db, parcels, corrected, ids)  # type: ignore[arg-type]
    assert (again.unchanged, again.updated) == (2, 1)
    assert [row[1] for row in table(db, VERSIONS)] == ["A", "B2", "C"]
    assert check(database, catalog) == []


@pytest.mark.parametrize("number", ["1", None])
def test_an_end_that_a_record_says_is_kept(
    number: str, db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    begun = Parcel(number, 0, valid_from=YEAR[2020])
    load([begun])
    ended = replace(begun, valid_to=YEAR[2024])
    number_of = load([ended])
    assert table(db, VERSIONS) == [(number, "Nguyễn Trãi", 2020, 2024)]
    assert table(db, "SELECT counts FROM landmap.changeset WHERE number = %s", number_of) == [
        ({"insert": 0, "update": 1, "close": 1, "unchanged": 0},)
    ]
    for said in (ended, begun):
        assert staged(db, parcels, [said])[1].unchanged == (1 if said is ended else 0)
    load([replace(begun, valid_to=YEAR[2030])])
    assert table(db, VERSIONS) == [(number, "Nguyễn Trãi", 2020, 2030)]
    assert len(table(db, "SELECT DISTINCT id FROM land_history.parcels")) == 1
    assert check(database, catalog) == []


def test_an_end_is_kept_where_only_the_content_tells_what_a_record_is(db: psycopg.Connection, catalog: Catalog) -> None:
    permits = catalog.layers["permits"]

    def load_until(until: datetime | None) -> Matched:
        times = {"valid_from": [YEAR[2020]], "valid_to": [until]}
        columns = {name: pa.array(values, pa.timestamp("us", tz="UTC")) for name, values in times.items()}
        columns["status"] = pa.array(["ISSUED"])
        stage_id = stage(db, permits, WHO, [Records(np.array([shapely.Point(E0, N0)]), columns)])
        found = match(db, stage_id, permits)
        publish(db, stage_id, permits)
        return found

    load_until(None)
    assert load_until(YEAR[2024]).updated == 1
    assert load_until(YEAR[2024]).unchanged == 1
    assert table(
        db, "SELECT count(DISTINCT id), max(upper(valid)) FROM land_history.permits WHERE to_changeset IS NULL"
    ) == [(1, YEAR[2024])]


def test_an_earlier_state_with_an_end_leaves_what_holds_now(
    db: psycopg.Connection, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0, valid_from=YEAR[2010])])
    load([Parcel("1", 0, street="Lê Lợi", valid_from=YEAR[2012], valid_to=YEAR[2015])])
    assert [row[1:] for row in table(db, VERSIONS)] == [
        ("Nguyễn Trãi", 2010, 2012), ("Lê Lợi", 2012, 2015), ("Nguyễn Trãi", 2015, None),
    ]  # fmt: skip
    assert check(database, catalog) == []


def test_another_beginning_is_a_change_where_the_record_says_it_and_not_where_the_load_does(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel("1", 0, valid_from=YEAR[2020])])
    later = [Parcel("1", 0, valid_from=YEAR[2022])]
    given = stage(db, parcels, WHO, [records(later)])
    assert match(db, given, parcels, valid_from=YEAR[2022]).unchanged == 1
    assert staged(db, parcels, later)[1].updated == 1
    load(later)
    assert staged(db, parcels, later)[1].unchanged == 1


def test_what_a_complete_file_lacks_ends_at_the_date_of_the_file(
    db: psycopg.Connection, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("10", 0, valid_from=YEAR[2010]), Parcel("20", 9, valid_from=YEAR[2029])])
    halves = [Parcel("11", 0, size=5, valid_from=YEAR[2025]), Parcel("12", 0.5, size=5, valid_from=YEAR[2025])]
    load(halves, Scope({"sheet": "12"}, since=YEAR[2025]))
    assert [(row[0], *row[2:]) for row in table(db, VERSIONS)] == [
        ("10", 2010, 2025), ("11", 2025, None), ("12", 2025, None), ("20", 2029, None),
    ]  # fmt: skip
    assert check(database, catalog) == []


def test_what_is_in_scope_is_asked_for_the_date_of_the_file(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0, valid_from=YEAR[2010], valid_to=YEAR[2015]), Parcel("2", 5, valid_from=YEAR[2010])])
    for year, in_scope in ((2012, 2), (2020, 1), (2009, 0)):
        _, found = staged(db, parcels, [Parcel("3", 9)], Scope({"sheet": "12"}, since=YEAR[year]))
        assert (found.vanished, found.in_scope) == (in_scope, in_scope)


_SOME = st.builds(
    Parcel,
    number=st.sampled_from(["1", "2", "3", None]),
    place=st.sampled_from([0.0, 0.2, 1.0, 2.0, 500.0]),
    sheet=st.sampled_from(["12", "13", None]),
    street=st.sampled_from(["Nguyễn Trãi", "Lê Lợi"]),
)


@given(
    known=st.lists(_SOME, min_size=1, max_size=6),
    arrived=st.lists(_SOME, min_size=4, max_size=4),
    names=st.lists(st.sampled_from([None, None, 0, 1, 2, 6]), min_size=4, max_size=4),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_small_file_compared_with_its_surroundings_matches_as_with_the_whole_layer(
    db: psycopg.Connection, parcels: Layer, known: list[Parcel], arrived: list[Parcel], names: list[int | None]
) -> None:
    results = []
    with db.transaction(force_rollback=True):
        first = stage(db, parcels, WHO, [records(known)])
        publish(db, first, parcels)
        db.execute("ANALYZE land_history.parcels")
        given = [row[0] for row in table(db, "SELECT id FROM land_history.parcels ORDER BY version")]
        ids = [None if n is None else given[n] if n < len(given) else NEW for n in names]
        for small in (0, 10**9):
            with db.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
                patch.setattr(matching, "_SMALL", small)
                mine = stage(db, parcels, WHO, [named(arrived, ids)])
                found = match(db, mine, parcels, Scope({"sheet": "12"}))
                rows = table(db, f"SELECT row, operation, replaces FROM land_staging.s{mine}")
                results.append((found, sorted((row[1:] if row[1] == "close" else row for row in rows), key=repr)))
    assert results[0] == results[1]
