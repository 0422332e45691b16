"""Proof that the invariants of publishing hold: `landmap db check`."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from gis.model.layer import Catalog, Layer, TimeModel
from gis.store import database, layers
from gis.store.publish import history_name


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant: where, and in how many places."""

    layer: str
    text: str
    count: int


SAMPLE = 10_000
"""Versions of a layer whose geometries are compared in both CRSs; other ones each time."""

_CHECKS = {
    "versions of a feature overlap in both time axes": """SELECT count(*) FROM {history} a JOIN {history} b ON a.id = b.id AND a.version < b.version
        AND a.valid && b.valid AND int4range(a.from_changeset, a.to_changeset) && int4range(b.from_changeset, b.to_changeset)""",
    "versions with an empty validity": "SELECT count(*) FROM {history} WHERE isempty(valid) OR lower(valid) IS NULL",
    "versions closed before they were opened": "SELECT count(*) FROM {history} WHERE to_changeset <= from_changeset",
    "versions of a changeset that does not exist": """SELECT count(*) FROM {history} h WHERE NOT EXISTS
        (SELECT 1 FROM landmap.changeset_layer c WHERE c.layer = '{layer}' AND c.number = h.from_changeset)
        OR (to_changeset IS NOT NULL AND NOT EXISTS (SELECT 1 FROM landmap.changeset_layer c WHERE c.layer = '{layer}' AND c.number = h.to_changeset))""",
    "sort keys that tell another place": """SELECT count(*) FROM {history} WHERE sort_key
        <> landmap.sort_key(CASE WHEN shown >= 2 THEN geom_84 END)""",
    f"geometries that differ between the CRSs by more than 1 mm, of {SAMPLE:,} versions taken at random": f"""SELECT count(*)
        FROM (SELECT geom, geom_84 FROM {{history}} WHERE geom IS NOT NULL ORDER BY random() LIMIT {SAMPLE}) h
        WHERE ST_HausdorffDistance(ST_Transform(geom_84, ST_SRID(geom)), geom) > 0.001""",
    "bounds whose counts do not add up": """SELECT count(*) FROM (
            SELECT at, changeset, shown, sum(delta) AS delta FROM (
                SELECT lower(valid) AS at, from_changeset AS changeset, shown, 1 AS delta FROM {history}
                UNION ALL SELECT upper(valid), from_changeset, shown, -1 FROM {history}
                UNION ALL SELECT lower(valid), to_changeset, shown, -1 FROM {history}
                UNION ALL SELECT upper(valid), to_changeset, shown, 1 FROM {history}) d
            WHERE at IS NOT NULL AND changeset IS NOT NULL GROUP BY at, changeset, shown) counted
        FULL JOIN (SELECT at, changeset, shown, delta FROM landmap.valid_bound WHERE layer = '{layer}') kept
        USING (at, changeset, shown) WHERE coalesce(counted.delta, 0) IS DISTINCT FROM kept.delta""",
    "bounds that are wrongly taken to lie ahead of their changeset, or not": """SELECT count(*) FROM landmap.valid_bound b
        JOIN landmap.changeset c ON c.number = b.changeset WHERE b.layer = '{layer}' AND b.ahead <> (b.at > c.begun_at)""",
    "versions whose changeset left no bound": """SELECT count(*) FROM (SELECT DISTINCT from_changeset, shown FROM {history}) h WHERE NOT EXISTS
        (SELECT FROM landmap.valid_bound b WHERE b.layer = '{layer}' AND b.changeset = h.from_changeset AND b.shown = h.shown)""",
}


def check(dsn: str, catalog: Catalog) -> list[Finding]:
    """Every broken invariant of every layer; an empty list is the proof.

    Reads whole tables: counts are proven at every bound as known at every changeset. One thing is only sampled, the
    agreement of the two geometries of a version: `SAMPLE` versions of each layer, taken at random each time.
    """
    with database.connect(dsn) as connection:
        database.refuse_foreign(connection, catalog.territory)
        database.refuse_unprepared(connection)
        database.check_reference_systems(connection, catalog.territory)
        found = [Finding("", text, 1) for text in layers.plan(connection, catalog).conflicts]
        for layer in catalog.layers.values():
            if layer.time is TimeModel.VERSIONED:
                found += _of_layer(connection, layer)
    return found


def _of_layer(connection: psycopg.Connection, layer: Layer) -> list[Finding]:
    found = []
    for text, query in _CHECKS.items():
        row = connection.execute(query.format(history=history_name(layer), layer=layer.id)).fetchone()
        if row and row[0]:
            found.append(Finding(layer.id, text, row[0]))
    return found
