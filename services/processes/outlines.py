"""A polygon that is sent as an input, and its CRS: the same for every process that takes one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from shapely.geometry.base import BaseGeometry

from gis.ingest.outline import read_outline
from gis.model.layer import Territory
from gis.model.query import CRS84
from services.ogc.parameters import served_crs
from services.processes.process import Json

POLYGON: dict[str, Json] = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"type": "string", "enum": ["Polygon", "MultiPolygon", "Feature"]}},
}
"""JSON Schema of a GeoJSON polygon, in the axis order of its CRS."""

CRS: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 200}
"""JSON Schema of the name of a CRS."""


def stated_crs(inputs: Mapping[str, Json], territory: Territory) -> int | None:
    """The code of the CRS that the input `crs` names, None without one. InvalidParameter for one that is not taken here."""
    return served_crs("crs", inputs["crs"], territory).code if "crs" in inputs else None


async def polygon_of(inputs: Mapping[str, Json], territory: Territory) -> BaseGeometry:
    """The input `polygon` in the storage CRS, easting first; without the input `crs` it is in longitude and latitude.

    InvalidParameter and InvalidCrs name the input that is wrong. It is read in a thread: it may be as large as a request.
    """
    stated = stated_crs(inputs, territory)
    polygon = cast("dict[str, object]", inputs["polygon"])
    return await asyncio.to_thread(read_outline, polygon, CRS84 if stated is None else stated, territory, "polygon")
