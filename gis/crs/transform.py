"""Transformations between CRSs: x/longitude/easting first, one pinned operation for each pair.

PROJ holds two operations between VN-2000 and WGS 84 and picks one for each point, which leaves a step of 0.80 m at
11.04 N and at 107.11 E. Here EPSG:6960 (coordinate frame, whole country, the official seven parameters) is used
everywhere. Other pairs take the best operation for their whole area that needs no grid from the network.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.enums import TransformDirection
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]
from pyproj.transformer import TransformerGroup

from gis.crs.registry import VN2000_GEOGRAPHIC, WGS84, crs, is_vn2000, projection
from gis.errors import InvalidCrs
from gis.model.query import CRS84

set_network_enabled(False)

Coordinates = NDArray[np.float64]
Geometries = NDArray[Any]
Bounds = tuple[float, float, float, float]

_SHIFT = (
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
    "+step +proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
_CHUNK = 250_000
_EDGE_POINTS = 21


def transform(coords: Coordinates, source: int, target: int) -> Coordinates:
    """Coordinates (n, 2) of CRS `source` in CRS `target`, both x/longitude/easting first.

    Points outside the projection, and those that are not finite, come out as NaN. InvalidCrs for unknown codes.
    Large arrays are done in chunks on all cores (PROJ runs without the GIL).
    """
    steps = _steps(source, target)
    out = np.array(coords, dtype=np.float64, order="C", copy=True).reshape(-1, 2)
    if not steps or not len(out):
        return out
    if crs(source).geographic:
        out[np.abs(out[:, 0]) > 360.0] = np.nan  # PROJ would wrap it round the Earth
    starts = range(0, len(out), _CHUNK)
    if len(starts) == 1:
        _apply(out, steps)
        return out
    with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1)) as pool:
        for _ in pool.map(lambda start: _apply(out[start : start + _CHUNK], steps), starts):
            pass
    return out


def transform_geometries(geometries: Geometries, source: int, target: int) -> Geometries:
    """Shapely geometries of CRS `source` in CRS `target`; None stays None, Z is dropped."""
    flat = shapely.force_2d(geometries) if shapely.has_z(geometries).any() else geometries
    if not _steps(source, target):
        return np.array(flat, dtype=object, copy=True)
    moved = transform(shapely.get_coordinates(flat), source, target)
    return np.asarray(shapely.set_coordinates(np.array(flat, dtype=object, copy=True), moved), dtype=object)


def bounds_to_84(bounds: Bounds, source: int) -> Bounds:
    """The box in lon/lat degrees that holds a box of CRS `source`; its edges are followed, not only its corners.

    A geographic WGS 84 box is returned as it is, also where west > east. InvalidCrs where it cannot be transformed.
    """
    if source in (CRS84, WGS84):
        return bounds
    west, south, east, north = bounds
    if not np.isfinite(bounds).all():
        raise _outside(bounds, source)
    along = np.linspace(0.0, 1.0, _EDGE_POINTS)
    x, y = west + along * (east - west), south + along * (north - south)
    fixed = np.ones(_EDGE_POINTS)
    edges = np.concatenate(
        [
            np.column_stack(edge)
            for edge in ((x, fixed * south), (x, fixed * north), (fixed * west, y), (fixed * east, y))
        ]
    )
    moved = transform(edges, source, CRS84)
    if not np.isfinite(moved).all():
        raise _outside(bounds, source)
    (left, bottom), (right, top) = moved.min(axis=0), moved.max(axis=0)
    return float(left), float(bottom), float(right), float(top)


def _outside(bounds: Bounds, source: int) -> InvalidCrs:
    return InvalidCrs(
        f"The box {bounds} does not lie in the area of {crs(source).curie}.",
        f"Khung toạ độ {bounds} không nằm trong phạm vi của {crs(source).curie}.",
    )


type _Step = tuple[pyproj.Transformer, TransformDirection]


def _apply(points: Coordinates, steps: tuple[_Step, ...]) -> None:
    """Transforms `points` in place."""
    x, y = points[:, 0].copy(), points[:, 1].copy()
    for transformer, direction in steps:
        x, y = transformer.transform(x, y, direction=direction, inplace=True)
    points[:, 0], points[:, 1] = x, y
    points[~np.isfinite(points).all(axis=1)] = np.nan


@lru_cache(maxsize=256)
def _steps(source: int, target: int) -> tuple[_Step, ...]:
    """The operations from `source` to `target`, one after the other; none where both have the same coordinates."""
    for code in (source, target):
        crs(code)
    if source == target or {source, target} <= {CRS84, WGS84}:
        return ()
    if is_vn2000(source) and is_vn2000(target):
        return _within_vn2000(source, target)
    if is_vn2000(source):
        return ((_vn2000_to_84(source), TransformDirection.FORWARD), *_steps(CRS84, target))
    if is_vn2000(target):
        return (*_steps(source, CRS84), (_vn2000_to_84(target), TransformDirection.INVERSE))
    return ((registered(source, target), TransformDirection.FORWARD),)


def _within_vn2000(source: int, target: int) -> tuple[_Step, ...]:
    """From zone to zone on the one datum: no shift, so nothing is lost."""
    steps: tuple[_Step, ...] = ()
    if source != VN2000_GEOGRAPHIC:
        steps += ((_zone_to_degrees(source), TransformDirection.FORWARD),)
    if target != VN2000_GEOGRAPHIC:
        steps += ((_zone_to_degrees(target), TransformDirection.INVERSE),)
    return steps


@lru_cache(maxsize=64)
def _zone_to_degrees(code: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_pipeline(
        f"+proj=pipeline +step +inv {projection(code)} +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


@lru_cache(maxsize=64)
def _vn2000_to_84(code: int) -> pyproj.Transformer:
    """VN-2000 to lon/lat of WGS 84 by EPSG:6960, from easting/northing or from lon/lat degrees."""
    if code == VN2000_GEOGRAPHIC:
        first = "+step +proj=unitconvert +xy_in=deg +xy_out=rad"
    else:
        first = f"+step +inv {projection(code)} +ellps=WGS84"
    return pyproj.Transformer.from_pipeline(f"+proj=pipeline {first} {_SHIFT}")


@lru_cache(maxsize=64)
def registered(source: int, target: int) -> pyproj.Transformer:
    """PROJ's best operation that is available here, the same one for every point."""
    group = TransformerGroup(_proj_crs(source), _proj_crs(target), always_xy=True)
    if not group.transformers:
        raise InvalidCrs(f"There is no transformation from {crs(source).curie} to {crs(target).curie}.")
    return group.transformers[0]


def _proj_crs(code: int) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(crs(code).curie)
