"""The address of a vector tile."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_ZOOM = 22


@dataclass(frozen=True, slots=True)
class Tile:
    """Address in WebMercatorQuad: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, zoom: int, lon: float, lat: float) -> Tile:
        """The tile in which a place in CRS84 degrees lies; at the edge where it lies outside of the matrix."""
        n = 1 << zoom
        across = (lon + 180.0) / 360.0
        down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        x, y = (min(max(math.floor(part * n), 0), n - 1) for part in (across, down))
        return cls(zoom, x, y)

    def bounds(self, buffer: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in CRS84 degrees; `buffer` in parts of a tile."""
        n = 2.0**self.z
        west, east = ((self.x + d) / n * 360.0 - 180.0 for d in (-buffer, 1 + buffer))
        north, south = (_latitude((self.y + d) / n) for d in (-buffer, 1 + buffer))
        return west, south, east, north


def _latitude(part: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * part))))
