"""The landing page: the map for browsers, the API's first page for clients."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gis.model.actor import PUBLIC
from gis.model.layer import Text
from services.ogc.answers import document
from services.ogc.ask import PAGES, Ask, ask
from services.ogc.collections import REL
from services.ogc.negotiation import HTML, choose, language
from services.ogc.openapi import OPENAPI_JSON
from services.ogc.pages import page
from services.ogc.words import SERVICE_DESCRIPTION, SERVICE_TITLE, WORDS
from services.permits.case_pages import CASES
from services.permits.rules import TITLE as RULES_TITLE
from services.reports.telling import GEOREPORT, REPORTS
from services.site import MAP_PAGE, Site, asset_response
from services.subscriptions.routes import SUBSCRIPTIONS


async def landing(request: Request) -> Response:
    """GET /: the map page where a browser asks, the landing page where a client does or `f` says so."""
    site: Site = request.app.state.site
    wanted = choose(PAGES, None, request.headers.get("accept", ""))
    if wanted is HTML and site.built and "f" not in request.query_params:
        return asset_response(request, site.assets[MAP_PAGE[language(request)]])
    return _landing(ask(request))


async def home(request: Request) -> Response:
    """GET /api-home: the landing page as HTML, for people who look at the API itself."""
    return _landing(ask(request, (HTML,)))


def _landing(asked: Ask) -> Response:
    territory = asked.services.catalog.territory
    description = Text(
        SERVICE_DESCRIPTION.vi.format(territory=territory.title.vi),
        SERVICE_DESCRIPTION.en.format(territory=territory.title.en),
    )
    links = _links(asked)
    if asked.html:
        layers = tuple(asked.services.catalog.layers.values())
        return page(asked, "landing.html", SERVICE_TITLE, description=description, links=links, layers=layers)
    content = {"title": asked.say(SERVICE_TITLE), "description": asked.say(description), "links": links}
    return document(asked, content)


def _links(asked: Ask) -> list[dict[str, object]]:
    return [
        asked.link("self", "/", "application/json", SERVICE_TITLE),
        asked.link("alternate", "/", HTML.media_type, SERVICE_TITLE),
        asked.link("service-desc", "/api", OPENAPI_JSON.media_type, WORDS["api"]),
        asked.link("service-doc", "/api", HTML.media_type, WORDS["documentation"]),
        asked.link("conformance", "/conformance", "application/json", WORDS["conformance"]),
        asked.link("data", "/collections", "application/json", WORDS["collections"]),
        asked.link("related", "/open-data", "application/json", WORDS["open_data"]),
        asked.link(REL + "tiling-schemes", "/tileMatrixSets", "application/json", WORDS["tiling_schemes"]),
        asked.link(REL + "processes", "/processes", "application/json", WORDS["processes"]),
        asked.link(REL + "job-list", "/jobs", "application/json", WORDS["jobs"]),
        *_signed_in(asked),
        asked.link("related", f"{GEOREPORT}/requests.json", "application/json", REPORTS),
        asked.link("related", "/codelists", "application/json", WORDS["codelists"]),
        asked.link("related", "/rules", "application/json", RULES_TITLE),
        asked.link(REL + "styles", "/map/style.json", "application/vnd.mapbox.style+json", WORDS["style"]),
    ]


def _signed_in(asked: Ask) -> list[dict[str, object]]:
    """What opens to nobody who has not signed in is told to nobody else."""
    if asked.actor is PUBLIC:
        return []
    return [
        asked.link("related", "/cases", "application/json", CASES),
        asked.link("related", "/subscriptions", "application/json", SUBSCRIPTIONS),
        asked.link("related", "/reports", "application/json", REPORTS),
    ]
