"""The entries of feeds, each made once for what its owner may see.

A feed is opened by whoever has its address, and what an entry tells may be dear: of a rule two permit checks. A delivery is
two states that never change, so its entry changes with the rights of its owner alone, and is kept by them. One request makes
a few of those that are not kept, the newest first; who asks for the same feed meanwhile waits for them, other feeds do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakValueDictionary

from gis.model.actor import Actor
from gis.model.layer import Layer
from gis.store.subscriptions import Delivery, Subscription
from services.dependencies import Services
from services.ogc.answers import decision_key
from services.processes.calls import call_for
from services.subscriptions.atom import Said, changes, ended, findings
from services.subscriptions.content import Eyes, seen
from services.subscriptions.ruling import is_rule, of_lot, ruling

FEED = 30
"""Entries of one feed."""

DEAR = 6
"""Of a rule that is asked of a lot so many entries are made for one request; older ones follow with the next."""

_KEPT = 5_000
"""Entries that one process keeps, a few kilobytes each at most."""

type _Key = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery with what is said of it; `staff`, whether that is read with the rights of an agency."""

    delivery: Delivery
    said: Said
    staff: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An entry by what is kept of it."""

    delivery: Delivery
    key: _Key
    layer: Layer | None
    staff: bool


class Entries:
    """What this process made of feeds. An entry that tells its owner nothing is kept too, as None."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._kept: dict[_Key, Said | None] = {}
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        """One for each feed of which somebody is waiting."""

    def __len__(self) -> int:
        return len(self._kept)

    async def told(self, services: Services, actor: Actor, one: Subscription, found: Sequence[Delivery]) -> list[Told]:
        """What `actor`, the owner, sees of the deliveries, which stand with the newest first."""
        eyes = Eyes(services.pools, services.catalog, actor)
        wanted = [each for delivery in found if (each := _wanted(eyes, one, delivery)) is not None]
        known = self._known(wanted)
        if any(self._lacks(each) for each in wanted):
            async with self._turns.setdefault(one.id, asyncio.Lock()):
                known = self._known(wanted) | await self._made(services, eyes, one, wanted)
        told = [(each, ended(one) if _plain(each) else known.get(each.key)) for each in wanted]
        return [Told(each.delivery, said, each.staff) for each, said in told if said is not None]

    def _known(self, wanted: Sequence[_Wanted]) -> dict[_Key, Said | None]:
        return {each.key: self._kept[each.key] for each in wanted if each.key in self._kept}

    async def _made(
        self, services: Services, eyes: Eyes, one: Subscription, wanted: Sequence[_Wanted]
    ) -> dict[_Key, Said | None]:
        """The first of those that are lacking."""
        missing = [each for each in wanted if self._lacks(each)]
        made: dict[_Key, Said | None] = {}
        for each in missing[: DEAR if "rule" in one.watch and of_lot(one.watch) else FEED]:
            made[each.key] = self._kept[each.key] = await _said(services, eyes, one, each)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return made

    def _lacks(self, wanted: _Wanted) -> bool:
        return not _plain(wanted) and wanted.key not in self._kept


def _plain(wanted: _Wanted) -> bool:
    """It tells of the end, which is read already."""
    return wanted.delivery.layer is None


def _wanted(eyes: Eyes, one: Subscription, delivery: Delivery) -> _Wanted | None:
    """None where it is of a layer that there is no longer."""
    layers = eyes.catalog.layers
    if delivery.layer is None:
        return _Wanted(delivery, (one.id, delivery.number, ""), None, staff=False)
    if is_rule(delivery.layer):
        read = [eyes.decision(layer) for layer in layers.values()]
        staff = of_lot(one.watch) and any(each.pool != "public" for each in read)
        rights = "/".join(decision_key(each) for each in read)
        return _Wanted(delivery, (one.id, delivery.number, rights), None, staff)
    layer = layers.get(delivery.layer)
    if layer is None:
        return None
    decision = eyes.decision(layer)
    return _Wanted(delivery, (one.id, delivery.number, decision_key(decision)), layer, decision.pool != "public")


async def _said(services: Services, eyes: Eyes, one: Subscription, wanted: _Wanted) -> Said | None:
    span = wanted.delivery.span
    assert span is not None  # as each that tells of more than the end
    if wanted.layer is None:
        return findings(one, await ruling(call_for(services, eyes.actor, one.base, one.language), one.watch, span))
    return changes(one, wanted.layer, span, await seen(eyes, wanted.layer, one.question, span))
