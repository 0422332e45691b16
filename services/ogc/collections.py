"""The collections: one for each layer of the catalogue."""

from __future__ import annotations

import asyncio
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from gis.crs.registry import crs
from gis.model.access import Decision
from gis.model.layer import Layer, Text
from gis.model.query import ItemQuery
from gis.store.extent import extent_sql
from gis.store.items import state_sql
from gis.store.pools import Row as Record
from gis.store.vicinity import withheld
from services.auth.policy import Action, decide
from services.dependencies import Services
from services.indicators.standing import of_collection
from services.ogc import export_formats
from services.ogc.answers import NOW_SECONDS, decision_key, document
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.changes import changes_link
from services.ogc.datetimes import instant_text
from services.ogc.negotiation import CSV, GEOJSON, GEOPACKAGE, GEOPARQUET, HTML, JSONFG, SCHEMA, Offer
from services.ogc.pages import page
from services.ogc.parameters import served_codes
from services.ogc.words import WORDS

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
LICENCES = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "ODbL 1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}


async def collections(request: Request) -> Response:
    """GET /collections."""
    asked = ask(request)
    layers = asked.services.catalog.layers.values()
    described = await asyncio.gather(
        *(describe(asked, layer, decide(asked.actor, Action.READ, layer)) for layer in layers)
    )
    headers = {"Cache-Control": f"public, max-age={NOW_SECONDS}"}
    if asked.html:
        return page(asked, "collections.html", WORDS["collections"], collections=described)
    links = [
        asked.link("self", "/collections", "application/json", WORDS["collections"]),
        asked.link("alternate", "/collections", HTML.media_type, WORDS["collections"]),
    ]
    content = {"links": links, "crs": crs_uris(asked), "collections": described}
    return document(asked, content, headers=headers)


async def collection(request: Request) -> Response:
    """GET /collections/{layer}."""
    layer, decision = layer_of(request)
    asked = ask(request)
    described = await describe(asked, layer, decision)
    if asked.html:
        return page(asked, "collection.html", layer.title, layer=layer, collection=described)
    return document(asked, described, headers={"Cache-Control": f"public, max-age={NOW_SECONDS}"})


async def describe(asked: Ask, layer: Layer, decision: Decision) -> dict[str, object]:
    """The collection as an object: texts, extent, count, CRSs and links."""
    services = asked.services
    key = ("state", layer.id, decision_key(decision))
    asking = state_sql(layer, ItemQuery(layer.id), decision, counted=True)
    state = await services.freshness.row(key, asking, decision.pool)
    extent = await _extent_row(services, layer, state["changeset"], decision.pool)
    found: dict[str, object] = {
        "id": layer.id,
        "title": asked.say(layer.title),
        "description": asked.say(layer.description),
        "attribution": layer.owner,
        "itemType": "feature",
        "extent": _extent(asked, extent),
        "crs": crs_uris(asked),
        "storageCrs": crs(services.catalog.territory.storage_crs).uri,
        "dataVersion": state["changeset"],
        **({} if layer.drawn else {"figures": True}),
        **({"rowsWithheld": True} if withheld(layer, decision) else {}),
        **await of_collection(asked, layer),
        "links": [
            *_links(asked, layer),
            changes_link(asked, layer, state["changeset"]),
            *(_published(asked, layer) if state["changeset"] else ()),
        ],
    }
    if state["matched"] is not None:
        found["itemCount"] = state["matched"]
    return found


async def _extent_row(services: Services, layer: Layer, changeset: int, pool: str) -> Record:
    """The extent of a layer, asked for once for each changeset."""
    kept = services.extents.get((layer.id, pool))
    if kept is None or kept[0] != changeset:
        row = await services.freshness.row(("extent", layer.id, pool), extent_sql(layer), pool)
        kept = services.extents[layer.id, pool] = changeset, row
    return kept[1]


def crs_uris(asked: Ask) -> list[str]:
    """The CRSs of answers as URIs, CRS84 first."""
    return [crs(code).uri for code in served_codes(asked.services.catalog.territory)]


def _extent(asked: Ask, row: Record) -> dict[str, object]:
    """Where and when there are features; an empty layer has the extent of its territory."""
    box = [row[side] for side in ("west", "south", "east", "north")]
    if None in box:
        box = list(asked.services.catalog.territory.bounds)
    begins: datetime | None = row["begins"]
    interval = [None if begins is None else instant_text(begins), None]
    return {
        "spatial": {"bbox": [box], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        "temporal": {"interval": [interval], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"},
    }


def _download(asked: Ask, path: str, offer: Offer, layer: Layer) -> dict[str, object]:
    """A link to the whole layer in one format."""
    link: dict[str, object] = {
        "rel": "items",
        "type": offer.media_type.split("; charset", maxsplit=1)[0],
        "title": f"{asked.say(layer.title)} ({offer.name})",
        "href": asked.href(path, {"f": offer.name}),
    }
    # In small letters, though the standard writes OGC: QGIS compares it letter by letter.
    return link | ({"profile": [f"{export_formats.PROFILE.lower()}jsonfg"]} if offer is JSONFG else {})


def _published(asked: Ask, layer: Layer) -> list[dict[str, object]]:
    """Links to the newest open-data files, and to all versions of them."""
    path = f"/open-data/{layer.id}"
    files = [(offer, f"{path}/latest/{layer.id}.{offer.name}") for offer in (GEOPARQUET, GEOPACKAGE, CSV)]
    title = WORDS["open_data"]
    enclosed = [
        asked.link(
            "enclosure", file, offer.media_type, Text(f"{title.vi} ({offer.name})", f"{title.en} ({offer.name})")
        )
        for offer, file in files
    ]
    return [*enclosed, asked.link("related", path, "application/json", title)]


def _links(asked: Ask, layer: Layer) -> list[dict[str, object]]:
    path = f"/collections/{layer.id}"
    links = [
        asked.link("self", path, "application/json", layer.title),
        asked.link("alternate", path, HTML.media_type, layer.title),
        asked.link("parent", "/collections", "application/json", WORDS["collections"]),
        asked.link("items", f"{path}/items", GEOJSON.media_type, WORDS["features"]),
        asked.link("items", f"{path}/items", HTML.media_type, WORDS["features"]),
        *(_download(asked, f"{path}/items", offer, layer) for offer in export_formats.OFFERS),
        asked.link(REL + "schema", f"{path}/schema", SCHEMA.media_type, WORDS["schema"]),
        asked.link(REL + "queryables", f"{path}/queryables", SCHEMA.media_type, WORDS["queryables"]),
        asked.link(REL + "sortables", f"{path}/sortables", SCHEMA.media_type, WORDS["sortables"]),
        asked.link(REL + "tilesets-vector", f"{path}/tiles", "application/json", WORDS["tiles"]),
    ]
    if layer.licence in LICENCES:
        licence: dict[str, object] = {
            "rel": "license",
            "type": "text/html",
            "title": layer.licence,
            "href": LICENCES[layer.licence],
        }
        links.append(licence)
    return links
