"""What records refer to: whether it stands in the other layer, and where that layer claims to have everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from gis.model.layer import Layer, Reference, TimeModel
from gis.store.sql import quoted, type_name
from gis.store.tables import HISTORY, field_column

_CHUNK = 50_000  # values bound to one statement


def absent(
    connection: psycopg.Connection, layer: Layer, reference: Reference, values: Sequence[str | int]
) -> list[int]:
    """Positions of the values that name no feature of `layer` which holds now or is to hold later.

    A value of several parts is divided at the separator; the last part may hold more of them (parcel `25/2`).
    """
    count = len(reference.fields)
    parts = [str(v).split(Reference.SEPARATOR, count - 1) if count > 1 else [v] for v in values]
    whole = [i for i, part in enumerate(parts) if len(part) == count]
    lost = [i for i, part in enumerate(parts) if len(part) != count]
    query = _query(layer, reference)
    for start in range(0, len(whole), _CHUNK):
        chunk = whole[start : start + _CHUNK]
        found = connection.execute(query, [list(column) for column in zip(*(parts[i] for i in chunk), strict=True)])
        lost += [chunk[row[0] - 1] for row in found]
    return sorted(lost)


def _query(layer: Layer, reference: Reference) -> str:
    """One probe of the index on the identity for each value: the layer itself is never read through."""
    names = [f"p{i}" for i in range(len(reference.fields))]
    arrays = ", ".join(f"%s::{type_name(field_column(layer.field(name)).type)}[]" for name in reference.fields)
    same = " AND ".join(f"h.{quoted(name)} = v.{p}" for name, p in zip(reference.fields, names, strict=True))
    # LIMIT keeps the planner from turning the probes into a join that reads the whole layer.
    return f"""SELECT v.n FROM unnest({arrays}) WITH ORDINALITY AS v({", ".join(names)}, n)
               LEFT JOIN LATERAL (SELECT true AS found FROM {_standing(layer)} AND {same} LIMIT 1) f ON true
               WHERE f.found IS NULL"""


def is_empty(connection: psycopg.Connection, layer: Layer) -> bool:
    """Nothing of the layer holds now or later."""
    return connection.execute(f"SELECT NOT EXISTS (SELECT FROM {_standing(layer)})").fetchone() == (True,)


def _standing(layer: Layer) -> str:
    if layer.time is TimeModel.NONE:
        return f"land.{quoted(layer.id)} h WHERE true"
    holds = "(upper_inf(h.valid) OR upper(h.valid) > clock_timestamp())"
    return f"{HISTORY}.{quoted(layer.id)} h WHERE h.to_changeset IS NULL AND {holds}"


def complete_at(connection: psycopg.Connection, layer: Layer, points: NDArray[np.object_]) -> NDArray[np.bool_]:
    """At which points (n,) of CRS84 the layer is declared complete, and nothing else; nowhere for a missing point."""
    found = np.zeros((2, len(points)), dtype=bool)
    rows = connection.execute(
        "SELECT level = 'complete', ST_AsBinary(area) FROM landmap.coverage WHERE layer = %s AND withdrawn_at IS NULL",
        (layer.id,),
    ).fetchall()
    tree = shapely.STRtree(points)
    for complete in (False, True):
        areas = shapely.from_wkb([area for level, area in rows if level is complete])
        found[int(complete), tree.query(areas, predicate="intersects")[1]] = True
    return np.asarray(found[1] & ~found[0])
