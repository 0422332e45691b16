"""Publishing: the one way in which records become what the database knows.

One READ COMMITTED transaction: the publishing lock, the next number, the rows, commit. A staged row says what holds of
a feature on [valid_from, valid_to); versions known until now that overlap it are closed on the known axis and what is
left of them is written again. So the versions of a feature that are open never overlap in `valid`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy.schema import CreateIndex

from gis.errors import ConflictError, NotFound
from gis.model.change import Operation
from gis.model.layer import Layer
from gis.store.sort_key import NO_PLACE
from gis.store.sql import ddl, quoted
from gis.store.stage import table_name
from gis.store.tables import (
    HISTORY,
    REDUCED_WITH_PLACE,
    RESTRICTED,
    history_table,
    identity,
    restricted_tables,
    shown_expression,
)

CHANNEL = "landmap_changeset"
_COPIED = "sort_key, geom, geom_84, survey_crs"
_ENDS = (
    "coalesce(s.valid_to, CASE WHEN upper(old.valid) > coalesce(s.valid_from, c.begun_at) THEN upper(old.valid) END)"
)
"""Until when a staged record holds: as it says, else as long as the version that it replaces, if that did not end before."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What one publication works with."""

    connection: psycopg.Connection
    layer: Layer
    stage: int
    number: int
    several: bool

    @property
    def history(self) -> str:
        return history_name(self.layer)

    @property
    def staged(self) -> str:
        return table_name(self.stage)

    @property
    def sequence(self) -> str:
        return sequence_name(self.layer)

    def execute(self, text: str, params: Sequence[object] = ()) -> psycopg.Cursor:
        return self.connection.execute(text, params)


def publish(connection: psycopg.Connection, stage_id: int, layer: Layer) -> int | None:
    """Publish a staged changeset, all of it or nothing; its number, None if it holds no change and so made none.

    Raises NotFound if it is not staged, ConflictError (with ids) if somebody else changed the same features since it
    was staged.
    """
    with connection.transaction():
        stage = _staged(connection, stage_id, layer)
        counts: dict[str, int] = stage["counts"]
        written = sum(counts.get(operation, 0) for operation in Operation)
        number = _write(connection, layer, stage) if written else None
        connection.execute(f"DROP TABLE {table_name(stage_id)}")
        connection.execute(
            "UPDATE landmap.stage SET state = 'published', changeset = %s WHERE id = %s", (number, stage_id)
        )
    _settle(connection, layer, written)
    return number


def _write(connection: psycopg.Connection, layer: Layer, stage: Mapping[str, Any]) -> int:
    number = _open(connection, stage)
    run = _Run(connection, layer, stage["id"], number, stage["several"])
    _refuse_conflicts(run, stage["base"])
    if stage["counts"].get("update", 0) + stage["counts"].get("close", 0):
        _close(run)
    _insert(run)
    record(connection, layer, number)
    _lineage(run)
    return number


def history_name(layer: Layer) -> str:
    """The history table of a layer, quoted and with its schema."""
    return f"{HISTORY}.{quoted(layer.id)}"


def sequence_name(layer: Layer) -> str:
    """The sequence of the layer's version numbers, quoted and with its schema."""
    return f"{HISTORY}.{quoted(layer.id + '_version_seq')}"


def columns(layer: Layer, prefix: str = "") -> str:
    """The layer's own columns as a list that starts with a comma."""
    return "".join(f", {prefix}{quoted(f.name)}" for f in layer.columns)


def record(connection: psycopg.Connection, layer: Layer, number: int) -> None:
    """Keep which layer the changeset touched, and its bounds on the valid axis; tell the listeners at commit."""
    history = history_name(layer)
    connection.execute("INSERT INTO landmap.changeset_layer VALUES (%s, %s) ON CONFLICT DO NOTHING", (layer.id, number))
    # Sums of 0 stay: a bound says that the changeset touched such rows (snapshot.SEEN_BY_ALL).
    connection.execute(
        f"""INSERT INTO landmap.valid_bound (layer, at, changeset, shown, delta)
            SELECT %(layer)s, at, %(n)s, shown, sum(delta) FROM (
                SELECT lower(valid) AS at, shown, 1 AS delta FROM {history} WHERE from_changeset = %(n)s
                UNION ALL SELECT upper(valid), shown, -1 FROM {history} WHERE from_changeset = %(n)s
                UNION ALL SELECT lower(valid), shown, -1 FROM {history} WHERE to_changeset = %(n)s
                UNION ALL SELECT upper(valid), shown, 1 FROM {history} WHERE to_changeset = %(n)s) d
            WHERE at IS NOT NULL GROUP BY at, shown""",
        {"layer": layer.id, "n": number},
    )
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(number)))


def _staged(connection: psycopg.Connection, stage_id: int, layer: Layer) -> dict[str, Any]:
    """The stage, locked until the transaction ends."""
    with connection.cursor(row_factory=dict_row) as cursor:
        stage = cursor.execute(
            "SELECT * FROM landmap.stage WHERE id = %s AND layer = %s FOR UPDATE", (stage_id, layer.id)
        ).fetchone()
    if stage is None or stage["state"] != "staged":
        state = stage["state"] if stage else "unknown"
        raise NotFound(f"Staged changeset {stage_id} of {layer.id} is {state}, so it cannot be published.")
    return stage


def _open(connection: psycopg.Connection, stage: Mapping[str, Any]) -> int:
    """Take the publishing lock and the next number."""
    row = connection.execute("SELECT landmap.open_changeset(%s, %s)", (stage["actor"], stage["title"])).fetchone()
    number = int(row[0]) if row else 0
    connection.execute(
        "UPDATE landmap.changeset SET counts = %s, source = %s, document = %s, document_date = %s WHERE number = %s",
        (Jsonb(stage["counts"]), stage["source"], stage["document"], stage["document_date"], number),
    )
    return number


def _refuse_conflicts(run: _Run, base: int) -> None:
    """A replaced version was closed meanwhile, or a "new" feature was entered by somebody else."""
    rows = run.execute(
        f"SELECT h.id FROM {run.staged} s JOIN {run.history} h ON h.version = s.replaces WHERE h.to_changeset IS NOT NULL LIMIT 100"
    ).fetchall()
    later = run.execute(
        "SELECT 1 FROM landmap.changeset_layer WHERE layer = %s AND number > %s AND number < %s LIMIT 1",
        (run.layer.id, base, run.number),
    ).fetchone()
    if later and not rows:
        same = f"{identity(run.layer, 'h.')} = {identity(run.layer, 's.')}"
        rows = run.execute(
            f"""SELECT DISTINCT h.id FROM {run.staged} s JOIN {run.history} h ON {same} AND h.to_changeset IS NULL
                WHERE s.operation = 'insert' AND h.from_changeset > %s LIMIT 100""",
            (base,),
        ).fetchall()
    if rows:
        ids = tuple(str(r[0]) for r in rows)
        shown = ", ".join(ids[:5])
        raise ConflictError(
            f"{len(ids)} feature(s) of {run.layer.id} were changed by somebody else after this changeset was staged ({shown}): stage it again.",
            f"{len(ids)} đối tượng của lớp {run.layer.id} đã bị người khác thay đổi sau khi đợt cập nhật này được chuẩn bị ({shown}): hãy chuẩn bị lại.",
            ids=ids,
        )


def _close(run: _Run) -> None:
    """Close the open versions that the staged rows overlap, and write again what is left of them before and after."""
    run.execute(
        f"""CREATE TEMPORARY TABLE affected ON COMMIT DROP AS
            SELECT h.version, s.starts, s.ends FROM (
                SELECT s.id, coalesce(s.valid_from, c.begun_at) AS starts,
                       CASE s.operation WHEN 'update' THEN {_ENDS} END AS ends
                FROM {run.staged} s JOIN {run.history} old ON old.version = s.replaces, landmap.changeset c
                WHERE c.number = %s AND s.operation IN ('update', 'close')) s
            JOIN {run.history} h ON h.id = s.id AND h.to_changeset IS NULL AND h.valid && tstzrange(s.starts, s.ends)""",
        (run.number,),
    )
    run.execute(
        f"UPDATE {run.history} h SET to_changeset = %s FROM affected a WHERE h.version = a.version", (run.number,)
    )
    _keep(run, "tstzrange(lower(h.valid), a.starts)", "lower(h.valid) < a.starts")
    _keep(run, "tstzrange(a.ends, upper(h.valid))", "a.ends < coalesce(upper(h.valid), 'infinity')")


def _keep(run: _Run, valid: str, where: str) -> None:
    """Write the part `valid` of the affected versions again, with its restricted rows."""
    run.execute(
        f"""CREATE TEMPORARY TABLE kept ON COMMIT DROP AS
            SELECT nextval('{run.sequence}') AS version, h.version AS old, {valid} AS valid
            FROM affected a JOIN {run.history} h USING (version) WHERE {where}"""
    )
    run.execute(
        f"""INSERT INTO {run.history} (version, id, fid, valid, valid_from_known, from_changeset, {_COPIED}{columns(run.layer)})
            SELECT k.version, h.id, h.fid, k.valid, h.valid_from_known, {run.number}, {_COPIED}{columns(run.layer, "h.")}
            FROM kept k JOIN {run.history} h ON h.version = k.old"""
    )
    for name, fields in _restricted(run.layer):
        run.execute(
            f"INSERT INTO {name} (version{fields}) SELECT k.version{fields} FROM kept k JOIN {name} r ON r.version = k.old"
        )
    run.execute("DROP TABLE kept")


def _insert(run: _Run) -> None:
    """Write the new versions. While the layer is empty its indexes are made after the rows: several times faster."""
    empty = run.execute(f"SELECT NOT EXISTS (SELECT FROM {run.history})").fetchone() == (True,)
    later = [i for i in history_table(run.layer).indexes if not str(i.name).endswith(("_closed", "_to", "_from"))]
    indexes = sorted(later, key=lambda i: str(i.name)) if empty else []
    if empty:
        run.execute(f"TRUNCATE {run.history}")
    for index in indexes:
        run.execute(f"DROP INDEX {HISTORY}.{quoted(str(index.name))}")
    _insert_rows(run)
    for index in indexes:
        run.execute(ddl(CreateIndex(index)))


def _insert_rows(run: _Run) -> None:
    """Version = a base + the staged row's number: numbers are only taken under the publishing lock."""
    taken = run.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {run.sequence}").fetchone()
    base = int(taken[0]) if taken else 0
    # A feature that comes in several versions has the number of the first; found apart, so that wide rows are not sorted.
    first = (
        f"LEFT JOIN (SELECT id, min(row) AS row FROM {run.staged} GROUP BY id HAVING count(*) > 1) m ON m.id = s.id"
        if run.several
        else ""
    )
    fid = f"{base} + {'coalesce(m.row, s.row)' if run.several else 's.row'}"
    place = f"CASE WHEN ({shown_expression(run.layer, 's.')}) >= {REDUCED_WITH_PLACE} THEN s.sort_key ELSE {NO_PLACE << 52} END"
    run.execute(
        f"""INSERT INTO {run.history} (version, id, fid, valid, valid_from_known, from_changeset, {_COPIED}{columns(run.layer)})
            SELECT {base} + s.row, coalesce(s.id, gen_random_uuid()), coalesce(old.fid, {fid}),
                   tstzrange(coalesce(s.valid_from, c.begun_at), {_ENDS}),
                   s.valid_from IS NOT NULL, c.number,
                   {place}, s.geom, s.geom_84, coalesce(s.survey_crs, {run.layer.storage_crs}){columns(run.layer, "s.")}
            FROM {run.staged} s CROSS JOIN landmap.changeset c LEFT JOIN {run.history} old ON old.version = s.replaces {first}
            WHERE c.number = %s AND s.operation <> 'close'""",
        (run.number,),
    )
    for name, fields in _restricted(run.layer):
        some = fields.replace(", ", " IS NOT NULL OR ").removeprefix(" IS NOT NULL OR ") + " IS NOT NULL"
        run.execute(
            f"INSERT INTO {name} (version{fields}) SELECT {base} + row{fields} FROM {run.staged} WHERE operation <> 'close' AND ({some})"
        )
    run.execute(f"SELECT setval('{run.sequence}', {base} + max(row)) FROM {run.staged} HAVING count(*) > 0")


def _restricted(layer: Layer) -> list[tuple[str, str]]:
    """Restricted tables of a layer: name with schema, and fields as a list that starts with a comma."""
    return [
        (f"{RESTRICTED}.{quoted(t.name)}", "".join(f", {quoted(c.name)}" for c in t.columns if c.name != "version"))
        for t in restricted_tables(layer).values()
    ]


def _lineage(run: _Run) -> None:
    run.execute(
        """INSERT INTO landmap.lineage (layer, parent, child, kind, at, changeset)
           SELECT %s, parent, child, kind, at, %s FROM landmap.stage_lineage WHERE stage = %s""",
        (run.layer.id, run.number, run.stage),
    )
    run.execute("DELETE FROM landmap.stage_lineage WHERE stage = %s", (run.stage,))


def _settle(connection: psycopg.Connection, layer: Layer, written: int) -> None:
    """Statistics when a tenth of the layer is new, so that the next questions are planned well."""
    row = connection.execute(
        "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", (history_name(layer),)
    ).fetchone()
    if written >= 1000 and written > 0.1 * (row[0] if row else 0):
        connection.execute(f"ANALYZE {history_name(layer)}")
