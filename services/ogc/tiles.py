"""Vector tiles: made in PostGIS, kept gzip'd, and asked for by the data version, so never stale."""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter, NotFound, StoreError
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Interval, ItemQuery
from gis.store.items import state_sql
from gis.store.pools import Row as Record
from gis.store.tiles import Tile, tile_sql
from services.dependencies import SOFTWARE_VERSION, Services
from services.middleware import accepts, gzipped
from services.ogc.answers import State, decision_key, lifetime, matches
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.negotiation import Offer
from services.ogc.parameters import TIME, with_time
from services.ogc.tile_cache import Made

MVT = Offer("mvt", "application/vnd.mapbox-vector-tile", ("application/x-protobuf", "application/*"))
_GZIP_LEVEL = 4
_GZIP_IN_THREAD = 64_000
_ZOOM = re.compile(r"[0-9]{1,2}")
_INDEX = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class TileKey:
    """What a finished tile depends on. `next_bound` follows from the rest and tells only how long it holds."""

    layer: str
    changeset: int
    instant: datetime
    next_bound: datetime | None = field(compare=False)
    place: Tile
    decision: str

    @property
    def state(self) -> State:
        """The state of the layer that the tile shows."""
        return State(self.changeset, self.instant, self.next_bound)


async def tile(request: Request) -> Response:
    """GET /collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}: 204 where there is nothing to draw."""
    layer, decision = layer_of(request)
    asked = ask(request, (MVT,), TIME)
    place = _place(request, layer)
    services = asked.services
    query = _at_one_instant(with_time(ItemQuery(layer.id), asked.parameters, services.catalog.territory), asked)
    key = _key(layer, await _state(services, layer, query, decision), place, decision)
    headers = _headers(asked, query, key)
    if matches(asked.if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body = services.tiles.get(key)
    services.metrics.tile_cache.labels("miss" if body is None else "hit").inc()
    if body is None:
        # Not shared with those who ask about another time, though the state is the same: when the data go on before the
        # tile is made, they want another tile.
        made = await services.tiles.make((key, query), partial(_make, services, layer, place, query, decision))
        services.metrics.tile_cache_bytes.set(services.tiles.bytes)
        body, headers = made.tile, _headers(asked, query, made.key)
    if not body:
        return Response(status_code=204, headers=headers)
    if not accepts(request.headers.get("accept-encoding", ""), "gzip"):
        return Response(zlib.decompress(body, 16 + zlib.MAX_WBITS), headers=headers, media_type=MVT.media_type)
    return Response(body, headers={**headers, "Content-Encoding": "gzip"}, media_type=MVT.media_type)


def _at_one_instant(query: ItemQuery, asked: Ask) -> ItemQuery:
    """A map shows one instant; of a day, its end. InvalidParameter for an interval."""
    if not isinstance(query.at, Interval):
        return query
    if "/" in asked.parameters["datetime"]:
        raise InvalidParameter(
            "datetime: tiles show one instant or day, not an interval.",
            "datetime: ô bản đồ chỉ hiển thị một thời điểm hoặc một ngày, không nhận khoảng thời gian.",
            where="datetime",
        )
    return replace(query, at=query.at.end)


async def _state(services: Services, layer: Layer, query: ItemQuery, decision: Decision) -> Record:
    """The layer's state: shared by those who ask about now at the same time."""
    statement = state_sql(layer, query, decision)
    if query.at is None and query.known is None:
        return await services.freshness.row(("state", layer.id, decision_key(decision)), statement, decision.pool)
    row = await services.pools.row(statement, decision.pool)
    if row is None:
        raise StoreError(f"The state of {layer.id} has no row.")
    return row


async def _make(services: Services, layer: Layer, place: Tile, query: ItemQuery, decision: Decision) -> Made[TileKey]:
    """The tile gzip'd (empty bytes for an empty tile), by the state that the same statement saw."""
    row = await services.pools.row(tile_sql(layer, place, query, decision), decision.pool)
    if row is None:
        raise StoreError(f"The tile {place} of {layer.id} has no row.")
    mvt: bytes = row["mvt"] or b""
    if len(mvt) > _GZIP_IN_THREAD:
        body = await asyncio.to_thread(gzipped, mvt, _GZIP_LEVEL)
    else:
        body = gzipped(mvt, _GZIP_LEVEL) if mvt else b""
    return Made(_key(layer, row, place, decision), body)


def _key(layer: Layer, row: Record, place: Tile, decision: Decision) -> TileKey:
    state = State.of(row)
    return TileKey(layer.id, state.changeset, state.instant, state.next_bound, place, decision_key(decision))


def _headers(asked: Ask, query: ItemQuery, key: TileKey) -> dict[str, str]:
    """Weak ETag: PostGIS may put the features of a tile in another order the next time."""
    state, place = key.state, key.place
    made_from = (key.layer, state.changeset, state.instant, place.z, place.x, place.y, key.decision)
    stands_on = repr((made_from, asked.services.catalog.digest, SOFTWARE_VERSION))
    return {
        "ETag": f'W/"{hashlib.blake2b(stands_on.encode(), digest_size=12).hexdigest()}"',
        "Cache-Control": lifetime(state, query),
        "Vary": "Accept-Encoding",
        "Landmap-Data-Version": str(state.changeset),
    }


def _place(request: Request, layer: Layer) -> Tile:
    """The tile of the path. NotFound outside the zooms of the layer or the tile matrix."""
    z, y, x = (request.path_params[name] for name in ("z", "y", "x"))
    if not (_ZOOM.fullmatch(z) and _INDEX.fullmatch(y) and _INDEX.fullmatch(x)):
        raise _no_tile(layer, z, y, x)
    zoom, row, column = int(z), int(y), int(x)
    if not layer.tiles.min_zoom <= zoom <= layer.tiles.max_zoom or max(row, column) >= 1 << zoom:
        raise _no_tile(layer, z, y, x)
    return Tile(zoom, column, row)


def _no_tile(layer: Layer, z: str, y: str, x: str) -> NotFound:
    shown = f"{z[:10]}/{y[:10]}/{x[:10]}"
    least, most = layer.tiles.min_zoom, layer.tiles.max_zoom
    return NotFound(
        f"There is no tile {shown} (zoom/row/column); '{layer.id}' has zooms {least} to {most}.",
        f"Không có ô bản đồ {shown} (mức phóng/hàng/cột); '{layer.id}' có các mức từ {least} đến {most}.",
        where="tileMatrix",
    )
