"""The keys with which extracts are sealed: Ed25519, one in use. Only the owner makes them, only the keeper reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.rows import class_row

from gis.errors import ForeignDatabase
from gis.store.access import log_change
from gis.store.keeper import Keeper
from gis.store.sql import Sql

_KEYS = """SELECT kid, public, private, created_at, created_by, retired_at FROM landmap.signing_key
           ORDER BY retired_at DESC NULLS FIRST, kid"""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One pair, 32 bytes each; `private` is None once it is retired, and what it signed still verifies."""

    kid: str
    public: bytes
    private: bytes | None = field(repr=False)
    created_at: datetime
    created_by: str
    retired_at: datetime | None


def keys(connection: psycopg.Connection) -> list[SigningKey]:
    """All keys, the one in use first."""
    with connection.cursor(row_factory=class_row(SigningKey)) as cursor:
        return cursor.execute(_KEYS).fetchall()


async def kept_keys(keeper: Keeper) -> Sequence[SigningKey]:
    """All keys as the service reads them, the one in use first. ForeignDatabase where the database has none."""
    async with keeper.transaction() as work:
        found = [SigningKey(**row) for row in await work.rows(Sql(_KEYS, ()))]
    if not found or found[0].private is None:
        raise ForeignDatabase(
            "The database has no key to seal with: run landmap seal rotate, or restore landmap.signing_key."
        )
    return found


def new_pair() -> tuple[str, bytes, bytes]:
    """A new pair: its id, the public part and the private one."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return hashlib.sha256(public).hexdigest()[:8], public, private.private_bytes_raw()


def rotate(connection: psycopg.Connection, by: str) -> str:
    """Makes a new key and retires the one in use, whose private part is forgotten; the id of the new one."""
    kid, public, private = new_pair()
    with connection.transaction():
        connection.execute(
            "UPDATE landmap.signing_key SET retired_at = clock_timestamp(), private = NULL WHERE retired_at IS NULL"
        )
        connection.execute(
            "INSERT INTO landmap.signing_key (kid, public, private, created_by) VALUES (%s, %s, %s, %s)",
            (kid, public, private, by),
        )
        log_change(connection, by, "signing key made", kid, {})
    return kid
