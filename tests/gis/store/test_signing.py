from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gis.store import signing


def test_a_new_database_has_one_key_in_use(connection: psycopg.Connection) -> None:
    (key,) = signing.keys(connection)
    assert key.retired_at is None and key.private is not None and len(key.public) == 32
    assert key.private.hex() not in repr(key)


def test_rotation_forgets_the_private_part_of_the_old_key_and_is_on_record(connection: psycopg.Connection) -> None:
    (old,) = signing.keys(connection)
    kid = signing.rotate(connection, "tester")
    now, before = signing.keys(connection)
    assert (now.kid, now.created_by, before.kid) == (kid, "tester", old.kid)
    assert before.private is None and before.public == old.public and before.retired_at is not None
    said = connection.execute(
        "SELECT actor, action, subject FROM landmap.audit ORDER BY number DESC LIMIT 1"
    ).fetchone()
    assert said == ("tester", "signing key made", kid)


def test_there_is_never_more_than_one_key_in_use(connection: psycopg.Connection) -> None:
    kid, public, private = signing.new_pair()
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO landmap.signing_key (kid, public, private, created_by) VALUES (%s, %s, %s, 'x')",
            (kid, public, private),
        )


@pytest.mark.parametrize("role", ["landmap_public", "landmap_staff", "landmap_writer"])
def test_only_the_keeper_reads_keys_and_nobody_of_the_service_writes_them(database: str, role: str) -> None:
    for login, query in (
        (role, "SELECT kid FROM landmap.signing_key"),
        ("landmap_keeper", "DELETE FROM landmap.signing_key"),
    ):
        with (
            psycopg.connect(make_conninfo(database, user=login)) as session,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            session.execute(query)
    with psycopg.connect(make_conninfo(database, user="landmap_keeper")) as session:
        assert session.execute("SELECT count(private) FROM landmap.signing_key").fetchone() == (1,)
