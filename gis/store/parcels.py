"""Finding parcels: by a condition on what the caller may see, by words, or by a place that they meet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from gis.crs.transform import transform
from gis.errors import InvalidCrs
from gis.model.access import Decision
from gis.model.filter import Node
from gis.model.layer import Layer, Territory
from gis.model.query import CRS84, BBox, ItemQuery, Phrase
from gis.ops.pieces import pieces, slivers
from gis.ops.table import Table, objects
from gis.store.export import Selection
from gis.store.frames import frames
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment

MOST = 500
"""Parcels among which one is looked for; who means more names it better."""

TOUCH = 0.001
"""Metres: on the line between two parcels a point lies in both."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: all that is there has to hold. `words` stand in the searchable fields; `place`: a point or polygon
    in the storage CRS."""

    condition: Node | None = None
    words: tuple[str, ...] = ()
    place: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The parcels that were found, by id, and the last changeset of the layer that the caller may know of."""

    table: Table
    changeset: int
    known_at: datetime | None


async def matching(
    source: Snapshot, layer: Layer, decision: Decision, wanted: Wanted, moment: Moment, most: int = MOST
) -> Matching:
    """The features of `layer` at the moment, of which the caller sees what is asked about.

    A polygon finds those of which more than a sliver lies in it. InvalidParameter where there are more than `most`.
    """
    box = None if wanted.place is None else _box(wanted.place, layer.storage_crs)
    query = ItemQuery(
        layer.id,
        bbox=box,
        at=moment.at,
        known=moment.known,
        filter=wanted.condition,
        terms=(tuple(Phrase(word, whole=True) for word in wanted.words),) if wanted.words else (),
    )
    found = (await frames(source, [Selection(layer, query, decision)], most=most))[0]
    table = found.features
    if wanted.place is not None:
        table = await asyncio.to_thread(_meeting, table, wanted.place)
    return Matching(table, found.changeset, found.committed_at)


def _box(place: shapely.Geometry, crs: int) -> BBox:
    west, south, east, north = (float(value) for value in place.bounds)
    return BBox((west - TOUCH, south - TOUCH, east + TOUCH, north + TOUCH), crs)


def _meeting(table: Table, place: shapely.Geometry) -> Table:
    if place.geom_type == "Point":
        return table.only(shapely.dwithin(table.geometry, place, TOUCH))
    found = pieces(table.geometry, objects([place]))
    keep = np.zeros(len(table), dtype=bool)
    keep[found.lot[~slivers(found)]] = True
    return table.only(keep)


def point_of(x: float, y: float, crs: int, territory: Territory) -> Any:
    """The point with easting or longitude `x` and northing or latitude `y` in the CRS, in the storage CRS.

    InvalidCrs where it does not lie in the territory, with advice where it would with its axes exchanged.
    """
    if _inside(x, y, crs, territory):
        return shapely.Point(*transform(np.array([[x, y]]), crs, territory.storage_crs)[0])
    exchanged = _inside(y, x, crs, territory)
    more_en = "; its numbers look exchanged" if exchanged else ""
    more_vi = "; có lẽ hai số bị đảo thứ tự" if exchanged else ""
    raise InvalidCrs(
        f"point: it does not lie in {territory.title.en}; check its CRS and which number is which{more_en}.",
        f"point: điểm không nằm trong {territory.title.vi}; hãy kiểm tra hệ toạ độ và thứ tự hai số{more_vi}.",
        where="point",
    )


def _inside(x: float, y: float, crs: int, territory: Territory) -> bool:
    lon, lat = transform(np.array([[x, y]]), crs, CRS84)[0]
    west, south, east, north = territory.bounds
    return bool(west <= lon <= east and south <= lat <= north)  # NaN is nowhere
