"""Where a layer's data are complete, partial or absent: outside of declared coverage nothing found means "no data"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
import shapely
from psycopg.rows import class_row
from shapely.geometry.base import BaseGeometry

from gis.errors import NotFound
from gis.model.layer import Layer
from gis.store.sql import Sql

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
