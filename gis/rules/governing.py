"""What a pack makes of the facts: how it counts storeys, and which road governs a lot."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from gis.rules.facts import NONE, Bits, Facts, Floats, Ints, Number, derived
from gis.rules.pack import Pack
from gis.rules.vocabulary import COUNTING, Domain


def facts_for(facts: Facts, pack: Pack, front: Ints) -> Facts:
    """The facts with what depends on the pack: storeys, and the governing road (its row `front`, (n,)) with its frontage."""
    case = facts.rows[Domain.CASE]
    bits = _road_bits(facts)
    fronts = facts.rows[Domain.FRONT].numbers

    def of_road(name: str) -> Number:
        value = fronts[name].take(front)
        return derived(value.lo, value, bits)

    frontage, depth = of_road("front.length_m"), of_road("front.depth_m")
    numbers = dict(case.numbers) | {
        "storeys": _storeys(facts, pack),
        "road_width": of_road("front.width_m"),
        "frontage_m": frontage,
        "depth_m": depth,
        "side_min_m": derived(np.minimum(frontage.lo, depth.lo), frontage, depth),
    }
    rows = dict(facts.rows) | {Domain.CASE: replace(case, numbers=MappingProxyType(numbers))}
    return replace(facts, rows=MappingProxyType(rows))


def governing_front(facts: Facts, pack: Pack) -> Ints:
    """The row of the road that governs each case (n,): the widest with the pack's least frontage, else the narrowest."""
    rows = facts.rows[Domain.FRONT]
    width, length = rows.numbers["front.width_m"].lo, rows.numbers["front.length_m"].lo
    narrow = length < pack.least_frontage
    order = np.lexsort((np.where(narrow, width, -width), narrow, rows.case))
    first = np.searchsorted(rows.case[order], np.arange(len(facts)))
    return np.asarray(order[first], dtype=np.int64)


def _road_bits(facts: Facts) -> Bits:
    """What is missing of any road of the case: while one is not known, none can be said to govern."""
    rows = facts.rows[Domain.FRONT]
    bits = rows.numbers["front.width_m"].missing | rows.numbers["front.length_m"].missing
    starts = np.searchsorted(rows.case, np.arange(len(facts)))
    return np.asarray(np.bitwise_or.reduceat(bits, starts), dtype=np.uint64) if len(facts) else bits


def _storeys(facts: Facts, pack: Pack) -> Number:
    numbers = facts.rows[Domain.CASE].numbers
    counted = [numbers[f"storeys_{kind}"] for kind in pack.counts]
    unclear = [numbers[f"storeys_{kind}"] for kind in pack.unclear]
    low: Floats = np.sum([n.lo for n in counted], axis=0) if counted else np.zeros(len(facts))
    high: Floats = low + np.sum([n.lo for n in unclear], axis=0) if unclear else low
    value = derived(low, *counted, *unclear)
    between = (value.missing == NONE) & (high > low)
    missing = np.where(between, facts.inputs.bits[COUNTING], value.missing)
    return Number(value.lo, np.where(value.missing == NONE, high, np.inf), missing)
