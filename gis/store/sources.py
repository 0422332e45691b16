"""Sources: where data came from, one row for each distinct one, named by stages and changesets.

They tell of agencies and their files, so that only the owner of the database reads them: no role has a right on them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gis.model.change import DataSource, Provenance

_COLUMNS = (
    "name", "digest", "size", "format", "layer", "crs_declared", "crs_used", "encodings", "records", "mapping", "agency",
)  # fmt: skip


def keep(connection: psycopg.Connection, provenance: Provenance) -> int | None:
    """The number of the source, written in the caller's transaction if it is not there yet; None where none is told.

    The same file read in the same way and received with the same document is one source, however often it comes.
    """
    source = provenance.source
    if source is None:
        return None
    told = {name: getattr(source, name) for name in _COLUMNS}
    told |= {"document": provenance.document, "document_date": provenance.document_date}
    values = {name: Jsonb(value) if isinstance(value, Mapping) else value for name, value in told.items()}
    values["fingerprint"] = _fingerprint(told)
    row = connection.execute(
        f"""INSERT INTO landmap.source ({", ".join(values)}) VALUES ({", ".join(f"%({name})s" for name in values)})
            ON CONFLICT (fingerprint) DO NOTHING RETURNING id""",
        values,
    ).fetchone()
    row = (
        row
        or connection.execute("SELECT id FROM landmap.source WHERE fingerprint = %(fingerprint)s", values).fetchone()
    )
    return int(row[0]) if row else None


def _fingerprint(told: Mapping[str, object]) -> str:
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def read(connection: psycopg.Connection, rows: Iterable[Mapping[str, Any]]) -> dict[int, DataSource]:
    """The sources that changesets or stages name in their column `source`, by number."""
    numbers = {row["source"] for row in rows} - {None}
    names = (*_COLUMNS, "received_at")
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            f"SELECT id, {', '.join(names)} FROM landmap.source WHERE id = ANY(%s)", (sorted(numbers),)
        ).fetchall()
    return {row["id"]: DataSource(**{name: row[name] for name in names}) for row in found}
