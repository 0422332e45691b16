"""The indicators of wards: what there are, and one observation of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class Measure(StrEnum):
    """How an indicator comes about, and with it what protects who is counted."""

    COUNT = "count"
    TOTAL = "total"
    SHARE = "share"
    COVERED = "covered"  # a share of ground as declared by agencies: nobody is counted


@dataclass(frozen=True, slots=True)
class Indicator:
    """`source`: the layer whose completeness decides whether nothing found means that nothing is there. `levels`: the values
    at which a next level begins, the same for every day, set of wards and question. `digits` of what is published."""

    id: str
    measure: Measure
    unit: str
    source: str
    levels: tuple[float, ...]
    digits: int = 1


_PERMITS = (25.0, 50.0, 100.0, 250.0)
_FLOOR = tuple(200.0 * permits for permits in _PERMITS)  # m2, of a house each
_SHARES = (10.0, 25.0, 50.0, 75.0)
_FEW = (5.0, 10.0, 20.0, 40.0)
_COVERED = (25.0, 50.0, 75.0, 99.9)

INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        one.id: one
        for one in (
            Indicator("permits_issued", Measure.COUNT, "{permit}", "permits", _PERMITS, 0),
            Indicator("permitted_floor_area", Measure.TOTAL, "m2", "permits", _FLOOR, -2),
            Indicator("share_residential", Measure.SHARE, "%", "parcels", _SHARES),
            Indicator("share_agricultural", Measure.SHARE, "%", "parcels", _SHARES),
            Indicator("share_business", Measure.SHARE, "%", "parcels", _FEW),
            Indicator("share_public", Measure.SHARE, "%", "parcels", _FEW),
            Indicator("over_density", Measure.SHARE, "%", "buildings", _FEW),
            Indicator("over_far", Measure.SHARE, "%", "buildings", _FEW),
            Indicator("over_storeys", Measure.SHARE, "%", "buildings", _FEW),
            Indicator("over_height", Measure.SHARE, "%", "buildings", _FEW),
            Indicator("over_road_line", Measure.SHARE, "%", "buildings", _FEW),
            Indicator("parcels_without_use", Measure.SHARE, "%", "parcels", (1.0, 5.0, 10.0, 25.0)),
            Indicator("parcels_off_area", Measure.SHARE, "%", "parcels", (1.0, 5.0, 10.0, 25.0)),
            Indicator("coverage_parcels", Measure.COVERED, "%", "parcels", _COVERED),
            Indicator("coverage_zones", Measure.COVERED, "%", "zones", _COVERED),
        )
    }
)
"""By id, in the order in which they are listed; their titles are the codes of the list `indicator`."""

USES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "share_residential": ("OTC",),
        "share_agricultural": ("NNP",),
        "share_business": ("CSK",),
        "share_public": ("CCC", "DSN", "TSC"),
    }
)
"""The branches of the list `land_use` of which a share is made."""

OVER: Mapping[str, str] = MappingProxyType(
    {
        "over_density": "density",
        "over_far": "far",
        "over_storeys": "storeys",
        "over_height": "height",
        "over_road_line": "road-line",
    }
)
"""The aspect of the survey of buildings by which they are over the limit."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was found in a ward on a day, exactly: `part` and `rest` with the cases that make them. Of a count `part` is its
    cases, of a sum the sum with the two `largest` that make it, of a share the one side (of land in m2) and `rest` the other;
    None: no data at all."""

    indicator: str
    ward: str
    on: date
    cases: int
    part: float | None
    rest_cases: int = 0
    rest: float = 0.0
    largest: tuple[float, float] = (0.0, 0.0)


SHOWN, SUPPRESSED, NO_DATA = "SHOWN", "SUPPRESSED", "NO_DATA"
COUNTED, APPORTIONED = "COUNTED", "APPORTIONED"


@dataclass(frozen=True, slots=True)
class Observation:
    """What is published of one cell, and beside it for agencies what it was made of."""

    ward_set: str
    ward: str
    indicator: str
    on: date
    value: float | None
    state: str
    basis: str
    complete: bool
    exact: float | None
    cases: int
