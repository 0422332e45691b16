"""What another plan would change: lots and open permits before and after it, by the floor area that the zones allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.model.deadline import Procedure, open_states
from gis.rules.allowance import GAINS, LOSES, Allowances, allowances, change
from gis.rules.situation import ENDED, PENDING

ZONE_FIELDS = ("plan_status", "far_max", "coverage_max", "storeys_max")
NUMBERS = ("floor", "ground", "storeys")


def binding(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The zones that bind, and those of a plan that is tried (`new`), whatever state it is in. One that does not tell its
    plan's state binds."""
    held = ~zones["plan_status"].isin(PENDING | ENDED)
    return zones[held | zones["new"]] if "new" in zones else zones[held]


def compared(lots: gpd.GeoDataFrame, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The lots with what zones allow on each before and after (`floor_before` m2 …) and what becomes of it (`change`)."""
    shapes = np.asarray(lots.geometry.to_numpy(), dtype=object)
    then, now = allowances(shapes, before), allowances(shapes, after)
    told = {f"{name}_{when}": getattr(found, name) for name in NUMBERS for when, found in _each(then, now)}
    return lots.assign(**told, floor_difference=now.floor - then.floor, change=change(then, now).kind)


def _each(before: Allowances, after: Allowances) -> tuple[tuple[str, Allowances], ...]:
    return ("before", before), ("after", after)


def touched(permits: gpd.GeoDataFrame, lots: gpd.GeoDataFrame, procedure: Procedure) -> pd.DataFrame:
    """Each open permit (by its `status`) with a lot that it stands on: the columns of the permit, `lot`, `change`, and
    `exceeds`: whether its floor area is more than all its lots allow after (None where that is not known)."""
    permits = permits[permits["status"].isin(open_states(procedure))]
    shapes = np.asarray(lots.geometry.to_numpy(), dtype=object)
    permit, lot = shapely.STRtree(shapes).query(permits.geometry.to_numpy(), predicate="intersects")
    found = permits.drop(columns=permits.geometry.name).iloc[permit].reset_index(drop=True)
    found["lot"], found["change"] = lots["id"].to_numpy()[lot], lots["change"].to_numpy()[lot]
    allowed = (
        pd.Series(lots["floor_after"].to_numpy()[lot]).groupby(permit).transform(lambda each: each.sum(skipna=False))
    )
    wanted = pd.to_numeric(found["floor_area"]).to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(allowed.to_numpy()) & ~np.isnan(wanted)
    found["exceeds"] = np.where(known, wanted > allowed.to_numpy() + 0.5, None)
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one kind of change how many lots, and their floor area before and after (m2; of what is known on both sides)."""

    lots: int
    before: float
    after: float

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.lots + other.lots, self.before + other.before, self.after + other.after)


def tally(lots: pd.DataFrame) -> Mapping[str, Tally]:
    """By kind of change."""
    found = {}
    for kind, rows in lots.groupby("change"):
        both = rows.dropna(subset=["floor_before", "floor_after"])
        found[str(kind)] = Tally(len(rows), float(both["floor_before"].sum()), float(both["floor_after"].sum()))
    return MappingProxyType(found)


def foremost(lots: pd.DataFrame, count: int) -> pd.DataFrame:
    """Those who lose and gain most, the greatest difference first."""
    moved = lots[lots["change"].isin((GAINS, LOSES))]
    order = moved["floor_difference"].abs().sort_values(ascending=False, kind="stable").index
    return moved.loc[order[:count]]
