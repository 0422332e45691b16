"""The rule engine: cases, the data around them and rule packs in; findings out. Pure: no database, no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import numpy as np

from gis.model.verdict import Status
from gis.rules.derive import derive
from gis.rules.facts import NONE, Bits, Bools, Facts, Ints, aspect_input, bit_where
from gis.rules.governing import facts_for, governing_front
from gis.rules.judge import CODE, Block, judged, nothing
from gis.rules.logic import Truth, both, every, open_where
from gis.rules.pack import Basis, Pack, Packs, Validity
from gis.rules.table import Given
from gis.rules.themes import Theme
from gis.rules.vocabulary import Domain


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What the rules say of all cases, as columns: a block for each rule in the order of packs and rules.

    `fronts` has for each pack, by id, the row of the road that governs each case. `gis.rules.findings` reads it all: the
    findings of one case, the verdicts of all, what is missing.
    """

    facts: Facts
    packs: tuple[Pack, ...]
    fronts: Mapping[str, Ints]
    blocks: tuple[Block, ...]
    rules_version: str

    def __len__(self) -> int:
        return len(self.facts)


def evaluate(cases: Given, themes: Mapping[str, Theme], packs: Packs, at: date) -> Findings:
    """What every rule says of every case.

    Parameters
    ----------
    cases
        One row a case, a frame or a `Table`, in the storage CRS (projected, metres, easting first). Geometry: the lot. Columns: `id`, and any
        of `gis.rules.vocabulary.columns(Domain.CASE)`, `footprint` and `tower` (polygons), `at` and `plan_on` (days),
        `frontages` (a list of `{road, width_m, length_m}`, which replaces what is derived). What is absent is missing.
    themes
        By name, in the same CRS, only what is in force on the day asked about. `zones`: code, function, coverage_max,
        far_max, storeys_max, height_max, plan_on. `road_lines`: kind, right_of_way, setback, name, code. Others as the
        packs name them. A local adjustment must have been cut out of the plan that it adjusts.
    packs
        As `gis.rules.read` gives them.
    at
        The day whose rules are asked for, of cases that have no `at` of their own.

    Raises InvalidParameter and InvalidCrs for tables that cannot be read. A row that cannot be read is an `error` in the
    findings that need it.
    """
    return evaluate_facts(derive(cases, themes, packs.packs, at), packs)


def evaluate_facts(facts: Facts, packs: Packs) -> Findings:
    """What every rule says where the facts are known already."""
    blocks: list[Block] = []
    fronts: dict[str, Ints] = {}
    counted: dict[object, tuple[Ints, Facts]] = {}
    for pack in packs.packs:
        way = pack.least_frontage, pack.counts, pack.unclear
        if way not in counted:
            front = governing_front(facts, pack)
            counted[way] = front, facts_for(facts, pack, front)
        fronts[pack.id], own = counted[way]
        holds = every(own, pack.when, Domain.CASE, in_force(facts, pack))
        if not holds.yes.any():
            blocks += [nothing(pack, rule) for rule in pack.rules]
            continue
        force = {domain: holds.take(rows.case) for domain, rows in own.rows.items()}
        blocks += [judged(own, pack, rule, force[rule.domain]) for rule in pack.rules]
    return Findings(facts, packs.packs, MappingProxyType(fronts), tuple(_with_aspects(facts, blocks)), packs.version)


def in_force(facts: Facts, pack: Pack) -> Truth:
    """For which cases the pack holds on their day. Where a plan decides and its day is not known, neither is this."""
    return both(_begun(facts, pack.validity), _not_ended(facts, pack.validity))


def _begun(facts: Facts, validity: Validity) -> Truth:
    count = len(facts)
    if validity.start is None:
        return Truth(np.ones(count, bool), np.zeros(count, bool), np.zeros(count, np.uint64))
    start = _day(validity.start)
    late: Bools = facts.at >= start
    if validity.start_by is Basis.DATE:
        return Truth(late, ~late, np.zeros(count, np.uint64))
    return open_where(facts.plan_on, late & (facts.plan_on.hi >= start), ~late | (facts.plan_on.lo < start))


def _not_ended(facts: Facts, validity: Validity) -> Truth:
    count = len(facts)
    if validity.end is None:
        return Truth(np.ones(count, bool), np.zeros(count, bool), np.zeros(count, np.uint64))
    end = _day(validity.end)
    early: Bools = facts.at < end
    if validity.end_by is Basis.DATE:
        return Truth(early, ~early, np.zeros(count, np.uint64))
    return open_where(facts.plan_on, early | (facts.plan_on.lo < end), ~early & (facts.plan_on.hi >= end))


def _day(value: date) -> float:
    return float(np.datetime64(value).astype("datetime64[D]").astype(int))


def _with_aspects(facts: Facts, blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those of rules that ask for aspects with what no other rule in force speaks on."""
    speaking: dict[str, list[Ints]] = {}
    for block in blocks:
        if not block.rule.aspects and len(block.case):
            speaking.setdefault(block.rule.aspect, []).append(block.case)
    return [_spoken_on(facts, block, speaking) if block.rule.aspects else block for block in blocks]


def _spoken_on(facts: Facts, block: Block, speaking: Mapping[str, Sequence[Ints]]) -> Block:
    """The block with what is missing for it; `speaking`: by aspect the cases on which some rule speaks."""
    missing: Bits = block.missing.copy()
    for aspect in block.rule.aspects:
        spoken = np.zeros(len(facts), dtype=bool)
        for case in speaking.get(aspect, ()):
            spoken[case] = True
        missing |= bit_where(~spoken[block.case], facts.inputs.bits[aspect_input(aspect)])
    silent = (missing != block.missing) & (block.status == CODE[Status.PASS])
    status = np.where(silent, CODE[Status.NO_DATA], block.status)
    return replace(block, status=status, missing=np.where(status == CODE[Status.PASS], NONE, missing))
