"""Areas that overlap, of which the weaker holds: each keeps what no weaker one covers. Projected CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.ops.pieces import Ints, Objects, polygonal


def weakest(areas: Objects, strength: Ints) -> Objects:
    """The areas (n,), each without those of less `strength` (n,): polygons, empty where nothing is left.

    Areas of one strength may still overlap each other.
    """
    kept: Objects = areas.copy()
    if (strength == strength[:1]).all():
        return kept
    below: list[shapely.Geometry] = []
    for level in np.unique(strength):
        now = np.flatnonzero(strength == level)
        if below:
            kept[now] = polygonal(shapely.difference(kept[now], shapely.union_all(below)))
        below.extend(areas[now])
    return kept


def sound(shapes: NDArray[np.object_], cut: NDArray[np.bool_]) -> Objects:
    """The shapes, those that were `cut` and came out broken mended; a clip by a box can leave rings that touch themselves."""
    broken = np.flatnonzero(cut & ~shapely.is_valid(shapes))
    if not len(broken):
        return shapes
    mended = shapes.copy()
    mended[broken] = shapely.make_valid(mended[broken], method="structure", keep_collapsed=False)
    return mended
