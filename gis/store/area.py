"""A box of a question as SQL: exact, whatever CRS it is given in, and as ranges of the sort key."""

from __future__ import annotations

from struct import Struct
from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, and_, bindparam, func, literal_column, or_

from gis.crs.transform import bounds_to_84
from gis.model.layer import Layer
from gis.model.query import CRS84, BBox
from gis.store.sort_key import Range, key_ranges

_MULTIPOLYGON, _POLYGON = Struct("<BIII"), Struct("<BIII10d")  # extended WKB
_LONLAT = (CRS84, 4326, 3857)  # a Mercator box is a lon/lat box
_FLOAT32 = 2e-5  # degrees by which PostGIS rounds kept bounds outwards, and some more
_MARGIN = 2e-4  # degrees around the lon/lat box of a projected one: 20 m, by which an edge of 70 km bends


def area_values(bbox: BBox, *, hidden: bool) -> dict[str, object]:
    """Bound values of `covers` and of the key ranges; `hidden` for callers who may see what the key does not place."""
    lonlat = bbox.crs in _LONLAT
    outer = bounds_to_84(bbox.bounds, bbox.crs) if bbox.crs not in (CRS84, 4326) else bbox.bounds
    parts = _parts(outer if lonlat else _grown(outer))
    ranges = _joined([r for part in parts for r in key_ranges(part, hidden=hidden)])
    exact = _ewkb(parts, 4326) if lonlat else _ewkb([bbox.bounds], bbox.crs)
    return {
        "box": exact,
        "inner": _inner(parts) if lonlat else None,
        "lows": [lo for lo, _ in ranges],
        "highs": [hi for _, hi in ranges],
    }


def covers(layer: Layer, versions: FromClause, crs: int) -> ColumnElement[bool]:
    """The feature meets the box; written so that the planner keeps to the sort key, whose ranges hold the candidates."""
    box = func.ST_GeomFromEWKB(bindparam("box", type_=LargeBinary()))
    inner = func.ST_GeomFromEWKB(bindparam("inner", type_=LargeBinary()))
    geometry: ColumnElement[Any] = versions.c.geom_84 if crs in _LONLAT else versions.c.geom
    if crs not in _LONLAT and crs != layer.storage_crs:
        geometry = func.ST_Transform(geometry, literal_column(str(int(crs))))
    inside = func.coalesce(geometry.op("@")(inner), literal_column("false"))
    meets = geometry.op("&&")(box).is_(literal_column("true"))
    return and_(meets, or_(inside, func.ST_Intersects(geometry, box)))


def _grown(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A lon/lat box around one found by samples along the edges of a projected one, which may fall short a little."""
    west, south, east, north = bounds
    return (
        max(west - _MARGIN, -180.0),
        max(south - _MARGIN, -90.0),
        min(east + _MARGIN, 180.0),
        min(north + _MARGIN, 90.0),
    )


def _parts(bounds: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    west, south, east, north = bounds
    return [bounds] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]


def _inner(parts: list[tuple[float, float, float, float]]) -> bytes | None:
    """A box so far inside that bounds within it, though rounded, lie within the asked one; None if there is no room."""
    west, south, east, north = parts[0]
    if len(parts) > 1 or east - west <= 4 * _FLOAT32 or north - south <= 4 * _FLOAT32:
        return None
    return _ewkb([(west + _FLOAT32, south + _FLOAT32, east - _FLOAT32, north - _FLOAT32)], 4326)


def _ewkb(boxes: list[tuple[float, float, float, float]], srid: int) -> bytes:
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
