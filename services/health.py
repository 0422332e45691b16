"""Is this process alive, and can it serve?"""

from __future__ import annotations

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import LandmapError
from gis.store.sql import Sql
from services.dependencies import SOFTWARE_VERSION, services_of

log = structlog.get_logger("landmap.health")

_PING = Sql("SELECT 1 FROM landmap.changeset LIMIT 1", ())


async def healthz(_: Request) -> Response:
    """GET /healthz: the process answers; says nothing of the database."""
    return _status(200, {"status": "ok", "version": SOFTWARE_VERSION})


async def readyz(request: Request) -> Response:
    """GET /readyz: 200 when the database answers too, else 503."""
    try:
        await services_of(request).pools.row(_PING)
    except LandmapError as error:
        log.warning("not ready", error=type(error).__name__, detail=error.en)
        return _status(503, {"status": "unavailable"})
    return _status(200, {"status": "ok"})


def _status(code: int, body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body), code, {"Cache-Control": "no-store"}, "application/json")
