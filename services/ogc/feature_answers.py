"""What items, one item and its versions have in common: ids, 304 by the cheap statement, GeoJSON around the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound, StoreError
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store.items import state_sql
from gis.store.pools import Row as Record
from services.auth.trail import uuid_in
from services.ogc import feature_pages
from services.ogc.answers import State, data_etag, data_headers, matches, not_modified
from services.ogc.ask import Ask
from services.ogc.datetimes import now_text
from services.ogc.negotiation import GEOJSON, HTML, Offer

OFFERS = (GEOJSON, HTML)


async def unless_changed(asked: Ask, layer: Layer, query: ItemQuery, decision: Decision) -> Response | None:
    """304 where the client already has the answer; found by the cheap statement."""
    if asked.if_none_match is None:
        return None
    row = found(await asked.services.pools.row(state_sql(layer, query, decision), decision.pool))
    state = State.of(row)
    etag = data_etag(asked, state, query, decision)
    if not matches(asked.if_none_match, etag):
        return None
    return not_modified(data_headers(asked, state, query, decision, etag))


def found(row: Record | None) -> Record:
    """The row of a statement that always has one."""
    if row is None:
        raise StoreError("A query that always has one row had none.")
    return row


def _alternates(asked: Ask, offers: tuple[Offer, ...]) -> list[dict[str, str]]:
    """The same features in each of the other formats."""
    plain = asked.again(f=None, profile=None)
    begun = plain + ("&f=" if "?" in plain else "?f=")
    return [
        {"rel": "alternate", "type": offer.media_type.split("; charset", 1)[0], "href": begun + offer.name}
        for offer in offers[1:]
    ]


def page_body(
    asked: Ask,
    layer: Layer,
    row: Mapping[str, Any],
    around: feature_pages.Around,
    offers: tuple[Offer, ...] = OFFERS,
    more: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """A FeatureCollection around the features of `row`; links to it in the other formats of `offers`, and `more`."""
    matched, following = around.matched, around.following
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": asked.url},
        *_alternates(asked, offers),
        {"rel": "collection", "type": "application/json", "href": asked.href(f"/collections/{layer.id}")},
        *more,
    ]
    if following is not None:
        links.insert(1, {"rel": "next", "type": GEOJSON.media_type, "href": following})
    members = {
        "dataVersion": row["changeset"],
        **({} if matched is None else {"numberMatched": matched}),
        "numberReturned": row["returned"],
        "links": links,
    }
    return collection_body(members, [encoded(row["features"])])


def collection_body(members: Mapping[str, object], features: Iterable[bytes]) -> bytes:
    """A FeatureCollection of features, or runs of them, that are text already."""
    return b"".join((collection_head(members), b",".join(features), b"]}"))


def collection_head(members: Mapping[str, object]) -> bytes:
    """A FeatureCollection with these members up to its first feature; `]}` ends it."""
    told = {"type": "FeatureCollection", "timeStamp": now_text(), **members}
    return orjson.dumps(told)[:-1] + b',"features":['


def item_body(asked: Ask, layer: Layer, row: Record, more: Sequence[Mapping[str, str]]) -> bytes:
    """The Feature of `row` with its links, and `more`."""
    feature = encoded(row["feature"])
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": asked.url},
        {"rel": "alternate", "type": "text/html", "href": asked.again(f="html")},
        {"rel": "collection", "type": "application/json", "href": asked.href(f"/collections/{layer.id}")},
        *more,
    ]
    tail = f',"dataVersion":{row["changeset"]},"links":'.encode()  # no time of the answer: its ETag is a strong one
    return b"".join((feature[: feature.rindex(b"}")], tail, orjson.dumps(links), b"}"))


def encoded(text: str | bytes | None) -> bytes:
    """Features of a row as bytes; none where there are none."""
    if text is None:
        return b""
    return text.encode() if isinstance(text, str) else text


def identifier_of(request: Request, layer: Layer) -> UUID:
    """The feature that the path names. NotFound where that is no UUID: then there is none."""
    text = request.path_params["id"]
    found = uuid_in(text)
    if found is None:
        raise no_feature(layer, text)
    return found


def no_feature(layer: Layer, text: str) -> NotFound:
    """The layer has no such feature, or none that the caller may know of."""
    shown = text[:60]
    return NotFound(
        f"'{layer.id}' has no feature '{shown}'.",
        f"Bộ dữ liệu '{layer.id}' không có đối tượng '{shown}'.",
        where="featureId",
    )
