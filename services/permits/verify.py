"""What can be said of a seal: whether it is genuine, and whether what was sealed is still so.

Whether it is still so is told to those who may see what was sealed: of an extract for the public to everybody, of one for
an agency to who sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gis.errors import Gone, NotFound
from gis.model.actor import PUBLIC as EVERYBODY
from gis.model.layer import Text
from gis.model.query import ItemQuery
from gis.store.items import state_sql
from gis.store.signing import SigningKey, kept_keys
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.permits.extract import subject_of
from services.permits.extract_content import content, road_of
from services.permits.extract_words import BY_COVERAGE, BY_LAW, FOR_AN_AGENCY, NOT_REPLAYED
from services.permits.seal import PUBLIC, Statement, content_of, digest_of, opened, seal_of_file
from services.processes.process import Call

AROUND = ("seal", "verify", "links")
"""Members of the JSON that stand around its sealed content."""

_PINS = ("datetime", "knownAt", "dataVersion")


@dataclass(frozen=True, slots=True)
class Superseded:
    """With which changeset the extract began to say something else, and when that was recorded; or `why` without one, with
    the time from which it is so where that is known."""

    changeset: int | None = None
    at: datetime | None = None
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine seal. `current` None: it cannot be told, for the reason `why`."""

    statement: Statement
    key: SigningKey
    current: bool | None
    superseded: Superseded | None = None
    why: Text | None = None


async def verified(call: Call, seal: str) -> Verified | None:
    """What can be said of the seal; None where it is not genuine."""
    keys = await kept_keys(call.keeper)
    found = opened(seal, keys)
    if found is None:
        return None
    statement, kid = found
    actor = EVERYBODY if statement.view == PUBLIC else call.actor
    asking = replace(call, actor=actor, language=statement.language)
    return await _compared(asking, statement, next(key for key in keys if key.kid == kid))


async def seal_in(call: Call, data: bytes) -> str | None:
    """The seal of an extract that was sent as PDF or JSON, if nothing in it was changed; None for everything else."""
    keys = await kept_keys(call.keeper)
    if data.startswith(b"%PDF"):
        return seal_of_file(data, keys)
    sent = content_of(data)
    seal = None if sent is None else sent.get("seal")
    if sent is None or not isinstance(seal, str):
        return None
    found = opened(seal, keys)
    told = {name: value for name, value in sent.items() if name not in AROUND}
    return seal if found is not None and found[0].digest == digest_of(told) else None


async def _compared(call: Call, statement: Statement, key: SigningKey) -> Verified:
    then = await _told(call, statement, Moment(statement.at, statement.known))
    if then is not None and then.view != statement.view:
        return Verified(statement, key, None, why=FOR_AN_AGENCY)
    if then is None or digest_of(then.content) != statement.digest:
        return Verified(statement, key, None, why=NOT_REPLAYED)
    now = datetime.now(UTC)
    if then.says(await _told(call, statement, Moment(now))):
        return Verified(statement, key, True)
    return Verified(statement, key, False, await _superseded(call, statement, then, now))


@dataclass(frozen=True, slots=True)
class _Told:
    """What the extract says at one moment, and at which changeset."""

    content: Mapping[str, Any]
    view: str
    changeset: int

    def says(self, other: _Told | None) -> bool:
        """The other says the same of the land, whenever they were asked for."""
        return other is not None and self.substance == other.substance

    @property
    def substance(self) -> str:
        return digest_of({name: value for name, value in self.content.items() if name not in _PINS})


async def _told(call: Call, statement: Statement, moment: Moment) -> _Told | None:
    """None where there is no such parcel then."""
    try:
        subject, _ = await subject_of(call, {"id": str(statement.parcel)}, moment)
    except (NotFound, Gone):
        return None
    told = content(subject, road_of(subject), call.catalog, call.language)
    return _Told(told, subject.view, subject.vicinity.changeset)


async def _superseded(call: Call, statement: Statement, then: _Told, now: datetime) -> Superseded:
    """What is different today is so because of what was recorded since, or because time went by."""
    if not then.says(await _told(call, statement, Moment(now, then.changeset))):
        return Superseded(at=await _day(call, statement, then, now), why=BY_LAW)
    low, (high, recorded) = then.changeset, await _newest(call, None)
    while high - low > 1:
        middle = (low + high) // 2
        same = then.says(await _told(call, statement, Moment(now, middle)))
        low, high = (middle, high) if same else (low, middle)
    if high == low or then.says(await _told(call, statement, Moment(now, high))):
        return Superseded(why=BY_COVERAGE)
    _, recorded = await _newest(call, high)
    return Superseded(high, recorded)


async def _newest(call: Call, known: int | None) -> tuple[int, datetime | None]:
    """The last changeset that the caller may know of, as known at `known`, and when it was recorded."""
    found: list[tuple[int, datetime | None]] = [(0, None)]
    for layer in call.catalog.layers.values():
        decision = decide(call.actor, Action.READ, layer)
        row = await call.pools.row(state_sql(layer, ItemQuery(layer.id, known=known), decision), decision.pool)
        if row is not None:
            found.append((row["changeset"], row["committed_at"]))
    return max(found, key=lambda one: one[0])


async def _day(call: Call, statement: Statement, then: _Told, now: datetime) -> datetime:
    """The beginning of the day on which the extract, by what was known when it was sealed, began to say something else."""
    zone = ZoneInfo(call.catalog.territory.time_zone)
    first, last = statement.at.astimezone(zone).date(), now.astimezone(zone).date()
    low, high = 0, (last - first).days + 1
    while high - low > 1:
        middle = (low + high) // 2
        at = datetime.combine(first + timedelta(days=middle), time(), zone)
        same = then.says(await _told(call, statement, Moment(at, then.changeset)))
        low, high = (middle, high) if same else (low, middle)
    return datetime.combine(first + timedelta(days=low if high > (last - first).days else high), time(), zone)
