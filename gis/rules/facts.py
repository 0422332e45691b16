"""Facts as arrays: every number with its bounds and with what is missing for it.

The invariant that keeps the engine closed: a fact that lacks an input is unbounded, so no comparison can hold for
sure, and it carries the input's bit, so a finding that rests on it says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import DefinitionError
from gis.model.layer import Text
from gis.rules.vocabulary import ASPECTS, COUNTING, DAYS, FACTS, OTHERS, SHAPES, THEMES, Domain

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]
type Bits = NDArray[np.uint64]
type Objects = NDArray[np.object_]

NONE = np.uint64(0)
BITS = 64


@dataclass(frozen=True, slots=True)
class Inputs:
    """What can be missing, each with its bit."""

    titles: Mapping[str, Text]
    bits: Mapping[str, np.uint64]

    def missing(self, bits: int) -> tuple[str, ...]:
        """The names of the inputs in `bits`, in order."""
        return tuple(name for name, bit in self.bits.items() if bits & int(bit)) if bits else ()

    @property
    def uncertain(self) -> np.uint64:
        """The bits that say a value is not known, not only counted in two ways."""
        return ~self.bits[COUNTING]


def inputs_of(themes: Iterable[str], aspects: Iterable[str]) -> Inputs:
    """All inputs: columns, shapes, days, themes and the aspects on which some rule must speak.

    Raises DefinitionError where the packs name more than there are bits.
    """
    titles = {name: fact.title for name, fact in FACTS.items() if fact.column}
    titles |= SHAPES | DAYS | OTHERS
    titles |= {t: THEMES.get(t, Text(f"dữ liệu {t}", f"data of {t}")) for t in sorted(themes) if t not in titles}
    titles |= {
        aspect_input(a): Text(f"quy định về {ASPECTS[a].vi}", f"a rule on {ASPECTS[a].en}") for a in sorted(aspects)
    }
    if len(titles) > BITS:
        raise DefinitionError(
            [f"the rule packs name {len(titles)} inputs, at most {BITS} are possible; use fewer themes"]
        )
    return Inputs(MappingProxyType(titles), MappingProxyType({n: np.uint64(1 << i) for i, n in enumerate(titles)}))


def aspect_input(aspect: str) -> str:
    """The input that is missing where no rule in force speaks on `aspect`."""
    return f"rules:{aspect}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of each row: between `lo` and `hi` (equal where it is known; one array where it is known everywhere), and the bits
    of what is missing for it."""

    lo: Floats
    hi: Floats
    missing: Bits

    def take(self, rows: Ints) -> Number:
        """The values of those rows."""
        low = self.lo[rows]
        return Number(low, low if self.hi is self.lo else self.hi[rows], self.missing[rows])

    @property
    def known(self) -> Floats:
        """The value where it is known, else NaN."""
        return np.where(self.lo == self.hi, self.lo, np.nan)


@dataclass(frozen=True, slots=True)
class Label:
    """A text of each row as a position in `names`, -1 where it is missing."""

    codes: Ints
    names: tuple[str, ...]
    missing: Bits

    def take(self, rows: Ints) -> Label:
        """The values of those rows."""
        return Label(self.codes[rows], self.names, self.missing[rows])


@dataclass(frozen=True, slots=True)
class Rows:
    """The facts of one domain. `case` (m,) is the position of each row's case, rising; `subject` its zone or road."""

    case: Ints
    subject: Objects
    numbers: Mapping[str, Number]
    labels: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries of each case in the CRS `crs` (EPSG), None where there is none: what conflicts are drawn from."""

    crs: int
    lot: Objects
    footprint: Objects
    tower: Objects
    road: Objects
    front_road: Objects
    kept: Objects
    included: Objects


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of some cases.

    `at` (n,) is the day of each; `plan_on` the newest day of a plan that governs it, as days since 1970. `measured` holds
    overlaps and distances by (pack, rule). `broken` are the bits of inputs that cannot be read. `ignored` (n,) is the area
    that fell under the tolerance, by theme.
    """

    ids: Objects
    at: Floats
    plan_on: Number
    rows: Mapping[Domain, Rows]
    measured: Mapping[tuple[str, str], Number]
    broken: Bits
    ignored: Mapping[str, Floats]
    overlaps: Mapping[tuple[str, str], Objects]
    shapes: Shapes | None
    versions: Mapping[str, str]
    inputs: Inputs
    answered: dict[Any, Any] = field(init=False, compare=False, repr=False, default_factory=dict)
    """What was asked of these facts before: rules of a pack ask the same many times."""

    def __len__(self) -> int:
        return len(self.ids)


def bit_where(mask: Bools, bit: np.uint64) -> Bits:
    """The bit where the mask holds."""
    return np.where(mask, bit, NONE).astype(np.uint64)


def unknown(count: int, bits: np.uint64) -> Number:
    """A number that nobody knows, because of `bits`."""
    return Number(np.full(count, -np.inf), np.full(count, np.inf), np.full(count, bits, np.uint64))


def known(values: Floats) -> Number:
    """A number that is there for every row."""
    return Number(values, values, np.zeros(len(values), np.uint64))


def given(values: Floats, bit: np.uint64) -> Number:
    """A number of the table of cases: NaN is missing."""
    absent = np.isnan(values)
    if not absent.any():
        return known(values)
    return Number(
        np.where(absent, -np.inf, values),
        np.where(absent, np.inf, values),
        np.where(absent, bit, NONE).astype(np.uint64),
    )


def derived(values: Floats, *sources: Number | Bits) -> Number:
    """A number that follows from `sources`: it is known where they all are."""
    missing = np.zeros(len(values), np.uint64)
    for source in sources:
        missing = missing | (source.missing if isinstance(source, Number) else source)
    lost = missing != NONE
    if not lost.any():
        return Number(values, values, missing)
    return Number(np.where(lost, -np.inf, values), np.where(lost, np.inf, values), missing)


def between(bounds: tuple[Floats, Floats], bits: Bits, *sources: Number | Bits) -> Number:
    """A number between two bounds that follow from `sources`; where they differ, `bits` are what is missing to know it."""
    least, most = bounds
    known_by = derived(least, *sources)
    lost = known_by.missing != NONE
    missing = np.where(lost | (most > least), known_by.missing | bits, known_by.missing)
    return Number(known_by.lo, np.where(lost, np.inf, most), missing)


def label(values: Sequence[object] | Objects, bit: np.uint64) -> Label:
    """A text of the table of cases: None and NaN are missing."""
    codes, names = pd.factorize(np.asarray(values, dtype=object), use_na_sentinel=True)
    missing = np.where(codes < 0, bit, NONE).astype(np.uint64)
    return Label(codes.astype(np.int64), tuple(str(name) for name in names), missing)


def unlabelled(count: int, bit: np.uint64) -> Label:
    """A text that nobody gave."""
    return Label(np.full(count, -1, np.int64), (), np.full(count, bit, np.uint64))


def number_of(facts: Facts, name: str, domain: Domain) -> Number:
    """The number `name` for the rows of `domain`; facts of the case are repeated for each of its zones or roads."""
    home = FACTS[name].domain
    value = facts.rows[home].numbers[name]
    return value if home is domain else value.take(facts.rows[domain].case)


def label_of(facts: Facts, name: str, domain: Domain) -> Label:
    """The text `name` for the rows of `domain`."""
    home = FACTS[name].domain
    value = facts.rows[home].labels[name]
    return value if home is domain else value.take(facts.rows[domain].case)
