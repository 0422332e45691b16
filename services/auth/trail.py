"""What callers who signed in were answered, and credentials that were refused: noted in memory, written down in batches.

The answers do not wait for the record, so a process that is killed takes the last seconds of it along. Restricted fields
are not recorded here but with their reading (services/ogc/restricted.py).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.types import Scope

from gis.model.actor import PUBLIC, Actor
from gis.store.audit import Entry, Kind

ACTOR, REFUSED, RECORDED, ROWS = "landmap.actor", "landmap.refused", "landmap.recorded", "landmap.rows"
"""Names in a request's scope: who asks; what was refused; that the answer is on record already; the rows in it."""

GROUND = "landmap.ground"
"""Name in a request's scope: parameters that say on what ground it is asked, which are recorded as given, refused or not."""

_DOCUMENTS = frozenset(
    {"landing", "home", "api", "conformance", "tile_matrix_sets", "tile_matrix_set", "style", "schema", "queryables"}
    | {"sortables", "receivables", "codelist", "codelists", "gml_schema", "asset", "healthz", "readyz", "metrics"}
    | {"processes", "described"}
)
"""Handlers whose answers hold no data. What is not named here is recorded: new channels are, until somebody says otherwise."""

_QUESTIONS = frozenset({"execute"})
"""Handlers that only read, though what they are asked is sent by POST."""

_TOLD = frozenset({"bbox", "bbox-crs", "crs", "datetime", "f", "knownAt", "limit", "since", "until"})
"""Parameters of which the value is recorded too, of questions that were understood: none of them can hold a name."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
_LAYER = re.compile(r"[a-z][a-z0-9_]{0,59}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ZOOM = re.compile(r"[0-9]{1,2}")
_LONGEST = 200
_REFUSALS = 100
"""Refused credentials that are told apart until they are written; of the others, how many there were is all that is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the outermost middleware knows of one answer."""

    handler: str
    status: int
    size: int
    request_id: str


class Trail:
    """Entries until they are written, at most `most`; like ones (a map's tiles) are one entry with a count."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._entries: dict[tuple[object, ...], Entry] = {}
        self._refusals = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Nothing more can be noted until something is written: whoever would be recorded must not be answered."""
        return len(self._entries) >= self._most

    def note(self, scope: Scope, answer: Answer) -> None:
        """Notes the answer if it is one to record."""
        refused: Refusal | None = scope.get(REFUSED)
        if refused is not None:
            self._add(_refusal(refused, answer))
            return
        actor: Actor = scope.get(ACTOR, PUBLIC)
        if actor is not PUBLIC and answer.handler not in _DOCUMENTS and RECORDED not in scope:
            self._add(_asked(scope, actor, answer))

    def drain(self) -> list[Entry]:
        """All that is noted; the trail is empty afterwards."""
        found = list(self._entries.values())
        self._entries, self._refusals = {}, 0
        return found

    def put_back(self, entries: list[Entry]) -> None:
        """What could not be written waits for the next time, before what came meanwhile."""
        for entry in (*entries, *self.drain()):
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        """Whoever tries a million keys leaves a number, not a million rows, however long nothing can be written."""
        key = _like(entry)
        if entry.kind is Kind.REFUSED and key not in self._entries:
            if self._refusals < _REFUSALS:
                self._refusals += 1
            else:
                entry = replace(entry, subject="…", detail={**entry.detail, "from": "…"})
                key = _like(entry)
        before = self._entries.get(key)
        self._entries[key] = entry if before is None else _joined(before, entry)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Credentials that opened nothing: the id of the key or `token`, why, and from which address."""

    subject: str
    why: str
    address: str


def _refusal(refused: Refusal, answer: Answer) -> Entry:
    return Entry(
        datetime.now(UTC),
        Kind.REFUSED,
        PUBLIC.id,
        "credentials refused",
        subject=refused.subject,
        detail={"why": refused.why, "from": refused.address[:_LONGEST]},
        status=answer.status,
        request_id=answer.request_id,
    )


def _like(entry: Entry) -> tuple[object, ...]:
    """What is the same in entries that are one with a count."""
    return (
        entry.kind,
        entry.actor,
        entry.action,
        entry.layer,
        entry.feature,
        entry.subject,
        entry.status,
        repr(entry.detail),
    )


def _joined(first: Entry, entry: Entry) -> Entry:
    return replace(
        first,
        times=first.times + entry.times,
        rows=_sum(first.rows, entry.rows),
        bytes=_sum(first.bytes, entry.bytes),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _asked(scope: Scope, actor: Actor, answer: Answer) -> Entry:
    path: Mapping[str, str] = scope.get("path_params", {})
    identifier = path.get("id", "")
    method = scope["method"]
    understood = answer.status < 400 and method != "OPTIONS"  # which is answered whatever the parameters are
    detail: dict[str, object] = {"method": _named(method)} if method != "GET" else {}
    if understood and _ZOOM.fullmatch(path.get("z", "")):
        detail["zoom"] = path["z"]
    ground: Mapping[str, str] = scope.get(GROUND, {})
    detail |= {name: _text(value) for name, value in ground.items()}
    parameters = _parameters(scope["query_string"], understood=understood, besides=ground)
    if parameters:
        detail["parameters"] = parameters
    layer = path.get("layer", "")
    return Entry(
        datetime.now(UTC),
        Kind.READ if method in ("GET", "HEAD", "OPTIONS") or answer.handler in _QUESTIONS else Kind.EDIT,
        actor.id,
        answer.handler,
        role=actor.role,
        agency=actor.agency,
        layer=layer if _LAYER.fullmatch(layer) else None,
        feature=uuid_in(identifier),
        detail=detail,
        rows=scope.get(ROWS),
        bytes=answer.size,
        status=answer.status,
        request_id=answer.request_id,
    )


def uuid_in(text: str) -> UUID | None:
    """The id that a path names; None where the text is not one as it is written here."""
    return UUID(text) if _UUID.fullmatch(text) else None


def _parameters(query: bytes, *, understood: bool, besides: Container[str] = ()) -> dict[str, str | None]:
    """By name, with the values of `_TOLD`; of the others, which may be personal, there is no value, and of `besides` nothing.

    Nor is there one of a value with control characters, which no table takes.
    """
    if not query or len(query) > 8_000:
        return {}
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)[:60]
    return {
        _named(name): _text(value) if understood and name in _TOLD else None
        for name, value in sorted(pairs)
        if name != "cursor" and name not in besides
    }


def _text(value: str) -> str | None:
    return value[:_LONGEST] if value.isprintable() else None


def _named(text: str) -> str:
    return text if _NAME.fullmatch(text) else "?"
