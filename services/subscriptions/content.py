"""What a delivery tells its owner: the difference between two states as the owner sees it at this moment, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson

from gis.errors import StoreError
from gis.model.access import Decision
from gis.model.actor import Actor
from gis.model.layer import Catalog, Layer
from gis.store.changes import CHANGE, Span, changes_sql, span_sql
from gis.store.pools import Pools
from gis.store.subscriptions import Place, Subscription
from services.auth.policy import Action, decide
from services.ogc.datetimes import instant_text
from services.ogc.parameters import item_query

MOST, LARGEST = 200, 1_000_000
"""Changes, and bytes of them, that one delivery holds; of more it tells where they are."""

_LONGEST_LINK = 4_000


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks, and at what."""

    pools: Pools
    catalog: Catalog
    actor: Actor

    def decision(self, layer: Layer) -> Decision:
        return decide(self.actor, Action.READ, layer)


@dataclass(frozen=True, slots=True)
class Seen:
    """Changes (GeoJSON features, joined by commas), how many, and whether these are all."""

    features: bytes
    count: int
    whole: bool

    def kinds(self) -> Mapping[str, list[str]]:
        """The ids of the features by what became of them: INSERT, UPDATE, DELETE."""
        found: dict[str, list[str]] = {"INSERT": [], "UPDATE": [], "DELETE": []}
        for feature in orjson.loads(b"[" + self.features + b"]"):
            found[feature["properties"][CHANGE]].append(str(feature["id"]))
        return found


async def seen(eyes: Eyes, layer: Layer, question: Mapping[str, str], span: Span, most: int = MOST) -> Seen:
    """What changed, at most `most` of it. InvalidParameter and InvalidCrs where the question can be asked no longer."""
    decision = eyes.decision(layer)
    query = item_query(question, layer, decision, eyes.catalog.territory)
    parts: list[bytes] = []
    count, after = 0, None
    while True:
        asked = replace(query, limit=most - count)
        row = await eyes.pools.row(changes_sql(layer, asked, decision, span, after), decision.pool)
        if row is None:
            raise _nothing()
        if row["returned"]:
            parts.append(_bytes(row["features"]))
            count += row["returned"]
        after = _next(row, full=count >= most)
        if after is None:
            return Seen(b",".join(parts), count, not row["more"] and (count < most or row["looked_at"] is None))


def _next(row: Mapping[str, Any], *, full: bool) -> UUID | None:
    """The id behind which to look next, if that is to be done."""
    return None if full or row["more"] else row["looked_at"]


async def newest(eyes: Eyes, layer: Layer, place: Place | None, horizon: tuple[int, datetime]) -> Place:
    """The last state of the layer as the owner sees it, when `horizon` was read; never before the one it is at."""
    seen_until, looked = horizon
    decision = eyes.decision(layer)
    then = looked if place is None else place.at
    row = await eyes.pools.row(span_sql(layer, decision, (0, None), (then, looked)), decision.pool)
    if row is None:
        raise _nothing()
    changeset, at = row["until"], row["instant"]
    if place is not None:  # with fewer rights than before, less is known of
        changeset, at = max(changeset, place.changeset), max(at, place.at)
    return Place(changeset, at, seen_until, looked)


def told(one: Subscription, number: int, created: datetime, about: tuple[str, Span], found: Seen) -> dict[str, Any]:
    """A delivery as JSON, but for its features."""
    layer, span = about
    return {
        "type": "landmap.changes",
        "subscription": str(one.id),
        "number": number,
        "created": instant_text(created),
        "layer": layer,
        **states(span),
        "complete": found.whole,
        "numberReturned": found.count,
        "changes": changes_href(one, layer, span),
    }


def states(span: Span) -> dict[str, Any]:
    """The two states that a delivery names."""
    return {
        "since": span.since,
        "until": span.until,
        "datetime": f"{instant_text(span.then)}/{instant_text(span.at)}",
    }


def changes_href(one: Subscription, layer: str, span: Span, **more: str) -> str:
    """Where all of the changes are, for who may see them; of the whole layer where the question is too long for an address."""
    states = {
        "since": str(span.since),
        "until": str(span.until),
        "datetime": f"{instant_text(span.then)}/{instant_text(span.at)}",
        **more,
    }
    address = f"{one.base}/collections/{layer}/changes"
    whole = f"{address}?{urlencode({**states, **one.question}, safe=',:/')}"
    return whole if len(whole) <= _LONGEST_LINK else f"{address}?{urlencode(states, safe=',:/')}"


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _nothing() -> StoreError:
    return StoreError("A query that always has one row had none.")
