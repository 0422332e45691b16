"""The whole application on one screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from gis.catalog.read import read_catalog
from gis.errors import LandmapError
from gis.model.layer import Catalog
from gis.store.pools import Exports, Pools
from services.auth.identify import Identify
from services.auth.issuer import Issuer
from services.dependencies import Services
from services.errors import on_http_error, on_landmap_error
from services.health import healthz, readyz
from services.logs import configure
from services.metrics import Metrics, metrics
from services.middleware import Body, Cors, Forwarded, Observe
from services.ogc.cells import Cells
from services.ogc.collections import collection, collections
from services.ogc.conformance import conformance
from services.ogc.coverage import coverage
from services.ogc.exports import gml_schema
from services.ogc.features import item, items, versions
from services.ogc.freshness import Freshness
from services.ogc.landing import home, landing
from services.ogc.openapi import api
from services.ogc.schemas import queryables, schema
from services.ogc.styles import style
from services.ogc.tile_cache import TileCache
from services.ogc.tiles import tile
from services.ogc.tilesets import tile_matrix_set, tile_matrix_sets, tileset, tilesets
from services.settings import Settings, read_settings
from services.site import asset, read_site

ROUTES = [
    Route("/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}", tile),
    Route("/collections/{layer}/items", items),
    Route("/collections/{layer}/items/{id}", item),
    Route("/collections/{layer}/items/{id}/versions", versions),
    Route("/collections/{layer}/tiles", tilesets),
    Route("/collections/{layer}/tiles/{tms}", tileset),
    Route("/collections/{layer}/schema", schema),
    Route("/collections/{layer}/schema.xsd", gml_schema),
    Route("/collections/{layer}/queryables", queryables),
    Route("/collections/{layer}", collection),
    Route("/collections", collections),
    Route("/", landing),
    Route("/api-home", home),
    Route("/api", api),
    Route("/conformance", conformance),
    Route("/tileMatrixSets", tile_matrix_sets),
    Route("/tileMatrixSets/{tms}", tile_matrix_set),
    Route("/coverage", coverage),
    Route("/map/style.json", style),
    Route("/styles/{style}", style),
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
    Route("/{file}", asset),
    Route("/assets/{path:path}", asset),
    Route("/static/{path:path}", asset),
]


def create_app(settings: Settings) -> FastAPI:
    """The service for one database. The layers are read here, so that mistakes in them stop the start."""
    configure(settings.log_level)
    catalog = read_catalog(settings.layers, settings.territory)
    collected = Metrics()
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
        lifespan=partial(_lifespan, settings=settings, catalog=catalog, collected=collected),
        middleware=[
            Middleware(Observe, metrics=collected),
            Middleware(Forwarded, trusted=settings.trusted_proxies),
            Middleware(Cors),
            Middleware(Body),
            Middleware(Identify),
        ],
        exception_handlers={LandmapError: on_landmap_error, HTTPException: on_http_error},
    )
    app.router.routes.extend(ROUTES)
    app.state.metrics = collected
    app.state.site = read_site()
    return app


def from_environment() -> FastAPI:
    """The application with the settings of this process, for the server's workers."""
    return create_app(read_settings())


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings, catalog: Catalog, collected: Metrics) -> AsyncIterator[None]:
    """Opens the pools before the first request and closes them after the last."""
    if settings.database_url is None:
        raise LandmapError(
            "No database: set LANDMAP_DATABASE_URL, or start with 'landmap serve', which brings its own."
        )
    url = settings.database_url.get_secret_value()
    pools = await Pools.open(
        url,
        statement_timeout_ms=settings.statement_timeout_ms,
        exports=Exports(settings.exports),
        time_zone=catalog.territory.time_zone,
    )
    app.state.services = Services(
        settings, catalog, pools, Freshness(pools), TileCache(), Cells(url, collected), collected, _issuer(settings)
    )
    try:
        yield
    finally:
        await pools.close()


def _issuer(settings: Settings) -> Issuer | None:
    return Issuer(settings.oidc_issuer, settings.oidc_audience) if settings.oidc_issuer else None
