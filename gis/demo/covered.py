"""Which data the demo city has where: coverage by ward, with gaps, as real agencies would have to declare it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.demo.city import DAY, City
from gis.demo.network import Ints
from gis.demo.plans import PlanSet
from gis.demo.wards import Wards

Bools = NDArray[np.bool_]

_AGENCY = {
    "wards": "Sở Nội vụ (mẫu)", "parcels": "Sở Nông nghiệp và Môi trường (mẫu)", "plans": "Sở Quy hoạch - Kiến trúc (mẫu)",
    "zones": "Sở Quy hoạch - Kiến trúc (mẫu)", "road_lines": "Sở Quy hoạch - Kiến trúc (mẫu)", "buildings": "Sở Xây dựng (mẫu)",
    "permits": "Sở Xây dựng (mẫu)", "housing_projects": "Sở Xây dựng (mẫu)", "corridors": "Sở Xây dựng (mẫu)",
    "heritage": "Sở Văn hóa và Thể thao (mẫu)", "flood": "Sở Xây dựng (mẫu)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cover:
    """`area` (EPSG:9210) of ward `commune`: the layer is `complete`, `partial` or `none` there as of a day."""

    layer: str
    area: shapely.Geometry
    level: str
    as_of: date
    agency: str
    commune: str


def surveyed_communes(wards: Wards) -> Bools:
    """Communes (c,) whose buildings were surveyed: not those of the last ward, nor of every fifth."""
    ward = wards.ward_of
    count = len(wards.ward_outline)
    result: Bools = (ward != count - 1) & (ward % 5 != 3)
    return result


def coverage(city: City, wards: Wards, plans: PlanSet) -> Iterator[Cover]:
    """What is to be declared, layer by layer and ward by ward."""
    count = len(wards.ward_outline)
    level = {layer: ["complete"] * count for layer in _AGENCY}
    level["parcels"] = _parcel_levels(city, wards)
    level["zones"] = ["complete" if p >= 0 else "none" for p in plans.of_ward]
    surveyed = surveyed_communes(wards)
    level["buildings"] = [_buildings(surveyed[wards.ward_of == w]) for w in range(count)]
    level["permits"] = ["partial" if w % 4 == 1 else "complete" for w in range(count)]
    level["road_lines"] = ["partial" if w % 6 == 2 else "complete" for w in range(count)]
    level["corridors"] = ["none" if w % 5 == 4 else "partial" if w % 5 == 3 else "complete" for w in range(count)]
    level["heritage"] = ["partial" if w % 5 == 4 else "complete" for w in range(count)]
    level["flood"] = ["none" if w % 5 == 2 else "complete" for w in range(count)]
    for layer, agency in _AGENCY.items():
        for ward, (area, found) in enumerate(zip(wards.ward_outline, level[layer], strict=True)):
            yield Cover(layer, area, found, DAY, agency, wards.ward_code[ward])


def _parcel_levels(city: City, wards: Wards) -> list[str]:
    """Wards in which land lies that is not surveyed yet are partial."""
    ward_of_leaf: Ints = wards.ward_of[city.leaves.cells.commune]
    count = len(wards.ward_outline)
    missing, there = (np.bincount(ward_of_leaf[leaf], minlength=count) for leaf in (city.left_out, city.today.leaf))
    return ["none" if not t else "partial" if m > 0 else "complete" for m, t in zip(missing, there, strict=True)]


def _buildings(surveyed: Bools) -> str:
    return "complete" if surveyed.all() else "partial" if surveyed.any() else "none"
