"""Computing the indicators of all wards: counts from PostGIS, buildings from their survey, protection, publication."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from gis.model.actor import Actor, Role
from gis.model.disclosure import Noise
from gis.model.indicator import Count, Observation
from gis.model.layer import Catalog, Text
from gis.store.database import Connection, connect
from gis.store.indicators import Ward, WardSet, count
from gis.store.keeper import Keeper
from gis.store.observations import keep
from gis.store.pools import Pools
from services.indicators.observing import codes_of, observations, surveyed
from services.permits.survey import run as survey
from services.processes.process import Call, Json
from services.settings import Settings

WARD_SETS, LAND_USE = "ward_set", "land_use"
QUARTERS = 12
"""So many first days of a quarter are counted if no day is named."""

_COUNTING = Actor("landmap", Role.VIEWER, "landmap", frozenset({"buildings"}))
"""Sees all buildings, and of plans and roads what everybody sees: a draft is not published by its numbers."""

_SURVEY_MS = 600_000


@dataclass(frozen=True, slots=True)
class Order:
    """What to count: on these days; buildings are compared with the plans on the last `surveys` of them."""

    days: tuple[date, ...]
    surveys: int = 1
    actor: str = "landmap"


@dataclass(frozen=True, slots=True)
class Computed:
    """What came of it: observations by state, the sets of wards that there are, and the changeset (None: nothing is new)."""

    states: dict[str, int]
    sets: tuple[str, ...]
    changeset: int | None


def usual_days(last: date, quarters: int = QUARTERS) -> tuple[date, ...]:
    """The last `quarters` first days of a quarter up to `last`, and the first day of the month of `last`; oldest first."""
    newest = 4 * last.year + (last.month - 1) // 3
    days = {date(number // 4, 3 * (number % 4) + 1, 1) for number in range(newest - quarters + 1, newest + 1)}
    return tuple(sorted(days | {last.replace(day=1)}))


def compute(settings: Settings, dsn: str, catalog: Catalog, order: Order) -> Computed:
    """Count and publish. ConflictError where somebody else holds the publishing lock for long."""
    days = tuple(sorted(set(order.days)))
    zone = ZoneInfo(catalog.territory.time_zone)
    looked, secret = asyncio.run(_surveys(settings, dsn, catalog, days[len(days) - order.surveys :]))
    uses = {name: sorted(codes) for name, codes in codes_of(catalog.codelists[LAND_USE]).items()}
    found: list[tuple[Observation, Ward]] = []
    sets: list[str] = []
    last = 0
    with connect(dsn, autocommit=True) as connection:
        for wards in ward_sets(catalog, max(days), zone):
            counted = count(connection, catalog, wards, days, uses)
            if not counted.wards:
                continue
            sets.append(wards.id)
            last = max(last, counted.changeset)
            of = {ward.code: ward for ward in counted.wards}
            more = [one for one in looked if wards.holds(one.on)]
            found += [(one, of[one.ward]) for one in observations(wards, counted, more, Noise(secret))]
        number = _kept(connection, catalog, found, (order.actor, last))
    states: dict[str, int] = {}
    for one, _ in found:
        states[one.state] = states.get(one.state, 0) + 1
    return Computed(states, tuple(sets), number)


def ward_sets(catalog: Catalog, last: date, zone: ZoneInfo) -> list[WardSet]:
    """The sets that the layer names, each with the moment whose boundaries it has: its last one, or `last`."""
    found = []
    for code in catalog.codelists[WARD_SETS].codes:
        until = code.valid_to
        day = max(last, code.valid_from or last) if until is None else until - timedelta(days=1)
        found.append(WardSet(code.code, datetime.combine(day, time(), zone), code.valid_from, until))
    return found


def _kept(
    connection: Connection, catalog: Catalog, found: Sequence[tuple[Observation, Ward]], who: tuple[str, int]
) -> int | None:
    return keep(connection, catalog, found, who) if found else None


async def _surveys(settings: Settings, dsn: str, catalog: Catalog, days: Sequence[date]) -> tuple[list[Count], bytes]:
    """Of each day the counts of the survey of all buildings, and the secret of the service."""
    zone = catalog.territory.time_zone
    pools = await Pools.open(dsn, statement_timeout_ms=_SURVEY_MS, time_zone=zone, size=2)
    try:
        keeper = await Keeper.open(dsn, time_zone=zone)
        try:
            secret = await keeper.secret()
            call = Call(catalog, pools, keeper, settings, secret, _COUNTING, "", "vi", _silent, frozenset({"wards"}))
            found: list[Count] = []
            for day in days:
                answer = await survey(call, {"datetime": day.isoformat()})
                found += surveyed(cast("dict[str, Json]", answer["wards"]), day)
        finally:
            await keeper.close()
    finally:
        await pools.close()
    return found, secret


async def _silent(done: int, doing: Text) -> None:
    pass
