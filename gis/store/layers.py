"""The tables, views and grants of the layers: what they lack is planned, shown and made; nothing is ever dropped.

Others read and write meanwhile, and whoever does this may be killed: each step is a transaction, after which a new plan has
the rest. What is long, and lets others read, comes before what is short and does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import psycopg
from sqlalchemy import Table
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from gis.errors import ForeignDatabase
from gis.model.layer import Catalog, Layer, Territory, TimeModel
from gis.store import edit_view
from gis.store.grants import grants
from gis.store.patience import briefly, patiently
from gis.store.sql import ddl, quoted, type_name
from gis.store.tables import (
    REDUCED_WITH_PLACE,
    history_table,
    restricted_tables,
    shown_expression,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` of statements bring the database up to the definitions; `conflicts` are for people to solve."""

    steps: tuple[tuple[str, ...], ...]
    conflicts: tuple[str, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        """Those of all steps."""
        return tuple(statement for step in self.steps for statement in step)


def plan(connection: psycopg.Connection, catalog: Catalog) -> Plan:
    """What `apply` would run, and where a table contradicts its definition."""
    tables: list[tuple[str, ...]] = []
    indexes: list[tuple[str, ...]] = []
    views: list[tuple[str, ...]] = []
    again: list[tuple[str, ...]] = []
    conflicts: list[str] = []
    for layer in catalog.layers.values():
        if layer.time is TimeModel.NONE:
            continue
        columns: list[str] = []
        missing: list[str] = []
        for table in (history_table(layer), *restricted_tables(layer).values()):
            conflicts += _conflicts(connection, table)
            columns += _plan_table(connection, layer, table)
            missing += _plan_indexes(connection, table)
        shown = _plan_shown(connection, layer)
        later = _indexes_of_shown(layer) if shown else []
        tables += [tuple(columns)] if columns else []
        indexes += [(index,) for index in missing if index not in later]
        again += [(index,) for index in later]
        if columns or shown or _outdated(connection, layer, catalog.territory):
            # One step: without the rights on the new column, nobody could read the layer.
            views.append((*shown, *edit_view.statements(layer, catalog.territory), *grants(layer)))
    return Plan((*tables, *indexes, *views, *again), tuple(conflicts))


def apply(connection: psycopg.Connection, catalog: Catalog) -> Plan:
    """Run the plan, on an autocommit connection each step as a transaction.

    ForeignDatabase if a table contradicts its definition; DatabaseUnavailable if others use it and go on doing so.
    """
    found = plan(connection, catalog)
    if found.conflicts:
        raise ForeignDatabase("The database and layers/ disagree:\n" + "\n".join(found.conflicts))
    for step in found.steps:
        patiently(connection, partial(_run, connection, step))
    return found


def _run(connection: psycopg.Connection, step: Sequence[str]) -> None:
    with connection.transaction():
        connection.execute(briefly())
        for statement in step:
            connection.execute(statement)


def _conflicts(connection: psycopg.Connection, table: Table) -> list[str]:
    there = _columns(connection, table)
    return [
        f"{_name(table)}.{column.name} is {there[column.name]}, the layer says {type_name(column.type)}: "
        "give the field a new name, or change it back in layer.toml."
        for column in table.columns
        if column.name in there and not _same_type(there[column.name], type_name(column.type))
    ]


def _plan_table(connection: psycopg.Connection, layer: Layer, table: Table) -> list[str]:
    """A new table comes with its indexes, as nobody waits for it yet."""
    there = _columns(connection, table)
    if not there:
        said = [_comment_on_shown(layer)] if "shown" in table.columns else []
        return [ddl(CreateTable(table)), *said, *sorted(ddl(CreateIndex(index)) for index in table.indexes)]
    missing = [column for column in table.columns if column.name not in there]
    return [f"ALTER TABLE {_name(table)} ADD COLUMN {ddl(CreateColumn(column))}" for column in missing]


def _plan_indexes(connection: psycopg.Connection, table: Table) -> list[str]:
    if not _columns(connection, table):
        return []
    there = _indexes(connection, table)
    return sorted(ddl(CreateIndex(index)) for index in table.indexes if index.name not in there)


def _plan_shown(connection: psycopg.Connection, layer: Layer) -> list[str]:
    """What the public sees of each row follows the row rules: with them, the column, keys and kept counts are made anew.

    The comment of the column holds the digest of the rules that it was made by.
    """
    history, column = _name(history_table(layer)), history_table(layer).c.shown
    row = connection.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'shown'",
        (history,),
    ).fetchone()
    if row is None or row[0] == _digest(layer):
        return []
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
        _comment_on_shown(layer),
    ]


def _comment_on_shown(layer: Layer) -> str:
    return f"COMMENT ON COLUMN {_name(history_table(layer))}.shown IS '{_digest(layer)}'"


def _digest(layer: Layer) -> str:
    return sha256(shown_expression(layer).encode()).hexdigest()[:16]


def _indexes_of_shown(layer: Layer) -> list[str]:
    """The indexes that went with the column."""
    made = sorted(ddl(CreateIndex(index)) for index in history_table(layer).indexes)
    return [statement for statement in made if re.search(r"\bshown\b", statement)]


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
