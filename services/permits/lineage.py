"""From which parcels one came and what became of it, as the caller may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store.items import items_sql
from gis.store.lineage import Descent, of_sql
from gis.store.pools import Snapshot
from services.ogc.datetimes import instant_text

MOST = 100
"""Relations that are told."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One parcel from which this one came (`direction` parent) or that it became (child), and its numbers then."""

    direction: str
    descent: Descent
    id: UUID
    properties: Mapping[str, Any]

    def member(self) -> dict[str, Any]:
        """As it is told in answers."""
        named = {name: self.properties.get(name) for name in ("commune_old", "document_series", "sheet", "parcel")}
        told = {name: value for name, value in named.items() if value is not None}
        return {
            "direction": self.direction,
            "kind": self.descent.kind,
            "at": instant_text(self.descent.at),
            "id": str(self.id),
            **told,
        }


async def relations(
    source: Snapshot, layer: Layer, decision: Decision, id: UUID, moment: tuple[datetime, int]
) -> list[Relation]:
    """The relations up to an instant, as known at a changeset; only to parcels that the caller may see."""
    at, known = moment
    rows = await source.rows(of_sql(layer, id, known))
    descents = [Descent(**row) for row in rows if row["at"] <= at][:MOST]
    seen: dict[tuple[UUID, datetime], Mapping[str, Any]] = {}
    for when in sorted({_when(descent, id) for descent in descents}):
        wanted = [_other(descent, id) for descent in descents if _when(descent, id) == when]
        query = ItemQuery(layer.id, at=when, known=known)
        for row in await source.rows(items_sql(layer, wanted, query, decision)):
            seen[row["id"], when] = orjson.loads(row["feature"])["properties"]
    return [
        Relation("parent" if descent.child == id else "child", descent, other, seen[other, when])
        for descent in descents
        if ((other := _other(descent, id)), (when := _when(descent, id))) in seen
    ]


def _other(descent: Descent, id: UUID) -> UUID:
    return descent.parent if descent.child == id else descent.child


def _when(descent: Descent, id: UUID) -> datetime:
    """A parent is shown as it was just before, a child as it was then."""
    return descent.at - timedelta(microseconds=1) if descent.child == id else descent.at
