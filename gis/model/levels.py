"""The level of a value of an indicator, and its rank among others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


def level(value: float, beginnings: Sequence[float]) -> int:
    """1 is below the first of the beginnings; a value on one is in the level that begins there."""
    return 1 + bisect_right(beginnings, value)


def ranks(values: Sequence[float | None]) -> list[int | None]:
    """The greatest is first and equals share a rank. What has no value has none, nor has what is 0: where few are withheld
    they are more than nothing, and would else stand behind it."""
    there = sorted((value for value in values if value), reverse=True)
    first = {value: place + 1 for place, value in reversed(list(enumerate(there)))}
    return [first[value] if value else None for value in values]
