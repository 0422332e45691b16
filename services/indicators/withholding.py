"""Which cells are withheld beside those of few cases, so that subtraction tells nothing of them (`gis.model.suppression`). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from gis.model.indicator import INDICATORS, USES, Count, Measure
from gis.model.suppression import Sums, across, beside, together

type Links = Mapping[tuple[str, str], Sequence[tuple[str, str]]]
"""By two sets, the wards of the one and of the other that share ground."""

type _Sums = dict[tuple[str, date], dict[str, dict[str, int]]]
"""By indicator and day, then by set, the cell of each ward."""

_ADDED = (Measure.COUNT, Measure.TOTAL)


def withheld(cells: Sequence[tuple[str, Count]], few: Iterable[int], links: Links) -> frozenset[int]:
    """Places in `cells` (each with its set) of what is not published: `few` and what has to go with them."""
    found = set(few)
    _of_sums(cells, found, links)
    _of_shares(cells, found)
    return frozenset(found)


def _of_sums(cells: Sequence[tuple[str, Count]], found: set[int], links: Links) -> None:
    """Until nothing more has to go: what goes in one set may make another total unsafe."""
    sums: _Sums = {}
    for place, (set_, one) in enumerate(cells):
        if INDICATORS[one.indicator].measure in _ADDED:
            sums.setdefault((one.indicator, one.on), {}).setdefault(set_, {})[one.ward] = place
    groups = {pair: together(pairs) for pair, pairs in links.items()}
    before = -1
    while before < len(found):
        before = len(found)
        for by_set in sums.values():
            for members in by_set.values():
                found |= _places(
                    members, beside(_cases(cells, members), _hidden(members, found), sums=_amounts(cells, members))
                )
            for (one_set, other_set), joined in groups.items():
                if one_set in by_set and other_set in by_set:
                    for wards in joined:
                        _joined(cells, found, (by_set[one_set], by_set[other_set]), wards)


def _joined(
    cells: Sequence[tuple[str, Count]],
    found: set[int],
    sets: tuple[Mapping[str, int], Mapping[str, int]],
    wards: tuple[frozenset[str], frozenset[str]],
) -> None:
    """Wards of two sets that make up the same ground."""
    one, other = (
        {w: members[w] for w in sorted(some) if w in members} for members, some in zip(sets, wards, strict=True)
    )
    sides = _cases(cells, one), _cases(cells, other)
    sums = _amounts(cells, one), _amounts(cells, other)
    more = across(sides, (_hidden(one, found), _hidden(other, found)), sums)
    found |= _places(one, more[0]) | _places(other, more[1])


def _of_shares(cells: Sequence[tuple[str, Count]], found: set[int]) -> None:
    """Shares of the land of one ward on one day, and what is of no published use."""
    wholes: dict[tuple[str, str, date], dict[str, int]] = {}
    for place, (set_, one) in enumerate(cells):
        if one.indicator in USES:
            wholes.setdefault((set_, one.ward, one.on), {})[one.indicator] = place
    for members in wholes.values():
        cases = _cases(cells, members)
        any_one = cells[next(iter(members.values()))][1]
        rest = any_one.cases + any_one.rest_cases - sum(cases.values())
        found |= _places(members, beside(cases, _hidden(members, found), rest))


def _cases(cells: Sequence[tuple[str, Count]], members: Mapping[str, int]) -> dict[str, int]:
    return {key: cells[place][1].cases for key, place in members.items()}


def _amounts(cells: Sequence[tuple[str, Count]], members: Mapping[str, int]) -> Sums:
    """Of a count nothing is the largest part."""
    found = {key: cells[place][1] for key, place in members.items()}
    return {key: (one.part or 0.0, one.largest) for key, one in found.items()}


def _hidden(members: Mapping[str, int], found: set[int]) -> list[str]:
    return [key for key, place in members.items() if place in found]


def _places(members: Mapping[str, int], keys: Iterable[str]) -> set[int]:
    return {members[key] for key in keys}
