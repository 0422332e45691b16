"""What ingest found wrong: errors are withheld from the layer, warnings are published and listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

_COLUMNS = ("layer", "source_row", "severity", "reason", "message_vi", "message_en", "responsible", "raw", "geom_wkb")


def write(connection: psycopg.Connection, stage_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Keep findings of a stage, in the caller's transaction; how many.

    Each row has `layer, source_row, severity` (error, warning)`, reason` (code)`, message_vi, message_en, responsible, raw`
    (the record as read, JSON) and `geom_wkb` (bytes or None).
    """
    count = 0
    copy = f"COPY landmap.quarantine (stage, {', '.join(_COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy) as sink:
        for row in rows:
            sink.write_row((stage_id, *(Jsonb(row[c]) if c == "raw" else row[c] for c in _COLUMNS)))
            count += 1
    return count


def read(connection: psycopg.Connection, stage_id: int, limit: int = 1000) -> list[dict[str, Any]]:
    """Findings of a stage, errors first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM landmap.quarantine WHERE stage = %s ORDER BY severity, reason, source_row LIMIT %s",
            (stage_id, limit),
        ).fetchall()
