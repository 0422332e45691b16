"""Which feature came from which: split, merge, subdivide, boundary change, renumber; readable both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from gis.model.layer import Layer
from gis.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Descent:
    """`child` came from `parent` at the instant `at`. `kind`: split, merge, subdivide, boundary change or renumber."""

    parent: UUID
    child: UUID
    kind: str
    at: datetime


def stage(connection: psycopg.Connection, stage_id: int, rows: Iterable[Descent]) -> int:
    """Put lineage beside a staged changeset; it is published with it. How many rows."""
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY landmap.stage_lineage (stage, parent, child, kind, at) FROM STDIN") as sink,
    ):
        for row in rows:
            sink.write_row((stage_id, row.parent, row.child, row.kind, row.at))
            count += 1
    return count


def of(connection: psycopg.Connection, layer: Layer, id: UUID) -> tuple[list[Descent], list[Descent]]:
    """Where a feature came from and what became of it (direct parents, direct children), reverted changesets left out."""
    query = """SELECT parent, child, kind, at FROM landmap.lineage l WHERE layer = %s AND {} = %s
               AND NOT EXISTS (SELECT 1 FROM landmap.changeset c WHERE c.reverts = l.changeset) ORDER BY at, parent, child"""
    parents = [Descent(*r) for r in connection.execute(query.format("child"), (layer.id, id))]
    children = [Descent(*r) for r in connection.execute(query.format("parent"), (layer.id, id))]
    return parents, children


def of_sql(layer: Layer, id: UUID, known: int) -> Sql:
    """`parent`, `child`, `kind`, `at` of direct parents and children as known at a changeset, the oldest first."""
    return Sql("SELECT parent, child, kind, at FROM landmap.relations($1, $2, $3)", (layer.id, id, known))
