"""Conditions over facts that may be missing: yes, no, or not known and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.rules.facts import NONE, Bits, Bools, Facts, Ints, Label, Number, label_of, number_of
from gis.rules.pack import Condition
from gis.rules.vocabulary import FACTS, Domain, Sort


@dataclass(frozen=True, slots=True)
class Truth:
    """Of each row whether it may hold (`yes`) and may not hold (`no`); both where it is not known, because of `missing`,
    which is NONE everywhere else."""

    yes: Bools
    no: Bools
    missing: Bits

    @property
    def sure(self) -> Bools:
        """Where it holds for certain."""
        return self.yes & ~self.no

    def take(self, rows: Ints) -> Truth:
        """What holds for those rows."""
        return Truth(self.yes[rows], self.no[rows], self.missing[rows])


def always(count: int) -> Truth:
    """What holds for every row."""
    return Truth(np.ones(count, bool), np.zeros(count, bool), np.zeros(count, np.uint64))


def both(a: Truth, b: Truth) -> Truth:
    """Where both hold. What one of them rules out needs nothing of the other."""
    yes, no = a.yes & b.yes, a.no | b.no
    return Truth(yes, no, np.where(yes & no, a.missing | b.missing, NONE))


def negated(a: Truth) -> Truth:
    """Where it does not hold."""
    return Truth(a.no, a.yes, a.missing)


def every(facts: Facts, conditions: Sequence[Condition], domain: Domain, held: Truth | None = None) -> Truth:
    """Where all conditions hold (and `held`); what no row can fulfil any more is not asked further."""
    result = held or always(len(facts.rows[domain].case))
    for condition in conditions:
        if not result.yes.any():
            break
        result = both(result, holds(facts, condition, domain))
    return result


def holds(facts: Facts, condition: Condition, domain: Domain) -> Truth:
    """Where one condition holds."""
    asked = condition, domain
    found: Truth | None = facts.answered.get(asked)
    if found is None:
        found = facts.answered[asked] = _holds(facts, condition, domain)
    return found


def _holds(facts: Facts, condition: Condition, domain: Domain) -> Truth:
    if FACTS[condition.fact].sort is Sort.TEXT:
        return _among(label_of(facts, condition.fact, domain), condition.among)
    value = number_of(facts, condition.fact, domain)
    if condition.flag is not None:
        wanted = float(condition.flag)
        yes = value.hi >= wanted if condition.flag else value.lo <= wanted
        return open_where(value, yes, ~yes | (value.lo != value.hi))
    return _within(value, condition)


def _among(value: Label, texts: Sequence[str]) -> Truth:
    wanted = np.array([name in texts for name in (*value.names, "")], dtype=bool)  # the last is what is missing
    found, absent = wanted[value.codes], value.codes < 0
    return Truth(found | absent, ~found, value.missing)


def open_where(value: Number, yes: Bools, no: Bools) -> Truth:
    """Where both may be, what the value lacks is missing."""
    return Truth(yes, no, np.where(yes & no, value.missing, NONE))


def _within(value: Number, condition: Condition) -> Truth:
    yes, no = np.ones(len(value.lo), bool), np.zeros(len(value.lo), bool)
    if condition.at_least is not None:
        yes, no = yes & (value.hi >= condition.at_least), no | (value.lo < condition.at_least)
    if condition.above is not None:
        yes, no = yes & (value.hi > condition.above), no | (value.lo <= condition.above)
    if condition.at_most is not None:
        yes, no = yes & (value.lo <= condition.at_most), no | (value.hi > condition.at_most)
    if condition.below is not None:
        yes, no = yes & (value.lo < condition.below), no | (value.hi >= condition.below)
    return open_where(value, yes, no)
