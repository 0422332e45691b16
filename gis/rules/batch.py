"""Many cases at once: grouped by place, judged together, told in one row each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from gis.model.verdict import Status, Verdict
from gis.ops.table import Table, table
from gis.rules.evaluate import Findings
from gis.rules.facts import Ints, Objects
from gis.rules.findings import verdicts
from gis.rules.judge import CODE
from gis.rules.vocabulary import Domain

CELL = 2_000.0
"""Cases within such a square (m) are read and judged together."""

AT_ONCE = 1_000

NUMBERS = ("in_road_m2", "area_conforming", "density_pct", "far", "footprint_m2")
"""What is told of each case beside its verdict, m2, % and 1."""


def groups(lots: Objects) -> Iterator[Ints]:
    """The positions of the lots that lie together, some at a time; lots that are missing are in none."""
    there = np.flatnonzero(~shapely.is_missing(lots))
    middle = shapely.get_coordinates(shapely.centroid(lots[there]))
    cell = np.floor(middle / CELL)
    order = np.lexsort((cell[:, 1], cell[:, 0]))
    ends = np.flatnonzero(np.any(cell[order][1:] != cell[order][:-1], axis=1)) + 1
    for together in np.split(there[order], ends):
        for first in range(0, len(together), AT_ONCE):
            yield together[first : first + AT_ONCE]


def cases(rows: Sequence[Mapping[str, object]], lots: Objects, footprint: Objects, crs: int) -> Table:
    """The cases as `evaluate` takes them, in the storage CRS `crs`."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in names}
    return table(columns | {"footprint": footprint}, lots, crs)


@dataclass(slots=True)
class Tally:
    """Of all cases so far: how many have each verdict, break each rule, and lack each input."""

    verdicts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Sequence[Mapping[str, object]], missing: Mapping[str, int]) -> None:
        """These cases too; `rows` are those of `told`, `missing` how many of them lack each input."""
        self.verdicts.update(str(row["verdict"]) for row in rows)
        self.failed.update(name for row in rows for name in str(row["failed"]).split())
        self.missing.update(missing)


def told(findings: Findings) -> list[dict[str, object]]:
    """Of each case its verdict, the rules that it breaks and those that somebody has to look at, the inputs that it lacks,
    and some measures (None where they are not known)."""
    count = len(findings)
    failed, review = _rules(findings, Status.FAIL), _rules(findings, Status.WARNING, Status.ERROR)
    lacking = _lacking(findings)
    numbers = {name: findings.facts.rows[Domain.CASE].numbers[name].known for name in NUMBERS}
    said: Sequence[Verdict] = verdicts(findings).tolist()
    return [
        {
            "verdict": str(said[case]),
            "failed": " ".join(failed[case]),
            "to_review": " ".join(review[case]),
            "missing": " ".join(lacking[case]),
            **{name: _number(values[case]) for name, values in numbers.items()},
        }
        for case in range(count)
    ]


def _rules(findings: Findings, *statuses: Status) -> list[list[str]]:
    """Of each case the rules with one of the statuses, `pack/rule`, once each."""
    found: list[list[str]] = [[] for _ in range(len(findings))]
    codes = [CODE[status] for status in statuses]
    for block in findings.blocks:
        name = f"{block.pack.id}/{block.rule.id}"
        for case in np.unique(block.case[np.isin(block.status, codes)]):
            found[case].append(name)
    return found


def _lacking(findings: Findings) -> list[tuple[str, ...]]:
    bits = np.zeros(len(findings), np.uint64)
    for block in findings.blocks:
        np.bitwise_or.at(bits, block.case, block.missing)
    inputs = findings.facts.inputs
    names = {int(value): inputs.missing(int(value)) for value in np.unique(bits)}
    return [names[int(value)] for value in bits]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def nowhere(problem: str) -> dict[str, object]:
    """The row of a case whose parcel could not be told: nothing was judged."""
    return {
        "verdict": str(Verdict.UNDETERMINED), "failed": "", "to_review": "", "missing": "parcel",
        **dict.fromkeys(NUMBERS), "problem": problem,
    }  # fmt: skip


def ground(lots: Objects) -> shapely.Geometry:
    """All of these lots as one shape, for what lies around them."""
    return shapely.box(*shapely.total_bounds(lots))
