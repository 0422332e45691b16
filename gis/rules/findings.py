"""Reading the columns of `Findings`: one case in full, the verdicts of all, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.model.layer import Text
from gis.model.verdict import Clause, Finding, Missing, Status, Verdict
from gis.rules.conflict import conflict
from gis.rules.evaluate import Findings
from gis.rules.facts import Bools, Number, number_of
from gis.rules.judge import CODE, DECIMALS, STATUSES, Block
from gis.rules.pack import Kind, Pack, Rule
from gis.rules.sentences import message
from gis.rules.standing import BUILDINGS
from gis.rules.vocabulary import FACTS, Domain

_THROUGH = frozenset({"through", "small_road_width"})
_ROAD_FACTS = frozenset({"road_width", "frontage_m", "depth_m", "side_min_m", "corner"}) | _THROUGH
_BUILT = frozenset({"density_pct", "far", "floor_area_m2", "zone.density_pct", "zone.far"})
_KEPT = frozenset(name for name in FACTS if name.startswith(("kept_", "over_kept_", "included_")))
_ROAD_DEPENDENT = frozenset({"density_pct", "far", "area_conforming", "in_road_m2", "zone.density_pct", "zone.far"})


def findings_of(findings: Findings, case: int) -> tuple[Finding, ...]:
    """Every finding on the case at that position: by pack, rule, and zone or road."""
    found = [f for block in findings.blocks for f in _of_block(findings, block, case)]
    return tuple(_with_binding(found))


def _of_block(findings: Findings, block: Block, case: int) -> Iterator[Finding]:
    first, last = (0, 0) if not len(block.case) else np.searchsorted(block.case, (case, case + 1))
    if first == last:
        yield _not_applicable(block.pack, block.rule)
        return
    order = sorted(range(first, last), key=lambda at: (_subject(findings, block, at) or "", at))
    for at in order:
        yield _one(findings, block, at)


@lru_cache(maxsize=1_024)
def _not_applicable(pack: Pack, rule: Rule) -> Finding:
    status = Status.NOT_APPLICABLE
    return _finding(pack, rule, status, message(rule, status, (None, None), ()))


def _finding(pack: Pack, rule: Rule, status: Status, told: Text, **more: Any) -> Finding:
    return Finding(
        pack=pack.id,
        pack_version=pack.version,
        rule=rule.id,
        title=rule.title,
        clause=Clause(pack.document, rule.article),
        aspect=rule.aspect,
        status=status,
        message=told,
        unit=rule.unit,
        at_least=rule.at_least,
        **more,
    )


def _one(findings: Findings, block: Block, at: int) -> Finding:
    rule, status = block.rule, STATUSES[block.status[at]]
    missing = _missing(findings, block, at, status)
    measured, limit = _number(block.measured[at]), _number(block.limit[at])
    margin = None
    if measured is not None and limit is not None:
        margin = round(measured - limit if rule.at_least else limit - measured, DECIMALS)
    return _finding(
        block.pack,
        rule,
        status,
        message(rule, status, (measured, limit), missing),
        missing=missing,
        subject=_subject(findings, block, at),
        measured=measured,
        limit=limit,
        margin=margin,
        conflict=conflict(findings.facts, block, at),
        ignored=_ignored(findings, block, at),
        assumed=_assumed(findings, block, at),
        data=_data(findings, rule),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _subject(findings: Findings, block: Block, at: int) -> str | None:
    value = findings.facts.rows[block.domain].subject[block.row[at]]
    return None if value is None or value != value else str(value)


def _missing(findings: Findings, block: Block, at: int, status: Status) -> tuple[Missing, ...]:
    inputs = findings.facts.inputs
    bits = int(block.missing[at])
    if status is Status.ERROR:
        bits &= int(findings.facts.broken[block.case[at]])
    names = inputs.missing(bits)
    if status is Status.NO_DATA and not names:
        reason = block.rule.unknown or Text("giá trị giới hạn", "the limit")
        return (Missing(f"{block.pack.id}/{block.rule.id}", reason),)
    return tuple(Missing(name, inputs.titles[name]) for name in names)


def _ignored(findings: Findings, block: Block, at: int) -> float:
    rule = block.rule
    if rule.kind is Kind.LIMIT and rule.sliver:
        raw = number_of(findings.facts, rule.measure, block.domain).lo[block.row[at]]
        return round(float(raw), DECIMALS) if raw <= rule.sliver and np.isfinite(raw) else 0.0
    key = "zones" if block.domain is Domain.ZONE else f"{block.pack.id}/{block.rule.id}"
    area = findings.facts.ignored.get(key)
    return 0.0 if area is None else round(float(area[block.case[at]]), DECIMALS)


def _assumed(findings: Findings, block: Block, at: int) -> Mapping[str, object]:
    """What the finding took as given about roads and about what stands there."""
    names = block.rule.facts | {c.fact for c in block.pack.when}
    case, facts = int(block.case[at]), findings.facts
    assumed: dict[str, object] = {}
    if names & _ROAD_DEPENDENT:
        for name in ("in_road_m2", "area_conforming"):
            assumed[name] = _value(facts.rows[Domain.CASE].numbers[name], case)
    if names & _BUILT:
        for name in ("kept_m2", "kept_floor_m2"):
            assumed[name] = _value(facts.rows[Domain.CASE].numbers[name], case)
    front = None
    if block.domain is Domain.FRONT:
        front = int(block.row[at])
    elif names & _ROAD_FACTS:
        front = int(findings.fronts[block.pack.id][case])
    if front is not None:
        numbers = facts.rows[Domain.FRONT].numbers
        subject = facts.rows[Domain.FRONT].subject[front]
        corner = _value(facts.rows[Domain.CASE].numbers["corner"], case)
        assumed |= {"road": subject, "corner": None if corner is None else bool(corner)}
        if names & _THROUGH:
            through = _value(facts.rows[Domain.CASE].numbers["through"], case)
            assumed["through"] = None if through is None else bool(through)
            assumed["small_road_width"] = _value(facts.rows[Domain.CASE].numbers["small_road_width"], case)
        assumed |= {name: _value(numbers[f"front.{name}"], front) for name in ("width_m", "length_m", "depth_m")}
        assumed["given"] = bool(numbers["front.given"].lo[front]) if "front.given" in numbers else False
    return MappingProxyType(assumed)


def _value(number: Number, row: int) -> float | None:
    low, high = float(number.lo[row]), float(number.hi[row])
    return round(low, DECIMALS) if low == high and np.isfinite(low) else None


def _data(findings: Findings, rule: Rule) -> tuple[tuple[str, str], ...]:
    """The themes that the rule reads, with their versions."""
    names = rule.facts
    themes = {rule.place.theme} if rule.place else set()
    domains = {FACTS[name].domain for name in names}
    if Domain.FRONT in domains or names & (_ROAD_FACTS | _ROAD_DEPENDENT):
        themes.add("road_lines")
    if Domain.ZONE in domains:
        themes |= {"zones", "road_lines"}
    if names & (_BUILT | _KEPT):
        themes.add(BUILDINGS)
    versions = findings.facts.versions
    return tuple((theme, versions[theme]) for theme in sorted(themes) if theme in versions)


def _with_binding(found: Sequence[Finding]) -> list[Finding]:
    """The findings; of those that measure one aspect the same way, the one that leaves least binds."""
    least: dict[tuple[str, bool, str | None], float] = {}
    for finding in found:
        if finding.margin is not None:
            key = (finding.aspect, finding.at_least, finding.unit)
            least[key] = min(least.get(key, np.inf), finding.margin)
    return [
        replace(f, binding=True) if f.margin is not None and f.margin == least[f.aspect, f.at_least, f.unit] else f
        for f in found
    ]


def verdicts(findings: Findings) -> NDArray[np.object_]:
    """The verdict (n,) on every case, without attestations; the same as `gis.model.verdict.judge` on each."""
    count = len(findings)
    failed, open_, passed = (np.zeros(count, dtype=bool) for _ in range(3))
    for block in findings.blocks:
        fail, ok = block.status == CODE[Status.FAIL], block.status == CODE[Status.PASS]
        failed[block.case[fail]] = True
        passed[block.case[ok]] = True
        open_[block.case[~fail & ~ok]] = True
    choices = np.array([Verdict.UNDETERMINED, Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM], dtype=object)
    return choices[np.where(failed, 2, passed & ~open_)]


def status_of(findings: Findings, pack: str, rule: str) -> NDArray[np.object_]:
    """The status (n,) of one rule on every case; of several zones or roads the worst."""
    worst = [Status.NOT_APPLICABLE, Status.PASS, Status.WARNING, Status.NO_DATA, Status.ERROR, Status.FAIL]
    rank = np.array([worst.index(s) if s in worst else 0 for s in STATUSES])
    block = next(b for b in findings.blocks if (b.pack.id, b.rule.id) == (pack, rule))
    result = np.zeros(len(findings), dtype=np.int64)
    np.maximum.at(result, block.case, rank[block.status])
    return np.array(worst, dtype=object)[result]


def missing_counts(findings: Findings) -> dict[str, int]:
    """How many cases lack each input, by name; only where a finding needs it."""
    bits = np.zeros(len(findings), np.uint64)
    reasons: dict[str, Bools] = {}
    for block in findings.blocks:
        np.bitwise_or.at(bits, block.case, block.missing)
        bare = (block.status == CODE[Status.NO_DATA]) & (block.missing == 0)
        if bare.any():
            cases = reasons.setdefault(f"{block.pack.id}/{block.rule.id}", np.zeros(len(findings), dtype=bool))
            cases[block.case[bare]] = True
    counts = {name: int(np.count_nonzero(bits & bit)) for name, bit in findings.facts.inputs.bits.items()}
    counts |= {name: int(cases.sum()) for name, cases in reasons.items()}
    return {name: count for name, count in sorted(counts.items()) if count}
