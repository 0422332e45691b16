"""Values that records of other layers may refer to."""

from __future__ import annotations

import psycopg

from gis.model.layer import Layer
from gis.store.sql import quoted


def values(connection: psycopg.Connection, layer: Layer, field: str) -> frozenset[str]:
    """The different values of a field among what holds now; KeyError if the layer has no such field."""
    name = quoted(layer.field(field).name)
    query = f"SELECT DISTINCT {name} FROM land.{quoted(layer.id)} WHERE {name} IS NOT NULL"
    return frozenset(str(row[0]) for row in connection.execute(query))
