"""Features: items, one item, its versions. The rows are bytes from the database; nothing here reads them but HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import Gone, NotFound, StoreError
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Cursor, ItemQuery
from gis.store.export import Selection
from gis.store.items import item_sql, page_sql, state_sql, versions_sql
from gis.store.pools import Row as Record
from services.ogc import cursors, export_formats, feature_pages
from services.ogc.answers import State, content_crs, data_etag, data_headers, matches, not_modified
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.exports import download
from services.ogc.negotiation import GEOJSON, HTML, Offer
from services.ogc.parameters import ITEM, ITEMS, item_query

OFFERS = (GEOJSON, HTML)
ITEMS_OFFERS = (*OFFERS, *export_formats.OFFERS)

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def items(request: Request) -> Response:
    """GET /collections/{layer}/items."""
    layer, decision = layer_of(request)
    asked = ask(request, ITEMS_OFFERS, (*ITEMS, "profile", *decision.columns))
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory)
    wanted = export_formats.format_of(asked.offer, asked.parameters.get("profile"))
    if wanted is not None:
        return await download(request, asked, Selection(layer, query, decision), wanted)
    unchanged = await _unchanged(asked, layer, query, decision)
    if unchanged is not None:
        return unchanged
    row = _found(await asked.services.pools.row(page_sql(layer, query, decision), decision.pool))
    state = State.of(row)
    headers = data_headers(asked, state, query, decision)
    matched = query.cursor.matched if query.cursor else row["matched"]
    following = _next_address(asked, row, state, query, matched)
    if following is not None:
        headers["Link"] = f'<{following}>; rel="next"; type="{asked.offer.media_type.split(";")[0]}"'
    around = feature_pages.Around(following, matched)
    if asked.html:
        return feature_pages.items(asked, layer, decision, row, around, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    body = _page_body(asked, layer, row, around, ITEMS_OFFERS)
    return Response(body, headers=headers, media_type=GEOJSON.media_type)


async def item(request: Request) -> Response:
    """GET /collections/{layer}/items/{id}."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, ITEM)
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory)
    identifier = _identifier(request, layer)
    unchanged = await _unchanged(asked, layer, query, decision)
    if unchanged is not None:
        return unchanged
    pools = asked.services.pools
    row = _found(await pools.row(item_sql(layer, identifier, query, decision), decision.pool))
    if row["feature"] is None:
        raise await _absent(asked, layer, identifier, query, row, decision)
    headers = data_headers(asked, State.of(row), query, decision)
    if asked.html:
        versions = _found(await pools.row(versions_sql(layer, identifier, query, decision), decision.pool))
        return feature_pages.item(asked, layer, decision, row, versions, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    return Response(_item_body(asked, layer, row), headers=headers, media_type=GEOJSON.media_type)


async def versions(request: Request) -> Response:
    """GET /collections/{layer}/items/{id}/versions: every version that was known, on both axes."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, ("crs",))
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory)
    identifier = _identifier(request, layer)
    unchanged = await _unchanged(asked, layer, query, decision)
    if unchanged is not None:
        return unchanged
    statement = versions_sql(layer, identifier, query, decision)
    row = _found(await asked.services.pools.row(statement, decision.pool))
    if not row["returned"]:
        raise _no_feature(layer, str(identifier))
    state = State.of(row)
    headers = data_headers(asked, state, query, decision)
    if asked.html:
        return feature_pages.versions(asked, layer, decision, row, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    body = _page_body(asked, layer, row, feature_pages.Around(None, row["returned"]))
    return Response(body, headers=headers, media_type=GEOJSON.media_type)


async def _unchanged(asked: Ask, layer: Layer, query: ItemQuery, decision: Decision) -> Response | None:
    """304 where the client already has the answer; found by the cheap statement."""
    if asked.if_none_match is None:
        return None
    row = _found(await asked.services.pools.row(state_sql(layer, query, decision), decision.pool))
    state = State.of(row)
    etag = data_etag(asked, state, query, decision)
    if not matches(asked.if_none_match, etag):
        return None
    return not_modified(data_headers(asked, state, query, decision, etag))


def _found(row: Record | None) -> Record:
    if row is None:
        raise StoreError("A query that always has one row had none.")
    return row


def _next_address(asked: Ask, row: Record, state: State, query: ItemQuery, matched: int | None) -> str | None:
    """Where the next page is; None on the last one."""
    if row["last_id"] is None:
        return None
    cursor = Cursor(state.changeset, state.instant, row["last_key"], row["last_id"], matched)
    return asked.again(cursor=cursors.encode(cursor, query))


def _alternates(asked: Ask, offers: tuple[Offer, ...]) -> list[dict[str, str]]:
    """The same features in each of the other formats."""
    plain = asked.again(f=None, profile=None)
    begun = plain + ("&f=" if "?" in plain else "?f=")
    return [
        {"rel": "alternate", "type": offer.media_type.split("; charset", 1)[0], "href": begun + offer.name}
        for offer in offers[1:]
    ]


def _page_body(
    asked: Ask, layer: Layer, row: Record, around: feature_pages.Around, offers: tuple[Offer, ...] = OFFERS
) -> bytes:
    matched, following = around.matched, around.following
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": asked.url},
        *_alternates(asked, offers),
        {"rel": "collection", "type": "application/json", "href": asked.href(f"/collections/{layer.id}")},
    ]
    if following is not None:
        links.insert(1, {"rel": "next", "type": GEOJSON.media_type, "href": following})
    counted = "" if matched is None else f'"numberMatched":{matched},'
    head = (
        f'{{"type":"FeatureCollection","timeStamp":"{_now()}","dataVersion":{row["changeset"]},{counted}'
        f'"numberReturned":{row["returned"]},"links":'
    )
    return b"".join((head.encode(), orjson.dumps(links), b',"features":[', _bytes(row["features"]), b"]}"))


def _item_body(asked: Ask, layer: Layer, row: Record) -> bytes:
    feature = _bytes(row["feature"])
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": asked.url},
        {"rel": "alternate", "type": "text/html", "href": asked.again(f="html")},
        {"rel": "collection", "type": "application/json", "href": asked.href(f"/collections/{layer.id}")},
    ]
    if b'"recordedAt":' in feature:  # else the public sees it in part, and nothing of its times
        history = asked.href(f"{asked.path}/versions")
        links.append({"rel": "version-history", "type": GEOJSON.media_type, "href": history})
    tail = f',"timeStamp":"{_now()}","dataVersion":{row["changeset"]},"links":'.encode()
    return b"".join((feature[: feature.rindex(b"}")], tail, orjson.dumps(links), b"}"))


def _bytes(text: str | bytes | None) -> bytes:
    if text is None:
        return b""
    return text.encode() if isinstance(text, str) else text


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _identifier(request: Request, layer: Layer) -> UUID:
    text = request.path_params["id"]
    if not _UUID.fullmatch(text):
        raise _no_feature(layer, text)
    return UUID(text)


def _no_feature(layer: Layer, text: str) -> NotFound:
    shown = text[:60]
    return NotFound(
        f"'{layer.id}' has no feature '{shown}'.",
        f"Bộ dữ liệu '{layer.id}' không có đối tượng '{shown}'.",
        where="featureId",
    )


async def _absent(
    asked: Ask, layer: Layer, identifier: UUID, query: ItemQuery, row: Record, decision: Decision
) -> NotFound | Gone:
    """Why the feature is not there: it never was, it ended, or it holds at another time."""
    if not row["known"]:
        return _no_feature(layer, str(identifier))
    found = await asked.services.pools.row(versions_sql(layer, identifier, query, decision), decision.pool)
    features = orjson.loads(b"[%b]" % _bytes(_found(found)["features"]))
    if query.at is None and _over([feature["properties"] for feature in features], State.of(row)):
        return Gone(
            f"The feature '{identifier}' does not hold any more; its versions are at {asked.path}/versions.",
            f"Đối tượng '{identifier}' không còn hiệu lực; các phiên bản trước đây ở {asked.path}/versions.",
            where="featureId",
        )
    return NotFound(
        f"The feature '{identifier}' does not hold at that time; its versions are at {asked.path}/versions.",
        f"Đối tượng '{identifier}' không có hiệu lực tại thời điểm đó; các phiên bản ở {asked.path}/versions.",
        where="featureId",
    )


def _over(versions: list[dict[str, Any]], state: State) -> bool:
    """All that was known of the feature at the changeset had ended by the instant; False where a version hides its times."""
    if any("changeset" not in version for version in versions):
        return False
    ends = [version["valid_to"] for version in versions if _known(version, state.changeset)]
    return bool(ends) and all(end and datetime.fromisoformat(end) <= state.instant for end in ends)


def _known(version: dict[str, Any], changeset: int) -> bool:
    """The version was known at the changeset: what a later one has superseded or closed may still have an open end."""
    closed = version["closed_by_changeset"]
    return bool(version["changeset"] <= changeset and (closed is None or closed > changeset))
