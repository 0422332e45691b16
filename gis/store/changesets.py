"""Reading and reverting changesets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gis.errors import ConflictError, NotFound
from gis.model.change import Changeset, DataSource, Provenance, Stage, State
from gis.model.layer import Catalog, Layer
from gis.store import publish as publishing
from gis.store import sources
from gis.store.stage import no_such_stage
from gis.store.tables import RESTRICTED, restricted_tables

_SELECT = """SELECT c.*, coalesce((SELECT array_agg(layer ORDER BY layer) FROM landmap.changeset_layer l
             WHERE l.number = c.number), '{}') AS layers FROM landmap.changeset c"""


def read(connection: psycopg.Connection, number: int) -> Changeset:
    """One changeset; NotFound if there is none of that number."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SELECT + " WHERE number = %s", (number,)).fetchone()
    if row is None:
        raise NotFound(f"There is no changeset {number}.", f"Không có lần cập nhật số {number}.")
    return _changeset(row, sources.read(connection, [row]))


def newest(connection: psycopg.Connection, limit: int = 50) -> list[Changeset]:
    """The newest changesets, newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SELECT + " ORDER BY number DESC LIMIT %s", (limit,)).fetchall()
    known = sources.read(connection, rows)
    return [_changeset(r, known) for r in rows]


def staged(connection: psycopg.Connection) -> list[Stage]:
    """Changesets that wait to be published or refused, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM landmap.stage WHERE state = 'staged' ORDER BY id").fetchall()
    known = sources.read(connection, rows)
    return [_stage(r, known) for r in rows]


def read_stage(connection: psycopg.Connection, stage_id: int) -> Stage:
    """One stage; NotFound if there is none of that id."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM landmap.stage WHERE id = %s", (stage_id,)).fetchone()
    if row is None:
        raise no_such_stage(stage_id)
    return _stage(row, sources.read(connection, [row]))


def read_stages(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, Stage]:
    """The stages of these ids, by id; without those that there are not."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM landmap.stage WHERE id = ANY(%s)", (list(ids),)).fetchall()
    known = sources.read(connection, rows)
    return {r["id"]: _stage(r, known) for r in rows}


def staged_by(connection: psycopg.Connection, number: int) -> str | None:
    """Who staged what became changeset `number`; None if it was never staged."""
    row = connection.execute("SELECT actor FROM landmap.stage WHERE changeset = %s", (number,)).fetchone()
    return str(row[0]) if row else None


def made_by(connection: psycopg.Connection, actor: str) -> bool:
    """Whether a changeset that `actor` published still stands."""
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM landmap.changeset c WHERE actor = %s
           AND NOT EXISTS (SELECT FROM landmap.changeset r WHERE r.reverts = c.number))""",
        (actor,),
    ).fetchone()
    return row == (True,)


def revert(
    connection: psycopg.Connection, number: int, catalog: Catalog, actor: str, title: str | None = None
) -> Changeset:
    """A new changeset that undoes `number`.

    Its counts are of features: `close` those that `number` had brought, `update` those that are again as they were before,
    `restore` those that it had ended.
    Raises NotFound, or ConflictError: with the ids of features that later changesets touched, or if somebody else holds the
    publishing lock.
    """
    with connection.transaction():
        layers = _layers_of(read(connection, number), catalog)
        new = publishing.open_changeset(connection, actor, title or f"Revert of changeset {number}")
        _refuse_reverted(connection, number)
        _refuse_touched(connection, layers, number)
        counts: Counter[str] = Counter()
        for layer in layers:
            _undo(connection, layer, number, new)
            counts += _undone(connection, layer, new)
            publishing.record(connection, layer, new)
        connection.execute(
            "UPDATE landmap.changeset SET reverts = %s, counts = %s WHERE number = %s", (number, Jsonb(counts), new)
        )
    return read(connection, new)


def _layers_of(undone: Changeset, catalog: Catalog) -> list[Layer]:
    if not undone.layers:
        raise ConflictError(
            f"Changeset {undone.number} holds no features. Codelists and rule packs are changed in layers/.",
            f"Lần cập nhật {undone.number} không có đối tượng nào. Danh mục và bộ quy tắc được sửa trong layers/.",
        )
    missing = [name for name in undone.layers if name not in catalog.layers]
    if missing:
        raise NotFound(
            f"Changeset {undone.number} is of layers that layers/ no longer has: {', '.join(missing)}.",
            f"Lần cập nhật {undone.number} thuộc các lớp không còn trong layers/: {', '.join(missing)}.",
        )
    return [catalog.layers[name] for name in undone.layers]


def _refuse_reverted(connection: psycopg.Connection, number: int) -> None:
    row = connection.execute("SELECT max(number) FROM landmap.changeset WHERE reverts = %s", (number,)).fetchone()
    if row and row[0]:
        raise ConflictError(
            f"Changeset {number} is reverted already, by changeset {row[0]}.",
            f"Lần cập nhật {number} đã được hoàn tác ở lần cập nhật {row[0]}.",
        )


def _refuse_touched(connection: psycopg.Connection, layers: list[Layer], number: int) -> None:
    ids: list[str] = []
    for layer in layers:
        history = publishing.history_name(layer)
        rows = connection.execute(
            f"""SELECT DISTINCT t.id FROM {history} t WHERE (t.from_changeset = %(n)s OR t.to_changeset = %(n)s) AND EXISTS (
                SELECT 1 FROM {history} l WHERE l.id = t.id AND (l.from_changeset > %(n)s OR l.to_changeset > %(n)s)) LIMIT {publishing.MOST_IDS}""",
            {"n": number},
        )
        ids += [str(r[0]) for r in rows]
    if ids:
        many, shown = publishing.counted(ids)
        raise ConflictError(
            f"Changeset {number} cannot be reverted: {many.en} feature(s) were changed later ({shown}).",
            f"Không thể hoàn tác lần cập nhật {number}: {many.vi} đối tượng đã thay đổi sau đó ({shown}).",
            ids=tuple(ids),
        )


def _undo(connection: psycopg.Connection, layer: Layer, number: int, new: int) -> None:
    """Close what the changeset opened, open again (as new versions) what it closed."""
    history = publishing.history_name(layer)
    fields = publishing.columns(layer)
    sequence = publishing.sequence_name(layer)
    connection.execute(
        f"UPDATE {history} SET to_changeset = %s WHERE from_changeset = %s AND to_changeset IS NULL", (new, number)
    )
    connection.execute(
        f"""CREATE TEMPORARY TABLE reopened ON COMMIT DROP AS
            SELECT nextval('{sequence}') AS version, version AS old FROM {history} WHERE to_changeset = %s AND from_changeset < %s""",
        (number, number),
    )
    copied = "id, fid, valid, valid_from_known, sort_key, geom, geom_84, survey_crs" + fields
    connection.execute(
        f"""INSERT INTO {history} (version, from_changeset, {copied})
            SELECT r.version, {new}, {copied} FROM reopened r JOIN (SELECT version AS old, {copied} FROM {history}) h USING (old)"""
    )
    for table in restricted_tables(layer).values():
        names = "".join(f', "{c.name}"' for c in table.columns if c.name != "version")
        connection.execute(
            f'INSERT INTO {RESTRICTED}."{table.name}" (version{names}) SELECT r.version{names} FROM reopened r '
            f'JOIN (SELECT version AS old{names} FROM {RESTRICTED}."{table.name}") t USING (old)'
        )
    connection.execute("DROP TABLE reopened")


def _undone(connection: psycopg.Connection, layer: Layer, new: int) -> Counter[str]:
    """How many features of the layer the changeset `new` ended, put back to what they were, and restored.

    What ends a feature leaves a version of the time until then: told by until when it holds, before and after.
    """
    row = connection.execute(
        f"""SELECT count(*) FILTER (WHERE after < before), count(*) FILTER (WHERE after = before), count(*) FILTER (WHERE after > before)
            FROM (SELECT coalesce(max(until) FILTER (WHERE to_changeset = %(new)s), '-infinity') AS before,
                         coalesce(max(until) FILTER (WHERE from_changeset = %(new)s), '-infinity') AS after
                  FROM {publishing.history_name(layer)}, coalesce(upper(valid), 'infinity') AS until
                  WHERE from_changeset = %(new)s OR to_changeset = %(new)s GROUP BY id) f""",
        {"new": new},
    ).fetchone()
    return Counter(dict(zip(("close", "update", "restore"), row or (0, 0, 0), strict=True)))


def _provenance(row: dict[str, Any], known: Mapping[int, DataSource]) -> Provenance:
    source = known[row["source"]] if row["source"] is not None else None
    return Provenance(row["actor"], row["title"], source, row["document"], row["document_date"])


def _changeset(row: dict[str, Any], known: Mapping[int, DataSource]) -> Changeset:
    provenance = _provenance(row, known)
    return Changeset(
        row["number"], row["committed_at"], tuple(row["layers"]), row["counts"], provenance, row["reverts"]
    )


def _stage(row: dict[str, Any], known: Mapping[int, DataSource]) -> Stage:
    state, provenance = State(row["state"]), _provenance(row, known)
    return Stage(row["id"], row["layer"], row["base"], state, row["counts"], row["created_at"], provenance)
