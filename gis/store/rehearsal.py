"""A staged changeset published and taken back: what would hold after it, with nothing published.

The transaction that publishes ends without a trace, as soon as what it brought has been read; only so long do others who
publish wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import shapely
from psycopg.rows import dict_row

from gis.errors import InvalidParameter
from gis.model.change import stage_name
from gis.model.layer import Layer
from gis.ops.pieces import Bools, Objects
from gis.store.publish import history_name, publish
from gis.store.sql import quoted

_CHUNK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsed:
    """The versions that hold at the instant `at` in the storage CRS, before and after: those that differ say so in `new`
    and `gone`. `changed` are the shapes of all that differ."""

    at: datetime
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    changed: Objects


def rehearse(
    connection: psycopg.Connection, stage_id: int, layer: Layer, fields: Sequence[str], at: datetime | None = None
) -> Rehearsed:
    """What the staged changeset would make of the layer, as of `at`: by default now, or when the last of it begins.

    Raises what publishing raises, and InvalidParameter where the stage changes nothing.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL client_connection_check_interval = '2s'")  # nobody waits for one that was killed
        number = publish(connection, stage_id, layer)
        if number is None:
            raise InvalidParameter(
                f"{stage_name(stage_id)} changes nothing: every record of it is known already.",
                f"{stage_name(stage_id)} không thay đổi gì: mọi bản ghi đều đã có.",
            )
        moment = at or _begins(connection, layer, number)
        rows = _versions(connection, layer, number, (fields, moment))
    differs = rows.before ^ rows.after
    return Rehearsed(
        moment,
        rows.frame[rows.before].assign(gone=differs[rows.before]).reset_index(drop=True),
        rows.frame[rows.after].assign(new=differs[rows.after]).reset_index(drop=True),
        np.asarray(rows.frame.geometry.to_numpy()[differs], dtype=object),
    )


def _begins(connection: psycopg.Connection, layer: Layer, number: int) -> datetime:
    row = connection.execute(
        f"SELECT greatest(now(), max(lower(valid))) FROM {history_name(layer)} WHERE from_changeset = %s", (number,)
    ).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


@dataclass(frozen=True, slots=True, eq=False)
class _Versions:
    """Versions that hold at the instant, and whether each does before and after the changeset (n,)."""

    frame: gpd.GeoDataFrame
    before: Bools
    after: Bools


def _versions(
    connection: psycopg.Connection, layer: Layer, number: int, asked: tuple[Sequence[str], datetime]
) -> _Versions:
    fields, at = asked
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"""SELECT {_names(layer, fields)}, ST_AsBinary(geom) AS geom, from_changeset < %(n)s AS before,
                       to_changeset IS NULL AS after
                FROM {history_name(layer)}
                WHERE (to_changeset IS NULL OR to_changeset = %(n)s) AND valid @> %(at)s::timestamptz ORDER BY version""",
            {"n": number, "at": at},
        ).fetchall()
    before, after = (np.array([row[name] for row in rows], dtype=bool) for name in ("before", "after"))
    return _Versions(_frame(layer, fields, rows), before, after)


def met(
    connection: psycopg.Connection, layer: Layer, fields: Sequence[str], area: Objects, at: datetime
) -> Iterator[gpd.GeoDataFrame]:
    """The features that hold at `at` and lie on one of the shapes (storage CRS), not only beside it, some thousands at a time, each once."""
    connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS asked_area (geom geometry, geom_84 geometry)")
    connection.execute("TRUNCATE asked_area")
    connection.execute(
        """INSERT INTO asked_area SELECT g, ST_Envelope(ST_Transform(g, 4326))
           FROM (SELECT ST_SetSRID(ST_GeomFromWKB(part), %s) AS g FROM unnest(%s::bytea[]) part) p""",
        (layer.storage_crs, list(shapely.to_wkb(area))),
    )
    with connection.transaction(), connection.cursor(name="met", row_factory=dict_row) as cursor:
        cursor.execute(
            f"""SELECT id::text AS id, {_names(layer, fields)}, ST_AsBinary(geom) AS geom FROM {history_name(layer)} f
                WHERE to_changeset IS NULL AND valid @> %s::timestamptz
                  AND EXISTS (SELECT FROM asked_area a WHERE f.geom_84 && a.geom_84 AND ST_Intersects(f.geom, a.geom)
                                AND NOT ST_Touches(f.geom, a.geom))
                ORDER BY id""",
            (at,),
        )
        while rows := cursor.fetchmany(_CHUNK):
            yield _frame(layer, ("id", *fields), rows)


def _names(layer: Layer, fields: Sequence[str]) -> str:
    return ", ".join(quoted(layer.field(name).name) for name in fields)


def _frame(layer: Layer, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {name: [row[name] for row in rows] for name in names},
        geometry=list(shapely.from_wkb([row["geom"] for row in rows])),
        crs=layer.storage_crs,
    )
