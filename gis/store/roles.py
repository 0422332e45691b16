"""The roles that the service logs in as: the second wall behind the policy. Their passwords follow from the owner's.

`landmap_public` and `landmap_staff` only read. `landmap_keeper` reads restricted fields and writes down who did.
`landmap_writer` edits on behalf of others. People who edit in the database log in as themselves and are members of a
group, which nobody logs in as.
"""

from __future__ import annotations

import hmac

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from gis.errors import DatabaseUnavailable

ROLES = ("landmap_public", "landmap_staff", "landmap_keeper")

WRITER = "landmap_writer"
"""The login that edits through the views `land.<layer>` and names the actor (ddl/write.sql)."""

LOGINS = (*ROLES, WRITER)

EDITOR = "landmap_editor"
"""The group that may edit through the views `land.<layer>`: `GRANT landmap_editor TO` a person's own role."""


def login(dsn: str, role: str) -> dict[str, str]:
    """`user` and `password` for a driver's connect, which takes them before those of the owner in `dsn`.

    No password where `dsn` has none: the server then trusts its clients, or they have another way. Else one that whoever
    knows the owner's can work out again, on any machine and after any restart, so that none is kept; nobody can work it
    out backwards.
    """
    owner = conninfo_to_dict(dsn).get("password")
    if owner is None:
        return {"user": role}
    return {"user": role, "password": hmac.digest(str(owner).encode(), role.encode(), "sha256").hex()}


def make(connection: psycopg.Connection) -> None:
    """Create those that the server lacks; they belong to the server, not to the database."""
    for role, kind in (*((role, "LOGIN") for role in LOGINS), (EDITOR, "NOLOGIN")):
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            try:
                with connection.transaction():
                    connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(kind)))
            except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                continue  # made meanwhile for another database of the same server


def admit(dsn: str) -> None:
    """Make sure that they can log in, setting their passwords if they cannot; nothing to do where `dsn` has none.

    Raises DatabaseUnavailable where they cannot even so.
    """
    for role in LOGINS:
        if "password" not in login(dsn, role) or _refusal(dsn, role) is None:
            continue
        try:
            _set_password(dsn, role)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseUnavailable(
                f"The owner of the database may not set the password of {role}. "
                f"As a superuser: GRANT {role} TO the owner WITH ADMIN OPTION."
            ) from error
        if refusal := _refusal(dsn, role):
            raise DatabaseUnavailable(f"The database does not let {role} in: {refusal}. See its pg_hba.conf.")


def _refusal(dsn: str, role: str) -> str | None:
    """What the server says to a login, None if it lets the role in."""
    try:
        psycopg.connect(dsn, **login(dsn, role), connect_timeout=10).close()  # type: ignore[arg-type]
    except psycopg.OperationalError as error:
        return str(error)
    return None


def _set_password(dsn: str, role: str) -> None:
    password = login(dsn, role)["password"]
    with psycopg.connect(dsn, autocommit=True) as owner:
        hashed = owner.pgconn.encrypt_password(password.encode(), role.encode())  # the server's log may show statements
        owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed.decode())))
