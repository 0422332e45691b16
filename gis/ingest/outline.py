"""Outlines of lots and buildings that applicants send, as GeoJSON or as a file, brought to the storage CRS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.crs.transform import transform, transform_geometries
from gis.errors import InvalidCrs
from gis.ingest.drawing import MOST_VERTICES, Drawing, read_drawing
from gis.ingest.geojson import Misread, read_geometry
from gis.ingest.geopackage_outlines import wrong
from gis.model.layer import Territory, Text
from gis.model.query import CRS84
from gis.ops.pieces import Objects
from gis.ops.table import objects

type Sent = dict[str, object] | Drawing


def read_outline(sent: Sent, crs: int, territory: Territory, name: str) -> BaseGeometry:
    """A valid polygon or multipolygon of the territory in its storage CRS, easting first.

    `sent`: a GeoJSON Polygon or MultiPolygon, or a Feature of one, in `crs` (axis order as that CRS has it); or a file.
    InvalidParameter and InvalidCrs name the input `name`.
    """
    if isinstance(sent, Drawing):
        shape, code = read_drawing(sent)
    else:
        shape, code = _geojson(sent, crs, name), crs
    fault = faults(objects([shape]), code, territory)[0]
    if isinstance(fault, Elsewhere):
        raise InvalidCrs(f"{name}: {fault.text.en}.", f"{name}: {fault.text.vi}.", where=name)
    if fault is not None:
        raise wrong(name, fault.en, fault.vi)
    stored: BaseGeometry = transform_geometries(np.array([shape], dtype=object), code, territory.storage_crs)[0]
    return stored


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The outline does not lie in the territory."""

    text: Text


def faults(shapes: Objects, crs: int, territory: Territory) -> list[Text | Elsewhere | None]:
    """What keeps each of the shapes (n,) from being an outline: `shapes` in `crs`, easting or longitude first. None for those
    that are one, and for those that are missing."""
    away = _away(shapes, crs, territory)
    polygonal = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    few = shapely.get_num_coordinates(shapes) <= MOST_VERTICES
    sound = polygonal & few & ~away & shapely.is_valid(shapes) & (shapely.area(shapes) > 0)
    found: list[Text | Elsewhere | None] = [None] * len(shapes)
    for row in np.flatnonzero(~sound & ~shapely.is_missing(shapes)):
        found[row] = _fault(shapes[row], bool(away[row]), crs, territory)
    return found


def _fault(shape: BaseGeometry, away: bool, crs: int, territory: Territory) -> Text | Elsewhere | None:
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return Text("phải là Polygon hoặc MultiPolygon", "has to be a Polygon or MultiPolygon")
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        return Text(f"có quá {MOST_VERTICES:,} đỉnh", f"has more than {MOST_VERTICES:,} vertices")
    if not shapely.is_valid(shape) or shapely.area(shape) == 0:
        reason = shapely.is_valid_reason(shape)
        return Text(f"không phải hình vùng hợp lệ: {reason}", f"is not a valid polygon: {reason}")
    if not away:
        return None
    code = crs_of(crs).curie
    return Elsewhere(
        Text(
            f"toạ độ theo {code} không nằm trong {territory.title.vi}; hãy kiểm tra hệ toạ độ và thứ tự trục",
            f"its coordinates in {code} do not lie in {territory.title.en}; check CRS and axis order",
        )
    )


def _away(shapes: Objects, crs: int, territory: Territory) -> NDArray[np.bool_]:
    """Which shapes (n,) have a position outside of the territory."""
    positions, row = shapely.get_coordinates(shapes, return_index=True)
    west, south, east, north = territory.bounds
    lon, lat = transform(positions, crs, CRS84).T
    outside = ~((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))  # NaN is nowhere
    return np.bincount(row[outside], minlength=len(shapes)).astype(bool)


def _geojson(sent: dict[str, object], crs: int, name: str) -> BaseGeometry:
    geometry = sent.get("geometry") if sent.get("type") == "Feature" else sent
    try:
        shape = read_geometry(geometry, flipped=crs_of(crs).axis == "yx")
    except Misread as error:
        raise wrong(name, f"has to be {error.text.en}", f"phải là {error.text.vi}") from error
    if shape is None:
        raise wrong(name, "has to be a Polygon or MultiPolygon", "phải là Polygon hoặc MultiPolygon")
    return shape
