"""Vector tiles: made in PostGIS, kept gzip'd, and asked for by the last changeset that touched them, so never stale."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import DatabaseUnavailable, InvalidParameter, NotFound, QueryTimeout, StoreError
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Interval, ItemQuery
from gis.store.marks import state_sql
from gis.store.pools import Row as Record
from gis.store.sql import Sql
from gis.store.tile import Tile
from gis.store.tiles import is_counted, tile_sql
from services.dependencies import SOFTWARE_VERSION, Services
from services.middleware import accepts, gzipped
from services.ogc.answers import State, decision_key, lifetime, matches
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.cells import PATIENCE
from services.ogc.negotiation import Offer
from services.ogc.parameters import TIME, with_time
from services.ogc.presence import CLIENT_GONE, while_there
from services.ogc.tile_cache import Made

MVT = Offer("mvt", "application/vnd.mapbox-vector-tile", ("application/x-protobuf", "application/octet-stream"))
_GZIP_IN_THREAD = 64_000
_ZOOM = re.compile(r"[0-9]{1,2}")
_INDEX = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class TileKey:
    """What a finished tile depends on: `mark` is the last changeset that touched its place.

    `instant` is the last bound that passed: of a tile of now the last that the clock passed alone (`by_clock`), which far
    changes do not move; else the last of all. `state` is the layer's at that time; a later one with the same key has the
    same tile.
    """

    layer: str
    mark: int
    instant: datetime
    by_clock: bool
    place: Tile
    decision: str
    state: State = field(compare=False)


async def tile(request: Request) -> Response:
    """GET /collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}: 204 where there is nothing to draw."""
    layer, decision = layer_of(request)
    asked = ask(request, (MVT,), TIME)
    place = _place(request, layer)
    services = asked.services
    query = _at_one_instant(with_time(ItemQuery(layer.id), asked.parameters, services.catalog.territory), asked)
    key = await _wanted(services, layer, place, query, decision)
    headers = _headers(asked, query, key)
    if matches(asked.if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body = services.tiles.get(key)
    services.metrics.tile_cache.labels("miss" if body is None else "hit").inc()
    if body is None:
        # Not shared with those who ask about another time, though the state is the same: when the data go on before the
        # tile is made, they want another tile.
        making = services.tiles.make((key, query), partial(_make, services, layer, place, query, decision))
        made = await while_there(request, making)
        if made is None:
            return Response(status_code=CLIENT_GONE)
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


async def _wanted(services: Services, layer: Layer, place: Tile, query: ItemQuery, decision: Decision) -> TileKey:
    """The key of the tile as it is now: one statement for all who ask about now at the same time, whatever their places."""
    if query.at is None and query.known is None:
        ask_all = partial(_state_sql, layer, query, decision)
        key = ("tiles", layer.id, decision_key(decision))
        row, index = await services.freshness.each(key, place, ask_all, decision.pool)
    else:
        found, index = await services.pools.row(_state_sql(layer, query, decision, [place]), decision.pool), 0
        if found is None:
            raise StoreError(f"The state of {layer.id} has no row.")
        row = found
    return _key(layer, row, index, place, query, decision)


def _state_sql(layer: Layer, query: ItemQuery, decision: Decision, places: Sequence[Tile]) -> Sql:
    return state_sql(layer, places, query, decision)


async def _make(services: Services, layer: Layer, place: Tile, query: ItemQuery, decision: Decision) -> Made[TileKey]:
    """The tile gzip'd (empty bytes for an empty tile), by the state that the same statement saw."""
    row = await _current(services, layer, place, query, decision)
    mvt: bytes = row["mvt"] or b""
    if len(mvt) > _GZIP_IN_THREAD:
        body = await asyncio.to_thread(gzipped, mvt)
    else:
        body = gzipped(mvt) if mvt else b""
    return Made(_key(layer, row, 0, place, query, decision), body)


async def _current(services: Services, layer: Layer, place: Tile, query: ItemQuery, decision: Decision) -> Record:
    """The row of the tile; cells that lag are brought up first. Changesets that come meanwhile make it ask again."""
    if is_counted(layer, place, query, decision):
        return await _counted(services, layer, place, query, decision)
    deadline = time.monotonic() + PATIENCE
    while True:
        row = await services.pools.row(tile_sql(layer, place, query, decision), decision.pool)
        if row is None:
            raise StoreError(f"The tile {place} of {layer.id} has no row.")
        if row["current"]:
            return row
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"The cells of {layer.id} do not catch up with its changes; ask again later.")
        await services.cells.bring_up(layer)


async def _counted(services: Services, layer: Layer, place: Tile, query: ItemQuery, decision: Decision) -> Record:
    """The row of a tile whose cells are counted from the versions. InvalidParameter where they are too many for that."""
    now = query.at is None and query.known is None
    try:
        async with (services.cells.present if now else services.cells.past).turn():
            row = await services.pools.row(tile_sql(layer, place, query, decision), decision.pool)
    except QueryTimeout as error:
        raise _too_much(layer, place, query) from error
    if row is None:
        raise StoreError(f"The tile {place} of {layer.id} has no row.")
    return row


def _too_much(layer: Layer, place: Tile, query: ItemQuery) -> InvalidParameter:
    where = "datetime" if query.at is not None else "knownAt" if query.known is not None else "tileMatrix"
    zoom = min(place.z + 2, layer.tiles.min_zoom)
    return InvalidParameter(
        f"{where}: zoom {place.z} of '{layer.id}' holds too much to be counted for this question; ask from zoom {zoom} on.",
        f"{where}: mức phóng {place.z} của '{layer.id}' có quá nhiều dữ liệu để tính cho câu hỏi này; "
        f"hãy xem từ mức {zoom} trở lên.",
        where=where,
    )


def _key(layer: Layer, row: Record, index: int, place: Tile, query: ItemQuery, decision: Decision) -> TileKey:
    """Who asks what was known earlier gets that changeset for a mark: the marks are those of now."""
    state = State.of(row)
    mark = row["marks"][index] if query.known is None else state.changeset
    passed: datetime | None = row["passed"] if query.at is None and query.known is None else None
    instant = state.instant if passed is None else passed
    return TileKey(layer.id, mark, instant, passed is not None, place, decision_key(decision), state)


def _headers(asked: Ask, query: ItemQuery, key: TileKey) -> dict[str, str]:
    """Weak ETag: PostGIS may put the features of a tile in another order the next time."""
    state, place = key.state, key.place
    made_from = (key.layer, key.mark, key.instant, key.by_clock, place.z, place.x, place.y, key.decision)
    stands_on = repr((made_from, asked.services.catalog.digest, SOFTWARE_VERSION))
    return {
        "ETag": f'W/"{hashlib.blake2b(stands_on.encode(), digest_size=12).hexdigest()}"',
        "Cache-Control": lifetime(state, query),
        "Vary": "Accept-Encoding, Authorization, X-Api-Key",
        "Landmap-Data-Version": str(state.changeset),
    }


def _place(request: Request, layer: Layer) -> Tile:
    """The tile of the path. NotFound outside the zooms of the layer or the tile matrix."""
    z, y, x = (request.path_params[name] for name in ("z", "y", "x"))
    if not (_ZOOM.fullmatch(z) and _INDEX.fullmatch(y) and _INDEX.fullmatch(x)):
        raise _no_tile(layer, z, y, x)
    zoom, row, column = int(z), int(y), int(x)
    if not layer.tiles.least_zoom <= zoom <= layer.tiles.max_zoom or max(row, column) >= 1 << zoom:
        raise _no_tile(layer, z, y, x)
    return Tile(zoom, column, row)


def _no_tile(layer: Layer, z: str, y: str, x: str) -> NotFound:
    shown = f"{z[:10]}/{y[:10]}/{x[:10]}"
    least, most = layer.tiles.least_zoom, layer.tiles.max_zoom
    return NotFound(
        f"There is no tile {shown} (zoom/row/column); '{layer.id}' has zooms {least} to {most}.",
        f"Không có ô bản đồ {shown} (mức phóng/hàng/cột); '{layer.id}' có các mức từ {least} đến {most}.",
        where="tileMatrix",
    )
