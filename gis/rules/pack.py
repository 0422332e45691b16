"""What a rule pack is: rules as data. `pack_file` reads them from layers/rules/*.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gis.model.layer import Text
from gis.model.verdict import Status
from gis.rules.vocabulary import FACTS, Domain

type Floats = NDArray[np.float64]


class Kind(StrEnum):
    """How a rule judges."""

    LIMIT = "limit"
    TABLE = "table"
    OVERLAP = "overlap"
    DISTANCE = "distance"
    ATTRIBUTE = "attribute"
    COMPLETENESS = "completeness"


class Basis(StrEnum):
    """What decides at a bound of a pack's validity: the day of the case, or the day of the plan that governs it."""

    DATE = "date"
    PLAN = "plan"


class Beyond(StrEnum):
    """What a table says above the last value of an axis: the last value, a row of its own, or nothing."""

    HOLD = "hold"
    STEP = "step"
    NO_DATA = "no-data"


class Read(StrEnum):
    """Between two values of an axis: linear interpolation, or the band that begins at the lower one."""

    LINEAR = "linear"
    BANDS = "bands"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold. Exactly one of text, flag or number bounds; bounds hold together."""

    fact: str
    among: tuple[str, ...] = ()
    flag: bool | None = None
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a table: its fact and the values `at` which the table speaks, rising."""

    fact: str
    at: tuple[float, ...]
    read: Read
    beyond: Beyond

    @property
    def rows(self) -> int:
        """How many values the table has along this axis."""
        return len(self.at) + (self.beyond is Beyond.STEP)


@dataclass(frozen=True, slots=True)
class Extra:
    """What is added to the value of each band of the first axis where all conditions hold."""

    values: tuple[float, ...]
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of one or two axes: `values` (rows of the first axis, of the second), extras and their ceiling."""

    axes: tuple[Axis, ...]
    values: tuple[tuple[float, ...], ...]
    extras: tuple[Extra, ...] = ()
    extras_unless: tuple[Condition, ...] = ()
    ceiling: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """What an overlap or distance is measured to: features of `theme` whose `field` is among `values`, or for a distance a
    number of `at_least` so much (all, if None)."""

    theme: str
    field: str | None = None
    values: tuple[str, ...] = ()
    at_least: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `measure` is a fact, or for overlap and distance what is compared with `place`: `lot`, `footprint`, or for a
    distance `tower` (which is the footprint of a building that has none).

    `limit` is the number of a limit, `limit_from` the fact that holds it; with neither, it is not known and `unknown`
    says why. `breach` is what a case gets that does not keep it. `needs` are the facts of a completeness rule, `aspects`
    the questions that some rule in force must answer. `facts` are all on which the rule rests; `domain` is what it is told
    of: the zone or the road if any of its facts is, else the case.
    """

    id: str
    title: Text
    article: str
    aspect: str
    kind: Kind
    measure: str
    unit: str | None
    at_least: bool
    breach: Status
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    limit: float | None = None
    limit_from: str | None = None
    unknown: Text | None = None
    grid: Grid | None = None
    among: tuple[str, ...] = ()
    place: Place | None = None
    sliver: float = 0.0
    needs: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    facts: frozenset[str] = field(init=False, compare=False, repr=False)
    domain: Domain = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        names = {condition.fact for condition in (*self.when, *self.unless)}
        names |= {self.measure, self.limit_from or ""} | (
            {axis.fact for axis in self.grid.axes} if self.grid else set()
        )
        domains = {FACTS[name].domain for name in names & FACTS.keys()} - {Domain.CASE}
        object.__setattr__(self, "domain", min(domains, default=Domain.CASE))
        extras = [c.fact for extra in self.grid.extras for c in extra.when] if self.grid else []
        extras += [c.fact for c in self.grid.extras_unless] if self.grid else []
        object.__setattr__(self, "facts", frozenset(names.union(extras, self.needs) & FACTS.keys()))


@dataclass(frozen=True, slots=True)
class Validity:
    """`[start, end)`; None is open. With Basis.PLAN a plan of before the bound stays under what held before."""

    start: date | None
    end: date | None
    start_by: Basis = Basis.DATE
    end_by: Basis = Basis.DATE


@dataclass(frozen=True, slots=True)
class Expected:
    """What an example says of one rule."""

    rule: str
    status: Status
    subject: str | None = None
    measured: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: facts of one case, of its zones and fronting roads, and what the rules must say of it."""

    title: str
    at: date
    case: Mapping[str, object]
    zones: tuple[Mapping[str, object], ...]
    fronts: tuple[Mapping[str, object], ...]
    measured: Mapping[str, float]
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Rules of one document. `counts` are the kinds of storey that it counts, `unclear` those on which it is silent.

    `least_frontage`: the widest road on which a lot has at least so many metres governs it (0: the widest). `cities` and
    `districts` are codes; empty is everywhere.
    """

    id: str
    title: Text
    version: str
    document: str
    validity: Validity
    cities: tuple[str, ...]
    districts: tuple[str, ...]
    when: tuple[Condition, ...]
    counts: tuple[str, ...]
    unclear: tuple[str, ...]
    least_frontage: float
    note: Text | None
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Packs:
    """All packs by id, in order; `version` is the SHA-256 of their files."""

    packs: tuple[Pack, ...] = field(repr=False)
    version: str
