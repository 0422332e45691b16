from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import Engine

from gis.errors import DatabaseUnavailable, ForeignDatabase
from gis.model.layer import Access, Catalog, RowAccess, RowRule, Show
from gis.store import database as preparing
from gis.store import layers, patience
from gis.store.check import check
from gis.store.database import check_reference_systems, connect, prepare, schema_version
from gis.store.embedded import ServerInfo


def test_preparing_twice_and_at_once_is_as_preparing_once(server: ServerInfo, catalog: Catalog) -> None:
    dsn = server.create_database("prepared_at_once")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: prepare(dsn, catalog), range(3)))
    with connect(dsn) as connection:
        assert layers.plan(connection, catalog).statements == ()
        assert connection.execute("SELECT count(*) FROM landmap.changeset").fetchone() == (1,)  # the codelists


def test_a_database_of_another_territory_is_refused(
    make_database: Callable[..., str], catalogs: Callable[[str], Catalog]
) -> None:
    with pytest.raises(ForeignDatabase, match="quang-ngai"):
        prepare(make_database("quang-ngai"), catalogs("hcmc"))


def test_a_database_with_somebody_elses_schemas_is_refused(server: ServerInfo, catalog: Catalog) -> None:
    dsn = server.create_database("somebody_elses")
    with connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA land")
    with pytest.raises(ForeignDatabase, match="empty database"):
        prepare(dsn, catalog)


@pytest.mark.parametrize("territory", ["hcmc", "quang-ngai", "paris", "nashville"])
def test_postgis_and_the_pinned_pipeline_agree_within_a_millimetre(
    territory: str, make_database: Callable[..., str], catalogs: Callable[[str], Catalog]
) -> None:
    with connect(make_database(territory)) as connection:
        check_reference_systems(connection, catalogs(territory).territory)


def test_a_changed_reference_system_is_put_right_at_the_next_start(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE spatial_ref_sys SET auth_name = 'EPSG' WHERE srid = 9210")
        with pytest.raises(ForeignDatabase, match="9210"):
            check_reference_systems(connection, catalog.territory)
    prepare(database, catalog)
    with connect(database) as connection:
        check_reference_systems(connection, catalog.territory)


def test_a_table_that_contradicts_its_definition_is_refused_with_the_mend(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP VIEW land.parcels")
        connection.execute("ALTER TABLE land_history.parcels ALTER map_scale TYPE text")
    with pytest.raises(ForeignDatabase, match="map_scale is text, the layer says bigint"):
        prepare(database, catalog)


def test_a_missing_column_is_planned_and_added(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("DROP VIEW land.parcels")
        connection.execute("ALTER TABLE land_history.parcels DROP COLUMN map_scale")
        found = layers.plan(connection, catalog)
        assert any("ADD COLUMN map_scale" in s for s in found.statements)
        layers.apply(connection, catalog)
        assert layers.plan(connection, catalog).statements == ()
        connection.execute("SELECT map_scale FROM land.parcels")


def test_changed_row_rules_reach_the_rows_that_are_there(database: str, catalog: Catalog) -> None:
    permits = catalog.layers["permits"]
    hidden = RowAccess(default=Show.NONE, rules=(RowRule("status", ("ISSUED",), Show.ALL),))
    stricter = replace(catalog, layers={**catalog.layers, "permits": replace(permits, rows=hidden)})
    box = "ST_MakeEnvelope(603700, 1191840, 603705, 1191850, 9210)"
    with connect(database, autocommit=True) as connection:
        connection.execute(
            f"INSERT INTO land.permits (number, status, geom) VALUES ('1', 'REVOKED', {box}), ('2', 'ISSUED', {box})"
        )
        layers.apply(connection, stricter)
        shown = connection.execute(
            "SELECT number, shown, sort_key >> 52 FROM land_history.permits ORDER BY 1"
        ).fetchall()
        assert shown == [("1", 0, 5), ("2", 3, 0)]
        assert layers.plan(connection, stricter).statements == ()
    assert check(database, stricter) == []


def test_a_field_that_is_no_longer_public_is_taken_from_the_public_role(database: str, catalog: Catalog) -> None:
    parcels = catalog.layers["parcels"]
    fields = tuple(replace(f, access=Access.AGENCY) if f.name == "street" else f for f in parcels.fields)
    stricter = replace(catalog, layers={**catalog.layers, "parcels": replace(parcels, fields=fields)})
    granted = "SELECT has_column_privilege('landmap_public', 'land_history.parcels', 'street', 'SELECT')"
    with connect(database, autocommit=True) as connection:
        assert connection.execute(granted).fetchone() == (True,)
        layers.apply(connection, stricter)
        assert connection.execute(granted).fetchone() == (False,)


def older(connection: psycopg.Connection) -> None:
    """Makes the database lack a column, indexes and the view of today, with what would be lost on the way in it."""
    connection.execute(
        f"INSERT INTO land.permits (number, status, geom) VALUES ('1', 'REVOKED', {BOX}), ('2', 'ISSUED', {BOX})"
    )
    connection.execute("DROP VIEW land.parcels")
    connection.execute("ALTER TABLE land_history.parcels DROP COLUMN map_scale")
    connection.execute("DROP INDEX land_history.parcels_id, land_history.wards_from, land_history.permits_ends")


BOX = "ST_MakeEnvelope(603700, 1191840, 603705, 1191850, 9210)"


def test_whoever_is_killed_between_any_two_steps_is_followed_by_one_that_finishes(
    database: str, catalog: Catalog
) -> None:
    hidden = RowAccess(default=Show.NONE, rules=(RowRule("status", ("ISSUED",), Show.ALL),))
    stricter = replace(catalog, layers={**catalog.layers, "permits": replace(catalog.layers["permits"], rows=hidden)})
    readable = """SELECT bool_and(has_column_privilege('landmap_public', c.oid, 'shown', 'SELECT')) FROM pg_class c
                  WHERE c.relnamespace = 'land_history'::regnamespace AND c.relkind = 'r'"""
    with connect(database, autocommit=True) as connection:
        older(connection)
        whole = layers.plan(connection, stricter).steps
        done = []
        while steps := layers.plan(connection, stricter).steps:
            done.append(steps[0])
            with connection.transaction():
                for statement in steps[0]:
                    connection.execute(statement)
            assert connection.execute(readable).fetchone() == (True,)
        assert tuple(done) == whole
        shown = connection.execute("SELECT number, shown FROM land_history.permits ORDER BY 1").fetchall()
        assert shown == [("1", 0), ("2", 3)]
        connection.execute("SELECT map_scale FROM land.parcels")
    assert check(database, stricter) == []


def test_indexes_come_before_views_which_are_short(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        older(connection)
        steps = layers.plan(connection, catalog).steps
    begins = [" ".join(step[0].split()[:2]) for step in steps]
    assert begins == ["ALTER TABLE", "CREATE INDEX", "CREATE INDEX", "CREATE INDEX", "DROP VIEW"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.05)
    monkeypatch.setattr(patience, "PAUSE", 0)


def reading(database: str) -> psycopg.Connection:
    """A transaction that has the history and the view of parcels open, as a download has for as long as it takes."""
    reader = psycopg.connect(database, application_name="a long download")
    reader.execute("SELECT FROM land.parcels")
    return reader


@pytest.mark.usefixtures("impatient")
def test_a_change_that_readers_are_in_the_way_of_is_given_up_and_names_them(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("COMMENT ON VIEW land.parcels IS 'Parcels [of another version]'")
        connection.execute("DROP INDEX land_history.parcels_id")
    with connect(database, autocommit=True) as connection, reading(database) as reader:
        with pytest.raises(DatabaseUnavailable, match=f"a long download.*process {reader.info.backend_pid}") as raised:
            prepare(database, catalog)
        assert f"tiến trình {reader.info.backend_pid}" in raised.value.vi
        with psycopg.connect(database) as other:
            other.execute("SET statement_timeout = '5s'")
            other.execute("SELECT FROM land.parcels")  # nobody waits behind it
        left = layers.plan(connection, catalog).statements
        assert not [s for s in left if "INDEX" in s]  # readers are not in the way of indexes
        reader.rollback()
        prepare(database, catalog)
        assert layers.plan(connection, catalog).statements == ()


@pytest.mark.usefixtures("impatient")
def test_a_change_is_tried_again_when_readers_have_gone(
    database: str, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(database, autocommit=True) as connection, reading(database) as reader:
        connection.execute("COMMENT ON VIEW land.parcels IS 'Parcels [of another version]'")
        monkeypatch.setattr(patience.time, "sleep", lambda _: reader.rollback())
        prepare(database, catalog)
        assert layers.plan(connection, catalog).statements == ()


def test_a_migration_that_is_killed_is_followed_by_those_after_it(
    server: ServerInfo, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    upgrade = preparing._upgrade

    def killed(engine: Engine, revision: str) -> None:
        if revision == "0009":
            raise Killed
        upgrade(engine, revision)

    dsn = server.create_database("killed_in_migrations")
    with monkeypatch.context() as patched:
        patched.setattr(preparing, "_upgrade", killed)
        with pytest.raises(Killed):
            prepare(dsn, catalog)
    with connect(dsn) as connection:
        assert schema_version(connection) == "0008"
    prepare(dsn, catalog)
    assert check(dsn, catalog) == []
