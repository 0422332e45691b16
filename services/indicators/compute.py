"""Computing the indicators of all wards: counts from PostGIS, buildings from their survey, protection, publication."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import cast
from zoneinfo import ZoneInfo

from gis.model.actor import Actor, Role
from gis.model.disclosure import Noise
from gis.model.indicator import Count
from gis.model.layer import Catalog, Text
from gis.store.database import Connection, connect
from gis.store.indicator_runs import alone, position, published_days, record
from gis.store.indicators import Counted, WardSet, count, one_state, overlapping
from gis.store.keeper import Keeper
from gis.store.observations import keep
from gis.store.pools import Pools
from services.indicators.observing import codes_of, observations, surveyed
from services.indicators.withholding import Links
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
    """What to count: on these days and on those that are published; buildings are compared with the plans on the last
    `surveys` of them. `wait`: for somebody else who computes."""

    days: tuple[date, ...]
    surveys: int = 1
    actor: str = "landmap"
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Computed:
    """What came of it: all days that were counted, observations by state, the sets of wards that there are, and the
    changeset (None: nothing is new)."""

    days: tuple[date, ...]
    states: dict[str, int]
    sets: tuple[str, ...]
    changeset: int | None


def usual_days(last: date, quarters: int = QUARTERS) -> tuple[date, ...]:
    """The last `quarters` first days of a quarter up to `last`, and the first day of the month of `last`; oldest first."""
    newest = 4 * last.year + (last.month - 1) // 3
    days = {date(number // 4, 3 * (number % 4) + 1, 1) for number in range(newest - quarters + 1, newest + 1)}
    return tuple(sorted(days | {last.replace(day=1)}))


def compute(settings: Settings, dsn: str, catalog: Catalog, order: Order) -> Computed:
    """Count and publish. ConflictError where somebody else holds the publishing lock for long, or computes and is not to be
    waited for. It may be killed anywhere: then nothing is published, or all of it and it is done once more in vain."""
    with connect(dsn, autocommit=True) as connection, alone(connection, wait=order.wait):
        begun = position(connection)
        days = tuple(sorted({*order.days, *published_days(connection)}))
        looked, secret = asyncio.run(_surveys(settings, dsn, catalog, days[max(0, len(days) - order.surveys) :]))
        with one_state(connection):
            sets = _counted(connection, catalog, days)
            links = _links(connection, [wards for wards, _ in sets])
        found = observations(sets, looked, links, Noise(secret))
        number = keep(connection, catalog, found, (order.actor, begun.shown)) if found else None
        record(connection, begun, days, number, surveyed=order.surveys > 0)
    states: dict[str, int] = {}
    for one, _ in found:
        states[one.state] = states.get(one.state, 0) + 1
    return Computed(days, states, tuple(wards.id for wards, _ in sets), number)


def _counted(connection: Connection, catalog: Catalog, days: Sequence[date]) -> list[tuple[WardSet, Counted]]:
    """Of each set of which there are wards."""
    uses = {name: sorted(codes) for name, codes in codes_of(catalog.codelists[LAND_USE]).items()}
    sets = ward_sets(catalog, max(days), ZoneInfo(catalog.territory.time_zone))
    counted = [(wards, count(connection, catalog, wards, days, uses)) for wards in sets]
    return [(wards, each) for wards, each in counted if each.wards]


def _links(connection: Connection, sets: Sequence[WardSet]) -> Links:
    return {(one.id, other.id): overlapping(connection, one, other) for one, other in combinations(sets, 2)}


def ward_sets(catalog: Catalog, last: date, zone: ZoneInfo) -> list[WardSet]:
    """The sets that the layer names, each with the moment whose boundaries it has: its last one, or `last`."""
    found = []
    for code in catalog.codelists[WARD_SETS].codes:
        until = code.valid_to
        day = max(last, code.valid_from or last) if until is None else until - timedelta(days=1)
        found.append(WardSet(code.code, datetime.combine(day, time(), zone), code.valid_from, until))
    return found


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
