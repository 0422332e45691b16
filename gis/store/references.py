"""What records refer to: whether it stands in the other layer, and where that layer claims to have everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from gis.model.access import Decision
from gis.model.layer import Field, Layer, Reference, TimeModel
from gis.store import levels
from gis.store.runner import run
from gis.store.sql import Sql, quoted, type_name
from gis.store.tables import HISTORY, field_column, history_table

_CHUNK = 50_000  # values bound to one statement


def absent(
    connection: psycopg.Connection, layer: Layer, reference: Reference, values: Sequence[str | int]
) -> list[int]:
    """Positions of the values that name no feature of `layer` which holds now or is to hold later, in ascending order."""
    lost: list[int] = []
    for start in range(0, len(values), _CHUNK):
        found = run(connection, absent_sql(layer, reference, values[start : start + _CHUNK]))
        lost += [start + row["n"] - 1 for row in found]
    return sorted(lost)


def absent_sql(
    layer: Layer, reference: Reference, values: Sequence[str | int], decision: Decision | None = None
) -> Sql:
    """Positions `n` (from 1) of the values that name no feature of `layer` which holds now or is to hold later, and of which
    the decision tells as much; without one all do.

    A value of several parts is divided at the separator; the last part may hold more of them (parcel `25/2`). One that
    lacks parts names nothing. One probe of the index on the identity for each value: the layer itself is never read through.
    """
    count = len(reference.fields)
    parts = [str(v).split(Reference.SEPARATOR, count - 1) if count > 1 else [v] for v in values]
    whole = [part if len(part) == count else [None] * count for part in parts]
    names = [f"p{i}" for i in range(count)]
    types = [type_name(field_column(layer.field(name)).type) for name in reference.fields]
    arrays = ", ".join(f"${i}::{type_}[]" for i, type_ in enumerate(types, 1))
    same = " AND ".join(f"h.{quoted(name)} = v.{p}" for name, p in zip(reference.fields, names, strict=True))
    seen, more = _seen(layer, reference, decision, len(types) + 1)
    # LIMIT keeps the planner from turning the probes into a join that reads the whole layer.
    text = f"""SELECT v.n FROM unnest({arrays}) WITH ORDINALITY AS v({", ".join(names)}, n)
               LEFT JOIN LATERAL (SELECT true AS found FROM {_standing(layer)} AND {same}{seen} LIMIT 1) f ON true
               WHERE f.found IS NULL"""
    return Sql(text, (*([part[i] for part in whole] for i in range(count)), *more))


def _seen(layer: Layer, reference: Reference, decision: Decision | None, place: int) -> tuple[str, list[object]]:
    """SQL that leaves out the rows `h` which the decision does not tell by what the reference names, and the parameters of
    it, from `$place` on."""
    if decision is None or layer.time is TimeModel.NONE:
        return "", []
    least = levels.least(layer, decision, reference.fields)
    text = "".join(f" AND ({c})" for c in levels.reaches(decision, history_table(layer).alias("h"), least))
    values = [value for name, value in levels.values(decision).items() if f":{name}" in text]
    return text.replace(":agency", f"${place}"), values


def told(
    connection: psycopg.Connection, layer: Layer, reference: Reference, values: Sequence[str], field: Field
) -> list[str | None]:
    """What `field` says of the feature that each value names, by one field, which holds now or is to hold later.

    None where there is none. Of several, what the public sees least of: nothing is shown because a second one may be.
    """
    found: list[str | None] = []
    order = "" if layer.time is TimeModel.NONE else "ORDER BY h.shown, lower(h.valid)"
    query = f"""SELECT f.value FROM unnest(%s::text[]) WITH ORDINALITY AS v(name, n) LEFT JOIN LATERAL (
                    SELECT h.{quoted(field.name)} AS value FROM {_standing(layer)} AND h.{quoted(reference.fields[0])}::text = v.name
                    {order} LIMIT 1) f ON true ORDER BY v.n"""
    for start in range(0, len(values), _CHUNK):
        found += [row[0] for row in connection.execute(query, (list(values[start : start + _CHUNK]),))]
    return found


def _standing(layer: Layer) -> str:
    if layer.time is TimeModel.NONE:
        return f"land.{quoted(layer.id)} h WHERE true"
    holds = "(upper_inf(h.valid) OR upper(h.valid) > clock_timestamp())"
    return f"{HISTORY}.{quoted(layer.id)} h WHERE h.to_changeset IS NULL AND {holds}"


def declared_sql(layer: Layer) -> Sql:
    """What is declared of the layer: `complete` or not, and the `area` (WKB in CRS84); one row without both where nothing is.
    No row of a layer that has no features now or later: emptiness is held against nobody, whatever is declared."""
    text = f"""SELECT c.level = 'complete' AS complete, ST_AsBinary(c.area) AS area
               FROM (SELECT WHERE EXISTS (SELECT FROM {_standing(layer)})) s
               LEFT JOIN landmap.coverage c ON c.layer = $1 AND c.withdrawn_at IS NULL"""
    return Sql(text, (layer.id,))


def complete_at(declared: Sequence[Mapping[str, Any]], points: NDArray[np.object_]) -> NDArray[np.bool_]:
    """At which points (n,) of CRS84 a layer of which this is `declared` is complete, and nothing else; nowhere for a
    missing point."""
    found = np.zeros((2, len(points)), dtype=bool)
    tree = shapely.STRtree(points)
    for complete in (False, True):
        areas = shapely.from_wkb([row["area"] for row in declared if row["complete"] is complete])
        found[int(complete), tree.query(areas, predicate="intersects")[1]] = True
    return np.asarray(found[1] & ~found[0])
