"""The roles log in themselves, with passwords, at a server that trusts nobody but its superuser."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.errors import DatabaseUnavailable
from gis.model.layer import Catalog
from gis.store import embedded
from gis.store.database import prepare
from gis.store.embedded import ServerInfo
from gis.store.pools import Pools
from gis.store.roles import LOGINS, login
from gis.store.sql import Sql

TRUSTING_THE_SUPERUSER = "local all landmap trust\nlocal all all scram-sha-256\n"


@pytest.fixture(scope="module")
def strict() -> Iterator[ServerInfo]:
    """A server of its own: the roles belong to the server, and other tests log in as them without a password."""
    home = Path(tempfile.mkdtemp(prefix="landmap-tests-", dir="/tmp"))
    home.chmod(0o755)
    try:
        server = embedded.ensure(home)
        with psycopg.connect(server.create_database("control"), autocommit=True) as control:
            _write_hba(control, TRUSTING_THE_SUPERUSER)
            control.execute("CREATE ROLE plain LOGIN CREATEROLE PASSWORD 'p@ss w/rd'")
        yield server
    finally:
        embedded.destroy(home)
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def owned(strict: ServerInfo, catalog: Catalog) -> str:
    """URL, with a password, of a prepared database whose owner is no superuser."""
    with psycopg.connect(strict.create_database("owned"), autocommit=True) as superuser:
        superuser.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        superuser.execute("GRANT INSERT, UPDATE ON spatial_ref_sys TO plain")
        superuser.execute("ALTER DATABASE owned OWNER TO plain")
    dsn = _as(strict, "owned", "plain", "p%40ss%20w%2Frd")
    prepare(dsn, catalog)
    return dsn


@pytest.mark.parametrize("role", LOGINS)
def test_a_role_logs_in_itself_and_cannot_become_the_owner(owned: str, role: str) -> None:
    with psycopg.connect(owned, **login(owned, role), autocommit=True) as connection:  # type: ignore[arg-type]
        for way in ("RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT"):
            connection.execute(way)
            assert connection.execute("SELECT session_user::text, current_user::text").fetchone() == (role, role)
        for other in {"plain", *LOGINS} - {role}:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET ROLE {other}")


async def test_the_pools_log_in_as_their_roles(owned: str) -> None:
    pools = await Pools.open(owned)
    try:
        for name in ("public", "staff"):
            row = await pools.row(Sql("SELECT session_user::text AS name", ()), name)
            assert row is not None
            assert row["name"] == f"landmap_{name}"
    finally:
        await pools.close()


@pytest.mark.parametrize("password", [None, "wrong", "p@ss w/rd"])
def test_nobody_gets_in_with_another_password(owned: str, password: str | None) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(owned.replace(":p%40ss%20w%2Frd", ""), user="landmap_public", password=password)


def test_the_next_start_leaves_the_passwords_alone_until_the_owners_changes(
    strict: ServerInfo, owned: str, catalog: Catalog
) -> None:
    with psycopg.connect(strict.dsn("owned"), autocommit=True) as superuser:
        before = _passwords(superuser)
        prepare(owned, catalog)
        assert _passwords(superuser) == before
        superuser.execute("ALTER ROLE plain PASSWORD 'another'")
        try:
            changed = _as(strict, "owned", "plain", "another")
            prepare(changed, catalog)
            assert _passwords(superuser).keys().isdisjoint(before)
            psycopg.connect(changed, **login(changed, "landmap_public")).close()  # type: ignore[arg-type]
        finally:
            superuser.execute("ALTER ROLE plain PASSWORD 'p@ss w/rd'")
            prepare(owned, catalog)


def test_a_server_that_keeps_the_role_out_is_told_at_the_start(
    strict: ServerInfo, owned: str, catalog: Catalog
) -> None:
    with psycopg.connect(strict.dsn("owned"), autocommit=True) as superuser:
        _write_hba(superuser, "local all landmap_staff reject\n" + TRUSTING_THE_SUPERUSER)
        try:
            with pytest.raises(DatabaseUnavailable, match="does not let landmap_staff in"):
                prepare(owned, catalog)
        finally:
            _write_hba(superuser, TRUSTING_THE_SUPERUSER)


def test_a_url_without_a_password_gives_the_roles_none() -> None:
    assert login("postgresql://landmap@/city?host=/run", "landmap_public") == {"user": "landmap_public"}


def _as(server: ServerInfo, database: str, user: str, password: str) -> str:
    return server.dsn(database, user).replace(f"{user}@", f"{user}:{password}@")


def _passwords(superuser: psycopg.Connection) -> dict[str, str]:
    rows = superuser.execute("SELECT rolpassword, rolname FROM pg_authid WHERE rolname = ANY(%s)", (list(LOGINS),))
    return dict(rows.fetchall())


def _write_hba(superuser: psycopg.Connection, text: str) -> None:
    """The server writes the file itself: it may run as another account than the tests."""
    (path,) = superuser.execute("SHOW hba_file").fetchone() or ("",)
    superuser.execute(f"COPY (SELECT unnest(string_to_array('{text.strip()}', E'\\n'))) TO '{path}'")  # type: ignore[arg-type]
    superuser.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")
