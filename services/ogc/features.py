"""Features: items and one item. The rows are bytes from the database; nothing here reads them but HTML."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import EVERYTHING_SHOWN, Cursor, ItemQuery
from gis.store.export import Selection
from gis.store.items import item_sql, page_sql
from gis.store.pools import Row as Record
from services.auth.trail import ROWS
from services.ogc import cursors, export_formats, feature_pages
from services.ogc.answers import State, content_crs, data_headers, link_header
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.collections import REL
from services.ogc.exports import download
from services.ogc.feature_answers import OFFERS, found, identifier_of, item_body, page_body, unless_changed
from services.ogc.history import absent, history_of, item_links
from services.ogc.item_tags import item_etag, item_unless_changed
from services.ogc.negotiation import GEOJSON, SCHEMA
from services.ogc.parameters import ITEM, item_query, items_parameters
from services.ogc.selecting import called, sorted_in_time, told_fields

ITEMS_OFFERS = (*OFFERS, *export_formats.OFFERS)


async def items(request: Request) -> Response:
    """GET /collections/{layer}/items."""
    layer, decision = layer_of(request)
    by = called(request, layer, decision)
    asked = ask(request, ITEMS_OFFERS, items_parameters(by))
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory, by)
    wanted = export_formats.format_of(asked.offer, asked.parameters.get("profile"))
    if wanted is not None:
        with sorted_in_time(layer, query):
            return await download(request, asked, Selection(layer, query, decision), wanted)
    unchanged = await unless_changed(asked, layer, query, decision)
    if unchanged is not None:
        return unchanged
    row = await _page(asked, layer, query, decision)
    request.scope[ROWS] = row["returned"]
    state = State.of(row)
    headers = data_headers(asked, state, query, decision)
    matched = query.cursor.matched if query.cursor else row["matched"]
    following = _next_address(asked, row, query, decision, matched)
    headers["Link"] = _link(asked, layer, following)
    around = feature_pages.Around(following, matched)
    if asked.html:
        return feature_pages.items(asked, layer, told_fields(layer, decision, query), row, around, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    body = page_body(asked, layer, row, around, ITEMS_OFFERS)
    return Response(body, headers=headers, media_type=GEOJSON.media_type)


async def item(request: Request) -> Response:
    """GET /collections/{layer}/items/{id}."""
    layer, decision = layer_of(request)
    by = called(request, layer, decision)
    asked = ask(request, OFFERS, ITEM)
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory, by)
    whole = replace(query, shown=EVERYTHING_SHOWN)  # as pages and reasons need it
    identifier = identifier_of(request, layer)
    unchanged = await item_unless_changed(asked, layer, identifier, query, decision)
    if unchanged is not None:
        return unchanged
    pools = asked.services.pools
    sql = item_sql(layer, identifier, whole if asked.html else query, decision)
    row = found(await pools.row(sql, decision.pool))
    if row["feature"] is None:
        raise await absent(asked, layer, identifier, whole, row, decision)
    state = State.of(row)
    headers = data_headers(
        asked, state, query, decision, item_etag(asked, layer, state, query, decision, row["version"])
    )
    history = await history_of(asked, layer, identifier, decision)
    links, told = item_links(asked, history, query, state)
    headers |= told
    if asked.html:
        learned = history.learned(state.changeset)
        return feature_pages.item(asked, layer, told_fields(layer, decision, query), row, learned, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    return Response(item_body(asked, layer, row, links), headers=headers, media_type=GEOJSON.media_type)


async def _page(asked: Ask, layer: Layer, query: ItemQuery, decision: Decision) -> Record:
    """The page; those for people show fields by their titles, and so need them all. InvalidParameter where there is too
    much to sort."""
    wanted = replace(query, shown=EVERYTHING_SHOWN) if asked.html else query
    with sorted_in_time(layer, query):
        return found(await asked.services.pools.row(page_sql(layer, wanted, decision), decision.pool))


def _next_address(asked: Ask, row: Record, query: ItemQuery, decision: Decision, matched: int | None) -> str | None:
    """Where the next page is; None on the last one."""
    if row["last_id"] is None:
        return None
    cursor = Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], matched)
    return asked.again(cursor=cursors.encode(cursor, query, decision))


def _link(asked: Ask, layer: Layer, following: str | None) -> str:
    """The Link header: the next page, and what the features can be sorted by (Part 8, /req/sortables/sortables-link)."""
    path = f"/collections/{layer.id}/sortables"
    links = [{"rel": f"{REL}sortables", "type": SCHEMA.media_type, "href": asked.href(path)}]
    if following is not None:
        links.insert(0, {"rel": "next", "type": asked.offer.media_type.split(";")[0], "href": following})
    return link_header(links)
