"""Levels of an indicator: where one ends and the next begins, and the rank of a value among others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import floor, log10

LEVELS = 5


def thresholds(values: Sequence[float]) -> tuple[float, ...]:
    """Where the levels 2 to LEVELS begin so that about as many of the values above 0 are on each; two significant digits."""
    there = sorted(value for value in values if value > 0)
    if not there:
        return ()
    cuts = (there[min(len(there) - 1, len(there) * part // LEVELS)] for part in range(1, LEVELS))
    return tuple(sorted({_round(cut) for cut in cuts}))


def level(value: float, beginnings: Sequence[float]) -> int:
    """1 is below the first of the beginnings; a value on one is in the level that begins there."""
    return 1 + bisect_right(beginnings, value)


def ranks(values: Sequence[float | None]) -> list[int | None]:
    """The greatest is first; equals share a rank, and what has no value has none."""
    there = sorted((value for value in values if value is not None), reverse=True)
    first = {value: place + 1 for place, value in reversed(list(enumerate(there)))}
    return [None if value is None else first[value] for value in values]


def _round(value: float) -> float:
    return round(value, 1 - floor(log10(value)))
