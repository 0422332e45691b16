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

from gis.errors import ConflictError, StoreError
from gis.model.change import Operation, stage_name
from gis.model.layer import GeometryType, Layer, Text
from gis.store.likeness import content, overlap, restricted_joins
from gis.store.sort_key import NO_PLACE
from gis.store.sql import ddl, quoted
from gis.store.stage import no_such_stage, table_name
from gis.store.tables import (
    HISTORY,
    REDUCED_WITH_PLACE,
    RESTRICTED,
    history_table,
    identity,
    restricted_tables,
    shown_expression,
)

_COPIED = "sort_key, geom, geom_84, survey_crs"
_ENDS = (
    "coalesce(s.valid_to, CASE WHEN upper(old.valid) > coalesce(s.valid_from, c.begun_at) THEN upper(old.valid) END)"
)
"""Until when a staged record holds: as it says, else as long as the version that it replaces, if that did not end before."""
MOST_IDS = 100
"""Features that a conflict names."""
_PATIENCE = 30
"""Seconds for which a publication waits for the publishing lock."""

type _Params = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Run:
    """What one publication works with. `base`: the last changeset that the stage was compared with."""

    connection: psycopg.Connection
    layer: Layer
    stage: int
    number: int
    base: int
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

    @property
    def spoken(self) -> str:
        """Subquery: of each staged record that names a feature, for when it speaks of it (`starts`, `ends`)."""
        return f"""(SELECT s.id, s.operation, coalesce(s.valid_from, c.begun_at) AS starts,
                    CASE s.operation WHEN 'update' THEN {_ENDS} ELSE s.valid_to END AS ends
                    FROM {self.staged} s LEFT JOIN {self.history} old ON old.version = s.replaces, landmap.changeset c
                    WHERE c.number = {self.number} AND s.id IS NOT NULL)"""

    def execute(self, text: str, params: _Params = ()) -> psycopg.Cursor:
        return self.connection.execute(text, params)

    def ids(self, text: str, params: _Params = ()) -> tuple[str, ...]:
        """The first column of an answer, MOST_IDS at most."""
        return tuple(str(row[0]) for row in self.execute(f"{text} LIMIT {MOST_IDS}", params).fetchall())


def counted(ids: Sequence[str]) -> tuple[Text, str]:
    """How many features a message names, and the first of them; of `ids` there are MOST_IDS at most."""
    shown = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
    if len(ids) < MOST_IDS:
        return Text(str(len(ids)), str(len(ids))), shown
    return Text(f"ít nhất {MOST_IDS}", f"at least {MOST_IDS}"), shown


def publish(connection: psycopg.Connection, stage_id: int, layer: Layer, actor: str | None = None) -> int | None:
    """Publish a staged changeset, all of it or nothing; its number, None if it holds no change and so made none.

    `actor` publishes it; by default whoever staged it. Raises NotFound if it is not staged, StoreError if records of it
    were lost, ConflictError (with ids) if somebody else changed the same features since it was staged, or holds the
    publishing lock, or if records ended while they waited.
    """
    with connection.transaction():
        stage = _staged(connection, stage_id, layer)
        _refuse_lost(connection, stage)
        counts: dict[str, int] = stage["counts"]
        written = sum(counts.get(operation, 0) for operation in Operation)
        number = _write(connection, layer, stage, actor or stage["actor"]) if written else None
        connection.execute(f"DROP TABLE {table_name(stage_id)}")
        connection.execute(
            "UPDATE landmap.stage SET state = 'published', changeset = %s WHERE id = %s", (number, stage_id)
        )
    _settle(connection, layer, written)
    return number


def open_changeset(connection: psycopg.Connection, actor: str, title: str) -> int:
    """Take the publishing lock and the next number; ConflictError if others keep the lock for longer than _PATIENCE."""
    before = connection.execute("SELECT current_setting('lock_timeout')").fetchone()
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{_PATIENCE * 1000:.0f}ms",))
    try:
        row = connection.execute("SELECT landmap.open_changeset(%s, %s)", (actor, title)).fetchone()
    except psycopg.errors.LockNotAvailable as error:
        raise ConflictError(
            "Somebody is editing or publishing at this moment (in QGIS: save the edits or discard them), and nothing else "
            "can be published until that is done. Nothing was published; try again.",
            "Đang có người chỉnh sửa hoặc công bố dữ liệu (trong QGIS: hãy lưu hoặc bỏ các chỉnh sửa); phải xong việc đó "
            "mới công bố được. Chưa công bố gì; hãy thử lại.",
        ) from error
    connection.execute("SELECT set_config('lock_timeout', %s, true)", before)
    return int(row[0]) if row else 0


def _write(connection: psycopg.Connection, layer: Layer, stage: Mapping[str, Any], actor: str) -> int:
    number = _open(connection, stage, actor)
    run = _Run(connection, layer, stage["id"], number, stage["base"], stage["several"])
    _refuse_ended(run)
    _refuse_conflicts(run)
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
    """Keep which layer the changeset touched, and its bounds on the valid axis."""
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


def _staged(connection: psycopg.Connection, stage_id: int, layer: Layer) -> dict[str, Any]:
    """The stage, locked until the transaction ends."""
    with connection.cursor(row_factory=dict_row) as cursor:
        stage = cursor.execute(
            "SELECT * FROM landmap.stage WHERE id = %s AND layer = %s FOR UPDATE", (stage_id, layer.id)
        ).fetchone()
    if stage is None or stage["state"] != "staged":
        raise no_such_stage(stage_id)
    return stage


def _refuse_lost(connection: psycopg.Connection, stage: Mapping[str, Any]) -> None:
    """A staging table is emptied when the server crashes: what is there must be what was counted."""
    rows = connection.execute(
        f"SELECT operation, count(*) FROM {table_name(stage['id'])} GROUP BY operation"
    ).fetchall()
    there: dict[str, int] = dict(rows)
    counts = {operation: stage["counts"][operation] for operation in Operation if stage["counts"].get(operation)}
    if there != counts:
        name, lost = stage_name(stage["id"]), f"{sum(there.values()):,} / {sum(counts.values()):,}"
        raise StoreError(
            f"Staged changeset {name} is not whole any more ({lost} records): the database stopped unexpectedly while it "
            f"waited. Nothing was published. Give it up (landmap changeset refuse {name}) and stage the file again.",
            f"Lần cập nhật đang chờ {name} không còn đủ ({lost} bản ghi): cơ sở dữ liệu đã dừng đột ngột trong lúc chờ. Chưa "
            f"công bố gì. Hãy bỏ lần cập nhật này (landmap changeset refuse {name}) và chuẩn bị lại từ tệp.",
        )


def _open(connection: psycopg.Connection, stage: Mapping[str, Any], actor: str) -> int:
    """Take the publishing lock and the next number."""
    number = open_changeset(connection, actor, stage["title"])
    connection.execute(
        "UPDATE landmap.changeset SET counts = %s, source = %s, document = %s, document_date = %s WHERE number = %s",
        (Jsonb(stage["counts"]), stage["source"], stage["document"], stage["document_date"], number),
    )
    return number


def _refuse_conflicts(run: _Run) -> None:
    """What is staged was compared with the layer as it was; ConflictError if that is not how it is now."""
    later = run.execute(
        "SELECT 1 FROM landmap.changeset_layer WHERE layer = %s AND number > %s AND number < %s LIMIT 1",
        (run.layer.id, run.base, run.number),
    ).fetchone()
    ids = _changed_meanwhile(run) or _entered_meanwhile(run) if later else ()
    if ids:
        many, shown = counted(ids)
        raise ConflictError(
            f"{many.en} feature(s) of {run.layer.id} were changed by somebody else after this changeset was staged ({shown}): stage it again.",
            f"{many.vi} đối tượng của lớp {run.layer.id} đã bị người khác thay đổi sau khi lần cập nhật này được chuẩn bị ({shown}): hãy chuẩn bị lại.",
            ids=ids,
        )
    _refuse_second_versions(run)


def _refuse_ended(run: _Run) -> None:
    """What waited until after its own end, and does not say when it began, would end before it begins."""
    ended = run.execute(
        f"""SELECT s.source_row, count(*) OVER () FROM {run.staged} s, landmap.changeset c WHERE c.number = %s
            AND s.valid_to <= coalesce(s.valid_from, c.begun_at) ORDER BY s.source_row LIMIT 5""",
        (run.number,),
    ).fetchall()
    if ended:
        name, count = stage_name(run.stage), ended[0][1]
        rows = ", ".join(str(row) for row, _ in ended if row is not None) or "?"
        raise ConflictError(
            f"{count} record(s) of staged changeset {name} ended while it waited (of the file: {rows}), and nothing says when "
            "they began. Nothing was published. Stage the file again with the day from which they hold (--valid-from), and "
            f"give this one up: landmap changeset refuse {name}.",
            f"{count} bản ghi của lần cập nhật đang chờ {name} đã hết hiệu lực trong lúc chờ (trong tệp: {rows}) mà không rõ có hiệu "
            "lực từ khi nào. Chưa công bố gì. Hãy chuẩn bị lại từ tệp với ngày bắt đầu hiệu lực (--valid-from), và bỏ lần cập nhật này: "
            f"landmap changeset refuse {name}.",
        )


def _changed_meanwhile(run: _Run) -> tuple[str, ...]:
    """Features of which somebody else opened or closed a version for the time that a staged record speaks of."""
    return run.ids(
        f"""SELECT DISTINCT h.id FROM {run.spoken} s JOIN {run.history} h ON h.id = s.id AND h.valid && tstzrange(s.starts, s.ends)
            WHERE s.operation <> 'insert' AND (h.from_changeset > %(base)s OR h.to_changeset > %(base)s)""",
        {"base": run.base},
    )


def _entered_meanwhile(run: _Run) -> tuple[str, ...]:
    """Features that somebody else entered and that a staged new one is: by identity, by content, or by place."""
    recent = f"""(SELECT h.version, h.id, h.valid, h.geom, h.geom_84, {identity(run.layer, "h.")} AS identity FROM {run.history} h
                  WHERE to_changeset IS NULL AND from_changeset > %(base)s)"""
    contents = f"""(SELECT id, {content(run.layer)} AS content FROM {run.history} h {restricted_joins(run.layer)}
                    WHERE to_changeset IS NULL AND from_changeset > %(base)s)"""
    new = f"""(SELECT id, geom, geom_84, {identity(run.layer)} AS identity, {content(run.layer)} AS content FROM {run.staged}
               WHERE operation = 'insert')"""
    ways = [
        f"SELECT h.id FROM {new} s JOIN {recent} h USING (identity)",
        f"SELECT h.id FROM {new} s JOIN {contents} h USING (content)",
    ]
    if run.layer.geometry.type is GeometryType.MULTIPOLYGON:
        ways.append(
            f"SELECT h.id FROM {new} s JOIN {recent} h ON s.id IS NULL AND h.geom_84 && s.geom_84 AND {overlap()} > 0.5"
        )
    return run.ids(" UNION ".join(ways), {"base": run.base})


def _refuse_second_versions(run: _Run) -> None:
    """A new feature whose id is taken for that time, or that comes twice for the same time, would have two open versions."""
    ids = run.ids(
        f"""SELECT DISTINCT h.id FROM {run.spoken} s JOIN {run.history} h
            ON h.id = s.id AND h.to_changeset IS NULL AND h.valid && tstzrange(s.starts, s.ends) WHERE s.operation = 'insert'"""
    )
    if run.several and not ids:
        ids = run.ids(
            f"""SELECT DISTINCT id FROM (SELECT id, starts, lag(coalesce(ends, 'infinity')) OVER (PARTITION BY id ORDER BY starts) AS until
                FROM {run.spoken} s WHERE operation <> 'close') n WHERE until > starts"""
        )
    if ids:
        many, shown = counted(ids)
        raise ConflictError(
            f"{many.en} feature(s) of {run.layer.id} would have two versions for the same time ({shown}): the ids of the "
            "staged records are in use. Stage the file again; if this stays, mend its ids or leave them out.",
            f"{many.vi} đối tượng của lớp {run.layer.id} sẽ có hai phiên bản cho cùng một thời gian ({shown}): mã id của các "
            "bản ghi đã được dùng. Hãy chuẩn bị lại từ tệp; nếu vẫn vậy, hãy sửa hoặc bỏ mã id.",
            ids=ids,
        )


def _close(run: _Run) -> None:
    """Close the open versions that the staged rows overlap, and write again what is left of them, with restricted rows."""
    run.execute(
        f"""CREATE TEMPORARY TABLE affected ON COMMIT DROP AS
            SELECT h.version, range_agg(tstzrange(s.starts, s.ends)) AS taken FROM {run.spoken} s
            JOIN {run.history} h ON h.id = s.id AND h.to_changeset IS NULL AND h.valid && tstzrange(s.starts, s.ends)
            WHERE s.operation IN ('update', 'close') GROUP BY h.version"""
    )
    run.execute(
        f"UPDATE {run.history} h SET to_changeset = %s FROM affected a WHERE h.version = a.version", (run.number,)
    )
    run.execute(
        f"""CREATE TEMPORARY TABLE kept ON COMMIT DROP AS
            SELECT nextval('{run.sequence}') AS version, h.version AS old, part AS valid
            FROM affected a JOIN {run.history} h USING (version), unnest(tstzmultirange(h.valid) - a.taken) AS part"""
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
    run.execute("DROP TABLE affected, kept")


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
