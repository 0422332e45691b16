from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from gis.errors import ForeignDatabase
from gis.model.layer import Access, Catalog, RowAccess, RowRule, Show
from gis.store import layers
from gis.store.check import check
from gis.store.database import check_reference_systems, connect, prepare
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
