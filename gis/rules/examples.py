"""The worked examples of a pack: facts told outright, run through the same engine as every case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import numpy as np

from gis.catalog.problems import Place, nearest
from gis.model.verdict import Finding
from gis.rules.columns import PLAN_ON, days
from gis.rules.derive import inputs_for
from gis.rules.evaluate import evaluate_facts
from gis.rules.facts import Facts, Inputs, Label, Number, Rows, given, label
from gis.rules.findings import findings_of
from gis.rules.pack import Example, Expected, Pack, Packs
from gis.rules.vocabulary import FACTS, Domain, Sort

SUBJECTS = {Domain.ZONE: "code", Domain.FRONT: "road"}
_LOST = {Domain.CASE: "lot", Domain.ZONE: "zones", Domain.FRONT: "road_lines"}
CLOSE = 1e-4


def check_examples(pack: Pack, place: Place) -> None:
    """Note every example whose findings are not those that it states."""
    if not pack.examples:
        place.add("a pack needs worked examples; add [[examples]] from the regulation")
    inputs = inputs_for([pack])
    for i, example in enumerate(pack.examples, 1):
        here = place.within(f"examples[{i}]")
        before = len(here.lines)
        _check_names(example, pack, here)
        if len(here.lines) > before:
            continue
        found = findings_of(evaluate_facts(facts_of(example, pack, inputs), Packs((pack,), "")), 0)
        for expected in example.expect:
            _compare(expected, found, here)


def _check_names(example: Example, pack: Pack, place: Place) -> None:
    told = {Domain.CASE: [example.case], Domain.ZONE: example.zones, Domain.FRONT: example.fronts}
    for domain, rows in told.items():
        names = _short(domain)
        also = {SUBJECTS.get(domain, PLAN_ON)}
        for row in rows:
            for name, value in row.items():
                if name not in names and name not in also:
                    place.within(f"{domain}.{name}").add(f"is no fact of a {domain}; {nearest(name, names)}")
                elif name in names and not _fits(value, names[name]):
                    place.within(f"{domain}.{name}").add(f"is {value!r}, must be a {FACTS[names[name]].sort}")
    rules = [rule.id for rule in pack.rules]
    for name in (*example.measured, *(expected.rule for expected in example.expect)):
        if name not in rules:
            place.within("expect").add(f"'{name}' is no rule of this pack; {nearest(name, rules)}")


def _fits(value: object, name: str) -> bool:
    sort = FACTS[name].sort
    if sort is Sort.TEXT:
        return isinstance(value, str)
    return (
        isinstance(value, bool)
        if sort is Sort.FLAG
        else isinstance(value, (int, float)) and not isinstance(value, bool)
    )


def _short(domain: Domain) -> dict[str, str]:
    """The facts of the domain by the name that examples use: without `zone.` and `front.`."""
    return {name.removeprefix(f"{domain}."): name for name, fact in FACTS.items() if fact.domain is domain}


def facts_of(example: Example, pack: Pack, inputs: Inputs) -> Facts:
    """The facts that the example tells; what it does not tell is missing."""
    case = dict(example.case)
    case.setdefault("composite", "podium_height_m" in case)
    plan_on = case.pop(PLAN_ON, None)
    return Facts(
        ids=np.array([example.title], dtype=object),
        at=_days(example.at),
        plan_on=given(_days(plan_on), inputs.bits[PLAN_ON]),
        rows=MappingProxyType(
            {
                Domain.CASE: _rows(Domain.CASE, [case], inputs),
                Domain.ZONE: _rows(Domain.ZONE, example.zones or [{}], inputs),
                Domain.FRONT: _rows(Domain.FRONT, example.fronts or [{}], inputs),
            }
        ),
        measured=MappingProxyType(_measured(example, pack, inputs)),
        broken=np.zeros(1, np.uint64),
        ignored=MappingProxyType({}),
        overlaps=MappingProxyType({}),
        shapes=None,
        versions=MappingProxyType({}),
        inputs=inputs,
    )


def _days(value: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return days(np.array([value], dtype=object), "at") if isinstance(value, date) else np.array([np.nan])


def _measured(example: Example, pack: Pack, inputs: Inputs) -> dict[tuple[str, str], Number]:
    result = {}
    for rule in pack.rules:
        if rule.place is not None:
            value = example.measured.get(rule.id)
            told = np.array([np.nan if value is None else value])
            result[pack.id, rule.id] = given(told, inputs.bits[rule.place.theme])
    return result


def _rows(domain: Domain, told: Sequence[Mapping[str, object]], inputs: Inputs) -> Rows:
    numbers: dict[str, Number] = {}
    labels: dict[str, Label] = {}
    for short, name in _short(domain).items():
        bit = inputs.bits[name if name in inputs.bits else _LOST[domain]]
        values = [row.get(short) for row in told]
        if FACTS[name].sort is Sort.TEXT:
            labels[name] = label(values, bit)
        else:
            numbers[name] = given(np.array([np.nan if v is None else v for v in values], dtype=float), bit)
    subject = np.array([row.get(SUBJECTS.get(domain, "")) for row in told], dtype=object)
    return Rows(np.zeros(len(told), dtype=np.int64), subject, numbers, labels)


def _compare(expected: Expected, found: Sequence[Finding], place: Place) -> None:
    finding = next((f for f in found if f.rule == expected.rule and f.subject == expected.subject), None)
    here = place.within(f"expect {expected.rule}")
    if finding is None:
        here.add(f"finds nothing on '{expected.subject}'; name a zone or road of the example")
        return
    if finding.status is not expected.status:
        here.add(
            f"is {finding.status} ({finding.message.en}), the example says {expected.status}; mend the rule or the example"
        )
    for key in ("measured", "limit"):
        wanted, value = getattr(expected, key), getattr(finding, key)
        if wanted is not None and (value is None or abs(value - wanted) > CLOSE):
            here.within(key).add(f"is {value}, the example says {wanted}; mend the rule or the example")
