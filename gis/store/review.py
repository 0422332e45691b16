"""Looking at what waits: each staged record beside the version that it replaces, and what was withheld of the file; and
what was withheld of files that were published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg.rows import dict_row

from gis.crs.registry import parse
from gis.crs.transform import transform_geometries
from gis.errors import QueryTimeout
from gis.model.change import Stage, State
from gis.model.layer import Layer
from gis.store import changesets
from gis.store.database import connect
from gis.store.publish import history_name
from gis.store.sql import quoted
from gis.store.stage import no_such_stage, table_name

LONGEST_PAGE = 1_000

type Work[T] = Callable[[psycopg.Connection], T]

_SHAPE = "ST_AsGeoJSON(%s, 7)"

_UNDONE = """WITH RECURSIVE reverted AS (
                 SELECT reverts AS number, number AS last FROM landmap.changeset WHERE reverts IS NOT NULL
                 UNION ALL
                 SELECT e.number, r.number FROM reverted e JOIN landmap.changeset r ON r.reverts = e.last),
             undone AS (SELECT number FROM reverted GROUP BY number HAVING mod(count(*), 2) = 1)"""
"""Changesets that do not stand: reverted, unless the revert was itself reverted, and so on."""


@dataclass(frozen=True, slots=True)
class Record:
    """One staged record. `before` is None for a new feature, `after` for one that ends; their shapes are GeoJSON texts in
    longitude and latitude of WGS 84, None without a place. `row` orders the records of a stage."""

    row: int
    operation: str
    id: str | None
    source_row: int | None
    valid_from: Any
    valid_to: Any
    before: dict[str, Any] | None
    before_shape: str | None
    after: dict[str, Any] | None
    after_shape: str | None

    @property
    def changed(self) -> list[str]:
        """Fields that an update changes, in the order of the layer."""
        before, after = self.before, self.after
        return [] if before is None or after is None else [name for name in after if after[name] != before.get(name)]

    @property
    def moved(self) -> bool:
        """Whether an update changes the shape."""
        return self.before is not None and self.after is not None and self.before_shape != self.after_shape


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found wrong with one record of the file; `shape` as of records."""

    number: int
    source_row: int | None
    severity: str
    reason: str
    message_vi: str
    message_en: str
    responsible: str | None
    shape: str | None


def on_connection[T](dsn: str, work: Work[T], statement_timeout_ms: int = 0) -> T:
    """What `work` gives on a connection of its own, in autocommit. QueryTimeout where a statement takes longer than that;
    0 sets no limit."""
    with connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (str(statement_timeout_ms),))
        try:
            return work(connection)
        except psycopg.errors.QueryCanceled as error:
            raise QueryTimeout(
                "The question took too long; ask for fewer layers.",
                "Câu hỏi mất quá nhiều thời gian; hãy hỏi ít lớp hơn.",
            ) from error


def waiting(connection: psycopg.Connection, layers: Sequence[str]) -> list[Stage]:
    """Changesets of these layers that wait, oldest first."""
    return [stage for stage in changesets.staged(connection) if stage.layer in layers]


def waiting_stage(connection: psycopg.Connection, stage_id: int) -> Stage:
    """One changeset that waits; NotFound where none of that id does."""
    stage = changesets.read_stage(connection, stage_id)
    if stage.state is not State.STAGED:
        raise no_such_stage(stage_id)
    return stage


def records(
    connection: psycopg.Connection, layer: Layer, stage_id: int, fields: Sequence[str], after: int, limit: int
) -> list[Record]:
    """The records of a stage behind row `after`, of which only these fields are told. NotFound if it waits no more."""
    staged, known = (", ".join(f"'{name}', {side}.{quoted(name)}" for name in fields) for side in ("s", "o"))
    text = f"""SELECT s.row, s.operation, s.id::text, s.source_row, s.valid_from, s.valid_to,
                      CASE WHEN o.version IS NOT NULL THEN json_build_object({known}) END AS before,
                      {_SHAPE % "o.geom_84"} AS before_shape,
                      CASE WHEN s.operation <> 'close' THEN json_build_object({staged}) END AS after,
                      CASE WHEN s.operation <> 'close' THEN {_SHAPE % "s.geom_84"} END AS after_shape
               FROM {table_name(stage_id)} s LEFT JOIN {history_name(layer)} o ON o.version = s.replaces
               WHERE s.row > %s ORDER BY s.row LIMIT %s"""
    with connection.cursor(row_factory=dict_row) as cursor:
        try:
            rows = cursor.execute(text, (after, limit)).fetchall()
        except psycopg.errors.UndefinedTable as error:  # published or refused in between
            raise no_such_stage(stage_id) from error
    return [Record(**row) for row in rows]


def findings(connection: psycopg.Connection, stage: Stage, after: int, limit: int) -> list[Finding]:
    """What was found wrong with the file of a stage, behind the finding `after`, in the order in which it was found.

    Without the records as they were read: they may hold what no field of the layer shows.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT id AS number, source_row, severity, reason, message_vi, message_en, responsible, geom_wkb
               FROM landmap.quarantine WHERE stage = %s AND layer = %s AND id > %s ORDER BY id LIMIT %s""",
            (stage.id, stage.layer, after, limit),
        ).fetchall()
    shapes = _shapes([row.pop("geom_wkb") for row in rows], stage)
    return [Finding(**row, shape=shape) for row, shape in zip(rows, shapes, strict=True)]


@dataclass(frozen=True, slots=True)
class Standing:
    """A file that was published and stands: its stage, and the changeset that it became, None where it changed nothing."""

    stage: Stage
    changeset: int | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was found wrong with one record of a file that stands. `record`: as it was read, by column of the file."""

    of: Standing
    finding: Finding
    record: Mapping[str, Any]


def standing(connection: psycopg.Connection, layers: Sequence[str]) -> list[Standing]:
    """Files of these layers that were published and of which something was found: not those that were reverted, nor those
    that came again, of the same supplier under the same name, and were published again and stand."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            _UNDONE
            + """ SELECT s.id, s.changeset FROM landmap.stage s LEFT JOIN landmap.source o ON o.id = s.source
               WHERE s.state = 'published' AND s.layer = ANY(%s)
                 AND EXISTS (SELECT FROM landmap.quarantine q WHERE q.stage = s.id)
                 AND NOT EXISTS (SELECT FROM undone u WHERE u.number = s.changeset)
                 AND NOT EXISTS (SELECT FROM landmap.stage l JOIN landmap.source m ON m.id = l.source
                     WHERE l.layer = s.layer AND l.state = 'published' AND l.id > s.id AND m.name = o.name
                       AND m.agency IS NOT DISTINCT FROM o.agency
                       AND NOT EXISTS (SELECT FROM undone u WHERE u.number = l.changeset))
               ORDER BY s.id DESC""",
            (list(layers),),
        ).fetchall()
    stages = changesets.read_stages(connection, [row["id"] for row in rows])
    return [Standing(stages[row["id"]], row["changeset"]) for row in rows]


def withheld(
    connection: psycopg.Connection, files: Sequence[Standing], severities: Sequence[str], before: int | None, limit: int
) -> list[Withheld]:
    """What was found wrong with these files, the newest first, behind the finding `before`."""
    of = {one.stage.id: one for one in files}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT id AS number, source_row, severity, reason, message_vi, message_en, responsible, geom_wkb, stage, raw
               FROM landmap.quarantine WHERE stage = ANY(%s) AND severity = ANY(%s) AND (%s::bigint IS NULL OR id < %s)
               ORDER BY id DESC LIMIT %s""",
            (list(of), list(severities), before, before, limit),
        ).fetchall()
    found = []
    for stage, group in groupby(rows, key=itemgetter("stage")):
        some = list(group)
        shapes = _shapes([row.pop("geom_wkb") for row in some], of[stage].stage)
        for row, shape in zip(some, shapes, strict=True):
            del row["stage"]
            record = row.pop("raw")
            found.append(Withheld(of[stage], Finding(**row, shape=shape), record))
    return found


def counts(connection: psycopg.Connection, files: Sequence[Standing]) -> dict[tuple[str, str], int]:
    """How many findings these files have, by layer and severity."""
    rows = connection.execute(
        "SELECT layer, severity, count(*) FROM landmap.quarantine WHERE stage = ANY(%s) GROUP BY layer, severity",
        ([one.stage.id for one in files],),
    ).fetchall()
    return {(str(layer), str(severity)): int(number) for layer, severity, number in rows}


def _shapes(blobs: Sequence[bytes | None], stage: Stage) -> list[str | None]:
    """Shapes of the file, which are as it had them, in longitude and latitude; None where they cannot be placed."""
    source = stage.provenance.source
    if source is None or source.crs_used is None:
        return [None] * len(blobs)
    read = np.asarray(shapely.from_wkb(np.array(blobs, dtype=object), on_invalid="ignore"), dtype=object)
    moved = transform_geometries(read, parse(source.crs_used).code, 4326)
    known = ~shapely.is_missing(moved) & np.isfinite(shapely.bounds(moved)).all(axis=1)
    return [str(shapely.to_geojson(shape)) if there else None for shape, there in zip(moved, known, strict=True)]
