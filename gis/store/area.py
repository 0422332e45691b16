"""A box of a question as SQL: exact, whatever CRS it is given in, and as ranges of the sort key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, and_, bindparam, func, literal_column, or_

from gis.crs.transform import bounds_to_84
from gis.model.layer import Layer
from gis.model.query import CRS84, BBox
from gis.store.sort_key import Range, key_ranges

_MULTIPOLYGON, _POLYGON = Struct("<BIII"), Struct("<BIII10d")  # extended WKB
LON_LAT = (CRS84, 4326, 3857)
"""CRSs whose boxes are boxes of degrees."""

type Bounds = tuple[float, float, float, float]
_FLOAT32 = 2e-5  # degrees by which PostGIS rounds kept bounds outwards, and some more
_MARGIN = 2e-4  # degrees around the lon/lat box of a projected one: 20 m, by which an edge of 70 km bends


def area_values(bbox: BBox) -> dict[str, object]:
    """Bound values of `covers`."""
    if bbox.crs not in LON_LAT:
        return {"box": _ewkb([bbox.bounds], bbox.crs), "inner": None}
    parts = lon_lat_boxes(bbox.bounds, bbox.crs)
    return {"box": _ewkb(parts, 4326), "inner": _inner(parts)}


def key_values(boxes: Sequence[Bounds], *, hidden: bool) -> dict[str, object]:
    """Bound values of the key ranges of what meets one of the boxes (CRS84, west <= east).

    `hidden` for callers who may see what the key does not place.
    """
    ranges = _joined([r for box in boxes for r in key_ranges(box, hidden=hidden)])
    return {"lows": [lo for lo, _ in ranges], "highs": [hi for _, hi in ranges]}


def smallest(areas: Iterable[tuple[Bounds, ...]]) -> tuple[Bounds, ...]:
    """Of boxes that all have to be met, the ones to look in. Not what they have in common: a large feature may meet
    each of them elsewhere."""
    return min(areas, key=lambda boxes: sum((east - west) * (north - south) for west, south, east, north in boxes))


def lon_lat_boxes(bounds: Bounds, crs: int) -> tuple[Bounds, ...]:
    """One box in CRS84 that holds the box, two where it crosses the antimeridian. InvalidCrs where it cannot be."""
    if crs in (CRS84, 4326):
        return _parts(bounds)
    outer = bounds_to_84(bounds, crs)
    return (outer if crs in LON_LAT else grown(outer),)


def covers(layer: Layer, versions: FromClause, crs: int) -> ColumnElement[bool]:
    """The feature meets the box; written so that the planner keeps to the sort key, whose ranges hold the candidates."""
    box = func.ST_GeomFromEWKB(bindparam("box", type_=LargeBinary()))
    inner = func.ST_GeomFromEWKB(bindparam("inner", type_=LargeBinary()))
    geometry: ColumnElement[Any] = versions.c.geom_84 if crs in LON_LAT else versions.c.geom
    if crs not in LON_LAT and crs != layer.storage_crs:
        geometry = func.ST_Transform(geometry, literal_column(str(int(crs))))
    inside = func.coalesce(geometry.op("@")(inner), literal_column("false"))
    meets = geometry.op("&&")(box).is_(literal_column("true"))
    return and_(meets, or_(inside, func.ST_Intersects(geometry, box)))


def grown(bounds: Bounds) -> Bounds:
    """A lon/lat box around one found by samples along the edges of a projected one, which may fall short a little."""
    west, south, east, north = bounds
    return (
        max(west - _MARGIN, -180.0),
        max(south - _MARGIN, -90.0),
        min(east + _MARGIN, 180.0),
        min(north + _MARGIN, 90.0),
    )


def _parts(bounds: Bounds) -> tuple[Bounds, ...]:
    west, south, east, north = bounds
    return (bounds,) if west <= east else ((west, south, 180.0, north), (-180.0, south, east, north))


def _inner(parts: tuple[Bounds, ...]) -> bytes | None:
    """A box so far inside that bounds within it, though rounded, lie within the asked one; None if there is no room."""
    west, south, east, north = parts[0]
    if len(parts) > 1 or east - west <= 4 * _FLOAT32 or north - south <= 4 * _FLOAT32:
        return None
    return _ewkb([(west + _FLOAT32, south + _FLOAT32, east - _FLOAT32, north - _FLOAT32)], 4326)


def _ewkb(boxes: Sequence[Bounds], srid: int) -> bytes:
    """Boxes as one multipolygon; written by hand, for every request needs it."""
    polygons = [
        _POLYGON.pack(1, 3, 1, 5, west, south, east, south, east, north, west, north, west, south)
        for west, south, east, north in boxes
    ]
    return _MULTIPOLYGON.pack(1, 0x20000006, srid, len(boxes)) + b"".join(polygons)


def _joined(ranges: list[Range]) -> list[Range]:
    """Sorted, overlapping ranges made one."""
    joined: list[Range] = []
    for lo, hi in sorted(ranges):
        if joined and lo <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(hi, joined[-1][1]))
        else:
            joined.append((lo, hi))
    return joined
