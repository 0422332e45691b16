"""From the drawing board to the ground: a smooth displacement bends the straight lines of the street plan.

The plan is drawn in metres around (0, 0). The same plan coordinates give the same ground coordinates to the bit, so what
is shared on the plan is shared on the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CENTRE = (603_700.0, 1_191_840.0)
"""Easting and northing in metres (EPSG:9210) of the middle of the demo city."""


@dataclass(frozen=True, slots=True)
class Warp:
    """Sines along `waves` (k, 2) rad/m with `phases` (k,), displacing by `shifts` (k, 2) m, after a turn `twist` rad."""

    radius: float
    twist: float
    waves: Floats
    phases: Floats
    shifts: Floats

    def __call__(self, plan: Floats) -> Floats:
        """Plan coordinates (n, 2) in metres to ground E, N (n, 2) in metres, rounded to the millimetre."""
        x, y = plan[:, 0], plan[:, 1]
        angle = self.twist * np.exp(-(x * x + y * y) / (0.5 * self.radius * self.radius))
        cos, sin = np.cos(angle), np.sin(angle)
        east, north = x * cos - y * sin, x * sin + y * cos
        for wave, phase, shift in zip(self.waves, self.phases, self.shifts, strict=True):
            ripple = np.sin(x * wave[0] + y * wave[1] + phase)
            east += shift[0] * ripple
            north += shift[1] * ripple
        return np.round(np.column_stack((east + CENTRE[0], north + CENTRE[1])), 3)


def draw_warp(radius: float, rng: np.random.Generator) -> Warp:
    """A displacement for a city of `radius` metres: bends at three scales, steep enough to see, never enough to fold."""
    waves, shifts = [], []
    for share, strain in ((1.9, 0.14), (0.8, 0.11), (0.33, 0.08)):
        for _ in range(2):
            length, heading = share * radius * rng.uniform(0.8, 1.25), rng.uniform(0, 2 * np.pi)
            waves.append((2 * np.pi / length * np.cos(heading), 2 * np.pi / length * np.sin(heading)))
            # A shift across the wave bends lines; one along it would stretch lots.
            across, size = heading + np.pi / 2 + rng.uniform(-0.3, 0.3), strain * length / (2 * np.pi)
            shifts.append((size * np.cos(across), size * np.sin(across)))
    return Warp(radius, float(rng.uniform(0.45, 0.6)), np.array(waves), rng.uniform(0, 2 * np.pi, 6), np.array(shifts))
