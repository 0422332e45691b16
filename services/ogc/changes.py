"""The change feed: what a caller sees differently between two data versions, page by page or as one text sequence."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Cursor, Interval, ItemQuery
from gis.store.changes import Span, changes_sql, span_sql
from gis.store.pools import Row as Record
from services.ogc import cursors, feature_pages
from services.ogc.answers import State, content_crs, data_etag, data_headers, link_header, matches, not_modified
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.datetimes import instant_text, parse_datetime, parse_known
from services.ogc.exports import Download, prepared
from services.ogc.feature_answers import collection_body, encoded, found
from services.ogc.figures import shown
from services.ogc.negotiation import GEOJSON, GEOSEQ, HTML
from services.ogc.parameters import FILTER, item_query, queryable_names
from services.ogc.presence import CLIENT_GONE, while_there
from services.ogc.selecting import SELECTING, called, told_fields
from services.ogc.words import (
    CHANGES_FROM,
    CHANGES_FROM_NOTHING,
    CHANGES_HELD,
    CHANGES_HELD_APART,
    CHANGES_HELD_NOW,
    WORDS,
)

OFFERS = (GEOJSON, GEOSEQ, HTML)
CHANGES = ("since", "until", "datetime", "crs", "limit", "bbox", "bbox-crs", "q", *FILTER, *SELECTING, "cursor")

MONITOR = "monitor"
"""The registered link relation (RFC 5989) of what tells of changes."""

_LINE_PAGE = 1_000

_LOOKING = 5.0
"""Seconds after which a page ends where it has come to, full or not: few changes may lie far apart."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One question to the feed: `query` has filter, box and limit; `after` is the id behind which its page begins."""

    layer: Layer
    decision: Decision
    query: ItemQuery
    span: Span
    after: UUID | None


@dataclass(frozen=True, slots=True)
class _Named:
    """The ends as the parameters name them; None is now, or the newest."""

    since: int | datetime
    until: int | datetime | None
    then: datetime | None
    at: datetime | None
    apart: bool


async def changes(request: Request) -> Response:
    """GET /collections/{layer}/changes."""
    layer, decision = layer_of(request)
    by = called(request, layer, decision)
    asked = ask(request, OFFERS, (*CHANGES, *queryable_names(by)))
    territory = asked.services.catalog.territory
    named = _named(asked, ZoneInfo(territory.time_zone))
    plain = {name: value for name, value in asked.parameters.items() if name not in ("since", "until", "datetime")}
    query = item_query({n: v for n, v in plain.items() if n != "cursor"}, layer, decision, territory, by)
    sealed = replace(query, known=named.since, at=Interval(named.then, named.at) if named.apart else named.at)
    cursor = cursors.decode(plain["cursor"], sealed, decision) if "cursor" in plain else None
    feed, state = await _feed(
        asked, Feed(layer, decision, query, _UNKNOWN, cursor.id if cursor else None), named, cursor
    )
    headers = _headers(asked, feed, state, named)
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    if asked.offer is GEOSEQ and "limit" not in asked.parameters:
        headers["Link"] = link_header(_links(asked, feed, named, None)[2:3])
        return await _stream(request, asked, feed, headers)
    page = await while_there(request, _page(asked, feed))
    if page is None:
        return Response(status_code=CLIENT_GONE)
    following = _following(asked, feed, sealed, page.last) if page.more else None
    links = _links(asked, feed, named, following)
    headers["Link"] = link_header([link for link in links if link["rel"] in ("next", MONITOR)])
    if asked.offer is GEOSEQ:
        return Response(b"".join(page.features), headers=headers, media_type=GEOSEQ.media_type)
    about = _about(asked, feed, named)
    if asked.html:
        told = feature_pages.Changed(about, b",".join(page.features), feed.span.until)
        return feature_pages.changes(asked, layer, told_fields(layer, decision, query), told, (following, headers))
    body = _body(feed, links, page, about, whole=cursor is None and following is None)
    return Response(body, headers=headers, media_type=GEOJSON.media_type)


def changes_link(asked: Ask, layer: Layer, version: int) -> dict[str, object]:
    """A link to what will change in the layer after the data version."""
    link = asked.link(MONITOR, f"/collections/{layer.id}/changes", GEOJSON.media_type, WORDS["changes"])
    return link | {"href": asked.href(f"/collections/{layer.id}/changes", {"since": str(version)})}


def _named(asked: Ask, zone: ZoneInfo) -> _Named:
    parameters = asked.parameters
    if "since" not in parameters:
        raise InvalidParameter(
            "since: say from which data version on; 0 is from the beginning.",
            "since: hãy ghi phiên bản dữ liệu bắt đầu; 0 là từ đầu.",
            where="since",
        )
    since = parse_known(parameters["since"], zone, "since")
    if isinstance(since, datetime) and since > datetime.now(UTC):
        raise InvalidParameter("since: lies in the future.", "since: thời điểm này còn ở tương lai.", where="since")
    until = parse_known(parameters["until"], zone, "until") if "until" in parameters else None
    at = parse_datetime(parameters["datetime"], zone) if "datetime" in parameters else None
    if not isinstance(at, Interval):
        return _Named(since, until, at, at, apart=False)
    if at.start is None or "/" not in parameters["datetime"]:
        raise InvalidParameter(
            "datetime: give an instant (2024-08-01T00:00:00+07:00), or where the first state lies and where the second "
            "does (2024-01-01/2024-08-01, or 2024-01-01/.. for until now).",
            "datetime: hãy ghi một thời điểm (2024-08-01T00:00:00+07:00), hoặc thời điểm của trạng thái đầu và của trạng "
            "thái sau (2024-01-01/2024-08-01, hoặc 2024-01-01/.. cho đến nay).",
            where="datetime",
        )
    return _Named(since, until, at.start, at.end, apart=True)


_START = datetime(1, 1, 3, tzinfo=UTC)
_UNKNOWN = Span(0, 0, _START, _START)


async def _feed(asked: Ask, feed: Feed, named: _Named, cursor: Cursor | None) -> tuple[Feed, State]:
    """The feed between the states that the parameters name, as the database has them; a cursor pins the second one."""
    at = cursor.instant if cursor else named.at or datetime.now(UTC)
    until = cursor.changeset if cursor else named.until
    instants = (named.then if named.then is not None else at, at)
    sql = span_sql(feed.layer, feed.decision, (named.since, until), instants)
    row = found(await asked.services.pools.row(sql, feed.decision.pool))
    for name, number in (("since", named.since), ("until", until)):
        if isinstance(number, int) and number > row["newest"]:
            raise _later(name, number, row["newest"])
    if row["until"] < row["since"] or _before(named):
        raise InvalidParameter(
            "until: lies before since; exchange them.",
            "until: trước since; hãy đổi chỗ hai giá trị.",
            where="until",
        )
    then = row["first"] if named.apart else row["instant"]
    span = Span(row["since"], row["until"], then, row["instant"])
    return replace(feed, span=span), State(row["until"], row["instant"], row["next_bound"])


def _before(named: _Named) -> bool:
    """`until` is said to lie before `since`, whatever changesets there are."""
    if isinstance(named.since, int) and isinstance(named.until, int):
        return named.until < named.since
    if isinstance(named.since, datetime) and isinstance(named.until, datetime):
        return named.until < named.since
    return False


def _later(name: str, number: int, newest: int) -> InvalidParameter:
    return InvalidParameter(
        f"{name}: {number} is later than the last data version, {newest}.",
        f"{name}: {number} mới hơn phiên bản dữ liệu cuối cùng là {newest}.",
        where=name,
    )


def _headers(asked: Ask, feed: Feed, state: State, named: _Named) -> dict[str, str]:
    # An instant, though past, may still see a changeset that is being committed; a number does not.
    known = state.changeset if isinstance(named.until, int) or feed.after is not None else None
    query = replace(feed.query, known=known, at=named.at if feed.after is None else state.instant)
    plain = data_etag(asked, state, query, feed.decision)
    tag = hashlib.blake2b(repr((plain, feed.span, feed.after)).encode(), digest_size=12).hexdigest()
    headers = data_headers(asked, state, query, feed.decision, f'W/"{tag}"')
    headers["Content-Crs"] = content_crs(feed.query.crs)
    return headers


@dataclass(frozen=True, slots=True)
class _Page:
    """The changes of one page as text, their number, the id up to which was looked for them, and whether more may follow."""

    features: tuple[bytes, ...]
    returned: int
    last: UUID | None
    more: bool


async def _page(asked: Ask, feed: Feed) -> _Page:
    """Statement after statement, until the page is full and it is known whether a change follows, or time is over."""
    begun, lines = time.monotonic(), asked.offer is GEOSEQ
    features: list[bytes] = []
    returned, after, last = 0, feed.after, feed.after
    while True:
        left = feed.query.limit - returned
        row = await _changes(asked, replace(feed, query=replace(feed.query, limit=max(left, 1)), after=after), lines)
        if left == 0:  # the page is full: whether a change follows is all that is asked
            more = row["returned"] > 0
        else:
            features += [encoded(row["features"])] if row["returned"] else []
            returned, last, more = returned + row["returned"], row["last_id"] or last, row["more"]
        if more or row["looked_at"] is None:
            return _Page(tuple(features), returned, last, more)
        after = row["looked_at"]
        if time.monotonic() - begun > _LOOKING:
            return _Page(tuple(features), returned, after, more=True)


def _following(asked: Ask, feed: Feed, sealed: ItemQuery, last: UUID | None) -> str:
    """Where the next page is."""
    assert last is not None
    cursor = Cursor(feed.span.until, feed.span.at, 0, last, None)
    return asked.again(cursor=cursors.encode(cursor, sealed, feed.decision))


async def _lines(asked: Ask, feed: Feed) -> AsyncGenerator[bytes]:
    """All changes as a text sequence, some at a time."""
    after = feed.after
    while True:
        row = await _changes(asked, replace(feed, query=replace(feed.query, limit=_LINE_PAGE), after=after), True)
        if row["returned"]:
            yield encoded(row["features"])
        after = row["last_id"] if row["more"] else row["looked_at"]
        if after is None:
            return


async def _changes(asked: Ask, feed: Feed, lines: bool) -> Record:
    sql = changes_sql(feed.layer, feed.query, feed.decision, feed.span, feed.after, lines=lines)
    return found(await asked.services.pools.row(sql, feed.decision.pool))


async def _stream(request: Request, asked: Ask, feed: Feed, headers: dict[str, str]) -> Response:
    """All changes, sent while they are found; what goes wrong before the first of them is still told."""
    if request.method == "HEAD":
        return Response(headers=headers, media_type=GEOSEQ.media_type)
    lines, seconds = _lines(asked, feed), asked.services.settings.export_seconds
    first = await prepared(request, lines, seconds)
    if first is None:
        return Response(status_code=CLIENT_GONE)
    return Download(first, lines, AsyncExitStack(), headers, GEOSEQ.media_type, seconds)


def _links(asked: Ask, feed: Feed, named: _Named, following: str | None) -> list[dict[str, str]]:
    media_type = asked.offer.media_type.split(";")[0]
    other = next(offer for offer in OFFERS if offer is not asked.offer)
    path = f"/collections/{feed.layer.id}"
    links = [
        {"rel": "self", "type": media_type, "href": asked.url},
        {"rel": "alternate", "type": other.media_type, "href": asked.again(f=other.name)},
        {"rel": MONITOR, "type": media_type, "href": _poll(asked, feed, named)},
        {"rel": "collection", "type": "application/json", "href": asked.href(path)},
    ]
    if following is not None:
        links.insert(1, {"rel": "next", "type": media_type, "href": following})
    return links


def _poll(asked: Ask, feed: Feed, named: _Named) -> str:
    """Where to ask for what changes after this answer: from its second state on."""
    at = instant_text(feed.span.at)
    when = f"{at}/.." if named.at is None else at
    return asked.again(since=str(feed.span.until), until=None, cursor=None, datetime=when)


def _about(asked: Ask, feed: Feed, named: _Named) -> str:
    """Which two states are compared, in a sentence: the members say it in numbers and instants for programs."""
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    then, at = (
        shown(instant.replace(microsecond=0), asked.language, zone) for instant in (feed.span.then, feed.span.at)
    )
    since = CHANGES_FROM if feed.span.since else CHANGES_FROM_NOTHING
    holds = CHANGES_HELD_APART if named.apart else CHANGES_HELD if named.at else CHANGES_HELD_NOW
    places = {"since": feed.span.since, "until": feed.span.until, "then": then, "at": at}
    return " ".join(asked.say(text).format(**places) for text in (since, holds))


def _body(feed: Feed, links: list[dict[str, str]], page: _Page, about: str, *, whole: bool) -> bytes:
    span = feed.span
    members = {
        "description": about,
        "dataVersion": span.until,
        "since": span.since,
        "until": span.until,
        "datetime": f"{instant_text(span.then)}/{instant_text(span.at)}",
        **({"numberMatched": page.returned} if whole else {}),
        "numberReturned": page.returned,
        "links": links,
    }
    return collection_body(members, page.features)
