"""Constant geometries of a filter: as bytes in the CRS of a column, and as boxes that hold what can meet the condition.

The constant is transformed, never the column.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from gis.crs.registry import crs as crs_of
from gis.crs.transform import transform_geometries
from gis.errors import InvalidCrs
from gis.model.filter import AND, GEOMETRY, OR, SPATIAL, Call, Geometry, Node, Property, Value
from gis.model.query import CRS84
from gis.store.area import LON_LAT, Bounds, grown, lon_lat_boxes, smallest

_STEP_METRES, _STEP_DEGREES = 100.0, 0.001
_MOST_STEPS = 2_000
_MOST_BOXES = 16
_METRES_A_DEGREE = 110_000.0  # of latitude, and of longitude at the equator: somewhat fewer than there are


def is_lon_lat(geometry: Geometry) -> bool:
    """It is compared with the column of degrees; others with the column of the storage CRS."""
    return _crs(geometry) in LON_LAT


def ewkb(geometry: Geometry, target: int) -> bytes:
    """The geometry in the CRS `target` as extended WKB. InvalidCrs where it does not lie in the area of its CRS.

    What is straight in one CRS is bent in another: long edges are followed by points before they are transformed.
    """
    code = _crs(geometry)
    found = _shape(geometry)
    if code != target and {code, target} != {CRS84, 4326}:
        moved = transform_geometries(np.array([_followed(found, code)], dtype=object), code, target)[0]
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            raise _outside(code)
        found = moved
    return bytes(shapely.to_wkb(shapely.set_srid(found, 4326 if target == CRS84 else target), include_srid=True))


def boxes(condition: Node) -> tuple[Bounds, ...] | None:
    """Boxes in CRS84 outside of which nothing meets the condition; None where it may hold anywhere."""
    if not isinstance(condition, Call):
        return None
    if condition.op in (AND, OR):
        parts = [boxes(arg) for arg in condition.args]
        known = [part for part in parts if part is not None]
        if condition.op == AND:
            return smallest(known) if known else None
        return _few([box for part in known for box in part]) if len(known) == len(parts) else None
    if condition.op in SPATIAL and condition.op != "s_disjoint":
        return _around(condition.args, 0.0)
    if condition.op in ("<", "<=", "=") and isinstance(condition.args[1], Value):
        asked, metres = condition.args[0], condition.args[1].value
        if isinstance(asked, Call) and asked.op == "distance" and isinstance(metres, int | float):
            return _around(asked.args, max(0.0, float(metres)))
    return None


def _around(args: tuple[Node, ...], metres: float) -> tuple[Bounds, ...] | None:
    """Boxes around the constant that the feature's geometry is compared with."""
    constants = [arg for arg in args if isinstance(arg, Geometry)]
    if len(constants) != 1 or Property(GEOMETRY) not in args:
        return None
    found = _boxes_of(constants[0])
    return tuple(_grown_by(box, metres) for box in found) if metres else found


def _boxes_of(geometry: Geometry) -> tuple[Bounds, ...]:
    if geometry.type == "BBox":
        return lon_lat_boxes(_bounds(geometry), _crs(geometry))
    west, south, east, north = map(float, _shape(geometry).bounds)
    return lon_lat_boxes((west, south, east, north), _crs(geometry))


def _grown_by(box: Bounds, metres: float) -> Bounds:
    north_south = metres / _METRES_A_DEGREE
    widest = max(abs(box[1] - north_south), abs(box[3] + north_south))
    if widest >= 89.0:
        return -180.0, -90.0, 180.0, 90.0
    east_west = north_south / math.cos(math.radians(widest))
    return grown((box[0] - east_west, box[1] - north_south, box[2] + east_west, box[3] + north_south))


def _few(found: list[Bounds]) -> tuple[Bounds, ...]:
    """The boxes, or one around them if they are many."""
    if len(found) <= _MOST_BOXES:
        return tuple(found)
    wests, souths, easts, norths = zip(*found, strict=True)
    return ((min(wests), min(souths), max(easts), max(norths)),)


def _shape(geometry: Geometry) -> Any:
    if geometry.type == "GeometryCollection":
        return shapely.GeometryCollection([_shape(part) for part in geometry.coordinates if isinstance(part, Geometry)])
    if geometry.type != "BBox":
        return shapely.geometry.shape({"type": geometry.type, "coordinates": geometry.coordinates})
    west, south, east, north = _bounds(geometry)
    if west > east:
        return shapely.MultiPolygon([shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)])
    if west == east or south == north:
        return (
            shapely.LineString([(west, south), (east, north)])
            if (west, south) != (east, north)
            else shapely.Point(west, south)
        )
    return shapely.box(west, south, east, north)


def _followed(found: Any, code: int) -> Any:
    """Points along the edges, so near each other that they bend by less than a millimetre; fewer on very long ones."""
    step = _STEP_DEGREES if crs_of(code).geographic else _STEP_METRES
    return shapely.segmentize(found, max(step, found.length / _MOST_STEPS)) if found.length else found


def _bounds(geometry: Geometry) -> Bounds:
    west, south, east, north = (float(number) for number in geometry.coordinates)  # type: ignore[arg-type]
    return west, south, east, north


def _crs(geometry: Geometry) -> int:
    return CRS84 if geometry.crs is None else geometry.crs


def _outside(code: int) -> InvalidCrs:
    name = crs_of(code).curie
    return InvalidCrs(
        f"filter: a geometry does not lie in the area of {name}; name its CRS in filter-crs, and mind its axis order.",
        f"filter: có hình không nằm trong phạm vi của {name}; hãy ghi hệ toạ độ ở filter-crs, và chú ý thứ tự trục.",
        where="filter",
    )
