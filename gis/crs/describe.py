"""Descriptions of a CRS that files carry with them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyproj

from gis.crs.registry import crs


@lru_cache(maxsize=64)
def projjson(code: int) -> dict[str, Any]:
    """PROJJSON of an EPSG code or CRS84, with its authority. InvalidCrs where the code is unknown."""
    found: dict[str, Any] = pyproj.CRS.from_user_input(crs(code).curie).to_json_dict()
    return found
