"""Where a layer's data are complete, partial or absent: outside of declared coverage nothing found means "no data"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
import shapely
from shapely.geometry.base import BaseGeometry

from gis.model.layer import Layer


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
