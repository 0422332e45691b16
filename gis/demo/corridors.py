"""The layer `corridors`: protected strips along river and canals, a railway and a power line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, numbers, whole_geometry
from gis.demo.wards import Wards
from gis.demo.warp import CENTRE
from gis.ops.pieces import polygonal
from gis.store.stage import Records

SINCE = date(2020, 7, 1)
"""The day of the one decision on all strips along water and railway."""

_POWER_SINCE = date(2016, 5, 9)
_BASIS = {
    "RIVER": "Quyết định 56/2025/QĐ-UBND (mẫu)",
    "CANAL": "Quyết định 56/2025/QĐ-UBND (mẫu)",
    "RAILWAY": "Nghị định 16/2026/NĐ-CP (mẫu)",
    "POWER_LINE": "Nghị định 62/2025/NĐ-CP (mẫu)",
}
_MANAGERS = {"POWER_LINE": "Công ty Điện lực mẫu", "RAILWAY": "Công ty Đường sắt mẫu"}


@dataclass(frozen=True, slots=True)
class Strip:
    """A strip `width` m wide on each side of what lies `half` m to both sides of `line`."""

    name: str
    kind: str
    line: shapely.LineString
    half: float
    width: float


def strips(city: City) -> list[Strip]:
    """Along the water and the railway, in the order of their codes."""
    water = city.water
    canals = [
        Strip(f"rạch Mẫu {number}", "CANAL", canal, water.canal_width / 2, water.corridor / 2)
        for number, canal in enumerate(water.canals, 1)
    ]
    return [
        Strip("bờ sông Mẫu", "RIVER", water.river, water.river_width / 2, water.corridor),
        *canals,
        Strip("đường sắt mẫu", "RAILWAY", _railway(city), 2.5, 7.5),
    ]


def records(city: City, wards: Wards) -> Iterator[Records]:
    """The layer `corridors`, cut at the border of the city; water itself is no corridor."""
    drawn = [*strips(city), _power_line(city)]
    inside = shapely.union_all(wards.ward_outline)
    ground = np.array([_ground(strip, city, inside) for strip in drawn], dtype=object)
    there = np.flatnonzero(~shapely.is_empty(ground))
    n, found = len(there), [drawn[i] for i in there]
    days = [_POWER_SINCE if strip.kind == "POWER_LINE" else SINCE for strip in found]
    yield Records(
        whole_geometry(ground[there]),
        {
            "id": ids(n, city.rng(121)),
            "valid_from": instants(days),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": pa.array([f"HL-{i + 1}" for i in there]),
            "name": pa.array([f"Hành lang {strip.name}" for strip in found]),
            "kind": pa.array([strip.kind for strip in found]),
            "width": numbers(np.array([strip.width for strip in found]), 1),
            "voltage": pa.array([110.0 if strip.kind == "POWER_LINE" else None for strip in found], pa.float64()),
            "basis": pa.array([_BASIS[strip.kind] for strip in found]),
            "decision": pa.array([f"Dữ liệu mẫu 22/{day.year}" for day in days]),
            "decided_on": dates(days),
            "effective_on": dates(days),
            "manager": pa.array([_MANAGERS.get(strip.kind, "Sở Xây dựng (mẫu)") for strip in found]),
            "derived": pa.array([True] * n),
            "note": pa.array(["Suy từ tim và bề rộng"] * n),
        },
    )


def _ground(strip: Strip, city: City, inside: shapely.Geometry) -> shapely.Geometry:
    whole = strip.line.buffer(strip.half + strip.width, quad_segs=6)
    if strip.kind in ("RIVER", "CANAL"):
        whole = whole.difference(city.water.surface)
    cut = polygonal(np.array([shapely.set_precision(whole.intersection(inside), 0.001)], dtype=object))
    return cut[0]


def _railway(city: City) -> shapely.LineString:
    """A railway past the middle of the city."""
    rng, r = city.rng(85), city.radius
    heading = rng.uniform(0, np.pi)
    s = np.linspace(-1.15 * r, 1.15 * r, 60)
    return _placed(s, 0.55 * r + 0.12 * r * np.sin(s / r * 2.2), heading)


def _power_line(city: City) -> Strip:
    """A line of 110 kV on the other side of the middle, straight from pylon to pylon."""
    rng, r = city.rng(120), city.radius
    heading = rng.uniform(0, np.pi)
    s = np.linspace(-1.15 * r, 1.15 * r, 9)
    aside = -0.62 * r + 0.08 * r * np.sin(s / r * 1.7)
    return Strip("đường dây 110 kV mẫu", "POWER_LINE", _placed(s, aside, heading), 3.5, 4.0)


def _placed(along: NDArray[np.float64], aside: NDArray[np.float64], heading: float) -> shapely.LineString:
    """A line of points so far along and left of a heading through the middle of the city."""
    x = along * np.cos(heading) - aside * np.sin(heading)
    y = along * np.sin(heading) + aside * np.cos(heading)
    return shapely.LineString(np.round(np.column_stack((x + CENTRE[0], y + CENTRE[1])), 3))
