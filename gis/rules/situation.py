"""From what lies around a lot to what the rules ask about: the themes, and what data tell of the case. Pure.

What data do not tell stays missing; nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import shapely

from gis.model.layer import Layer, Role, Show
from gis.ops.pieces import Bools, Objects, polygonal
from gis.ops.table import Table, objects, table
from gis.rules.columns import PLAN_ON
from gis.rules.districts import Districts
from gis.rules.themes import Theme

ZONES, ROADS, PLANS, PARCELS = "zones", "road_lines", "plans", "parcels"

PENDING = frozenset({"DRAFT", "CONSULTING", "APPRAISED"})
"""States of plans that do not hold yet."""
ENDED = frozenset({"REPLACED", "REPEALED"})
LOCAL = "DCCB"
"""The kind of a local adjustment, which stands for the plan that it adjusts inside its own boundary only."""

ROAD_REACH = 125.0
"""Metres around a lot within which the middle line of a road lies whose land may be part of it: half of the widest."""


class Around(Protocol):
    """What is known of one layer around a lot (gis.store.vicinity.Near)."""

    @property
    def layer(self) -> Layer: ...

    @property
    def found(self) -> Table: ...

    @property
    def declared(self) -> Table: ...

    @property
    def withheld(self) -> bool: ...


def themes_of(near: Mapping[str, Around], version: str) -> Mapping[str, Theme]:
    """What is in force of what lies around, by layer id, at the data version `version`: for `gis.rules.evaluate`.

    Layers that are not there, as those of corridors, heritage and flood may not be, make no theme: then rules that need
    them say that there are no data.
    """
    plans = _plans(near.get(PLANS))
    themes: dict[str, Theme] = {}
    for name, around in near.items():
        if name in (PARCELS, PLANS):
            continue
        states = plans.states(around.found)
        held = around.found if states is None else around.found.only(~_among(states, PENDING | ENDED))
        features = plans.applied(held) if name == ZONES else held
        themes[name] = Theme(features, _ground(near, name), version)
    return MappingProxyType(themes)


def _ground(near: Mapping[str, Around], name: str) -> Objects:
    """Where a theme is complete. Zones are where the plans are too: a local adjustment that is not in the data would leave
    the zones that it replaces in force. Road lines stay: no plan takes them away."""
    own = complete(near[name])
    plans = near.get(PLANS)
    if name != ZONES or plans is None or not len(own):
        return own
    ground = polygonal(shapely.intersection(own, shapely.union_all(_declared(plans))))
    return np.asarray(ground[~shapely.is_empty(ground)], dtype=object)


def complete(around: Around) -> Objects:
    """The ground within which no feature in force is lacking; none where others than pending ones may be withheld."""
    if around.withheld and not _hides_only_pending(around.layer):
        return np.empty(0, dtype=object)
    return _declared(around)


def _declared(around: Around) -> Objects:
    return around.declared.geometry[_among(around.declared.column("level"), {"complete"})]


def _hides_only_pending(layer: Layer) -> bool:
    """All that some may not see is of plans that do not hold yet."""
    hidden = [rule for rule in layer.rows.rules if rule.show is not Show.ALL]
    own = layer.rows.default is Show.ALL
    return own and all(rule.field == "plan_status" and set(rule.values) <= PENDING for rule in hidden)


def _among(values: Objects, wanted: frozenset[str] | set[str]) -> Bools:
    return np.array([value in wanted for value in values], dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class _Plans:
    """The plans by code. `adjusted` has for each code the boundaries of the local adjustments that stand for it."""

    status: Mapping[str, str | None]
    on: Mapping[str, Any]
    adjusted: Mapping[str, Sequence[shapely.Geometry]]

    def states(self, features: Table) -> Objects | None:
        """The state (n,) of the plan of each feature: the plan's own, else the one kept with the feature. None where the
        layer knows of no plans."""
        if "plan" not in features:
            return None
        kept = features.column("plan_status") if "plan_status" in features else np.full(len(features), None)
        codes = features.column("plan")
        return objects([self.status.get(code) or state for code, state in zip(codes, kept, strict=True)])

    def applied(self, zones: Table) -> Table:
        """The zones with the day of their plan, without the ground on which a local adjustment stands for it."""
        codes = zones.column("plan")
        shapes = zones.geometry.copy()
        for code in set(codes.tolist()) & set(self.adjusted):
            here = np.flatnonzero(codes == code)
            area = shapely.union_all(list(self.adjusted[code]))
            shapes[here] = polygonal(shapely.difference(shapes[here], area))
        columns = {name: zones.column(name) for name in zones.columns}
        dated = columns | {PLAN_ON: objects([self.on.get(code) for code in codes])}
        return table(dated, shapes, zones.crs).only(~shapely.is_empty(shapes))


def _plans(near: Around | None) -> _Plans:
    if near is None:
        return _Plans({}, {}, {})
    found = near.found
    codes, status = found.column("code"), found.column("status")
    decided, effective = found.column("decided_on"), found.column("effective_on")
    days = {code: first or then for code, first, then in zip(codes, decided, effective, strict=True)}
    local = (found.column("kind") == LOCAL) & ~_among(status, PENDING | ENDED)
    adjusting = found.only(np.asarray(local, dtype=bool))
    return _Plans(dict(zip(codes, status, strict=True)), days, _adjusted(found, adjusting))


def _adjusted(plans: Table, adjusting: Table) -> dict[str, list[shapely.Geometry]]:
    """Boundaries by the code of the plan that they stand for: its own, and those which that one adjusts in turn."""
    base = dict(zip(plans.column("code"), plans.column("base_plan"), strict=True))
    local = set(adjusting.column("code"))
    found: dict[str, list[shapely.Geometry]] = {}
    for code, shape in zip(adjusting.column("code"), adjusting.geometry, strict=True):
        seen, adjusted = {code}, base.get(code)
        while adjusted is not None and adjusted not in seen:
            found.setdefault(adjusted, []).append(shape)
            seen.add(adjusted)
            adjusted = base.get(adjusted) if adjusted in local else None
    return found


def case_of(
    layer: Layer, parcel: Mapping[str, Any], former_commune: str | None, districts: Districts, territory: str
) -> dict[str, object]:
    """What data tell of a case on a parcel: columns of `gis.rules.evaluate`.

    `parcel`: its fields as the caller sees them. `former_commune`: the full name of its commune before 1 July 2025, with
    the district behind a comma. Which axes are commercial, which districts central and which areas existing no data tell.
    """
    case: dict[str, object] = {}
    area = layer.with_role(Role.LEGAL_AREA)
    if area is not None and parcel.get(area.name):
        case["lot_area"] = parcel[area.name]
    if parcel.get("land_use"):
        case["land_use"] = parcel["land_use"]
    if districts.territory == territory:
        case["city"] = districts.city
        case |= _former(former_commune, districts)
    return case


_KINDS = {"thị trấn": True, "phường": False, "xã": False}


def _former(commune: str | None, districts: Districts) -> dict[str, object]:
    if commune is None:
        return {}
    name, _, district = commune.rpartition(",")
    told: dict[str, object] = {}
    code = districts.codes.get(district.strip().casefold())
    if code is not None:
        told["district"] = code
    for kind, township in _KINDS.items():
        if name.casefold().startswith(f"{kind} "):
            told["township"] = township
    return told
