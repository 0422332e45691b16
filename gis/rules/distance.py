"""How far a building stands from the features of a theme: the nearest that surely count, and those that may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import shapely

from gis.ops.table import Table
from gis.rules.facts import NONE, Bits, Bools, Facts, Floats, Ints, Number, Objects, bit_where, unknown
from gis.rules.logic import every
from gis.rules.pack import Kind, Pack, Rule
from gis.rules.situation import ROAD_REACH as FARTHEST
from gis.rules.table import NOTHING, table_of
from gis.rules.themes import Theme, lacking, meant, theme_rules
from gis.rules.vocabulary import Domain


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Cases and features of a theme (m,), by their positions."""

    case: Ints
    feature: Ints

    def only(self, keep: Bools) -> Pairs:
        """The pairs that are kept."""
        return Pairs(self.case[keep], self.feature[keep])

    def among(self, others: Pairs) -> Bools:
        """Which (m,) of these are among the others."""
        wide = 1 + max(self.feature.max(initial=0), others.feature.max(initial=0))
        return np.isin(self.case * wide + self.feature, others.case * wide + others.feature)


NO_PAIRS = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Pairs that do not count (`gone`), and those that may not (`open`), because of `bit`."""

    gone: Pairs = NO_PAIRS
    open: Pairs = NO_PAIRS
    bit: np.uint64 = NONE


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Features within reach of the shapes, with their distance in m, and the bits of what leaves open whether they count."""

    pairs: Pairs
    away: Floats
    doubt: Bits


_EDGE = 0.5
"""So far (m) a building may be drawn over the edge of its lot and still be taken to stand on it."""


def reach_of(packs: Sequence[Pack], theme: str, lot: shapely.Geometry, shapes: Objects) -> float:
    """How far (m) around the lot the features of the theme are needed for the distances of these shapes on it (None where one
    is not there): 0 where there is none or no rule measures any, and FARTHEST where a shape lies outside of the lot."""
    limits = [rule.limit or 0.0 for _, rule, place in theme_rules(packs, Kind.DISTANCE) if place.theme == theme]
    if not limits:
        return 0.0
    there = shapes[~shapely.is_missing(shapes)]
    if not len(there):
        return 0.0
    inside = shapely.covers(shapely.buffer(lot, _EDGE), there).all()
    return min(max(limits) + _EDGE, FARTHEST) if inside else FARTHEST


def with_distances(
    facts: Facts, themes: Mapping[str, Theme], packs: Sequence[Pack], apart: Mapping[str, Apart]
) -> Facts:
    """The facts with every distance that the packs ask for, in m, and the ground that lies too near. `apart`: by theme what
    is no neighbour of a case, though it is near."""
    measured, grounds = dict(facts.measured), dict(facts.overlaps)
    for pack, rule, place in theme_rules(packs, Kind.DISTANCE):
        asked = _asked(facts, pack, rule)
        found, ground = _measured(facts, rule, asked, themes.get(place.theme), apart.get(place.theme, Apart()))
        measured[pack.id, rule.id], grounds[pack.id, rule.id] = found, ground
    return replace(facts, measured=MappingProxyType(measured), overlaps=MappingProxyType(grounds))


def _asked(facts: Facts, pack: Pack, rule: Rule) -> Bools:
    """The cases to which the rule may apply, by all that is known before a pack counts storeys and chooses a road."""
    told = facts.rows[Domain.CASE]
    known = told.numbers.keys() | told.labels.keys()
    return every(facts, [c for c in (*pack.when, *rule.when) if c.fact in known], Domain.CASE).yes


def _measured(facts: Facts, rule: Rule, asked: Bools, theme: Theme | None, apart: Apart) -> tuple[Number, Objects]:
    """The distance (n,), of all but the cases `asked` about unknown, and the part of their shape that is too near."""
    assert rule.place is not None and rule.limit is not None
    bits, data = facts.inputs.bits, rule.place.theme
    shapes = _shapes(facts, rule)
    shapes[~asked] = None
    if shapely.is_missing(shapes).all():
        return unknown(len(facts), bits[_outline(rule)] | bits[data]), shapes
    table = NOTHING if theme is None else table_of(theme.features)
    near = _near(shapes, table, rule, apart, bits.get(f"{data}.{rule.place.field}", bits[data]))
    lost = bit_where(shapely.is_missing(shapes), bits[_outline(rule)])
    lost |= lacking(shapely.buffer(shapes, rule.limit), theme, bits[data])
    found = _nearest(near, len(shapes), rule.limit)
    closer = Number(np.where(lost != NONE, 0.0, found.lo), found.hi, found.missing | lost)
    ground = _too_near(shapes, table, near, rule.limit)
    hidden = _undrawn(facts, rule)
    ground[hidden] = None
    return _podium(closer, hidden, bits["tower"]), ground


def _outline(rule: Rule) -> str:
    return "footprint" if rule.measure == "tower" else rule.measure


def _shapes(facts: Facts, rule: Rule) -> Objects:
    assert facts.shapes is not None
    shapes: Objects = getattr(facts.shapes, rule.measure).copy()
    if rule.measure == "tower":
        drawn = ~shapely.is_missing(shapes)
        shapes[~drawn] = facts.shapes.footprint[~drawn]
    return shapes


def _undrawn(facts: Facts, rule: Rule) -> Bools:
    """The cases whose tower is to be measured and is not drawn: it may stand farther back than the podium below it."""
    assert facts.shapes is not None
    composite = facts.rows[Domain.CASE].numbers["composite"].lo > 0
    return np.asarray(composite & shapely.is_missing(facts.shapes.tower) & (rule.measure == "tower"), dtype=bool)


def _podium(found: Number, hidden: Bools, bit: np.uint64) -> Number:
    """The distance, without end where the tower is `hidden`."""
    open_ = hidden & np.isfinite(found.hi)
    return Number(found.lo, np.where(hidden, np.inf, found.hi), found.missing | bit_where(open_, bit))


def _near(shapes: Objects, table: Table, rule: Rule, apart: Apart, bit: np.uint64) -> _Near:
    """What is meant within the limit of each shape; `bit`: of features that do not tell whether they are."""
    assert rule.place is not None
    if not len(table):
        return _Near(NO_PAIRS, np.zeros(0), np.zeros(0, np.uint64))
    found = Pairs(*shapely.STRtree(table.geometry).query(shapes, predicate="dwithin", distance=rule.limit))
    sure, perhaps = (each[found.feature] for each in meant(table, rule.place))
    counts = (sure | perhaps) & ~found.among(apart.gone)
    pairs = found.only(counts)
    doubt = bit_where(perhaps[counts], bit) | bit_where(pairs.among(apart.open), apart.bit)
    away = np.asarray(shapely.distance(shapes[pairs.case], table.geometry[pairs.feature]), dtype=np.float64)
    return _Near(pairs, away, doubt)


def _nearest(near: _Near, count: int, reach: float) -> Number:
    """Distance (count,) to the nearest feature; where none is within reach only that it is no less."""
    least, most = np.full(count, np.inf), np.full(count, np.inf)
    case, sure = near.pairs.case, near.doubt == NONE
    np.minimum.at(least, case, near.away)
    np.minimum.at(most, case[sure], near.away[sure])
    missing = np.zeros(count, np.uint64)
    closer = near.away < most[case]
    np.bitwise_or.at(missing, case[closer], near.doubt[closer])
    return Number(np.minimum(least, reach), most, missing)


def _too_near(shapes: Objects, table: Table, near: _Near, reach: float) -> Objects:
    """The part (n,) of each shape nearer than `reach` to a feature that surely counts; None where there is none."""
    ground = np.full(len(shapes), None, dtype=object)
    sure = near.pairs.only((near.doubt == NONE) & (near.away < reach))
    for case in np.unique(sure.case):
        around = shapely.union_all(table.geometry[sure.feature[sure.case == case]])
        ground[case] = shapely.intersection(shapes[case], shapely.buffer(around, reach))
    return ground
