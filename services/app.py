"""The whole application on one screen."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from gis.catalog.read import read_catalog
from gis.catalog.report_file import read_categories
from gis.errors import DatabaseUnavailable, LandmapError
from gis.model.actor import PUBLIC
from gis.model.layer import Catalog
from gis.store.keeper import Keeper
from gis.store.pools import Exports, Pools
from services.auth.identify import Identify
from services.auth.issuer import Issuer
from services.auth.meter import Meter
from services.auth.recording import recording
from services.auth.trail import Trail
from services.basemap import outside_origin, warn_of_outside
from services.dependencies import Services
from services.errors import on_http_error, on_landmap_error
from services.health import healthz, readyz
from services.logs import configure
from services.metrics import Metrics, metrics
from services.middleware import Body, Cors, Forwarded, Observe
from services.ogc.cells import Cells
from services.ogc.changes import changes
from services.ogc.codelists import codelist, codelists
from services.ogc.collections import collection, collections
from services.ogc.conformance import conformance
from services.ogc.coverage import coverage
from services.ogc.exports import gml_schema
from services.ogc.features import item, items
from services.ogc.freshness import Freshness
from services.ogc.frozen import PATH as FROZEN
from services.ogc.frozen import FrozenMaps, frozen_map
from services.ogc.history import versions
from services.ogc.landing import home, landing
from services.ogc.open_data import published_file, published_layers, published_version, published_versions
from services.ogc.open_data_making import OpenData
from services.ogc.openapi import api
from services.ogc.oversight import audit, usage
from services.ogc.pygeoapi import routes as processes
from services.ogc.pygeoapi.fence import Executions
from services.ogc.restricted import restricted
from services.ogc.schemas import queryables, receivables, schema, sortables
from services.ogc.search import search
from services.ogc.styles import style
from services.ogc.tile_cache import TileCache
from services.ogc.tiles import tile
from services.ogc.tilesets import tile_matrix_set, tile_matrix_sets, tileset, tilesets
from services.ogc.transactions import (
    create,
    delete_item,
    options_item,
    options_items,
    options_transactions,
    replace_item,
    transact,
    update_item,
)
from services.permits import cases, extract_routes, map_sheet, parcel_page
from services.permits.press import Press
from services.permits.rules import rule_pack, rules
from services.permits.warming import CONNECTIONS, warming
from services.processes.calls import call_for
from services.reports import georeport, queue
from services.reports.intake import TRIES
from services.review import quarantine
from services.review import routes as review_routes
from services.settings import Settings, read_settings
from services.share import qr_code
from services.site import EMBED, SignIn, asset, embed, read_site
from services.starting import when_reachable
from services.subscriptions import routes as subscription_routes
from services.subscriptions.entries import Entries
from services.throttle import Throttle

_PATIENCE = 60.0
"""Seconds in which a worker waits for a database that is being started: one that ended at once would end the server with it."""

_YOUNG = 20_000
"""Objects that are made before the next look for garbage."""

ROUTES = [
    Route("/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}", tile),
    Route("/collections/{layer}/items", items),
    Route("/collections/{layer}/items", create, methods=["POST"]),
    Route("/collections/{layer}/items", options_items, methods=["OPTIONS", "PUT", "PATCH", "DELETE"]),
    Route("/collections/{layer}/items/{id}", item),
    Route("/collections/{layer}/items/{id}", replace_item, methods=["PUT"]),
    Route("/collections/{layer}/items/{id}", update_item, methods=["PATCH"]),
    Route("/collections/{layer}/items/{id}", delete_item, methods=["DELETE"]),
    Route("/collections/{layer}/items/{id}", options_item, methods=["OPTIONS", "POST"]),
    Route("/transactions", transact, methods=["POST"]),
    Route("/transactions", options_transactions, methods=["OPTIONS", "GET", "PUT", "PATCH", "DELETE"]),
    Route("/collections/{layer}/items/{id}/versions", versions),
    Route("/collections/{layer}/items/{id}/restricted", restricted),
    Route("/collections/{layer}/changes", changes),
    Route("/collections/{layer}/tiles", tilesets),
    Route("/collections/{layer}/tiles/{tms}", tileset),
    Route("/collections/{layer}/schema", schema),
    Route("/collections/{layer}/schema.xsd", gml_schema),
    Route("/collections/{layer}/queryables", queryables),
    Route("/collections/{layer}/sortables", sortables),
    Route("/collections/{layer}/receivables", receivables),
    Route("/collections/{layer}", collection),
    Route("/collections", collections),
    Route("/", landing),
    Route("/api-home", home),
    Route("/api", api),
    Route("/conformance", conformance),
    Route("/tileMatrixSets", tile_matrix_sets),
    Route("/tileMatrixSets/{tms}", tile_matrix_set),
    Route("/codelists", codelists),
    Route("/codelists/{id}", codelist),
    Route("/rules", rules),
    Route("/rules/{id}", rule_pack),
    Route("/search", search),
    Route("/coverage", coverage),
    Route("/map/style.json", style),
    Route(FROZEN, frozen_map),
    Route("/styles/{style}", style),
    Route("/open-data", published_layers),
    Route("/open-data/{layer}", published_versions),
    Route("/open-data/{layer}/{version}", published_version),
    Route("/open-data/{layer}/{version}/{file}", published_file),
    Route("/audit", audit),
    Route("/usage", usage),
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
    *processes.ROUTES,
    *cases.ROUTES,
    *extract_routes.ROUTES,
    *parcel_page.ROUTES,
    *map_sheet.ROUTES,
    *subscription_routes.ROUTES,
    *review_routes.ROUTES,
    *quarantine.ROUTES,
    *georeport.ROUTES,
    *queue.ROUTES,
    Route("/qr.svg", qr_code),
    Route(f"/{EMBED}", embed),
    Route("/{file}", asset),
    Route("/assets/{path:path}", asset),
    Route("/static/{path:path}", asset),
]


def create_app(settings: Settings, *, warmed: int = 0) -> FastAPI:
    """The service for one database. The layers are read here, so that mistakes in them stop the start. On `warmed` of its
    connections the plans of permit checks are made in the background, before somebody waits for one."""
    configure(settings.log_level)
    warn_of_outside(settings)
    catalog = read_catalog(settings.layers, settings.territory)
    collected = Metrics()
    meter, trail = Meter(catalog.layers, ZoneInfo(catalog.territory.time_zone)), Trail()
    app = FastAPI(
        title="Landmap",
        openapi_url=None,
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        redirect_slashes=False,
        lifespan=partial(_lifespan, settings=settings, catalog=catalog, collected=collected, meter=meter, trail=trail),
        middleware=[
            Middleware(Observe, metrics=collected, meter=meter, trail=trail),
            Middleware(Forwarded, trusted=settings.trusted_proxies),
            Middleware(Cors),
            Middleware(Body),
            Middleware(Identify),
        ],
        exception_handlers={LandmapError: on_landmap_error, HTTPException: on_http_error},
    )
    app.router.routes.extend(ROUTES)
    app.state.metrics = collected
    app.state.settings = settings
    app.state.site = read_site(outside=outside_origin(settings), sign_in=_sign_in(settings))
    app.state.report_categories = read_categories(settings.layers)
    app.state.warmed = warmed
    return app


def from_environment() -> FastAPI:
    """The application with the settings of this process, for the server's workers.

    What is there from the start is never looked through for garbage again, and what an answer is made of is looked through less often: a
    permit check is thousands of small objects, and looking for cycles among them took an eighth of its time.
    """
    app = create_app(read_settings(), warmed=CONNECTIONS)
    gc.freeze()
    gc.set_threshold(_YOUNG, 50, 100)
    return app


@asynccontextmanager
async def _lifespan(
    app: FastAPI, settings: Settings, catalog: Catalog, collected: Metrics, meter: Meter, trail: Trail
) -> AsyncIterator[None]:
    """Opens the pools before the first request and closes them after the last."""
    if settings.database_url is None:
        raise LandmapError(
            "No database: set LANDMAP_DATABASE_URL, or start with 'landmap serve', which brings its own."
        )
    opening = partial(_services, settings, catalog, collected, trail, settings.database_url.get_secret_value())
    services = await when_reachable(opening, _PATIENCE if app.state.warmed else 0.0)
    app.state.services = services
    app.state.executions = Executions(settings)
    app.state.press = Press()
    app.state.frozen = FrozenMaps(services)
    app.state.verifying = Throttle(settings.verifications_a_minute)
    app.state.drawing = Throttle(settings.drawings_a_minute)
    app.state.entries = Entries()
    app.state.reporting = Throttle(TRIES * settings.reports_of_address, 3_600)
    try:
        async with recording(services.keeper, trail, meter), warming(call_for(services, PUBLIC), app.state.warmed):
            yield
    finally:
        app.state.executions.close()
        await app.state.press.close()
        await app.state.frozen.close()
        await services.open_data.close()
        await services.pools.close()
        await services.keeper.close()


async def _services(settings: Settings, catalog: Catalog, collected: Metrics, trail: Trail, url: str) -> Services:
    """What every request works with."""
    pools = await Pools.open(
        url,
        statement_timeout_ms=settings.statement_timeout_ms,
        exports=Exports(settings.exports),
        time_zone=catalog.territory.time_zone,
    )
    try:
        keeper = await Keeper.open(
            url, statement_timeout_ms=settings.statement_timeout_ms, time_zone=catalog.territory.time_zone
        )
    except DatabaseUnavailable:
        await pools.close()
        raise
    open_data = OpenData(settings, catalog, pools)
    return Services(
        settings,
        catalog,
        pools,
        Freshness(pools),
        TileCache(),
        Cells(url, collected),
        collected,
        keeper,
        trail,
        await keeper.secret(),
        open_data,
        _issuer(settings),
    )


def _sign_in(settings: Settings) -> SignIn | None:
    issuer, client = settings.oidc_issuer, settings.oidc_client
    return SignIn(issuer, client) if issuer and client else None


def _issuer(settings: Settings) -> Issuer | None:
    return Issuer(settings.oidc_issuer, settings.oidc_audience) if settings.oidc_issuer else None
