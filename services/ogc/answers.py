"""What every answer carries: ETag, lifetime, language, CRS and data version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

import orjson
from starlette.responses import Response

from gis.crs.registry import crs
from gis.model.access import Decision
from gis.model.query import ItemQuery
from gis.store.pools import Row as Record
from services.dependencies import SOFTWARE_VERSION
from services.ogc.ask import Ask

NOW_SECONDS = 10
"""How long a cache may keep an answer about now. Short: an edit shall be seen; asking again costs little (304)."""

FIXED_SECONDS = 3600
"""How long it may keep an answer that no changeset and no clock can alter; the policy still can."""

DOCUMENT_SECONDS = 60

NO_STORE: Mapping[str, str] = MappingProxyType({"Cache-Control": "no-store"})
"""Of what nobody may keep."""

PRIVATE: Mapping[str, str] = MappingProxyType({**NO_STORE, "Vary": "Authorization, X-Api-Key"})
"""Of what is for this caller alone."""

VARY = "Accept, Accept-Language, Accept-Encoding, Authorization, X-Api-Key"


@dataclass(frozen=True, slots=True)
class State:
    """Which data an answer stands on: changeset, effective instant, and when the clock changes it next."""

    changeset: int
    instant: datetime
    next_bound: datetime | None

    @classmethod
    def of(cls, row: Record) -> State:
        """The state columns of a row of `gis.store`."""
        return cls(row["changeset"], row["instant"], row["next_bound"])


def data_etag(asked: Ask, state: State, query: ItemQuery, decision: Decision) -> str:
    """The ETag of an answer from data. Weak: bodies carry the time of the answer, and gzip is applied on the way."""
    catalog = asked.services.catalog.digest
    stands_on = (state.changeset, state.instant, catalog, SOFTWARE_VERSION, decision_key(decision))
    asked_for = (query, asked.path, asked.offer.name, asked.language, asked.base)
    return _weak(repr((stands_on, asked_for)).encode())


def _weak(stuff: bytes) -> str:
    return f'W/"{hashlib.blake2b(stuff, digest_size=12).hexdigest()}"'


@lru_cache(maxsize=1024)
def decision_key(decision: Decision) -> str:
    """What a decision shows, as a short text: callers who see the same share caches."""
    shown = repr((decision.columns, decision.everywhere, decision.area, decision.pool))
    return hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()


def matches(if_none_match: str | None, etag: str) -> bool:
    """If-None-Match names the ETag (weak comparison, RFC 9110 section 13.1.2)."""
    if if_none_match is None:
        return False
    bare = etag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") == bare for part in if_none_match[:4000].split(","))


def lifetime(state: State, query: ItemQuery) -> str:
    """Cache-Control: never past the moment when the clock changes the answer."""
    recorded = isinstance(query.known, int) and query.known <= state.changeset
    # A cursor may come from anywhere: only one that names what is known already pins anything.
    paged = query.cursor is not None and query.cursor.changeset <= state.changeset
    pinned = paged or (recorded and query.at is not None)
    if pinned:
        return f"public, max-age={FIXED_SECONDS}"
    seconds = NOW_SECONDS
    if state.next_bound is not None and query.at is None:
        left = (state.next_bound - datetime.now(UTC)).total_seconds()
        seconds = max(0, min(seconds, int(left)))
    return f"public, max-age={seconds}"


def data_headers(
    asked: Ask, state: State, query: ItemQuery, decision: Decision, etag: str | None = None
) -> dict[str, str]:
    """The headers of an answer from data."""
    return {
        "ETag": etag or data_etag(asked, state, query, decision),
        "Cache-Control": lifetime(state, query),
        "Content-Language": asked.language,
        "Vary": VARY,
        "Landmap-Data-Version": str(state.changeset),
    }


def content_crs(code: int) -> str:
    """The value of Content-Crs: the URI in angle brackets (Features Part 2, /req/crs/ogc-crs-header-value)."""
    return f"<{crs(code).uri}>"


def link_header(links: Iterable[Mapping[str, str]]) -> str:
    """Links of a body as the header of RFC 8288, which also answers that have no room for links carry."""
    return ", ".join(
        f"<{link['href']}>; "
        + "; ".join(f'{name}="{link[name]}"' for name in ("rel", "type", "datetime") if name in link)
        for link in links
    )


def not_modified(headers: Mapping[str, str]) -> Response:
    """304 with the headers that the full answer would have."""
    return Response(status_code=304, headers=dict(headers))


def document(
    asked: Ask, content: object, *, media_type: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON document, or ready bytes, with an ETag over its content."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    sent = {
        "ETag": _weak(body),
        "Cache-Control": f"public, max-age={DOCUMENT_SECONDS}",
        "Content-Language": asked.language,
        "Vary": VARY,
        **(headers or {}),
    }
    if matches(asked.if_none_match, sent["ETag"]):
        return not_modified(sent)
    return Response(body, headers=sent, media_type=media_type or asked.offer.media_type)
