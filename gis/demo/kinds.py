"""The kinds of quarter a city like Saigon is made of, and the sizes of what stands in each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """What a quarter is."""

    CORE = 0  # the old centre: broad streets, shops, offices
    DENSE = 1  # blocks cut deep by alleys into rows of tube houses
    NEW = 2  # planned rows along numbered streets
    VILLA = 3
    INDUSTRY = 4
    SUBURB = 5  # houses along lanes, gardens behind
    PADDY = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes in metres. `block` is length and depth between streets; `leaf` length and depth between alleys.

    `lot` is the mean front, `front` the least, `spread` how unequal fronts are; `kink` bends party walls.
    `lane` are the widths of the main and the minor alley; `single` the shares of blocks and of leaves that are one lot.
    `share` is the part of the city's area.
    """

    share: float
    block: tuple[float, float]
    leaf: tuple[float, float]
    lot: float
    front: float
    spread: float
    kink: float
    lane: tuple[float, float]
    single: tuple[float, float]
    cap: float = 0.0


SHAPES: dict[Kind, Shape] = {
    Kind.CORE: Shape(0.05, (150, 110), (95, 40), 6.0, 3.5, 1.0, 0.12, (6.0, 4.0), (0.13, 0.05), 19.0),
    Kind.DENSE: Shape(0.34, (190, 130), (62, 27), 4.3, 3.3, 0.9, 0.11, (4.2, 2.8), (0.02, 0.012), 15.0),
    Kind.NEW: Shape(0.12, (125, 40), (125, 40), 5.2, 4.6, 0.25, 0.05, (10.0, 10.0), (0.07, 0.0), 0.0),
    Kind.VILLA: Shape(0.05, (120, 46), (120, 46), 12.5, 9.5, 0.5, 0.08, (9.0, 9.0), (0.06, 0.0), 0.0),
    Kind.INDUSTRY: Shape(0.09, (420, 260), (420, 260), 75.0, 40.0, 0.8, 0.3, (16.0, 16.0), (0.05, 0.0), 0.0),
    Kind.SUBURB: Shape(0.16, (240, 170), (110, 54), 7.2, 4.2, 1.5, 0.22, (5.0, 3.5), (0.03, 0.02), 22.0),
    Kind.PADDY: Shape(0.20, (520, 340), (260, 125), 21.0, 9.0, 1.1, 0.9, (3.5, 2.5), (0.01, 0.015), 0.0),
}


def column(name: str) -> NDArray[np.float64]:
    """One number of every kind's shape, to be indexed by kind."""
    return np.array([getattr(SHAPES[kind], name) for kind in Kind], dtype=np.float64)
