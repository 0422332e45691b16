"""Findings by kind: how many records, and the few that show best what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from gis.ingest.findings import Detail, Finding, Rows, Severity
from gis.ingest.reasons import REASONS
from gis.model.layer import Text

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One record that shows what a kind of finding means; `records` of the file have the same `detail`."""

    record: int  # from 1
    records: int
    detail: Text
    message: Text


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the report: a kind of finding and how often it was met.

    `examples` are the worst records where one can be worse than another, else one for each of the most frequent
    details; `different` is how many there would be in all. `withheld`: how many of them are on records that an error keeps
    back, which the other kinds do not.
    """

    severity: Severity
    reason: str
    field: str | None
    title: Text | None
    count: int
    different: int
    responsible: str
    examples: tuple[Example, ...]
    withheld: int = 0


def kinds(findings: Sequence[Finding]) -> tuple[Kind, ...]:
    """Findings counted by kind: errors, warnings, notes, the most frequent of each first."""
    by_kind: dict[tuple[Severity, str, str | None], list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault((finding.severity, finding.reason, finding.field), []).append(finding)
    errors = [finding.rows for finding in findings if finding.severity is Severity.ERROR]
    kept_back = np.unique(np.concatenate(errors)) if errors else np.empty(0, dtype=np.int64)
    found = [_kind(same, kept_back) for same in by_kind.values()]
    order = list(Severity)
    return tuple(sorted(found, key=lambda k: (order.index(k.severity), -k.count, k.reason, k.field or "")))


def _kind(same: list[Finding], kept_back: Rows) -> Kind:
    first, count = same[0], sum(map(len, same))
    counted = Counter(chain.from_iterable(finding.details or () for finding in same))
    if first.amounts is not None:
        chosen, different = _worst(same), count
    elif counted:
        chosen, different = _frequent(same, counted), len(counted)
    else:
        chosen, different = list(islice(_places(same), _EXAMPLES)), count
    return Kind(
        severity=first.severity,
        reason=first.reason,
        field=first.field,
        title=first.title,
        count=count,
        different=different,
        responsible=str(REASONS[first.reason].responsible),
        examples=tuple(_example(finding, i, counted) for finding, i in chosen),
        withheld=sum(int(np.isin(finding.rows, kept_back).sum()) for finding in same),
    )


def _example(finding: Finding, i: int, counted: Counter[Detail]) -> Example:
    return Example(
        record=int(finding.rows[i]) + 1,
        records=counted[finding.details[i]] if finding.details else 1,
        detail=finding.detail(i),
        message=Text(finding.message(i, "vi"), finding.message(i, "en")),
    )


def _places(same: list[Finding]) -> Iterator[tuple[Finding, int]]:
    return ((finding, i) for finding in same for i in range(len(finding)))


def _worst(same: list[Finding]) -> list[tuple[Finding, int]]:
    """The records with the largest amounts, the worst first."""
    places = list(_places(same))
    amounts = np.concatenate([f.amounts if f.amounts is not None else np.zeros(len(f)) for f in same])
    return [places[i] for i in np.argsort(-amounts, kind="stable")[:_EXAMPLES]]


def _frequent(same: list[Finding], counted: Counter[Detail]) -> list[tuple[Finding, int]]:
    """The first record of each of the most frequent details; in the order of the file where none is repeated."""
    chosen = []
    for detail, _ in counted.most_common(_EXAMPLES):
        finding = next(f for f in same if f.details and detail in f.details)
        chosen.append((finding, list(finding.details or ()).index(detail)))
    return chosen
