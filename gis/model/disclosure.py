"""What may be published of the counts of fixed cells, and the noise that it carries.

1. Few cases: of 1 to LEAST - 1 cases nothing is published, of a share nothing where either side has so few. 0 is published.
2. One or two that make a sum (p% rule): a sum is withheld where its second largest contributor, by taking the own part
   away, could tell the largest to within DOMINANCE %. Source of 1 and 2: Hundepool et al., Handbook on Statistical
   Disclosure Control (ESSnet SDC), sensitivity rules of tables; Federal Committee on Statistical Methodology, Statistical
   Policy Working Paper 22, primary suppression rules.
3. What could be had by subtraction (secondary suppression): `gis.model.suppression`.
4. Noise. That of a cell follows from what the cell is and from its true content alone. Who asks again, on another channel,
   after another publication or for another day with the same content gets the same number, so that nothing is learnt by
   asking often or by averaging. Where the content has changed the noise is drawn anew, so that the difference of two days
   or two versions tells of one more only by chance. The noise of a sum is in proportion to its largest part: that part
   coming or going does not show in the difference either. (The cell key method: Fraser and Wooton, 2005.)

Shares of land are not put under the second rule: area and use of each parcel that is counted are open by themselves.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

LEAST = 10
"""Of fewer cases nothing is published."""

SPREAD = 2
"""The noise of a count lies between -SPREAD and SPREAD, its mean is 0; nought is the likeliest."""

DOMINANCE = 10.0
"""%: nobody may learn the largest part of a sum more closely."""

_LOTS = (-2, -1, -1, 0, 0, 0, 1, 1, 2)
_OF_LARGEST = 0.25
"""One step of the noise of a sum is at least so much of its largest part."""


def dominated(total: float, largest: tuple[float, float]) -> bool:
    """The p% rule. `largest`: the two largest parts of the sum, the larger one first, 0 where there are fewer."""
    first, second = largest
    return total - first - second < first * DOMINANCE / 100


@dataclass(frozen=True, slots=True)
class Noise:
    """`secret` is known to the service alone: who knew it could take the noise away."""

    secret: bytes

    def of(self, cell: tuple[str, ...], content: str) -> int:
        """The noise of a cell with this true content, in steps from -SPREAD to SPREAD."""
        text = "\x1f".join((*cell, content)).encode()
        digest = hmac.digest(self.secret, b"indicator\x1f" + text, sha256)
        return _LOTS[int.from_bytes(digest[:8]) % len(_LOTS)]

    def count(self, cell: tuple[str, ...], count: int) -> int | None:
        """What is published of a count: 0 as it is, None below LEAST, else the count with its noise, never below LEAST."""
        if count == 0:
            return 0
        return None if count < LEAST else max(LEAST, count + self.of(cell, str(count)))

    def total(self, cell: tuple[str, ...], count: int, total: float, largest: tuple[float, float]) -> float | None:
        """What is published of a sum over `count` cases, of which `largest` are the two largest."""
        if count == 0:
            return 0.0
        if count < LEAST or dominated(total, largest):
            return None
        step = max(total / count, largest[0] * _OF_LARGEST)
        return total + step * self.of(cell, f"{count}\x1f{total:.2f}")

    def share(self, cell: tuple[str, ...], counts: tuple[int, int], parts: tuple[float, float]) -> float | None:
        """What is published of the first part of both, %. `counts`: the cases on either side; None where there are few on one.

        Each side bends as its count does. Where all are on one side, 0 or 100 says so of at least LEAST.
        """
        if sum(counts) < LEAST:
            return None
        shown = [self._side((*cell, str(side)), counts[side], parts[side]) for side in (0, 1)]
        if shown[0] is None or shown[1] is None or shown[0] + shown[1] <= 0:
            return None
        return 100 * (shown[0] / (shown[0] + shown[1]))  # so that no rounding leads beyond 100

    def _side(self, cell: tuple[str, ...], count: int, part: float) -> float | None:
        shown = self.count(cell, count)
        return shown if not shown else part * shown / count
