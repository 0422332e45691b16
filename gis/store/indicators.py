"""Counting by ward and day in PostGIS: permits, land uses, quality and coverage, from what the public sees of each layer.

Every parcel and permit belongs to the one ward in which a point of it lies, whichever day it is counted for. All sets
are read from one state of the database (`one_state`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import psycopg
import shapely
from psycopg.rows import dict_row

from gis.model.indicator import Count
from gis.model.layer import Catalog
from gis.store.tables import SHOWN

MONTHS = 12
"""Permits are those of so many months before the day."""

_WHOLE = 99.5
"""% of a ward from which on it counts as covered: declared areas are drawn by others."""

_SLIVER = 0.01
"""Two wards that share a smaller part of either are neighbours whose common boundary was drawn twice."""


@dataclass(frozen=True, slots=True)
class WardSet:
    """A named set of wards: those that held at `at`, whose boundaries hold on days from `since` (None: always) to `until`."""

    id: str
    at: datetime
    since: date | None
    until: date | None

    def holds(self, on: date) -> bool:
        """The boundaries are in force on that day."""
        return (self.since is None or on >= self.since) and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True, eq=False)
class Ward:
    """`place`: a point in it, in the storage CRS."""

    code: str
    name: str
    place: shapely.Point


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What was counted in one set. `complete`: (ward, layer) that agencies declare complete."""

    wards: Sequence[Ward]
    counts: Sequence[Count]
    complete: frozenset[tuple[str, str]]


@contextmanager
def one_state(connection: psycopg.Connection) -> Iterator[None]:
    """While this is open all that is counted is read from one state of the database: what is published meanwhile is in none
    of the sets of wards. The connection must be in no transaction."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def count(
    connection: psycopg.Connection,
    catalog: Catalog,
    wards: WardSet,
    days: Sequence[date],
    uses: Mapping[str, Sequence[str]],
) -> Counted:
    """Count on each of `days`, at the beginning of the day. `uses`: the codes of land use by indicator.

    A ward that is not there has no row; where there is nothing to count a count is 0, and a share has no data. To be called
    within `one_state`, for as many sets as there are.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        _lay_out(cursor, catalog, wards, days)
        found = [
            Ward(row["code"], row["name"], shapely.from_wkb(row["place"]))
            for row in cursor.execute("SELECT code, name, ST_AsBinary(place) AS place FROM ward ORDER BY code")
        ]
        counts = [*_permits(cursor), *_land(cursor, uses), *_quality(cursor, catalog), *_coverage(cursor)]
        complete = cursor.execute(_COMPLETE, {"whole": _WHOLE}).fetchall()
    return Counted(found, counts, frozenset((row["code"], row["layer"]) for row in complete))


def overlapping(connection: psycopg.Connection, one: WardSet, other: WardSet) -> list[tuple[str, str]]:
    """Codes of wards of two sets that share ground: more of it than boundaries drawn anew differ by."""
    return connection.execute(_OVERLAPPING, {"one": one.at, "other": other.at, "sliver": _SLIVER}).fetchall()


def _lay_out(cursor: psycopg.Cursor[dict[str, object]], catalog: Catalog, wards: WardSet, days: Sequence[date]) -> None:
    """Temporary tables: wards and days, parcels and permits with their wards, and what is declared complete."""
    values = {
        "at": wards.at,
        "days": list(days),
        "zone": catalog.territory.time_zone,
        "shown": SHOWN,
        "months": MONTHS,
    }
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in _TABLES)}")  # of another set
    for statement in (_WARDS, _DAYS, _PARCELS, _PERMITS, _COVERED):
        cursor.execute(statement, values)
    cursor.execute("CREATE INDEX ON permit (code, issued_on)")
    for name in _TABLES:
        cursor.execute(f"ANALYZE {name}")


_TABLES = ("ward", "day", "lot", "permit", "covered")


def _wards(at: str) -> str:
    """The wards of the moment that is bound as `at`, one of each code."""
    return f"""SELECT DISTINCT ON (code) code, coalesce(full_name, name) AS name, geom, geom_84 FROM land_history.wards
        WHERE to_changeset IS NULL AND valid @> %({at})s::timestamptz AND geom IS NOT NULL AND shown > 0
        ORDER BY code, version DESC"""


_WARDS = f"""CREATE TEMP TABLE ward ON COMMIT DROP AS
    SELECT code, name, geom, geom_84, ST_PointOnSurface(geom) AS place FROM ({_wards("at")}) w"""
_OVERLAPPING = f"""WITH one AS MATERIALIZED ({_wards("one")}), other AS MATERIALIZED ({_wards("other")})
    SELECT a.code, b.code FROM one a JOIN other b ON a.geom && b.geom
    WHERE ST_Area(ST_Intersection(a.geom, b.geom)) > %(sliver)s * least(ST_Area(a.geom), ST_Area(b.geom))"""
_DAYS = """CREATE TEMP TABLE day ON COMMIT DROP AS
    SELECT d AS on_day, d::timestamp AT TIME ZONE %(zone)s AS at FROM unnest(%(days)s::date[]) d"""
_PARCELS = """CREATE TEMP TABLE lot ON COMMIT DROP AS
    SELECT h.version, min(w.code) AS code, h.valid, CASE WHEN h.shown = %(shown)s THEN h.land_use END AS land_use,
           CASE WHEN h.shown = %(shown)s THEN h.measured_area END AS stated, ST_Area(h.geom) AS area
    FROM land_history.parcels h JOIN ward w
      ON h.geom_84 && w.geom_84 AND ST_Intersects(w.geom, ST_PointOnSurface(h.geom))
    WHERE h.to_changeset IS NULL AND h.shown > 1 AND h.valid && (SELECT tstzrange(min(at), max(at), '[]') FROM day)
    GROUP BY h.version"""
_PERMITS = """CREATE TEMP TABLE permit ON COMMIT DROP AS
    SELECT h.id, min(w.code) AS code, h.issued_on, h.floor_area, h.valid
    FROM land_history.permits h JOIN ward w
      ON h.geom_84 && w.geom_84 AND ST_Intersects(w.geom, ST_PointOnSurface(h.geom))
    WHERE h.to_changeset IS NULL AND h.shown = %(shown)s AND h.issued_on IS NOT NULL
      AND h.issued_on >= (SELECT min(on_day) FROM day) - make_interval(months => %(months)s)
    GROUP BY h.version"""
_COVERED = """CREATE TEMP TABLE covered ON COMMIT DROP AS
    WITH declared AS (
        SELECT w.code, c.layer, c.level, c.as_of, w.geom_84, ST_Intersection(c.area, w.geom_84) AS area
        FROM landmap.coverage c JOIN ward w ON c.area && w.geom_84
        WHERE c.withdrawn_at IS NULL AND c.layer IN ('parcels', 'zones', 'permits', 'buildings')),
    moments AS (SELECT on_day FROM day UNION ALL SELECT 'infinity'::date),
    summed AS (
        SELECT d.code, d.layer, m.on_day, d.geom_84,
               ST_Union(d.area) FILTER (WHERE d.level = 'complete') AS whole,
               ST_Union(d.area) FILTER (WHERE d.level <> 'complete') AS less
        FROM declared d JOIN moments m ON d.as_of <= m.on_day GROUP BY d.code, d.layer, m.on_day, d.geom_84)
    SELECT code, layer, on_day, least(100, 100 * coalesce(ST_Area(
        CASE WHEN less IS NULL THEN whole ELSE ST_Difference(whole, less) END), 0) / ST_Area(geom_84)) AS share
    FROM summed"""
_COMPLETE = "SELECT code, layer FROM covered WHERE on_day = 'infinity' AND share >= %(whole)s"


def _permits(cursor: psycopg.Cursor[dict[str, object]]) -> Iterator[Count]:
    """Permits are dated by their day of issue; what became of one later makes no second one of it."""
    rows = cursor.execute(
        """SELECT w.code, d.on_day, count(DISTINCT p.id) AS cases,
                  count(p.floor_area) AS with_area, coalesce(sum(p.floor_area::numeric), 0) AS area,
                  (array_agg(p.floor_area ORDER BY p.floor_area DESC) FILTER (WHERE p.floor_area IS NOT NULL))[1:2] AS largest
           FROM ward w CROSS JOIN day d LEFT JOIN LATERAL (
               SELECT DISTINCT ON (p.id) p.id, p.floor_area FROM permit p
               WHERE p.code = w.code AND p.issued_on < d.on_day
                 AND p.issued_on >= d.on_day - make_interval(months => %(months)s)
               ORDER BY p.id, lower(p.valid)) p ON true
           GROUP BY w.code, d.on_day""",
        {"months": MONTHS},
    )
    for row in rows.fetchall():
        code, on, cases = str(row["code"]), _day(row["on_day"]), _whole(row["cases"])
        yield Count("permits_issued", code, on, cases, float(cases))
        largest = [*cast("list[float]", row["largest"] or []), 0.0, 0.0]
        with_area, area = _whole(row["with_area"]), _number(row["area"])
        yield Count("permitted_floor_area", code, on, with_area, area, largest=(largest[0], largest[1]))


def _land(cursor: psycopg.Cursor[dict[str, object]], uses: Mapping[str, Sequence[str]]) -> Iterator[Count]:
    rows = cursor.execute(
        """SELECT l.code, d.on_day, l.land_use, count(*) AS cases, sum(l.area) AS area
           FROM day d JOIN lot l ON l.valid @> d.at WHERE l.land_use IS NOT NULL GROUP BY 1, 2, 3"""
    ).fetchall()
    by_cell: dict[tuple[str, date], list[tuple[str, int, float]]] = {}
    for row in rows:
        cell = str(row["code"]), _day(row["on_day"])
        by_cell.setdefault(cell, []).append((str(row["land_use"]), _whole(row["cases"]), _number(row["area"])))
    for (code, on), found in by_cell.items():
        for indicator, codes in uses.items():
            inside = [(cases, area) for use, cases, area in found if use in codes]
            others = [(cases, area) for use, cases, area in found if use not in codes]
            own, rest = (tuple(map(sum, zip(*side, strict=True))) or (0, 0.0) for side in (inside, others))
            yield Count(indicator, code, on, int(own[0]), float(own[1]), int(rest[0]), float(rest[1]))


def _quality(cursor: psycopg.Cursor[dict[str, object]], catalog: Catalog) -> Iterator[Count]:
    bounds = catalog.layers["parcels"].quality
    rows = cursor.execute(
        """SELECT l.code, d.on_day, count(*) AS lots, count(*) FILTER (WHERE l.land_use IS NULL) AS without,
                  count(l.stated) AS stated, count(*) FILTER (WHERE abs(l.stated - l.area) > %(absolute)s
                      AND abs(l.stated - l.area) > %(relative)s * l.area) AS off
           FROM day d JOIN lot l ON l.valid @> d.at GROUP BY 1, 2""",
        {"absolute": bounds.area_absolute, "relative": bounds.area_relative},
    )
    for row in rows.fetchall():
        code, on = str(row["code"]), _day(row["on_day"])
        for indicator, part, whole in (
            ("parcels_without_use", row["without"], row["lots"]),
            ("parcels_off_area", row["off"], row["stated"]),
        ):
            if _whole(whole):
                some, rest = _whole(part), _whole(whole) - _whole(part)
                yield Count(indicator, code, on, some, float(some), rest, float(rest))


def _coverage(cursor: psycopg.Cursor[dict[str, object]]) -> Iterator[Count]:
    """As declared for that day or an earlier one; before the first declaration anywhere there are no data."""
    rows = cursor.execute(
        """SELECT w.code, d.on_day, l.layer, CASE WHEN f.first <= d.on_day THEN coalesce(c.share, 0) END AS share
           FROM ward w CROSS JOIN day d CROSS JOIN (VALUES ('parcels'), ('zones')) l(layer)
           LEFT JOIN LATERAL (SELECT min(as_of) AS first FROM landmap.coverage
                              WHERE layer = l.layer AND withdrawn_at IS NULL) f ON true
           LEFT JOIN covered c ON c.code = w.code AND c.layer = l.layer AND c.on_day = d.on_day"""
    )
    for row in rows.fetchall():
        share = None if row["share"] is None else _number(row["share"])
        rest = 0.0 if share is None else 100 - share
        yield Count(f"coverage_{row['layer']}", str(row["code"]), _day(row["on_day"]), 0, share, 0, rest)


def _day(value: object) -> date:
    return date.fromisoformat(str(value))


def _whole(value: object) -> int:
    return int(str(value))


def _number(value: object) -> float:
    return float(str(value))
