"""Downloads: the selection that items shows page by page, whole and in other formats.

Without `limit` it is the whole selection; with it, pages of the same features as GeoJSON's. All comes from one snapshot
while it is sent. What goes wrong before the first byte is a problem document; later it breaks the connection, so that
nobody takes a part for the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from gis.errors import QueryTimeout
from gis.formats.gml import application_schema
from gis.model.query import Cursor, Interval, ItemQuery
from gis.store.export import EVERYTHING, Selection, Shape, arrow_schema, last_of_page, pinned
from gis.store.items import state_sql
from gis.store.pools import Snapshot
from services.ogc import cursors
from services.ogc.answers import State, content_crs, data_headers, document, link_header, matches, not_modified
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.export_formats import Export, Format, gml_names
from services.ogc.feature_answers import found
from services.ogc.negotiation import XSD
from services.ogc.presence import CLIENT_GONE, while_there
from services.ogc.selecting import SELECTING, called, shown


async def download(request: Request, asked: Ask, selection: Selection, wanted: Format) -> Response:
    """The answer of items in one of the formats of downloads; HEAD makes none of it."""
    asked = replace(asked, offer=wanted.offer)
    if "limit" not in asked.parameters:
        selection = replace(selection, query=replace(selection.query, limit=EVERYTHING))
    async with AsyncExitStack() as held:
        source = await held.enter_async_context(asked.services.pools.snapshot(selection.decision.pool))
        state = State.of(found(await source.row(state_sql(selection.layer, selection.query, selection.decision))))
        headers = _headers(asked, selection, state, wanted)
        if matches(asked.if_none_match, headers["ETag"]):
            return not_modified(headers)
        following = await _following(asked, source, selection, state)
        headers |= _link(wanted, following)
        if request.method == "HEAD":
            return StreamingResponse(_nothing(), headers=headers, media_type=wanted.offer.media_type)
        chunks = wanted.chunks(Export(asked, pinned(selection, state.instant), source, state.changeset, following))
        held.push_async_callback(chunks.aclose)
        first = await prepared(request, chunks, asked.services.settings.export_seconds)
        if first is None:
            return Response(status_code=CLIENT_GONE)
        return Download(first, chunks, held.pop_all(), headers, wanted.offer.media_type, asked.services.settings.export_seconds)  # fmt: skip
    raise AssertionError("every way out of the block above returns or raises")


class Download(StreamingResponse):
    """Sends the chunks within `seconds`, and lets go of what they are made from in every case."""

    def __init__(
        self,
        first: bytes,
        chunks: AsyncGenerator[bytes],
        held: AsyncExitStack,
        headers: Mapping[str, str],
        media_type: str,
        seconds: float,
    ) -> None:
        super().__init__(_joined(first, chunks), headers=headers, media_type=media_type)
        self._held = held
        self._seconds = seconds

    async def stream_response(self, send: Send) -> None:
        """Ends with an error where the time is over, which breaks the connection."""
        async with self._held, aclosing(self.body_iterator), asyncio.timeout(self._seconds):  # type: ignore[type-var]
            await super().stream_response(send)


async def gml_schema(request: Request) -> Response:
    """GET /collections/{layer}/schema.xsd: the application schema of the layer's GML."""
    layer, decision = layer_of(request)
    asked = ask(request, (XSD,), SELECTING)
    told = shown(asked.parameters, called(request, layer, decision))
    selection = Selection(layer, ItemQuery(layer.id, shown=told), decision)
    namespace, _ = gml_names(asked, layer.id)
    return document(asked, application_schema(arrow_schema(selection, Shape.GML), namespace), media_type=XSD.media_type)


async def _joined(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for chunk in chunks:
        if chunk:
            yield chunk


async def _nothing() -> AsyncGenerator[bytes]:
    none: tuple[bytes, ...] = ()
    for chunk in none:
        yield chunk


async def prepared(request: Request, chunks: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """What stands before the rows and the first of them, so that mistakes up to there are still told; a whole file
    where one has to be made first. None where the client has gone meanwhile; QueryTimeout after `seconds`."""
    try:
        return await while_there(request, _begun(chunks), seconds)
    except TimeoutError as error:
        raise QueryTimeout("The download took too long.", "Tệp tải xuống mất quá nhiều thời gian.") from error


async def _begun(chunks: AsyncIterator[bytes]) -> bytes:
    return await anext(chunks, b"") + await anext(chunks, b"")


def _headers(asked: Ask, selection: Selection, state: State, wanted: Format) -> dict[str, str]:
    headers = data_headers(asked, state, selection.query, selection.decision)
    day = _day(selection.query, ZoneInfo(asked.services.catalog.territory.time_zone))
    name = f"{selection.layer.id}_{day}_v{state.changeset}.{wanted.ending}"
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    headers["Content-Crs"] = content_crs(selection.query.crs)
    return headers


def _day(query: ItemQuery, zone: ZoneInfo) -> str:
    """The day on which the features of the file hold, the last one of an interval."""
    at = query.at.end if isinstance(query.at, Interval) else query.at
    return (at or datetime.now(UTC)).astimezone(zone).date().isoformat()


async def _following(asked: Ask, source: Snapshot, selection: Selection, state: State) -> str | None:
    """The address of the next page, where a limit makes pages and one follows."""
    if selection.query.limit == EVERYTHING:
        return None
    last = await last_of_page(source, pinned(selection, state.instant))
    if last is None:
        return None
    cursor = Cursor(state.changeset, state.instant, *last, None)
    return asked.again(cursor=cursors.encode(cursor, selection.query, selection.decision))


def _link(wanted: Format, following: str | None) -> dict[str, str]:
    links = []
    if following is not None:
        links.append({"rel": "next", "type": wanted.offer.media_type.split(";")[0], "href": following})
    if wanted.profile is not None:
        links.append({"rel": "profile", "href": wanted.profile})
    return {"Link": link_header(links)} if links else {}
