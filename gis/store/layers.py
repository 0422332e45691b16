"""The tables, views and grants of the layers: what they lack is planned, shown and made; nothing is ever dropped."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import psycopg
from sqlalchemy import Table
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from gis.errors import ForeignDatabase
from gis.model.layer import Catalog, Layer, Territory, TimeModel
from gis.store import edit_view
from gis.store.grants import grants
from gis.store.sql import ddl, quoted, type_name
from gis.store.tables import (
    REDUCED_WITH_PLACE,
    history_table,
    restricted_tables,
    shown_expression,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """`statements` bring the database up to the definitions; `conflicts` are for people to solve."""

    statements: tuple[str, ...]
    conflicts: tuple[str, ...]


def plan(connection: psycopg.Connection, catalog: Catalog) -> Plan:
    """What `apply` would run, and where a table contradicts its definition."""
    statements: list[str] = []
    conflicts: list[str] = []
    for layer in catalog.layers.values():
        if layer.time is TimeModel.NONE:
            continue
        before = len(statements)
        for table in (history_table(layer), *restricted_tables(layer).values()):
            _plan_table(connection, table, statements, conflicts)
        statements += _plan_shown(connection, layer)
        if len(statements) > before or _outdated(connection, layer, catalog.territory):
            statements += edit_view.statements(layer, catalog.territory)
            statements += grants(layer)
    return Plan(tuple(statements), tuple(conflicts))


def apply(connection: psycopg.Connection, catalog: Catalog) -> Plan:
    """Run the plan in the caller's transaction; ForeignDatabase if a table contradicts its definition."""
    found = plan(connection, catalog)
    if found.conflicts:
        raise ForeignDatabase("The database and layers/ disagree:\n" + "\n".join(found.conflicts))
    for statement in found.statements:
        connection.execute(statement)
    return found


def _plan_table(connection: psycopg.Connection, table: Table, statements: list[str], conflicts: list[str]) -> None:
    there = _columns(connection, table)
    if not there:
        statements.append(ddl(CreateTable(table)))
    for column in table.columns if there else ():
        wanted = type_name(column.type)
        if column.name not in there:
            statements.append(f"ALTER TABLE {_name(table)} ADD COLUMN {ddl(CreateColumn(column))}")
        elif not _same_type(there[column.name], wanted):
            conflicts.append(
                f"{_name(table)}.{column.name} is {there[column.name]}, the layer says {wanted}: "
                "give the field a new name, or change it back in layer.toml."
            )
    indexes = _indexes(connection, table)
    statements += [ddl(CreateIndex(i)) for i in table.indexes if i.name not in indexes]


def _plan_shown(connection: psycopg.Connection, layer: Layer) -> list[str]:
    """What the public sees of each row follows the row rules: with them, the column, keys and kept counts are made anew.

    The comment of the column holds the digest of the rules that it was made by.
    """
    history, column = _name(history_table(layer)), history_table(layer).c.shown
    digest = sha256(shown_expression(layer).encode()).hexdigest()[:16]
    row = connection.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'shown'",
        (history,),
    ).fetchone()
    if row and row[0] == digest:
        return []
    comment = f"COMMENT ON COLUMN {history}.shown IS '{digest}'"
    if row is None:
        return [comment]
    return [
        f"ALTER TABLE {history} DROP COLUMN shown",
        f"ALTER TABLE {history} ADD COLUMN {ddl(CreateColumn(column))}",
        f"UPDATE {history} SET sort_key = landmap.sort_key(CASE WHEN shown >= {REDUCED_WITH_PLACE} THEN geom_84 END)",
        f"DELETE FROM landmap.valid_bound WHERE layer = '{layer.id}'",
        f"""INSERT INTO landmap.valid_bound (layer, at, changeset, shown, delta)
            SELECT '{layer.id}', at, changeset, shown, sum(delta) FROM (
                SELECT lower(valid) AS at, from_changeset AS changeset, shown, 1 AS delta FROM {history}
                UNION ALL SELECT upper(valid), from_changeset, shown, -1 FROM {history}
                UNION ALL SELECT lower(valid), to_changeset, shown, -1 FROM {history}
                UNION ALL SELECT upper(valid), to_changeset, shown, 1 FROM {history}) d
            WHERE at IS NOT NULL AND changeset IS NOT NULL GROUP BY at, changeset, shown""",
        comment,
    ]


def _columns(connection: psycopg.Connection, table: Table) -> dict[str, str]:
    rows = connection.execute(
        """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
           WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped""",
        (_name(table),),
    )
    return dict(rows.fetchall())


def _indexes(connection: psycopg.Connection, table: Table) -> set[str]:
    rows = connection.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND tablename = %s", (table.schema, table.name)
    )
    return {r[0] for r in rows}


def _same_type(there: str, wanted: str) -> bool:
    def plain(name: str) -> str:
        name = name.lower().replace(" ", "").replace("public.", "")
        return "geometry(geometry" if name == "geometry" else name.replace("timestampwithtimezone", "timestamptz")

    return plain(there) == plain(wanted)


def _outdated(connection: psycopg.Connection, layer: Layer, territory: Territory) -> bool:
    """The view was made from another definition of the layer (its comment holds the digest)."""
    row = connection.execute("SELECT obj_description(to_regclass(%s))", (f"land.{quoted(layer.id)}",)).fetchone()
    return row is None or row[0] != edit_view.comment(layer, territory)


def _name(table: Table) -> str:
    return f"{table.schema}.{quoted(table.name)}"
