"""A straight street with lots on its north side, and everything a check needs to conform: what tests then take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis.rules.themes import Theme

RULES = Path(__file__).resolve().parents[3] / "layers" / "rules"
CRS = "EPSG:9210"
ORIGIN = np.array([603000.0, 1191000.0])
TODAY = date(2026, 11, 20)
EVERYWHERE = shapely.box(*(ORIGIN - 5000), *(ORIGIN + 50000))

FACTS: dict[str, Any] = {
    "city": "79",
    "district": "760",
    "township": False,
    "use": "HOUSE",
    "works": "NEW",
    "house_form": "townhouse",
    "area_kind": "existing",
    "land_use": "ODT",
    "centre_district": True,
    "commercial_axis": False,
    "height_m": 15.0,
    "height_front_m": 15.0,
    "ground_floor_height_m": 4.0,
    "rear_setback_m": 2.0,
    "balcony_m": 0.9,
    "balcony_clear_m": 3.6,
    "sidewalk_m": 3.0,
    "storeys_ham": 0,
    "storeys_ban_ham": 0,
    "storeys_tang": 4,
    "storeys_lung": 0,
    "storeys_ap_mai": 0,
    "storeys_tum": 0,
    "floor_main_m2": 288.0,
    "floor_basement_m2": 0.0,
}
"""A house of four storeys, 5 by 14.4 m, on a lot of 5 by 16 m at a street of 12 m."""


def rectangle(x: float, y: float, width: float, depth: float) -> shapely.Polygon:
    """A rectangle in metres from the origin of the town; the street's north red line is y = 0."""
    return shapely.box(ORIGIN[0] + x, ORIGIN[1] + y, ORIGIN[0] + x + width, ORIGIN[1] + y + depth)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line in metres from the origin of the town."""
    return shapely.LineString(np.array(points) + ORIGIN)


def cases(*changes: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """One case for each set of changes to the good one."""
    rows = []
    for i, change in enumerate(changes or ({},)):
        good = {"id": f"case-{i}", "geometry": rectangle(0, 0, 5, 16), "footprint": rectangle(0, 0, 5, 14.4)}
        rows.append(good | FACTS | dict(change))
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Features in the CRS of the town."""
    return gpd.GeoDataFrame(rows or {"geometry": []}, geometry="geometry", crs=CRS)


def theme(rows: list[dict[str, Any]], *, complete: bool = True) -> Theme:
    """A theme that is complete everywhere, or nowhere."""
    return Theme(frame(rows), np.array([EVERYWHERE] if complete else [], dtype=object), "7")


def street(width: float = 12.0, y: float | None = None, name: str = "Đường A") -> dict[str, Any]:
    """The middle line of a street whose north red line is y = 0."""
    middle = -width / 2 if y is None else y
    return {
        "geometry": line((-200, middle), (40000, middle)),
        "kind": "CENTRELINE",
        "right_of_way": width,
        "name": name,
        "code": f"TD-{name}",
    }


ZONE: dict[str, Any] = {
    "code": "I-1",
    "function": "DAT_O_Nhomnhao",
    "coverage_max": 95.0,
    "far_max": 5.0,
    "storeys_max": 6,
    "height_max": 22.0,
    "plan_on": date(2020, 5, 1),
    "geometry": rectangle(-200, -50, 42000, 200),
}


def themes(**changes: Theme) -> dict[str, Theme]:
    """The data of the good case, with some themes replaced."""
    nothing = replace(theme([]), features=frame([]))
    good = {
        "zones": theme([ZONE]),
        "road_lines": theme([street()]),
        "buildings": nothing,
        "corridors": nothing,
        "heritage": nothing,
        "flood": nothing,
    }
    return good | changes
