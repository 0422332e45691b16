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

COUNTED = ("wards", "parcels", "permits")
"""The layers that are counted."""

COMPARED = ("wards", "buildings", "parcels", "zones", "road_lines", "plans")
"""The layers by which buildings are compared with the plans."""


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where data are known when a run begins. `declared`: the last word on coverage."""

    changeset: int
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
        """SELECT coalesce((SELECT max(number) FROM landmap.changeset), 0),
                  coalesce((SELECT max(greatest(declared_at, withdrawn_at)) FROM landmap.coverage), 'epoch'), clock_timestamp()"""
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
        """INSERT INTO landmap.indicator_run (changeset, declared, surveyed, newest, days, published, began)
           VALUES (%(changeset)s, %(declared)s,
                   CASE WHEN %(surveyed)s THEN %(changeset)s
                        ELSE (SELECT surveyed FROM landmap.indicator_run ORDER BY number DESC LIMIT 1) END,
                   %(newest)s, %(days)s, %(published)s, %(began)s)""",
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


def standing_sql(layers: Sequence[str], known: datetime | None = None, *, of_buildings: bool = False) -> Sql:
    """`Standing` as known at `known` (None: now), by what was published in `layers` since.

    `of_buildings`: since buildings were compared, not since all else was counted.
    """
    since = "surveyed" if of_buildings else "changeset"
    return Sql(
        f"""WITH asked AS (SELECT coalesce($2::timestamptz, clock_timestamp()) AS at),
            run AS (SELECT r.* FROM asked LEFT JOIN LATERAL (
                SELECT i.* FROM landmap.indicator_run i LEFT JOIN landmap.changeset p ON p.number = i.published
                WHERE coalesce(p.committed_at, i.finished) <= asked.at ORDER BY i.number DESC LIMIT 1) r ON true),
            news AS (
                SELECT c.committed_at AS at FROM landmap.changeset_layer l JOIN landmap.changeset c USING (number)
                WHERE l.layer = ANY ($1::text[]) AND c.number > coalesce((SELECT {since} FROM run), 0)
                UNION ALL
                SELECT said FROM landmap.coverage, LATERAL (VALUES (declared_at), (withdrawn_at)) v(said)
                WHERE said > coalesce((SELECT declared FROM run), 'epoch')),
            late AS (SELECT min(news.at) AS first, max(news.at) AS last FROM news, asked WHERE news.at <= asked.at)
            SELECT run.changeset, run.surveyed, run.newest, run.began, run.finished, late.first, late.last FROM run, late""",
        ([*layers], known),
    )


def as_standing(row: Row) -> Standing:
    """A row of `standing_sql`."""
    return Standing(
        row["changeset"], row["surveyed"], row["newest"], row["began"], row["finished"], row["first"], row["last"]
    )
