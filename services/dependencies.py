"""What endpoints work with, made once when the application starts and reached through the request."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version

from starlette.requests import Request

from gis.model.layer import Catalog
from gis.store.keeper import Keeper
from gis.store.pools import Pools
from gis.store.pools import Row as Record
from services.auth.issuer import Issuer
from services.auth.trail import Trail
from services.metrics import Metrics
from services.ogc.cells import Cells
from services.ogc.freshness import Freshness
from services.ogc.open_data_making import OpenData
from services.ogc.tile_cache import TileCache
from services.settings import Settings

SOFTWARE_VERSION = version("landmap")


@dataclass(frozen=True, slots=True)
class Services:
    """The open parts of one running application. `secret` encrypts what it gives out and takes back."""

    settings: Settings
    catalog: Catalog
    pools: Pools
    freshness: Freshness
    tiles: TileCache
    cells: Cells
    metrics: Metrics
    keeper: Keeper
    trail: Trail
    secret: bytes
    open_data: OpenData
    issuer: Issuer | None = None
    extents: dict[tuple[str, str], tuple[int, Record]] = field(default_factory=dict)


def services_of(request: Request) -> Services:
    """The services of the application that got this request."""
    found: Services = request.app.state.services
    return found
