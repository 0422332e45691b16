"""The versions of a feature, what links them, and why a feature is not there.

A version has a permanent address: the feature at the instant from which the version holds, as known at the changeset that
recorded it. The links are those of RFC 5829 and RFC 7089 as the draft "Versioned Features" of OGC API Features takes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from itertools import starmap
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import Gone, NotFound, NotYet
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Interval, ItemQuery
from gis.store.items import item_sql
from gis.store.pools import Row as Record
from gis.store.versions import times_sql, versions_sql
from services.ogc import feature_pages
from services.ogc.answers import State, content_crs, data_headers, link_header
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.datetimes import instant_text
from services.ogc.feature_answers import (
    OFFERS,
    encoded,
    found,
    identifier_of,
    no_feature,
    page_body,
    unless_changed,
)
from services.ogc.negotiation import GEOJSON
from services.ogc.parameters import item_query

_TAIL = "/versions"
_BEGINNING = "0000-01-01T00:00:00Z"
"""An instant of a version that has held since ever."""

_LAST = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Version:
    """When a version holds, and from which changeset on and up to which one this was known; null ends are open."""

    valid_from: datetime | None
    valid_to: datetime | None
    since_known: bool
    changeset: int
    replaced: int | None

    def known(self, changeset: int) -> bool:
        """It was what the database knew at the changeset."""
        return self.changeset <= changeset and (self.replaced is None or self.replaced > changeset)

    def holds(self, first: datetime, last: datetime) -> bool:
        """It holds at some time from `first` up to `last`, which both may be one instant."""
        return (self.valid_from or _FIRST) <= last and (self.valid_to or _LAST) > first

    def address(self, asked: Ask, path: str) -> str:
        """Its permanent address; `path` is that of the feature."""
        at = _BEGINNING if self.valid_from is None else instant_text(self.valid_from)
        return asked.href(path, {"datetime": at, "knownAt": str(self.changeset)})


@dataclass(frozen=True, slots=True)
class History:
    """The versions of a feature that tell their times, those that begin last first, and the number of all it has."""

    told: tuple[Version, ...]
    returned: int

    def learned(self, changeset: int) -> tuple[Version, ...]:
        """Those that the database had been told of by then: a fixed question keeps its answer."""
        return tuple(version for version in self.told if version.changeset <= changeset)


async def versions(request: Request) -> Response:
    """GET /collections/{layer}/items/{id}/versions: every version that the caller can tell apart, on both axes."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, ("crs",))
    query = item_query(asked.parameters, layer, decision, asked.services.catalog.territory)
    identifier = identifier_of(request, layer)
    unchanged = await unless_changed(asked, layer, query, decision)
    if unchanged is not None:
        return unchanged
    row = found(await asked.services.pools.row(versions_sql(layer, identifier, query, decision), decision.pool))
    if not row["returned"]:
        raise NotFound(
            f"'{layer.id}' tells of no versions of a feature '{identifier}'.",
            f"Bộ dữ liệu '{layer.id}' không công bố lịch sử của đối tượng '{identifier}'.",
            where="featureId",
        )
    headers = data_headers(asked, State.of(row), query, decision)
    if asked.html:
        return feature_pages.versions(asked, layer, decision, row, headers)
    headers["Content-Crs"] = content_crs(query.crs)
    path = asked.path.removesuffix(_TAIL)
    features = orjson.loads(b"[%b]" % encoded(row["features"]))
    told = [version for feature in features if (version := _version(feature)) is not None]
    addresses = [version.address(asked, path) for version in told]
    for place, (feature, address) in enumerate(zip(features, addresses, strict=False)):
        feature["links"] = [_link("canonical", address), *_beside(addresses, place)]
    shown = {**row, "features": orjson.dumps(features)[1:-1]}
    more = _time_map(asked, path, told, addresses)
    body = page_body(asked, layer, shown, feature_pages.Around(None, row["returned"]), more=more)
    return Response(body, headers=headers, media_type=GEOJSON.media_type)


async def history_of(asked: Ask, layer: Layer, identifier: UUID, decision: Decision) -> History:
    """The versions as the caller can tell them apart, without what they show."""
    row = found(await asked.services.pools.row(times_sql(layer, identifier, decision), decision.pool))
    columns = (row[name] or () for name in ("begins", "ends", "sure", "since", "until"))
    return History(tuple(starmap(Version, zip(*columns, strict=True))), row["returned"])


def item_links(
    asked: Ask, history: History, query: ItemQuery, state: State
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Links from one item to its versions, and the headers that tell them; nothing where its times are not told."""
    known = history.learned(state.changeset)
    first, last = _asked_time(query, state)
    here = next((i for i, one in enumerate(known) if one.known(state.changeset) and one.holds(first, last)), None)
    if here is None:
        return [], {}
    around = slice(max(here - 1, 0), here + 2)
    addresses = [version.address(asked, asked.path) for version in known[around]]
    links = [
        _link("canonical", addresses[here - around.start]),
        _link("original", asked.href(asked.path)),
        *_beside(addresses, here - around.start),
        *_whole(asked, asked.path, asked.href(asked.path)),
    ]
    headers = {"Link": link_header(links)}
    begins = known[here].valid_from
    return links, headers if begins is None else headers | {"Memento-Datetime": _http_date(begins)}


async def absent(
    asked: Ask, layer: Layer, identifier: UUID, query: ItemQuery, row: Record, decision: Decision
) -> NotFound | Gone:
    """Why the feature is not there: it never was, or was not known then; it is yet to be, or is gone."""
    if not row["known"]:
        return no_feature(layer, str(identifier))
    history, state = await history_of(asked, layer, identifier, decision), State.of(row)
    learned = history.learned(state.changeset)
    # A row that is reduced does not tell that it was there before.
    if len(history.told) < history.returned or not learned:
        return NotFound(
            f"The feature '{identifier}' is not known at that time; its versions are at {asked.path}{_TAIL}.",
            f"Tại thời điểm đó chưa có đối tượng '{identifier}'; các phiên bản ở {asked.path}{_TAIL}.",
            where="featureId",
        )
    return _not_now(asked, identifier, learned, _asked_time(query, state)[0], state)


async def why_absent(asked: Ask, layer: Layer, identifier: UUID, decision: Decision) -> NotFound | Gone | None:
    """Why the feature is not there now, in the words of GET, to whose address `asked` leads; None where it is there."""
    query = ItemQuery(layer.id)
    row = found(await asked.services.pools.row(item_sql(layer, identifier, query, decision), decision.pool))
    return await absent(asked, layer, identifier, query, row, decision) if row["feature"] is None else None


def _not_now(asked: Ask, identifier: UUID, learned: Sequence[Version], at: datetime, state: State) -> Gone | NotYet:
    known = [version for version in learned if version.known(state.changeset)]
    ends = [v.valid_to for v in known if v.valid_to is not None and v.valid_to <= at]
    begins = [v.valid_from for v in known if v.valid_from is not None and v.valid_from > at]
    links = _whole(asked, asked.path, (known or learned)[0].address(asked, asked.path))
    if begins and not ends:
        return _not_yet(asked, identifier, min(begins), links)
    ended, en, vi = None, "was withdrawn", "đã được rút lại"
    if ends:
        ended = instant_text(max(ends))
        en, vi = f"does not hold any more; it ended at {ended}", f"không còn hiệu lực từ {ended}"
    return Gone(
        f"The feature '{identifier}' {en}. Its versions are at {asked.path}{_TAIL}.",
        f"Đối tượng '{identifier}' {vi}. Các phiên bản ở {asked.path}{_TAIL}.",
        where="featureId",
        ended=ended,
        links=links,
    )


def _not_yet(asked: Ask, identifier: UUID, begins: datetime, links: Sequence[Mapping[str, str]]) -> NotYet:
    """It will be there: from which local day on, or instant where it begins within a day, and how to ask for it."""
    local = begins.astimezone(ZoneInfo(asked.services.catalog.territory.time_zone))
    whole = local.time() == time()
    parameter = local.date().isoformat() if whole else instant_text(begins)
    en, vi = (parameter, f"{local:%d/%m/%Y}") if whole else (local.isoformat(), f"{local:%H:%M:%S %d/%m/%Y}")
    return NotYet(
        f"The feature '{identifier}' is not yet in force; it is in force from {en}. Ask with datetime={parameter}, or see its "
        f"versions at {asked.path}{_TAIL}.",
        f"Đối tượng '{identifier}' chưa có hiệu lực; có hiệu lực từ {vi}. Hãy hỏi với datetime={parameter}, hoặc xem các "
        f"phiên bản ở {asked.path}{_TAIL}.",
        where="featureId",
        begins=instant_text(begins),
        links=(_link("successor-version", asked.href(asked.path, {"datetime": parameter})), *links),
    )


def _version(feature: dict[str, Any]) -> Version | None:
    """When the version that a feature shows holds and was known; None where it does not tell."""
    properties = feature["properties"]
    if "changeset" not in properties:
        return None
    begins, ends = (_instant(properties[name]) for name in ("valid_from", "valid_to"))
    known = properties["valid_from_known"], properties["changeset"], properties["closed_by_changeset"]
    return Version(begins, ends, *known)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _asked_time(query: ItemQuery, state: State) -> tuple[datetime, datetime]:
    at = state.instant if query.at is None else query.at
    return (at.start or _FIRST, at.end or _LAST) if isinstance(at, Interval) else (at, at)


def _beside(addresses: Sequence[str], place: int) -> list[dict[str, str]]:
    """The versions before and after one of them, which stand behind and before it."""
    links = []
    if place + 1 < len(addresses):
        links.append(_link("predecessor-version", addresses[place + 1]))
    if place > 0:
        links.append(_link("successor-version", addresses[place - 1]))
    return links


def _whole(asked: Ask, path: str, latest: str) -> list[dict[str, str]]:
    history = asked.href(path + _TAIL)
    return [_link("latest-version", latest), _link("version-history", history), _link("timemap", history)]


def _time_map(asked: Ask, path: str, told: Sequence[Version], addresses: Sequence[str]) -> list[dict[str, str]]:
    """Every version with the instant from which it holds, first and last ones named."""
    links = [_link("original", asked.href(path))]
    if addresses:
        links += [_link("first", addresses[-1]), _link("last", addresses[0])]
    for version, address in zip(told, addresses, strict=True):
        datetime_ = {} if version.valid_from is None else {"datetime": _http_date(version.valid_from)}
        links.append({**_link("memento", address), **datetime_})
    return links


def _link(rel: str, address: str) -> dict[str, str]:
    return {"rel": rel, "type": GEOJSON.media_type, "href": address}


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
