"""Codelists in the database: a change of layers/*/codes.csv is a changeset like any other."""

from __future__ import annotations

import psycopg

from gis.model.layer import Catalog

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
                    c.note,
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
    row = connection.execute("SELECT landmap.open_changeset('landmap', 'Codelists of layers/')").fetchone()
    assert row is not None
    number: int = row[0]
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
