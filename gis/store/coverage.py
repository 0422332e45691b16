"""Where a layer's data are complete, partial or absent: outside of declared coverage nothing found means "no data"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
import shapely
from psycopg.rows import class_row
from shapely.geometry.base import BaseGeometry

from gis.errors import NotFound
from gis.model.layer import Layer
from gis.store.sql import Lock, Sql

type Bounds = tuple[float, float, float, float]

LEVELS = ("none", "partial", "complete")
"""Weakest first: where declarations overlap, the weakest holds."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """`area`: polygon or multipolygon in CRS84. `level`: complete, partial or none. `commune`: ward code if it is a ward."""

    area: BaseGeometry
    level: str
    as_of: date
    agency: str
    commune: str | None = None


def declare(connection: psycopg.Connection, layer: Layer, declarations: Iterable[Declaration]) -> int:
    """Declare coverage of a layer, in the caller's transaction; how many. Earlier declarations for the same ward end."""
    rows = list(declarations)
    _in_turn(connection)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE landmap.coverage SET withdrawn_at = clock_timestamp() WHERE layer = %s AND commune = %s AND withdrawn_at IS NULL",
            [(layer.id, d.commune) for d in rows if d.commune],
        )
        cursor.executemany(
            "INSERT INTO landmap.coverage (layer, commune, area, level, as_of, agency) "
            "VALUES (%s, %s, ST_Multi(ST_GeomFromWKB(%s, 4326)), %s, %s, %s)",
            [(layer.id, d.commune, shapely.to_wkb(d.area), d.level, d.as_of, d.agency) for d in rows],
        )
    return len(rows)


def _in_turn(connection: psycopg.Connection) -> None:
    """Under the publishing lock, so that what becomes visible later has a later time: an instant names one state."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.PUBLISH,))


@dataclass(frozen=True, slots=True)
class Standing:
    """A declaration that stands; `number` names it, `hectares` is its area."""

    number: int
    layer: str
    commune: str | None
    level: str
    as_of: date
    agency: str
    declared_at: datetime
    hectares: float


def standing(connection: psycopg.Connection) -> list[Standing]:
    """What is declared now, by layer and ward."""
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(
            """SELECT id AS number, layer, commune, level, as_of, agency, declared_at,
                      ST_Area(area::geography) / 10000 AS hectares
               FROM landmap.coverage WHERE withdrawn_at IS NULL ORDER BY layer, commune NULLS FIRST, id"""
        ).fetchall()


def withdraw(connection: psycopg.Connection, number: int) -> None:
    """End a declaration: there it is as if nothing had been declared. NotFound if it does not stand."""
    with connection.transaction():
        _in_turn(connection)
        row = connection.execute(
            "UPDATE landmap.coverage SET withdrawn_at = clock_timestamp() WHERE id = %s AND withdrawn_at IS NULL RETURNING id",
            (number,),
        ).fetchone()
    if row is None:
        raise NotFound(
            f"There is no declaration {number} that stands: see landmap coverage list.",
            f"Không có công bố số {number} đang có hiệu lực: xem landmap coverage list.",
        )


def at_sql(lon: float, lat: float) -> Sql:
    """What is declared at a point of CRS84: `layer`, `level`, `as_of`, `agency`, one row for each layer that has any."""
    return Sql(
        """SELECT DISTINCT ON (layer) layer, level, as_of, agency FROM landmap.coverage
           WHERE withdrawn_at IS NULL AND ST_Intersects(area, ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326))
           ORDER BY layer, array_position($3::text[], level), as_of DESC""",
        (lon, lat, list(LEVELS)),
    )


def last_sql() -> Sql:
    """`known_at`: the instant of the last changeset, declaration or withdrawal that is known: whoever asks as of it later
    finds the state of now."""
    return Sql(
        """SELECT greatest((SELECT max(committed_at) FROM landmap.changeset), max(declared_at), max(withdrawn_at)) AS known_at
           FROM landmap.coverage""",
        (),
    )


def near_sql(layers: Sequence[str], box: Bounds, known: int | datetime | None) -> Sql:
    """What was declared of these layers in a box of CRS84, as known then: one row.

    Arrays `layer`, `level`, `as_of`, `agency`, `declared_at` and `area` (WKB, CRS84, cut to the box; oldest first), null
    where there is nothing; and `event`, when the last of them, or of those that were withdrawn by then, was.
    A changeset stands for the instant at which it was committed.
    """
    number = known if isinstance(known, int) else None
    instant = known if isinstance(known, datetime) else None
    return Sql(
        """WITH asked AS (SELECT ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, 4326) AS box, CASE
               WHEN $6::integer IS NOT NULL THEN coalesce(
                   (SELECT committed_at FROM landmap.changeset WHERE number <= $6 ORDER BY number DESC LIMIT 1), '-infinity')
               ELSE coalesce($7::timestamptz, 'infinity') END AS at),
           near AS MATERIALIZED (
               SELECT c.*, asked.box, coalesce(c.withdrawn_at <= asked.at, false) AS gone
               FROM asked JOIN landmap.coverage c ON c.area && asked.box
               WHERE c.layer = ANY($1::text[]) AND c.declared_at <= asked.at),
           there AS (
               SELECT layer, level, as_of, agency, declared_at, ST_AsBinary(ST_ClipByBox2D(area, Box2D(box))) AS area
               FROM near WHERE NOT gone ORDER BY declared_at, id)
           SELECT (SELECT max(CASE WHEN gone THEN withdrawn_at ELSE declared_at END) FROM near) AS event,
               array_agg(layer) AS layer, array_agg(level) AS level, array_agg(as_of) AS as_of, array_agg(agency) AS agency,
               array_agg(declared_at) AS declared_at, array_agg(area) AS area FROM there""",
        (list(layers), *box, number, instant),
    )
