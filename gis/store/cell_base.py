"""The base of a layer's cells: what its rows that hold now add up to, brought up to the last changeset and the hour.

Made and kept outside publishing, when it is asked for. The base says which changeset and instant it shows, and a tile is
taken from it only where both are the question's; so it may lag, and is never shown old.
"""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from gis.model.layer import Layer
from gis.store import cells
from gis.store.database import connect
from gis.store.publish import history_name
from gis.store.sql import Lock

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def bring_up(dsn: str, layer: Layer, at: datetime) -> int:
    """Bring the base of the layer up to all that is committed, as it holds at `at`; the changeset that it then shows.

    Costs as much as changed since the last time. Raises DatabaseUnavailable; psycopg.Error passes on.
    """
    with connect(dsn, autocommit=True) as connection:
        # A statement of its own, so that the snapshot below sees what the last holder did.
        connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (Lock.CELLS, layer.id))
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            return _bring_up(connection, layer, at)


def _bring_up(connection: psycopg.Connection, layer: Layer, at: datetime) -> int:
    row = connection.execute(
        "SELECT coalesce(max(number), 0) FROM landmap.changeset_layer WHERE layer = %s", (layer.id,)
    ).fetchone()
    last = int(row[0]) if row else 0
    known, since = _shown(connection, layer)
    at = max(at, since)
    values = {"layer": layer.id, "known": known, "since": since, "at": at, "last": last}
    pending = connection.execute(
        "SELECT version FROM landmap.tile_pending WHERE layer = %(layer)s AND at > %(since)s AND at <= %(at)s", values
    ).fetchall()
    values["pending"] = [version for (version,) in pending]
    if known < last or pending:
        connection.execute(_add(layer), values, prepare=False)
        connection.execute(
            "DELETE FROM landmap.tile_cell WHERE layer = %(layer)s AND features = 0 AND area = 0", values
        )
    connection.execute("DELETE FROM landmap.tile_pending WHERE layer = %(layer)s AND at <= %(at)s", values)
    connection.execute(_keep_pending(layer), values, prepare=False)
    connection.execute("UPDATE landmap.tile_base SET changeset = %(last)s, at = %(at)s WHERE layer = %(layer)s", values)
    return last


def _shown(connection: psycopg.Connection, layer: Layer) -> tuple[int, datetime]:
    """Changeset and instant of the base; a new, empty one where there is none or it was made by another definition."""
    row = connection.execute(
        "SELECT definition, changeset, at FROM landmap.tile_base WHERE layer = %s", (layer.id,)
    ).fetchone()
    if row and row[0] == cells.definition(layer):
        return row[1], row[2]
    for table in ("tile_base", "tile_cell", "tile_pending"):
        connection.execute(f"DELETE FROM landmap.{table} WHERE layer = %s", (layer.id,))
    connection.execute(
        "INSERT INTO landmap.tile_base (layer, definition, changeset, at) VALUES (%s, %s, 0, %s)",
        (layer.id, cells.definition(layer), _NEVER),
    )
    return 0, _NEVER


def _add(layer: Layer) -> str:
    """Add to the cells of every zoom what came and take away what went: since the base's changeset, or by the clock."""
    holds = "h.to_changeset IS NULL AND h.valid @> %(at)s::timestamptz"
    held = """h.from_changeset <= %(known)s AND (h.to_changeset IS NULL OR h.to_changeset > %(known)s)
              AND h.valid @> %(since)s::timestamptz"""
    rows = f"""(SELECT ({holds})::integer - ({held})::integer AS sign, {cells.class_of(layer)} AS class, h.shown, h.geom_84
                FROM {history_name(layer)} h
                WHERE (h.from_changeset > %(known)s OR h.to_changeset > %(known)s OR h.version = ANY(%(pending)s))
                  AND ({holds}) IS DISTINCT FROM ({held}))"""
    return f"""WITH own AS MATERIALIZED (
            SELECT grid, x, y, class, shown, sum(features) AS features, sum(area) AS area
            FROM ({cells.laid_out(rows, cells.finest(layer))}) l GROUP BY grid, x, y, class, shown)
        INSERT INTO landmap.tile_cell AS t (layer, zoom, x, y, cell, class, shown, features, area)
        SELECT %(layer)s, zoom, x >> {cells.PARTS}, y >> {cells.PARTS}, ((y & 63) << 6) + (x & 63), class, shown, sum(features), sum(area)
        FROM (SELECT zoom, x >> (grid - zoom - {cells.PARTS}) AS x, y >> (grid - zoom - {cells.PARTS}) AS y, class, shown, features, area
              FROM own, generate_series({layer.tiles.cells_from}, least({layer.tiles.min_zoom - 1}, grid - {cells.PARTS})) AS zoom) z
        GROUP BY zoom, x, y, class, shown HAVING sum(features) <> 0 OR sum(area) <> 0
        ORDER BY zoom, x >> {cells.PARTS}, y >> {cells.PARTS}
        ON CONFLICT (layer, zoom, x, y, cell, class, shown) DO UPDATE
        SET features = t.features + excluded.features, area = t.area + excluded.area"""


def _keep_pending(layer: Layer) -> str:
    """Open versions, new since the base's changeset, that begin or cease to hold later."""
    return f"""INSERT INTO landmap.tile_pending (layer, at, version)
        SELECT %(layer)s, b.at, h.version FROM {history_name(layer)} h, LATERAL (VALUES (lower(h.valid)), (upper(h.valid))) b(at)
        WHERE h.from_changeset > %(known)s AND h.to_changeset IS NULL AND b.at > %(at)s
        ON CONFLICT DO NOTHING"""
