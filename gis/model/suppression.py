"""Secondary suppression: what is not published must not be had by taking what is published from a known total.

Two totals are taken as known. That of all wards of a set, as everybody can count open permits; and where wards of one set
make up wards of another, what the one set says of the same ground. Of a total the cells that are withheld must be at least
two, of at least LEAST cases together, and their sum must be one that the p% rule lets pass: then their sum tells nothing of one of them that the rules of `disclosure` forbid. As
long as that is not so, the smallest published cell of the total is withheld too; equals in the order of their keys, so that
the same data always give the same choice. (Complementary suppression: the handbook named in `disclosure`, on tables.)

Shares of one whole are such a total as well: 100 % less the published shares is what is left of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gis.model.disclosure import LEAST, dominated

type Sums = Mapping[str, tuple[float, tuple[float, float]]]
"""Of each cell of a sum the sum and its two largest parts, the larger one first."""


def safe(cases: Mapping[str, int], withheld: Iterable[str], rest: int = 0, sums: Sums | None = None) -> bool:
    """Taking the published cells from their total tells nothing. `rest`: cases of the total that no cell has at all; `sums`:
    what is published, where it is not the cases themselves."""
    hidden = [key for key in withheld if cases[key] > 0]
    if not hidden:
        return rest == 0 or rest >= LEAST
    many = len(hidden) + (rest > 0) > 1 and sum(cases[key] for key in hidden) + rest >= LEAST
    return many and not _dominated([sums[key] for key in hidden] if sums else [])


def _dominated(hidden: Sequence[tuple[float, tuple[float, float]]]) -> bool:
    """The p% rule for cells together: what is left of their total is the sum of all of them."""
    first, second, *_ = *sorted((part for _, parts in hidden for part in parts), reverse=True), 0.0, 0.0
    return dominated(sum(total for total, _ in hidden), (first, second))


def beside(
    cases: Mapping[str, int], withheld: Iterable[str], rest: int = 0, sums: Sums | None = None
) -> frozenset[str]:
    """`withheld` and what has to be withheld with it, so that it is `safe` or all that has cases is withheld."""
    found = set(withheld)
    left = sorted((key for key, count in cases.items() if count > 0 and key not in found), key=lambda k: (cases[k], k))
    while left and not safe(cases, found, rest, sums):
        found.add(left.pop(0))
    return frozenset(found)


def across(
    sides: tuple[Mapping[str, int], Mapping[str, int]],
    withheld: tuple[Iterable[str], Iterable[str]],
    sums: tuple[Sums, Sums] | None = None,
) -> tuple[frozenset[str], frozenset[str]]:
    """The same for two sides of equal total. Where cells of both are withheld neither total is known.

    If all of one side had to be withheld in vain, the smallest cell of the other side is withheld too.
    """
    found = frozenset(withheld[0]), frozenset(withheld[1])
    hidden = [any(cases[key] > 0 for key in some) for cases, some in zip(sides, found, strict=True)]
    if hidden[0] == hidden[1]:
        return found
    one = 0 if hidden[0] else 1
    of_mine = None if sums is None else sums[one]
    mine = beside(sides[one], found[one], sums=of_mine)
    others = found[1 - one]
    if not safe(sides[one], mine, sums=of_mine):
        there = sorted((count, key) for key, count in sides[1 - one].items() if count > 0)
        others |= {key for _, key in there[:1]}
    return (mine, others) if one == 0 else (others, mine)


def together(pairs: Iterable[tuple[str, str]]) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
    """Cells of two sides that hang together by `pairs` (of the one, of the other), in the order of their least key."""
    groups: list[tuple[set[str], set[str]]] = []
    for one, other in sorted(set(pairs)):
        touched = [group for group in groups if one in group[0] or other in group[1]]
        merged = {one}.union(*(group[0] for group in touched)), {other}.union(*(group[1] for group in touched))
        groups = [*(group for group in groups if group not in touched), merged]
    return sorted(((frozenset(a), frozenset(b)) for a, b in groups), key=lambda group: min(group[0]))
