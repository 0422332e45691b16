"""One search over many collections: what people type into a box.

The name, `q`, `collections` and the answer as a FeatureCollection follow the proposals of OGC API - Features for search
over many collections; that it is a GET, the order and the members `collection` and `match` are ours. Features come in
this order: those whose label or number is the text, those whose label or number begins with it, then those that have all
its words somewhere in their searchable properties. A text that names a parcel (`thửa 345 tờ 12`) finds the parcels of
those numbers and nothing else. A text that names a house (`123/45/6A Nguyễn Trãi`) finds what has that address, where the
caller may see addresses; else what has its words; else its alley and street, and says so (`readAs`). Each in the order of
the collections asked for (else the catalogue's), and there in the order of the database. A page asks collections as pages
of items do, so it shows what they show.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Cursor, ItemQuery, Match
from gis.store.items import found_sql, page_sql, state_sql
from gis.store.pools import Row as Record
from gis.store.sql import Sql
from services.ogc import cursors, feature_pages
from services.ogc.answers import (
    State,
    content_crs,
    data_etag,
    data_headers,
    decision_key,
    link_header,
    matches,
    not_modified,
)
from services.ogc.ask import Ask, ask
from services.ogc.feature_answers import collection_body, encoded, found
from services.ogc.names import meant
from services.ogc.negotiation import GEOJSON, HTML
from services.ogc.parameters import TIME
from services.ogc.search_readings import Arm, Reading, read_as, readings_of

PARAMETERS = (*TIME, "q", "collections", "bbox", "bbox-crs", "crs", "limit", "cursor", "skipGeometry")

type _Question = Callable[[Layer, ItemQuery, Decision], Sql]

_AT_ONCE = 3
_START = (-1, UUID(int=0))
"""Before every key."""

_CURSOR = re.compile(r"([0-9a-f]{2})([0-9a-f]{2})(.*)")
_FEATURE = re.compile(rb'\{"type":"Feature","id":"([0-9a-f-]{36})",')  # a text never has it: there quotes are escaped


@dataclass(slots=True)
class _Page:
    """Features with what tells where they come from, and where the next page begins: an arm, and a row in it."""

    features: list[bytes]
    returned: int = 0
    next_arm: int | None = None
    after: tuple[int, UUID] = _START


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where a page goes on: the number of a reading, an arm of it, and the row after which."""

    reading: int
    arm: int
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class _Answer:
    """A page of one reading; `counts` by arm where they were counted."""

    number: int
    reading: Reading
    page: _Page
    counts: Sequence[int | None] | None
    matched: int | None


@dataclass(frozen=True, slots=True)
class _Begin:
    """Where a page begins: an arm, and a row in it after which; and the arms of which it is known that they are empty."""

    arm: int
    after: tuple[int, UUID]
    empty: frozenset[int]


async def search(request: Request) -> Response:
    """GET /search."""
    asked = ask(request, (GEOJSON, HTML), PARAMETERS)
    layers = _layers(asked)
    if asked.html and not asked.parameters.get("q", "").strip():
        return feature_pages.search_form(asked, _searchable(asked))
    readings = await readings_of(asked, layers)
    begun = _cursor(asked, readings)
    cursor = begun.cursor if begun else None
    whole = readings[-1].arms  # which has all collections
    state = await _state(asked, _firsts(whole))
    if cursor is not None:
        state = replace(state, changeset=cursor.changeset, instant=cursor.instant)
    headers = _headers(asked, whole, state, cursor)
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    told = await _answer(asked, readings, state, begun)
    page, counts, matched = told.page, told.counts, told.matched
    following = _following(asked, told, state)
    collections = _collections(asked, [arm.layer for arm in _firsts(whole)], told.reading, counts)
    kind = asked.offer.media_type.split(";")[0]
    links = [{"rel": "self", "type": kind, "href": asked.url}]
    if following is not None:
        links.append({"rel": "next", "type": kind, "href": following})
        headers["Link"] = link_header(links[1:])
    if asked.html:
        shown = feature_pages.Searched(_searchable(asked), collections, b",".join(page.features))
        return feature_pages.search(asked, shown, feature_pages.Around(following, matched), headers)
    members: dict[str, object] = {
        "dataVersion": state.changeset,
        **({} if matched is None else {"numberMatched": matched}),
        "numberReturned": page.returned,
        **({"readAs": told_as} if (told_as := read_as(asked, told.reading, empty=not page.returned)) else {}),
        "collections": collections,
        "links": links,
    }
    return Response(collection_body(members, page.features), headers=headers, media_type=GEOJSON.media_type)


def _layers(asked: Ask) -> list[Layer]:
    """The collections that are asked for, else all that have something to search in."""
    known = asked.services.catalog.layers
    text = asked.parameters.get("collections")
    if text is None or (asked.html and not text):  # as the form sends it
        return _searchable(asked)
    named = list(dict.fromkeys(text.split(",")))
    for name in named:
        if name not in known or not known[name].searchable:
            raise _no_collection(name, [layer.id for layer in _searchable(asked)])
    return [known[name] for name in named]


def _searchable(asked: Ask) -> list[Layer]:
    return [layer for layer in asked.services.catalog.layers.values() if layer.searchable]


def _firsts(arms: Sequence[Arm]) -> Sequence[Arm]:
    """One arm of each collection."""
    return [arm for arm in arms if arm.match is Match.EXACT]


async def _state(asked: Ask, arms: Sequence[Arm]) -> State:
    """The last changeset, the last instant and the next bound of all collections: one state that holds for each of them."""
    states = [State.of(row) for row in await _each(asked, state_sql, arms)]
    bounds = [state.next_bound for state in states if state.next_bound is not None]
    # What is empty has no bound to round the instant down to.
    instants = [state.instant for state in states if state.changeset] or [state.instant for state in states]
    return State(max(state.changeset for state in states), max(instants), min(bounds, default=None))


def _pinned(query: ItemQuery, state: State) -> ItemQuery:
    """The question at the state, so that all collections and all pages are asked of the same one."""
    return replace(query, known=state.changeset, at=state.instant if query.at is None else query.at)


async def _ask(asked: Ask, arm: Arm, limit: int, after: tuple[int, UUID] | None) -> Record:
    query = replace(arm.query, limit=limit)
    if after is not None:
        assert isinstance(query.known, int)
        instant = query.at if isinstance(query.at, datetime) else datetime.now(UTC)
        query = replace(query, cursor=Cursor(query.known, instant, *after, None))
    return found(await asked.services.pools.row(page_sql(arm.layer, query, arm.decision), arm.decision.pool))


async def _counts(asked: Ask, lead: Sequence[Arm], arms: Sequence[Arm]) -> list[int | None]:
    """How many there are in each arm, None where there are more in its collection than are counted. One statement a
    collection tells it of all matches: planning one takes longer than the search."""
    rows = await _each(asked, found_sql, _firsts(arms))
    counted = [None if row["matched"] is None else row["matched"][match] for match in Match for row in rows]
    return [*(arm.count for arm in lead), *(counted if arms else ())]


async def _each(asked: Ask, sql: _Question, arms: Sequence[Arm]) -> list[Record]:
    """The row of each arm; few at a time, so that one search leaves connections to others."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def row(arm: Arm) -> Record:
        async with turns:
            return found(await asked.services.pools.row(sql(arm.layer, arm.query, arm.decision), arm.decision.pool))

    return await asyncio.gather(*(row(arm) for arm in arms))


def _sum(numbers: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


async def _page(asked: Ask, arms: Sequence[Arm], begin: _Begin) -> _Page:
    """The features from there on, until the page is full and one more is known of."""
    page, limit, after = _Page([]), arms[0].query.limit, begin.after
    for place in range(begin.arm, len(arms)):
        if place in begin.empty:
            continue
        arm, left = arms[place], limit - page.returned
        row = await _ask(asked, arm, max(left, 1), after)
        if left == 0:
            if row["returned"]:
                page.next_arm, page.after = place, after
                return page
            continue
        if row["returned"]:
            page.features.append(_told(asked, arm, encoded(row["features"])))
            page.returned += row["returned"]
        if row["last_id"] is not None:
            page.next_arm, page.after = place, (row["last_key"], row["last_id"])
            return page
        after = _START
    return page


def _told(asked: Ask, arm: Arm, features: bytes) -> bytes:
    """The features, each with its collection, how well it was found, and its address."""
    head = b'{"type":"Feature","collection":"%b","match":"%b","links":[{"rel":"canonical","type":"%b","href":"%b'
    address = asked.href(f"/collections/{arm.layer.id}/items/").encode()
    begun = head % (arm.layer.id.encode(), arm.match.name.lower().encode(), GEOJSON.media_type.encode(), address)
    return _FEATURE.sub(lambda part: b'%b%b"}],"id":"%b",' % (begun, part[1], part[1]), features)


async def _answer(asked: Ask, readings: Sequence[Reading], state: State, begun: _Begun | None) -> _Answer:
    """The page that is asked for; a first page is of the first reading that finds something."""
    start, one = (begun.reading, [readings[begun.reading]]) if begun else (0, readings)
    answer = None
    for number, reading in enumerate(one, start):
        lead, arms = (
            [replace(arm, query=_pinned(arm.query, state)) for arm in part] for part in (reading.lead, reading.arms)
        )
        counts = (
            await _counts(asked, lead, arms) if begun is None and not (arms and arms[0].query.typed is None) else None
        )
        arms = [*lead, *arms]
        empty = frozenset(place for place, count in enumerate(counts or ()) if count == 0)
        row = (begun.cursor.key, begun.cursor.id) if begun else _START
        page = await _page(asked, arms, _Begin(begun.arm if begun else 0, row, empty))
        matched = _sum(counts) if counts is not None else begun.cursor.matched if begun else None
        answer = _Answer(number, reading, page, counts, matched)
        if page.returned:
            break
    assert answer is not None
    return answer


def _cursor(asked: Ask, readings: Sequence[Reading]) -> _Begun | None:
    """Where the page goes on; None for a first page."""
    text = asked.parameters.get("cursor")
    if text is None:
        return None
    parts = _CURSOR.fullmatch(text)
    number, place = (int(parts[1], 16), int(parts[2], 16)) if parts else (0, 0)
    number = min(number, len(readings) - 1)
    arms = readings[number].all
    arm = arms[min(place, len(arms) - 1)]
    cursor = cursors.decode(parts[3] if parts else "", arm.query, arm.decision, _beside(arms, place, number))
    return _Begun(number, place, cursor)


def _following(asked: Ask, told: _Answer, state: State) -> str | None:
    place = told.page.next_arm
    if place is None:
        return None
    arms = told.reading.all
    arm = arms[place]
    cursor = Cursor(state.changeset, state.instant, *told.page.after, told.matched)
    sealed = cursors.encode(cursor, arm.query, arm.decision, _beside(arms, place, told.number))
    return asked.again(cursor=f"{told.number:02x}{place:02x}{sealed}")


def _beside(arms: Sequence[Arm], place: int, reading: int = 0) -> str:
    return f"{reading} {place} {','.join(arm.layer.id for arm in arms)}"


def _headers(asked: Ask, arms: Sequence[Arm], state: State, cursor: Cursor | None) -> dict[str, str]:
    """Headers as of items; callers who see alike in every collection share the answer."""
    decisions = _firsts(arms)
    whole = arms[0].decision
    seen = tuple(f"{arm.layer.id}.{name}" for arm in decisions for name in arm.decision.columns)
    area = next((arm.decision.area for arm in decisions if arm.decision.area), None)
    rights = tuple(decision_key(arm.decision) for arm in decisions)
    told = replace(whole, columns=(*seen, *rights), area=area)
    query = replace(arms[0].query, cursor=cursor)
    etag = data_etag(asked, state, replace(query, layer=_beside(arms, 0)), told)
    headers = data_headers(asked, state, query, told, etag)
    return headers | {"Content-Crs": content_crs(query.crs)}


def _collections(
    asked: Ask, layers: Sequence[Layer], reading: Reading, counts: Sequence[int | None] | None
) -> list[dict[str, object]]:
    """Each collection with the number of its features, where they were counted."""
    listed: list[dict[str, object]] = []
    for layer in layers:
        of = zip(reading.all, counts or (), strict=counts is not None)
        count = None if counts is None else _sum([number for arm, number in of if arm.layer is layer])
        told = {} if count is None else {"numberMatched": count}
        listed.append({"id": layer.id, "title": asked.say(layer.title), **told})
    return listed


def _no_collection(name: str, known: Sequence[str]) -> InvalidParameter:
    en, vi = meant(name, known)
    return InvalidParameter(
        f"collections: there is no collection '{name[:60]}' to search in; {en}",
        f"collections: không có bộ dữ liệu '{name[:60]}' để tìm; {vi}",
        where="collections",
    )
