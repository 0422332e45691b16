"""Pairs of shapes that cross so often that what they share could fill the memory: refused before anything is cut."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import TooMuch

type Objects = NDArray[np.object_]

_FEW = 100
"""Vertices: what a shape with so few shares with another one grows no faster than that one."""

_UNSEEN = 100_000
"""Two shapes of which the one has so many vertices for each of the other can never cross too often."""

MOST_CROSSINGS = 100_000
"""Pairs of sides whose bounds meet."""

_CHUNK = 500


def refuse_tangles(shapes: Objects, others: Objects, name: str | None = None) -> None:
    """TooMuch where a shape (n,) and the other one (n,) beside it cross too often to be laid over each other.

    Two combs of n teeth cross in n * n places. `name` is the input to tell of, if there is one.
    """
    sizes, beside = (np.asarray(shapely.get_num_coordinates(some), dtype=np.int64) for some in (shapes, others))
    suspect = (np.minimum(sizes, beside) > _FEW) & (sizes * beside > _UNSEEN)
    for row in np.flatnonzero(suspect):
        if crossings(shapes[row], others[row]) > MOST_CROSSINGS:
            start = f"{name}: " if name else ""
            raise TooMuch(
                f"{start}a shape is too complex for what it meets: their outlines cross too often; simplify it, or send "
                "its parts one by one.",
                f"{start}có hình quá phức tạp so với hình mà nó gặp: hai đường bao cắt nhau quá nhiều lần; hãy đơn giản "
                "hoá, hoặc gửi từng phần.",
                where=name,
            )


def crossings(shape: shapely.Geometry, other: shapely.Geometry) -> int:
    """How many pairs of their sides have bounds that meet; counted on until there are more than MOST_CROSSINGS."""
    tree = shapely.STRtree(_sides(shape))
    sides, found = _sides(other), 0
    for start in range(0, len(sides), _CHUNK):
        found += tree.query(sides[start : start + _CHUNK]).shape[1]
        if found > MOST_CROSSINGS:
            break
    return found


def _sides(shape: shapely.Geometry) -> Objects:
    """The sides (m,) of all rings, each as the box around it."""
    positions, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    same = ring[1:] == ring[:-1]
    one, two = positions[:-1][same], positions[1:][same]
    low = np.minimum(one, two)
    high = np.maximum(one, two)
    boxes: Objects = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    return boxes
