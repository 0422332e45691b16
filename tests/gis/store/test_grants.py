"""What each role may do: the public and the service's staff only read, people of the group of editors edit."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gis.model.layer import Catalog
from gis.store import layers
from gis.store.roles import EDITOR, LOGINS, ROLES, WRITER
from gis.store.tables import restricted_tables
from tests.gis.store.conftest import Load, Parcel, table

EDITS = (
    "UPDATE land.parcels SET street = 'Lê Lợi'",
    "DELETE FROM land.parcels",
    "INSERT INTO land.parcels (sheet, parcel, geom) SELECT '12', '2', NULL",
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("edit", EDITS)
def test_the_roles_of_the_service_do_not_edit(db: psycopg.Connection, database: str, role: str, edit: str) -> None:
    with psycopg.connect(make_conninfo(database, user=role)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(edit)
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SET ROLE {EDITOR}")


def test_an_editor_edits_under_the_persons_own_name_and_reads_no_history(
    db: psycopg.Connection, editor: str, load: Load
) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A")])
    with psycopg.connect(editor, autocommit=True) as person:
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        assert person.execute("SELECT count(*) FROM landmap.code").fetchone() != (0,)
        for forbidden in (
            "SELECT * FROM land_history.parcels",
            "UPDATE land_history.parcels SET street = 'x'",
            "SELECT * FROM land_restricted.parcels_holders",
            "SELECT * FROM landmap.changeset",
            "SELECT landmap.open_changeset('somebody', 'else')",
            "SELECT landmap.edit_changeset('parcels', 'UPDATE')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                person.execute(forbidden)
    assert table(db, "SELECT actor FROM landmap.changeset ORDER BY number DESC LIMIT 1") == [("lan",)]


def test_nobody_logs_in_as_the_group_of_editors(db: psycopg.Connection) -> None:
    assert table(db, "SELECT rolcanlogin, rolinherit, rolsuper FROM pg_roles WHERE rolname = %s", EDITOR) == [
        (False, True, False)
    ]


def test_of_a_changeset_the_public_reads_number_and_time_only(db: psycopg.Connection, database: str) -> None:
    columns = table(
        db,
        """SELECT a.attname FROM pg_attribute a WHERE a.attrelid = 'landmap.changeset'::regclass AND a.attnum > 0
           AND NOT a.attisdropped AND has_column_privilege('landmap_public', a.attrelid, a.attnum, 'SELECT')""",
    )
    assert sorted(columns) == [("committed_at",), ("number",)]


def test_everybody_may_run_nothing(db: psycopg.Connection) -> None:
    """A migration that makes a function must say who may run it: see ddl/rights.sql."""
    open_to_all = table(
        db,
        """SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE n.nspname LIKE 'land%%' AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) WHERE grantee = 0))""",
    )
    assert open_to_all == []


@pytest.mark.parametrize("role", [*LOGINS, EDITOR])
def test_a_role_runs_what_computes_and_few_things_more(db: psycopg.Connection, role: str) -> None:
    runs = table(
        db,
        """SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE n.nspname LIKE 'land%%' AND (p.provolatile <> 'i' OR p.prosecdef) AND has_function_privilege(%s, p.oid, 'EXECUTE')""",
        role,
    )
    allowed = {
        "landmap_public": {("key_actor",), ("member_actor",), ("relations",)},
        "landmap_staff": {("agency_area",), ("relations",)},
        "landmap_keeper": {("agency_area",), ("key_holder",), ("member_actor",)},
        WRITER: {("agency_area",)},
        "landmap_writer": {("agency_area",)},
    }
    assert set(runs) == allowed.get(role, set())


@pytest.mark.parametrize("role", [*LOGINS, EDITOR])
def test_one_role_reads_restricted_tables_and_none_but_the_owner_writes_them(
    db: psycopg.Connection, catalog: Catalog, role: str
) -> None:
    for layer in catalog.layers.values():
        for restricted in restricted_tables(layer).values():
            name = f"land_restricted.{restricted.name}"
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                allowed = (role, right) == ("landmap_keeper", "SELECT")
                assert table(db, "SELECT has_table_privilege(%s, %s, %s)", role, name, right) == [(allowed,)]
            columns = table(
                db,
                "SELECT count(*) FROM pg_attribute WHERE attrelid = %s::regclass AND has_column_privilege(%s, attrelid, attnum, 'SELECT')",
                name,
                role,
            )
            assert (columns != [(0,)]) == (role == "landmap_keeper")


@pytest.mark.parametrize("role", [*LOGINS, EDITOR])
def test_one_role_writes_the_audit_and_the_usage_and_takes_nothing_back(db: psycopg.Connection, role: str) -> None:
    keeps = role == "landmap_keeper"
    rights = {
        right: table(db, "SELECT has_table_privilege(%s, 'landmap.audit', %s)", role, right) == [(True,)]
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
    }
    assert rights == {
        "SELECT": keeps,
        "INSERT": keeps,
        "UPDATE": False,
        "DELETE": False,
        "TRUNCATE": False,
        "TRIGGER": False,
    }
    for name in ("usage", "audit"):
        assert table(db, "SELECT has_table_privilege(%s, %s, 'DELETE')", role, f"landmap.{name}") == [(False,)]
    assert table(db, "SELECT has_any_column_privilege(%s, 'landmap.audit', 'UPDATE')", role) == [(False,)]
    assert table(db, "SELECT has_table_privilege(%s, 'landmap.usage', 'INSERT')", role) == [(keeps,)]
    assert table(db, "SELECT has_any_column_privilege(%s, 'landmap.restricted_grant', 'SELECT')", role) == [(False,)]


def test_rights_that_were_given_before_are_taken_back(database: str, catalog: Catalog) -> None:
    """As a database of an earlier version has them: the view is made anew with the rights of today."""
    with psycopg.connect(database) as owner:
        owner.execute("GRANT INSERT, UPDATE, DELETE ON land.parcels TO landmap_staff")
        owner.execute("COMMENT ON VIEW land.parcels IS 'Parcels [of another version]'")
        layers.apply(owner, catalog)
        row = owner.execute("SELECT has_table_privilege('landmap_staff', 'land.parcels', 'UPDATE')").fetchone()
        assert row == (False,)
