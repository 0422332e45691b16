"""One rule over all cases at once: what was measured, the limit, and the status that follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from gis.model.verdict import Status
from gis.rules import grid
from gis.rules.facts import NONE, Bits, Bools, Facts, Floats, Ints, Number, known, label_of, number_of
from gis.rules.logic import Truth, both, every, negated
from gis.rules.pack import Kind, Pack, Rule
from gis.rules.vocabulary import FACTS, Domain, Sort

STATUSES = tuple(Status)
CODE = {status: np.int8(i) for i, status in enumerate(STATUSES)}
DECIMALS = 4
"""Measured values and limits are compared and told to 0.1 mm, 1 cm2 or 0.0001 %."""


@dataclass(frozen=True, slots=True)
class Block:
    """What one rule says: a row for each case, zone or road to which it applies or may apply.

    `row` is the row of the rule's domain, `case` its case, rising. `status` is a position in STATUSES; `measured` and
    `limit` are NaN where they are not known.
    """

    pack: Pack
    rule: Rule
    domain: Domain
    row: Ints
    case: Ints
    status: NDArray[np.int8]
    measured: Floats
    limit: Floats
    missing: Bits


def judged(facts: Facts, pack: Pack, rule: Rule, force: Truth) -> Block:
    """The findings of one rule; `facts` are those for the pack, `force` says for which rows of the rule's domain the pack holds."""
    domain = rule.domain
    case = facts.rows[domain].case
    applies = _applies(facts, rule, domain, force)
    (rows,) = applies.yes.nonzero()
    if not len(rows):
        return nothing(pack, rule)
    found = _found(facts, pack, rule, domain)
    missing = found.missing | np.where(applies.no, applies.missing, NONE)
    status = np.full(len(case), CODE[Status.NO_DATA])
    status[found.broken & ~applies.no] = CODE[rule.breach]
    status[found.kept & ~applies.no & ((missing & facts.inputs.uncertain) == NONE)] = CODE[Status.PASS]
    status[(missing & facts.broken[case]) != NONE] = CODE[Status.ERROR]
    settled = (status != CODE[Status.NO_DATA]) & (status != CODE[Status.ERROR])
    return Block(
        pack,
        rule,
        domain,
        rows,
        case[rows],
        status[rows],
        found.measured[rows],
        found.limit[rows],
        np.where(settled, NONE, missing)[rows],
    )


def _applies(facts: Facts, rule: Rule, domain: Domain, held: Truth) -> Truth:
    applies = every(facts, rule.when, domain, held)
    if rule.unless and applies.yes.any():
        return both(applies, negated(every(facts, rule.unless, domain)))
    return applies


def nothing(pack: Pack, rule: Rule) -> Block:
    """The block of a rule that applies nowhere."""
    return Block(pack, rule, rule.domain, _NO_ROWS, _NO_ROWS, _NO_STATUS, _NO_NUMBERS, _NO_NUMBERS, _NO_BITS)


_NO_ROWS, _NO_NUMBERS = np.zeros(0, np.int64), np.zeros(0)
_NO_STATUS, _NO_BITS = np.zeros(0, np.int8), np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class _Found:
    """Whether the rule is surely kept or surely broken, whatever the missing values are."""

    kept: Bools
    broken: Bools
    measured: Floats
    limit: Floats
    missing: Bits


def _found(facts: Facts, pack: Pack, rule: Rule, domain: Domain) -> _Found:
    if rule.kind is Kind.ATTRIBUTE:
        return _attribute(facts, rule, domain)
    if rule.kind is Kind.COMPLETENESS:
        return _completeness(facts, rule, domain)
    if rule.kind in (Kind.OVERLAP, Kind.DISTANCE):
        measured = facts.measured[pack.id, rule.id]
    else:
        measured = _without_slivers(number_of(facts, rule.measure, domain), rule.sliver)
    return _compared(measured, _limit(facts, rule, domain, len(measured.lo)), at_least=rule.at_least)


def _without_slivers(value: Number, sliver: float) -> Number:
    """The value, 0 where it is surely no more than a sliver."""
    thin = value.hi <= sliver
    return Number(np.where(thin, 0.0, value.lo), np.where(thin, 0.0, value.hi), value.missing) if sliver else value


def _limit(facts: Facts, rule: Rule, domain: Domain, count: int) -> Number:
    if rule.grid is not None:
        return grid.limits(facts, rule.grid, domain)
    if rule.limit_from is not None:
        return number_of(facts, rule.limit_from, domain)
    if rule.limit is not None:
        return known(np.full(count, rule.limit))
    return Number(np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count, np.uint64))


def _compared(measured: Number, limit: Number, *, at_least: bool) -> _Found:
    low, high = _rounded(measured)
    least, most = _rounded(limit)
    kept, broken = (low >= most, high < least) if at_least else (high <= least, low > most)
    return _Found(
        kept,
        broken,
        np.where(low == high, low, np.nan),
        np.where(least == most, least, np.nan),
        measured.missing | limit.missing,
    )


def _rounded(value: Number) -> tuple[Floats, Floats]:
    """Both bounds; those of a number that is known everywhere are one array."""
    low = value.lo.round(DECIMALS)
    return low, low if value.hi is value.lo else value.hi.round(DECIMALS)


def _attribute(facts: Facts, rule: Rule, domain: Domain) -> _Found:
    value = label_of(facts, rule.measure, domain)
    wanted = np.array([name in rule.among for name in (*value.names, "")], dtype=bool)[value.codes]
    there = value.codes >= 0
    nothing = np.full(len(there), np.nan)
    return _Found(wanted & there, ~wanted & there, nothing, nothing, value.missing)


def _completeness(facts: Facts, rule: Rule, domain: Domain) -> _Found:
    count = len(facts.rows[domain].case)
    missing = reduce(np.bitwise_or, (_missing(facts, n, domain) for n in rule.needs), np.zeros(count, np.uint64))
    nothing = np.full(count, np.nan)
    return _Found(missing == NONE, np.zeros(count, bool), nothing, nothing, missing)


def _missing(facts: Facts, name: str, domain: Domain) -> Bits:
    textual = FACTS[name].sort is Sort.TEXT
    return label_of(facts, name, domain).missing if textual else number_of(facts, name, domain).missing
