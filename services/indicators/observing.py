"""From exact counts to what is published: protected observations of the cells of one set of wards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from gis.model.disclosure import Noise
from gis.model.indicator import (
    APPORTIONED,
    COUNTED,
    INDICATORS,
    NO_DATA,
    OVER,
    SHOWN,
    SUPPRESSED,
    USES,
    Count,
    Indicator,
    Measure,
    Observation,
)
from gis.model.layer import Codelist
from gis.rules.conformity import CONFORMS, EXCEEDS
from gis.store.indicators import Counted, WardSet


def codes_of(uses: Codelist) -> dict[str, frozenset[str]]:
    """The codes of land use behind each indicator: its branches and all below them, of whatever period."""
    below: dict[str, set[str]] = {}
    for code in uses.codes:
        if code.parent is not None:
            below.setdefault(code.parent, set()).add(code.code)
    found: dict[str, frozenset[str]] = {}
    for indicator, branches in USES.items():
        inside, left = set(branches), list(branches)
        while left:
            more = below.get(left.pop(), set()) - inside
            inside |= more
            left += more
        found[indicator] = frozenset(inside)
    return found


def surveyed(answer: Mapping[str, Any], on: date) -> Iterator[Count]:
    """The counts of a survey of buildings as agencies get it: those over a limit and those within it; unknown ones are neither."""
    for ward in answer["wards"]:
        for indicator, aspect in OVER.items():
            over, within = ward["aspects"][aspect][EXCEEDS], ward["aspects"][aspect][CONFORMS]
            yield Count(
                indicator, ward["code"], on, over, float(over) if over + within else None, within, float(within)
            )


def observations(wards: WardSet, counted: Counted, more: Iterable[Count], noise: Noise) -> list[Observation]:
    """One of each indicator, ward and day of which something was counted, in the order of the counts."""
    there = {ward.code for ward in counted.wards}
    return [
        _observation(wards, one, (one.ward, INDICATORS[one.indicator].source) in counted.complete, noise)
        for one in (*counted.counts, *more)
        if one.ward in there
    ]


def _observation(wards: WardSet, one: Count, complete: bool, noise: Noise) -> Observation:
    indicator = INDICATORS[one.indicator]
    exact = _exact(indicator, one, complete)
    value = None if exact is None else _published(indicator, one, noise, (wards.id, one.ward))
    return Observation(
        ward_set=wards.id,
        ward=one.ward,
        indicator=indicator.id,
        on=one.on,
        value=None if value is None else round(value, indicator.digits) + 0.0,
        state=NO_DATA if exact is None else SUPPRESSED if value is None else SHOWN,
        basis=COUNTED if wards.holds(one.on) else APPORTIONED,
        complete=complete or indicator.measure is Measure.COVERED,
        exact=None if exact is None else round(exact, 4),
        cases=one.cases + one.rest_cases,
    )


def _exact(indicator: Indicator, one: Count, complete: bool) -> float | None:
    """None where there are no data: nothing found is nothing there only where the source is complete."""
    if one.part is None:
        return None
    if indicator.measure in (Measure.SHARE, Measure.COVERED):
        whole = one.part + one.rest
        return 100 * one.part / whole if whole > 0 else None
    return one.part if one.cases or complete else None


def _published(indicator: Indicator, one: Count, noise: Noise, where: tuple[str, ...]) -> float | None:
    """Count and sum of one source share their noise: together they tell no more than each. The day is no part of the cell:
    what has not changed keeps its noise, so that many days tell no more than one."""
    part = one.part or 0.0
    if indicator.measure is Measure.COVERED:
        return part
    if indicator.measure is Measure.COUNT:
        return noise.count((*where, indicator.source), one.cases)
    if indicator.measure is Measure.TOTAL:
        return noise.total((*where, indicator.source), one.cases, part)
    counts = one.cases, one.rest_cases
    return noise.share((*where, indicator.id), counts, (part, one.rest))
