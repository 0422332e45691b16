"""Codelists in the database: a change of layers/*/codes.csv is a changeset like any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from gis.model.layer import Catalog
from gis.store.publish import open_changeset
from gis.store.sql import Sql

_COLUMNS = "list, code, valid_from, valid_to, vi, en, parent, color, is_group, replaced_by, note"


def publish(connection: psycopg.Connection, catalog: Catalog) -> int | None:
    """Bring landmap.code up to the catalogue in the caller's transaction; the changeset's number, None if nothing changed."""
    connection.execute("CREATE TEMPORARY TABLE wanted (LIKE landmap.code INCLUDING DEFAULTS) ON COMMIT DROP")
    connection.execute("ALTER TABLE wanted ALTER from_changeset DROP NOT NULL")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO wanted ({_COLUMNS}) VALUES (%s, %s, coalesce(%s, '-infinity'::date), coalesce(%s, 'infinity'::date), %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    name,
                    c.code,
                    c.valid_from,
                    c.valid_to,
                    c.title.vi,
                    c.title.en,
                    c.parent,
                    c.color,
                    c.group,
                    c.replaced_by,
                    c.note.en if c.note else None,
                )
                for name, codelist in catalog.codelists.items()
                for c in codelist.codes
            ],
        )
    changed = connection.execute(
        f"""SELECT count(*) FROM ((SELECT {_COLUMNS} FROM wanted EXCEPT SELECT {_COLUMNS} FROM landmap.code WHERE to_changeset IS NULL)
            UNION ALL (SELECT {_COLUMNS} FROM landmap.code WHERE to_changeset IS NULL EXCEPT SELECT {_COLUMNS} FROM wanted)) d"""
    ).fetchone()
    number = _write(connection) if changed and changed[0] else None
    connection.execute("DROP TABLE wanted")
    return number


def _write(connection: psycopg.Connection) -> int:
    number = open_changeset(connection, "landmap", "Danh mục mã và bộ quy tắc của layers/")
    connection.execute(
        f"""UPDATE landmap.code c SET to_changeset = %s WHERE to_changeset IS NULL AND (list, code, valid_from) IN (
            SELECT list, code, valid_from FROM (SELECT {_COLUMNS} FROM landmap.code WHERE to_changeset IS NULL
                                                EXCEPT SELECT {_COLUMNS} FROM wanted) gone)""",
        (number,),
    )
    connection.execute(
        f"""INSERT INTO landmap.code ({_COLUMNS}, from_changeset)
            SELECT {_COLUMNS}, %s FROM (SELECT {_COLUMNS} FROM wanted EXCEPT SELECT {_COLUMNS} FROM landmap.code WHERE to_changeset IS NULL) n""",
        (number,),
    )
    return number


@dataclass(frozen=True, slots=True)
class CodeQuery:
    """Codes of `lists` that hold on a day from `first` to `last` (None is open), as known at a changeset or an instant."""

    lists: tuple[str, ...]
    first: date | None
    last: date | None
    known: int | datetime | None = None


def codes_sql(query: CodeQuery) -> Sql:
    """Codes of the lists, one a row, by list, branch and code: `list, code, valid_from, valid_to, vi, en, parent, color,
    is_group, replaced_by, note, changeset, recorded_at`. Open ends are null; `changeset` is the one that recorded the code, at
    `recorded_at`."""
    known = query.known if isinstance(query.known, int) else None
    instant = query.known if isinstance(query.known, datetime) else None
    return Sql(_CODES, (list(query.lists), query.first, query.last, known, instant))


_CODES = """
WITH changeset AS (
    SELECT coalesce($4::integer, (SELECT max(number) FROM landmap.changeset WHERE committed_at <= coalesce($5::timestamptz, now())), 0) AS n)
SELECT list, code, nullif(valid_from, '-infinity') AS valid_from, nullif(valid_to, 'infinity') AS valid_to, vi, en, parent,
       color, is_group, replaced_by, note, from_changeset AS changeset, c.committed_at AS recorded_at
FROM changeset, landmap.code JOIN landmap.changeset c ON c.number = from_changeset
WHERE list = ANY($1::text[]) AND from_changeset <= n AND (to_changeset IS NULL OR to_changeset > n)
  AND ($3::date IS NULL OR valid_from <= $3) AND ($2::date IS NULL OR valid_to > $2)
ORDER BY list, coalesce(parent, code), parent IS NOT NULL, code, valid_from"""
