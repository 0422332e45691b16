"""From exact counts to what is published: protected observations of the cells of all sets of wards. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from gis.store.indicators import Counted, Ward, WardSet
from services.indicators.withholding import Links, withheld


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


def observations(
    sets: Sequence[tuple[WardSet, Counted]], more: Sequence[Count], links: Links, noise: Noise
) -> list[tuple[Observation, Ward]]:
    """One of each indicator, set, ward and day of which something was counted, in the order of the counts.

    `more`: of buildings, for the sets whose boundaries hold on their days.
    """
    found: list[tuple[WardSet, Ward, Count, bool]] = []
    for wards, counted in sets:
        of = {ward.code: ward for ward in counted.wards}
        there = (*counted.counts, *(one for one in more if wards.holds(one.on)))
        for one in there:
            if one.ward in of:
                complete = (one.ward, INDICATORS[one.indicator].source) in counted.complete
                found.append((wards, of[one.ward], one, complete))
    exact = [_exact(INDICATORS[one.indicator], one, complete) for _, _, one, complete in found]
    values = [
        None if known is None else _published(one, noise, (wards.id, one.ward))
        for known, (wards, _, one, _) in zip(exact, found, strict=True)
    ]
    few = [place for place, value in enumerate(values) if value is None and exact[place] is not None]
    hidden = withheld([(wards.id, one) for wards, _, one, _ in found], few, links)
    return [
        (_observation(wards, one, complete, (exact[place], None if place in hidden else values[place])), ward)
        for place, (wards, ward, one, complete) in enumerate(found)
    ]


def _observation(wards: WardSet, one: Count, complete: bool, values: tuple[float | None, float | None]) -> Observation:
    """`values`: the exact one and the one that is published."""
    indicator, (exact, value) = INDICATORS[one.indicator], values
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


def _published(one: Count, noise: Noise, where: tuple[str, ...]) -> float | None:
    """The day is no part of the cell: what has not changed keeps its noise, so that many days tell no more than one."""
    indicator, part = INDICATORS[one.indicator], one.part or 0.0
    cell = (*where, indicator.id)
    if indicator.measure is Measure.COVERED:
        return part
    if indicator.measure is Measure.COUNT:
        return noise.count(cell, one.cases)
    if indicator.measure is Measure.TOTAL:
        return noise.total(cell, one.cases, part, one.largest)
    return noise.share(cell, (one.cases, one.rest_cases), (part, one.rest))
