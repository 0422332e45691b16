"""Runs an `Sql` on a synchronous connection, as the pools do on asynchronous ones."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from gis.store.sql import Sql


def run(connection: psycopg.Connection, sql: Sql) -> list[dict[str, Any]]:
    """All rows of the answer."""
    cursor = psycopg.RawCursor(connection, row_factory=dict_row)  # it takes $1, $2 … as asyncpg does
    return cursor.execute(sql.text.encode(), sql.params).fetchall()
