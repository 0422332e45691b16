"""What streets and alleys are called, and the house numbers on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from gis.demo.city import City
from gis.demo.columns import pick, text
from gis.demo.kinds import Kind
from gis.demo.names import STREETS
from gis.demo.network import LANE, Ints, Lines

_PACE = 4.3
"""Metres of street for each house number on one side."""


@dataclass(frozen=True, slots=True)
class Streets:
    """For every line of the plan: `street` it is or belongs to, `path` of alley numbers ("123/45/", "" for streets),
    `label` as people write it ("Hẻm 123/45 Nguyễn Trãi")."""

    street: list[str]
    path: list[str]
    label: list[str]


def name_streets(city: City) -> Streets:
    """Names for all lines."""
    lines = city.plan.lines
    order = city.rng(20).permutation(len(STREETS))
    number = _numbers(lines)
    street, path, label = [""] * len(lines), [""] * len(lines), [""] * len(lines)
    named, counted = 0, dict.fromkeys(range(-1, len(Kind)), 0)
    for i, (rank, kind, parent) in enumerate(zip(lines.rank, lines.kind, lines.parent, strict=True)):
        if rank >= LANE:
            street[i] = street[parent]
            path[i] = f"{path[parent]}{number[i]}/"
            label[i] = f"Hẻm {path[i][:-1]} {street[i]}"
            continue
        pattern = _PATTERNS.get(int(kind))
        if pattern is None:
            street[i] = STREETS[order[named % len(order)]]
            named += 1
        else:
            street[i] = pattern.format(counted[int(kind)] % 48 + 1)
            counted[int(kind)] += 1
        label[i] = street[i]
    return Streets(street, path, label)


_PATTERNS = {
    int(Kind.NEW): "Đường số {}", int(Kind.VILLA): "Đường số {}",
    int(Kind.INDUSTRY): "Đường D{}", int(Kind.PADDY): "Đường nội đồng {}",
}  # fmt: skip


def _numbers(lines: Lines) -> Ints:
    """The number at which each line leaves its parent: odd on the left, even on the right."""
    parent = np.maximum(lines.parent, 0)
    run = lines.end[parent] - lines.start[parent]
    run /= np.linalg.norm(run, axis=1)[:, None]
    gap = lines.start - lines.start[parent]
    far = lines.end - lines.start[parent]
    left = run[:, 0] * far[:, 1] - run[:, 1] * far[:, 0] > 0
    steps = np.maximum((gap * run).sum(axis=1) / _PACE, 0).astype(np.int64)
    result: Ints = 2 * steps + np.where(left, 1, 2)
    return result


def house_numbers(city: City) -> pa.Array:
    """House number of every lot of today: in order along the street, odd left, even right; a lot that was split off
    bears the number of its neighbour and a letter."""
    lots, events = city.today, city.events
    second = np.zeros(len(lots), np.bool_)
    made = lots.event >= 0
    second[made] = (events.kind[lots.event[made]] == 0) & (lots.spans.start[made] == events.middle[lots.event[made]])
    order = np.lexsort((lots.at, lots.left, lots.line))
    group = lots.line[order] * 2 + lots.left[order]
    first = np.concatenate(([True], group[1:] != group[:-1]))
    counts = ~second[order] | first
    run = np.cumsum(counts)
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    number = run - run[start]
    place = np.arange(len(order))
    letter = place - np.maximum.accumulate(np.where(counts, place, 0))
    odd = lots.left[order]
    value, suffix = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    value[order], suffix[order] = 2 * number + np.where(odd, 1, 2), np.minimum(letter, 8)
    return text(value, pick(("", "A", "B", "C", "D", "E", "F", "G", "H"), suffix))
