"""What may be published of the counts of fixed cells: none below ten, and the rest with a little noise, always the same.

The noise of a cell follows from what the cell is and from its true count alone. Who asks again, on another channel, after
another publication or for another day with the same count gets the same number, so that nothing is learnt by asking often.
Where the count has changed the noise is drawn anew, so that the difference of two days tells of one more only by chance.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

LEAST = 10
"""Of fewer cases nothing is published."""

SPREAD = 2
"""The noise of a count lies between -SPREAD and SPREAD, its mean is 0; nought is the likeliest."""

_LOTS = (-2, -1, -1, 0, 0, 0, 1, 1, 2)


@dataclass(frozen=True, slots=True)
class Noise:
    """`secret` is known to the service alone: who knew it could take the noise away."""

    secret: bytes

    def of(self, cell: tuple[str, ...], count: int) -> int:
        """The noise of a cell with this true count."""
        text = "\x1f".join((*cell, str(count))).encode()
        digest = hmac.digest(self.secret, b"indicator\x1f" + text, sha256)
        return _LOTS[int.from_bytes(digest[:8]) % len(_LOTS)]

    def count(self, cell: tuple[str, ...], count: int) -> int | None:
        """What is published of a count: 0 as it is, None below LEAST, else the count with its noise, never below LEAST."""
        if count == 0:
            return 0
        return None if count < LEAST else max(LEAST, count + self.of(cell, count))

    def total(self, cell: tuple[str, ...], count: int, total: float) -> float | None:
        """What is published of a sum over `count` cases: noise in proportion to that of the count."""
        shown = self.count(cell, count)
        return shown if not shown else total * shown / count

    def share(self, cell: tuple[str, ...], counts: tuple[int, int], parts: tuple[float, float]) -> float | None:
        """What is published of the first part of both, %. `counts`: the cases on either side; None where there are few on one.

        Where all are on one side, 0 or 100 says so of at least LEAST.
        """
        if sum(counts) < LEAST:
            return None
        shown = [self.total((*cell, str(side)), counts[side], parts[side]) for side in (0, 1)]
        if shown[0] is None or shown[1] is None or shown[0] + shown[1] <= 0:
            return None
        return 100 * shown[0] / (shown[0] + shown[1])
