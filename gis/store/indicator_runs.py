"""When indicators were computed and from which data, what was published since, and who computes them now.

What is to be done is no entry that could be lost or be there twice: it is whatever was published since the last run that
came to its end. However much was published meanwhile, the next run takes it all; one that was killed left nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from gis.errors import ConflictError
from gis.store.pools import Row
from gis.store.sql import Lock, Sql
from gis.store.tables import REDUCED

COUNTED = ("wards", "parcels", "permits")
"""The layers that are counted."""

COMPARED = ("wards", "buildings", "parcels", "zones", "road_lines", "plans")
"""The layers by which buildings are compared with the plans."""

ALL = tuple(dict.fromkeys((*COUNTED, *COMPARED)))
"""The layers of which there are indicators."""


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where data are known when a run begins. `shown`: the same as the public may know it; `declared`: the last word on
    coverage."""

    changeset: int
    shown: int
    declared: datetime
    began: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The last run (its fields None where there is none), and when something was published that is not in it: the first and
    the last time. `surveyed`: the changeset up to which buildings were compared."""

    changeset: int | None
    surveyed: int | None
    newest: date | None
    began: datetime | None
    finished: datetime | None
    first: datetime | None
    last: datetime | None


@contextmanager
def alone(connection: psycopg.Connection, *, wait: bool) -> Iterator[None]:
    """While this is open nobody else computes. ConflictError where somebody does and is not to be waited for."""
    asked = "pg_advisory_lock(%s) IS NOT NULL" if wait else "pg_try_advisory_lock(%s)"
    row = connection.execute(f"SELECT {asked}", (Lock.INDICATORS,)).fetchone()
    if row is None or not row[0]:
        raise ConflictError(
            "The indicators are being computed by somebody else at this moment; nothing was done.",
            "Đang có tiến trình khác tính các chỉ số; chưa làm gì.",
        )
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", (Lock.INDICATORS,))


def position(connection: psycopg.Connection) -> Position:
    """Where data stand now."""
    row = connection.execute(
        f"""SELECT coalesce((SELECT max(number) FROM landmap.changeset), 0),
                   coalesce((SELECT max(changeset) FROM landmap.valid_bound WHERE layer = ANY (%s) AND shown >= {REDUCED}), 0),
                   coalesce((SELECT max(greatest(declared_at, withdrawn_at)) FROM landmap.coverage), 'epoch'), clock_timestamp()""",
        ([*ALL],),
    ).fetchone()
    assert row is not None
    return Position(*row)


def published_days(connection: psycopg.Connection) -> list[date]:
    """The days of which there are figures: they are counted again with all others, so that none stays behind."""
    rows = connection.execute(
        "SELECT DISTINCT observed_on FROM land_history.indicators WHERE to_changeset IS NULL AND observed_on IS NOT NULL ORDER BY 1"
    )
    return [row[0] for row in rows.fetchall()]


def record(
    connection: psycopg.Connection, begun: Position, days: Sequence[date], published: int | None, *, surveyed: bool
) -> None:
    """A run that began at `begun` has come to its end and made the changeset `published`, if there was anything new. Where
    it compared no buildings, they stand as before."""
    connection.execute(
        """INSERT INTO landmap.indicator_run (changeset, declared, surveyed, surveyed_declared, newest, days, published, began)
           SELECT %(changeset)s, %(declared)s, CASE WHEN %(surveyed)s THEN %(changeset)s ELSE last.surveyed END,
                  CASE WHEN %(surveyed)s THEN %(declared)s ELSE last.surveyed_declared END,
                  %(newest)s, %(days)s, %(published)s, %(began)s
           FROM (VALUES (true)) one LEFT JOIN (
               SELECT surveyed, surveyed_declared FROM landmap.indicator_run ORDER BY number DESC LIMIT 1) last ON true""",
        {
            "changeset": begun.changeset,
            "declared": begun.declared,
            "surveyed": surveyed,
            "newest": max(days),
            "days": len(days),
            "published": published,
            "began": begun.began,
        },
    )


def standing_sql(
    layers: Sequence[str],
    known: datetime | None = None,
    *,
    declared: Sequence[str] | None = None,
    of_buildings: bool = False,
) -> Sql:
    """`Standing` as known at `known` (None: now), by what was published in `layers` since, and what was declared of the
    coverage of `declared` (None: of the same layers). It counts hidden rows too: for whoever computes, to be told to nobody.

    `of_buildings`: since buildings were compared, not since all else was counted.
    """
    return _standing(layers, known, declared, of_buildings, "true", _RUN)


def told_sql(
    layers: Sequence[str],
    known: datetime | None = None,
    *,
    declared: Sequence[str] | None = None,
    of_buildings: bool = False,
) -> Sql:
    """The same as everybody may be told it: changesets of hidden rows alone are as if they were not (`snapshot.state`).

    Both `changeset` and `surveyed` are the last changeset of the layers that the run has read and of which the public sees
    something; `finished` is when a run first had read that, so that later ones do not tell of hidden rows either.
    """
    return _standing(layers, known, declared, of_buildings, _SHOWN_NEWS, _RUN_TOLD)


_SHOWN_NEWS = f"""EXISTS (SELECT FROM landmap.valid_bound b
    WHERE b.layer = l.layer AND b.changeset = l.number AND b.shown >= {REDUCED})"""
_RUN = "run.changeset, run.surveyed, run.newest, run.began, run.finished"
_RUN_TOLD = f"""seen.number AS changeset, seen.number AS surveyed, run.newest, run.began, (
    SELECT min(i.finished) FROM landmap.indicator_run i
    WHERE i.newest = run.newest AND i.{{since}} >= seen.number AND i.{{said}} >= seen.declared) AS finished
    FROM run LEFT JOIN LATERAL (SELECT
        coalesce((SELECT max(b.changeset) FROM landmap.valid_bound b
            WHERE b.layer = ANY ($1) AND b.shown >= {REDUCED} AND b.changeset <= run.{{since}}), 0) AS number,
        coalesce((SELECT max(v.said) FROM landmap.coverage c, LATERAL (VALUES (declared_at), (withdrawn_at)) v(said)
            WHERE c.layer = ANY ($3) AND v.said <= run.{{said}}), 'epoch') AS declared) seen ON run.{{since}} IS NOT NULL"""


def _standing(
    layers: Sequence[str],
    known: datetime | None,
    declared: Sequence[str] | None,
    of_buildings: bool,
    news: str,
    fields: str,
) -> Sql:
    since, said = ("surveyed", "surveyed_declared") if of_buildings else ("changeset", "declared")
    found = fields.format(since=since, said=said) if fields is _RUN_TOLD else f"{fields} FROM run"
    return Sql(
        f"""WITH asked AS (SELECT coalesce($2::timestamptz, clock_timestamp()) AS at),
            run AS (SELECT r.* FROM asked LEFT JOIN LATERAL (
                SELECT i.* FROM landmap.indicator_run i LEFT JOIN landmap.changeset p ON p.number = i.published
                WHERE coalesce(p.committed_at, i.finished) <= asked.at ORDER BY i.number DESC LIMIT 1) r ON true),
            told AS (SELECT {found}),
            news AS (
                SELECT c.committed_at AS at FROM landmap.changeset_layer l JOIN landmap.changeset c USING (number)
                WHERE l.layer = ANY ($1::text[]) AND c.number > coalesce((SELECT {since} FROM run), 0) AND {news}
                UNION ALL
                SELECT v.said FROM landmap.coverage, LATERAL (VALUES (declared_at), (withdrawn_at)) v(said)
                WHERE layer = ANY ($3::text[]) AND v.said > coalesce((SELECT {said} FROM run), 'epoch')),
            late AS (SELECT min(news.at) AS first, max(news.at) AS last FROM news, asked WHERE news.at <= asked.at)
            SELECT told.*, late.first, late.last FROM told, late""",
        ([*layers], known, [*(layers if declared is None else declared)]),
    )


def as_standing(row: Row) -> Standing:
    """A row of `standing_sql`."""
    return Standing(
        row["changeset"], row["surveyed"], row["newest"], row["began"], row["finished"], row["first"], row["last"]
    )
