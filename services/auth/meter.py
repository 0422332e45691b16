"""How much is asked for, counted in memory and added to the table from time to time."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.types import Scope

from gis.model.actor import PUBLIC, Actor
from gis.store.usage import Count, Counted
from services.auth.trail import ACTOR, Answer

PEOPLE = "people"


class Meter:
    """Counts by what there is a bounded number of; days are those of the territory's clock."""

    def __init__(self, layers: Collection[str], zone: ZoneInfo) -> None:
        self._layers = frozenset(layers)
        self._zone = zone
        self._day = date.min
        self._until = 0.0
        self._counts: dict[Counted, Count] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, scope: Scope, answer: Answer) -> None:
        """Counts one answer."""
        now = time.time()
        if now >= self._until:
            self._turn_to(now)
        actor: Actor = scope.get(ACTOR, PUBLIC)
        layer = scope.get("path_params", {}).get("layer", "")
        key = Counted(
            self._day,
            actor.agency or "",
            _caller(actor),
            layer if layer in self._layers else "",
            answer.handler,
            answer.status // 100,
        )
        found = self._counts.get(key)
        if found is None:
            found = self._counts[key] = Count()
        found.hits += 1
        found.bytes += answer.size

    def drain(self) -> dict[Counted, Count]:
        """All that is counted; the meter is at zero afterwards."""
        found, self._counts = self._counts, {}
        return found

    def put_back(self, counts: Mapping[Counted, Count]) -> None:
        """What could not be written is added to what was counted meanwhile."""
        for key, count in counts.items():
            found = self._counts.setdefault(key, Count())
            found.hits += count.hits
            found.bytes += count.bytes

    def _turn_to(self, now: float) -> None:
        local = datetime.fromtimestamp(now, self._zone)
        self._day = local.date()
        self._until = datetime.combine(self._day + timedelta(days=1), datetime.min.time(), self._zone).timestamp()


def _caller(actor: Actor) -> str:
    if actor is PUBLIC:
        return PUBLIC.id
    return actor.id.removeprefix("key:") if actor.id.startswith("key:") else PEOPLE
