"""The versions of a layer that the public can tell apart: its changesets without those that only touched hidden rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gis.model.invented import ACTOR, DOCUMENT
from gis.model.layer import Layer, TimeModel
from gis.store.pools import Pools, Row
from gis.store.sql import Sql
from gis.store.tables import REDUCED


@dataclass(frozen=True, slots=True)
class Version:
    """A published state of a layer: the changeset that made it, and when that was committed. It holds the features that
    were known then and held at that instant. `invented`: up to then the layer was given invented data."""

    layer: str
    number: int
    instant: datetime
    invented: bool = False


_SELECT = f"""SELECT l.layer, v.number, c.committed_at AS instant, EXISTS (
        SELECT FROM landmap.changeset i JOIN landmap.changeset_layer t USING (number)
        WHERE t.layer = l.layer AND i.number <= v.number AND i.actor = '{ACTOR}' AND i.document = '{DOCUMENT}') AS invented
    FROM unnest($1::text[]) AS l(layer)
    CROSS JOIN LATERAL (
        SELECT t.number FROM landmap.changeset_layer t
        WHERE t.layer = l.layer AND ($2::integer IS NULL OR t.number < $2) AND ($3::integer IS NULL OR t.number = $3) AND EXISTS (
            SELECT FROM landmap.valid_bound b
            WHERE b.layer = t.layer AND b.changeset = t.number AND b.shown >= {REDUCED})
        ORDER BY t.number DESC LIMIT $4) v
    JOIN landmap.changeset c ON c.number = v.number
    ORDER BY v.number DESC"""
"""Every row that a changeset writes or closes leaves its bounds in valid_bound, those of which the public sees something
with `shown` from REDUCED on. By whom data were published the public may not read, so this is read for it."""

_POOL = "staff"


async def newest(pools: Pools, layers: Sequence[Layer]) -> dict[str, Version]:
    """The last version of each layer, by layer; layers without one are left out."""
    names = [layer.id for layer in layers if has_versions(layer)]
    rows = await pools.rows(Sql(_SELECT, (names, None, None, 1)), _POOL)
    return {row["layer"]: _version(row) for row in rows}


async def page(pools: Pools, layer: Layer, before: int | None, limit: int) -> list[Version]:
    """Versions of the layer, newest first, below the number `before` if there is one."""
    if not has_versions(layer):
        return []
    return [_version(row) for row in await pools.rows(Sql(_SELECT, ([layer.id], before, None, limit)), _POOL)]


async def version(pools: Pools, layer: Layer, number: int) -> Version | None:
    """The version of that number; None where the layer has none that the public may know of."""
    if not has_versions(layer):
        return None
    rows = await pools.rows(Sql(_SELECT, ([layer.id], None, number, 1)), _POOL)
    return next(map(_version, rows), None)


def _version(row: Row) -> Version:
    return Version(row["layer"], row["number"], row["instant"], row["invented"])


def has_versions(layer: Layer) -> bool:
    """Existing tables without time axes are as they are, and nothing tells one state of them from another."""
    return layer.time is TimeModel.VERSIONED
