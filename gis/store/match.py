"""Matching: which staged record is which feature that the database knows.

By the id that it says itself, else by content (the same record: nothing to do), by identity, then by largest overlap
(more than half of both areas). What a complete file no longer holds is closed, but only inside the scope that the file is
complete for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import psycopg
import shapely
from shapely.geometry.base import BaseGeometry

from gis.model.layer import GeometryType, Layer
from gis.store.likeness import content, overlap, restricted_joins
from gis.store.publish import history_name
from gis.store.sql import quoted
from gis.store.stage import no_such_stage, set_counts, table_name
from gis.store.tables import identity

_SMALL = 10
"""A file this many times smaller than its layer is compared with its surroundings only, not with all of the layer."""

_HOLDS = "c.valid @> a.moment AND c.valid @> a.since"
_SAYS_THE_SAME = """(a.begins IS NULL OR date_trunc('second', a.begins) = date_trunc('second', lower(c.valid)))
                    AND (a.until IS NULL OR date_trunc('second', a.until) = date_trunc('second', upper(c.valid)))"""
"""What a record says of when it holds is what is known, as far as files tell it: to the second. One that says nothing of it
says nothing else."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file is complete for: features whose `equals` fields have these values and that lie within `area`.

    `area` is in the layer's storage CRS. `since`: the instant of which the file speaks, for which it is asked what lies
    in the scope and at which that ends; None is the moment of publication.
    """

    equals: Mapping[str, object]
    area: BaseGeometry | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Misnamed:
    """A record whose `id` is not that of `other`, the feature of its identity or content. `source_row` is from 1."""

    source_row: int | None
    id: UUID
    other: UUID


@dataclass(frozen=True, slots=True)
class Matched:
    """Counts of a matching. `vanished` are in the scope and not in the file; `in_scope` is what the scope held.

    `ended`: what records say of an end that was not known. `misnamed` records left the stage.
    """

    inserted: int
    updated: int
    unchanged: int
    vanished: int
    in_scope: int
    ended: int = 0
    misnamed: tuple[Misnamed, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Counts by operation, as a changeset keeps them."""
        closed = self.vanished + self.ended
        return {"insert": self.inserted, "update": self.updated, "close": closed, "unchanged": self.unchanged}


def match(
    connection: psycopg.Connection,
    stage_id: int,
    layer: Layer,
    scope: Scope | None = None,
    valid_from: datetime | None = None,
    derived: Mapping[str, str] = MappingProxyType({}),
) -> Matched:
    """Set `operation`, `replaces` and `id` of the staged rows, drop the unchanged ones, add what vanished.

    `valid_from`: given for the whole load; a record that begins then says nothing of its own beginning. `derived`: fields
    that the load did not read but worked out, by the field from which; they make no change of their own, and where
    nothing could be worked out a new version keeps what was known of the same text. NotFound if it is not staged. One
    transaction.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT state, (counts ->> 'insert')::bigint FROM landmap.stage WHERE id = %s AND layer = %s FOR UPDATE",
            (stage_id, layer.id),
        ).fetchone()
        if row is None or row[0] != "staged":
            raise no_such_stage(stage_id)
        # The base is read before anything is compared: one that is too old can only refuse too much.
        connection.execute(
            "UPDATE landmap.stage SET base = (SELECT coalesce(max(number), 0) FROM landmap.changeset) WHERE id = %s",
            (stage_id,),
        )
        work = _Work(connection, layer, table_name(stage_id), derived)
        found = work.compared(scope, valid_from) if work.known() else Matched(row[1], 0, 0, 0, 0)
        set_counts(connection, stage_id, found.counts)
    return found


@dataclass(frozen=True, slots=True)
class _Work:
    """One matching: staged rows against `current`, the open versions that hold now and are not matched yet."""

    connection: psycopg.Connection
    layer: Layer
    staged: str
    derived: Mapping[str, str]

    def run(self, text: str, params: tuple[object, ...] = ()) -> int:
        return self.connection.execute(text, params).rowcount

    def count(self, where: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {self.staged} WHERE {where}").fetchone()
        return int(row[0]) if row else 0

    def compared(self, scope: Scope | None, valid_from: datetime | None) -> Matched:
        """All passes, the surest first; each leaves to the next what it could not tell."""
        self.prepare(valid_from)
        misnamed = self.misnamed()
        unchanged = self.same_id() + self.same_content()
        self.same_but_for_its_time()
        self.same_identity()
        self.same_place()
        self.keep_derived()
        ended = self.count("operation = 'close'")
        vanished, in_scope = self.vanished(scope) if scope else (0, 0)
        inserted, updated = self.count("operation = 'insert'"), self.count("operation = 'update'")
        return Matched(inserted, updated, unchanged, vanished, in_scope, ended, misnamed)

    def known(self) -> bool:
        return self.run(f"SELECT 1 FROM {history_name(self.layer)} WHERE to_changeset IS NULL LIMIT 1") > 0

    def prepare(self, valid_from: datetime | None) -> None:
        """Digests of content on both sides, identity as one text, and the moment that each record speaks of.

        A record without an end says what holds now (or from when it begins, if that is later), whenever it began. The end
        of the second in which it begins is meant: a version that began within that second came from there.
        """
        self.run("CREATE TEMPORARY TABLE found (id uuid PRIMARY KEY) ON COMMIT DROP")
        self.run(
            f"""CREATE TEMPORARY TABLE current ON COMMIT DROP AS
                SELECT version, id, valid, {content(self.layer, self.derived)} AS content, {identity(self.layer)} AS identity
                FROM {history_name(self.layer)} h {restricted_joins(self.layer)} WHERE to_changeset IS NULL{self._near()}"""
        )
        self.run(
            f"""CREATE TEMPORARY TABLE arrived ON COMMIT DROP AS
                SELECT row, id, CASE WHEN valid_to IS NULL THEN greatest(_since, t) ELSE coalesce(_since, t) END AS moment,
                       coalesce(_since, t) AS since, nullif(valid_from, %s) AS begins, valid_to AS until,
                       {content(self.layer, self.derived)} AS content, {identity(self.layer)} AS identity
                FROM {self.staged}, clock_timestamp() AS t,
                     LATERAL (SELECT date_trunc('second', valid_from) + interval '999999 us' AS _since) AS b""",
            (valid_from,),
        )
        for table in ("current", "arrived"):
            self.run(f"CREATE INDEX ON {table} (content)")
            self.run(f"CREATE INDEX ON {table} (identity)")
            self.run(f"ANALYZE {table}")

    def misnamed(self) -> tuple[Misnamed, ...]:
        """Records whose id is not that of the feature of their identity or content leave the stage.

        A feature that the file holds under its own id may have left its number to another.
        """
        if not self._ids():
            return ()
        rows = self.connection.execute(
            f"""WITH named AS (
                    SELECT a.row, a.id, c.id AS other FROM arrived a JOIN current c USING (identity) WHERE a.id IS NOT NULL AND c.valid @> a.moment
                    UNION
                    SELECT a.row, a.id, c.id AS other FROM arrived a JOIN current c USING (content) WHERE a.id IS NOT NULL AND c.valid @> a.moment),
                wrong AS (
                    SELECT DISTINCT ON (row) row, id, other FROM named n
                    WHERE NOT EXISTS (SELECT FROM named m WHERE m.row = n.row AND m.other = m.id)
                    AND NOT EXISTS (SELECT FROM arrived b WHERE b.id = n.other) ORDER BY row, other),
                gone AS (DELETE FROM arrived USING wrong w WHERE arrived.row = w.row)
                DELETE FROM {self.staged} s USING wrong w WHERE s.row = w.row RETURNING s.source_row, w.id, w.other"""
        ).fetchall()
        return tuple(Misnamed(*row) for row in rows)

    def same_id(self) -> int:
        """Records that say which feature they are: versions of it, or of a new one. How many of them are unchanged."""
        if not self._ids():
            return 0
        self.run(
            f"""CREATE TEMPORARY TABLE best ON COMMIT DROP AS SELECT DISTINCT ON (a.row) a.row, c.version, c.id,
                coalesce(a.content = c.content AND {_HOLDS} AND {_SAYS_THE_SAME}, false) AS same FROM arrived a JOIN current c USING (id)
                ORDER BY a.row, same DESC, c.valid @> a.moment DESC, a.content = c.content DESC, lower(c.valid), c.version"""
        )
        unchanged = self.run(f"DELETE FROM {self.staged} s USING best b WHERE s.row = b.row AND b.same")
        self.run("DELETE FROM arrived USING best b WHERE arrived.row = b.row AND b.same")
        self._update()
        self.run("DELETE FROM arrived WHERE id IS NOT NULL")
        return unchanged

    def same_content(self) -> int:
        """Records equal to what holds at the moment they speak of, one to one; they leave the stage."""
        self.run(
            f"""CREATE TEMPORARY TABLE same ON COMMIT DROP AS SELECT DISTINCT ON (row) row, version, id FROM (
               SELECT DISTINCT ON (version) * FROM (
               SELECT a.row, c.version, c.id, dense_rank() OVER (PARTITION BY content, c.valid ORDER BY a.row) AS a,
                      dense_rank() OVER (PARTITION BY content, c.valid ORDER BY c.version) AS c
               FROM arrived a JOIN current c USING (content) WHERE {_HOLDS} AND {_SAYS_THE_SAME}) p WHERE p.a = p.c
               ORDER BY version, row) q ORDER BY row, version"""
        )
        self.run(f"DELETE FROM {self.staged} USING same p WHERE {self.staged}.row = p.row")
        self._found("same")
        return self.run("DELETE FROM arrived USING same p WHERE arrived.row = p.row")

    def same_but_for_its_time(self) -> None:
        """One to one by content, where a record says another beginning or end than is known."""
        self._pair(
            """SELECT a.row, c.version, c.id, true AS holds, lower(c.valid) AS begins, 1::float8 AS share,
                      abs(dense_rank() OVER (PARTITION BY content ORDER BY a.row) - dense_rank() OVER (PARTITION BY content ORDER BY c.version)) AS apart
               FROM arrived a JOIN current c USING (content) WHERE c.valid @> a.moment"""
        )

    def same_identity(self) -> None:
        """One to one by identity; where a key stands several times, by largest overlap, then in the order of both."""
        self._pair(
            f"""SELECT a.row, c.version, c.id, c.valid @> a.moment AS holds, lower(c.valid) AS begins, {self._overlap()} AS share,
                       abs(dense_rank() OVER (PARTITION BY a.identity ORDER BY a.row)
                           - dense_rank() OVER (PARTITION BY a.identity ORDER BY c.version)) AS apart
                FROM arrived a JOIN current c USING (identity) JOIN {self.staged} s ON s.row = a.row
                JOIN {history_name(self.layer)} h ON h.version = c.version"""
        )

    def same_place(self) -> None:
        """Of what is left, one to one by largest overlap, more than half of both."""
        if self.layer.geometry.type is not GeometryType.MULTIPOLYGON:
            return
        self._pair(
            f"""SELECT * FROM (
                SELECT a.row, c.version, c.id, true AS holds, lower(c.valid) AS begins, {self._overlap()} AS share, 0 AS apart
                FROM arrived a JOIN {self.staged} s ON s.row = a.row
                JOIN {history_name(self.layer)} h ON h.to_changeset IS NULL AND h.geom_84 && s.geom_84 AND h.valid @> a.moment
                JOIN current c ON c.version = h.version) p WHERE share > 0.5"""
        )

    def keep_derived(self) -> None:
        """What could not be worked out this time stays as it was known, while the text that it is about is the same."""
        for name, source in self.derived.items():
            told, text = quoted(name), quoted(source)
            self.run(
                f"""UPDATE {self.staged} s SET {told} = h.{told} FROM {history_name(self.layer)} h
                    WHERE h.version = s.replaces AND s.operation = 'update' AND s.{told} IS NULL AND h.{text} = s.{text}"""
            )

    def vanished(self, scope: Scope) -> tuple[int, int]:
        """Stage the end of what is inside the scope and was not matched; how many, and of how many."""
        conditions = ["h.to_changeset IS NULL", "h.valid @> coalesce(%s, clock_timestamp())"]
        values: list[object] = [scope.since]
        for name, value in scope.equals.items():
            conditions.append(f"h.{quoted(self.layer.field(name).name)} = %s")
            values.append(value)
        if scope.area is not None:
            conditions.append("ST_Within(h.geom, ST_GeomFromWKB(%s, %s))")
            values += [shapely.to_wkb(scope.area), self.layer.storage_crs]
        inside = f"SELECT h.version, h.id FROM {history_name(self.layer)} h WHERE {' AND '.join(conditions)}"
        row = self.connection.execute(f"SELECT count(*) FROM ({inside}) i", values).fetchone()
        closed = self.run(
            f"""INSERT INTO {self.staged} (operation, replaces, id, valid_from) SELECT 'close', i.version, i.id, %s FROM ({inside}) i
                WHERE NOT EXISTS (SELECT FROM found WHERE found.id = i.id)""",
            (scope.since, *values),
        )
        return closed, int(row[0]) if row else 0

    def _pair(self, candidates: str) -> None:
        """From the candidates of a query take the best one to one, until none is left; they become updates."""
        left = self.run(f"CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS {candidates}")
        while left and self._take_best():
            pass
        self.run("DROP TABLE pairs")

    def _take_best(self) -> int:
        """Pairs in which each is the other's best."""
        best = "holds DESC, share DESC NULLS LAST, apart"
        self.run(
            f"""CREATE TEMPORARY TABLE best ON COMMIT DROP AS SELECT row, version, id FROM (
                SELECT *, row_number() OVER (PARTITION BY id ORDER BY {best}, row, begins) AS n FROM (
                SELECT *, row_number() OVER (PARTITION BY row ORDER BY {best}, begins, version) AS m FROM pairs) p WHERE m = 1) q
                WHERE n = 1"""
        )
        self.run("DELETE FROM pairs USING best WHERE pairs.row = best.row")
        self.run("DELETE FROM pairs USING best WHERE pairs.id = best.id")
        return self._update()

    def _update(self) -> int:
        """The rows of `best` become updates. One that says for the same content that it ends earlier ends it."""
        taken = self.run(
            f"""UPDATE {self.staged} s SET operation = 'update', replaces = b.version, id = b.id
                FROM best b JOIN arrived a USING (row) WHERE s.row = b.row"""
        )
        self.run(
            f"""INSERT INTO {self.staged} (operation, replaces, id, valid_from, valid_to)
                SELECT 'close', c.version, c.id, a.until, upper(c.valid) FROM best b JOIN arrived a USING (row) JOIN current c USING (version)
                WHERE a.content = c.content AND c.valid @> a.until AND a.until > a.since"""
        )
        self._found("best")
        self.run("DELETE FROM arrived USING best WHERE arrived.row = best.row")
        self.run("DROP TABLE best")
        return taken

    def _found(self, matched: str) -> None:
        """The features of the table `matched` are no candidates any more."""
        self.run(f"INSERT INTO found SELECT DISTINCT id FROM {matched} ON CONFLICT DO NOTHING")
        self.run(f"DELETE FROM current USING {matched} m WHERE current.id = m.id")

    def _ids(self) -> bool:
        """Whether any record left says which feature it is."""
        return self.run("SELECT 1 FROM arrived WHERE id IS NOT NULL LIMIT 1") > 0

    def _near(self) -> str:
        """Condition that leaves out what no staged record can be, where the file is small beside the layer.

        Equal records have equal boxes or no place at all; the rest is found by id, by identity or by overlap.
        """
        row = self.connection.execute(
            "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", (history_name(self.layer),)
        ).fetchone()
        if self.count("true") * _SMALL > (row[0] if row else 0):
            return ""
        self.run(f"ANALYZE {self.staged}")
        history = history_name(self.layer)
        ways = [
            f"SELECT h.version FROM {self.staged} s JOIN {history} h ON h.to_changeset IS NULL AND h.geom_84 && s.geom_84",
            f"SELECT version FROM {history} h WHERE h.to_changeset IS NULL AND h.geom_84 IS NULL",
        ]
        if self.count("id IS NOT NULL"):
            ways.append(
                f"SELECT h.version FROM {self.staged} s JOIN {history} h ON h.to_changeset IS NULL AND h.id = s.id"
            )
        for same, of in self._identities():
            ways.append(
                f"SELECT h.version FROM {self.staged} s JOIN {history} h ON h.to_changeset IS NULL AND {same} WHERE {of}"
            )
        self.run(f"CREATE TEMPORARY TABLE near ON COMMIT DROP AS {' UNION '.join(ways)}")
        return " AND version IN (SELECT version FROM near)"

    def _identities(self) -> list[tuple[str, str]]:
        """For each set of identity fields that staged records lack: when a version is the same, and of which records.

        So written, the index on the fields is used; it cannot be for texts put together.
        """
        *others, last = (quoted(name) for name in self.layer.identity)
        rows = self.connection.execute(
            f"SELECT DISTINCT ARRAY[{', '.join(f's.{n} IS NULL' for n in others)}]::bool[] FROM {self.staged} s WHERE s.{last} IS NOT NULL"
        ).fetchall()
        found = []
        for (lacking,) in rows:
            pairs = list(zip(others, lacking, strict=True))
            same = [f"h.{n} IS NULL" if lacks else f"h.{n} = s.{n}" for n, lacks in pairs]
            of = [f"s.{n} IS {'' if lacks else 'NOT '}NULL" for n, lacks in pairs]
            found.append((" AND ".join([*same, f"h.{last} = s.{last}"]), " AND ".join([*of, f"s.{last} IS NOT NULL"])))
        return found

    def _overlap(self) -> str:
        if self.layer.geometry.type is not GeometryType.MULTIPOLYGON:
            return "NULL::float8"
        return overlap()
