"""The layer `flood`: low ground along the canals that rain and high tide put under water."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, numbers, whole_geometry
from gis.demo.wards import Wards
from gis.ops.pieces import polygonal
from gis.store.stage import Records

_DEPTHS = (("UNDER_15", 0.1), ("15_30", 0.25), ("30_50", 0.4), ("50_100", 0.7), ("FROM_100", 1.1))
_CAUSES = ("RAIN_TIDE", "RAIN", "TIDE")
_EVENT, _MODEL = date(2025, 10, 9), date(2024, 6, 1)


def records(city: City, wards: Wards) -> Iterator[Records]:
    """The layer `flood`: what was seen on one day, and a scenario of ten years in turn."""
    shapes = _areas(city, wards)
    n = len(shapes)
    seen = np.arange(n) % 2 == 0
    depth = [_DEPTHS[i % len(_DEPTHS)] for i in range(n)]
    days = [_EVENT if s else _MODEL for s in seen]
    yield Records(
        whole_geometry(shapes),
        {
            "id": ids(n, city.rng(131)),
            "valid_from": instants(days),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": pa.array([f"NGAP-{i + 1:03d}" for i in range(n)]),
            "name": pa.array([f"Vùng trũng mẫu {i + 1}" for i in range(n)]),
            "depth": pa.array([code for code, _ in depth]),
            "depth_max": numbers(np.array([metres for _, metres in depth]), 2),
            "cause": pa.array([_CAUSES[i % len(_CAUSES)] for i in range(n)]),
            "evidence": pa.array(["OBSERVED" if s else "MODELLED" for s in seen]),
            "return_period": numbers(np.full(n, 10.0), 0, ~seen),
            "event": pa.array(["Đợt mưa và triều cường mẫu" if s else "Kịch bản mưa mẫu 10 năm" for s in seen]),
            "event_on": dates([_EVENT if s else None for s in seen]),
            "source": pa.array(["Trung tâm Hạ tầng mẫu" if s else "Mô hình ngập mẫu" for s in seen]),
            "effective_on": dates(days),
        },
    )


def _areas(city: City, wards: Wards) -> NDArray[np.object_]:
    """Rounded areas along the canals, apart from each other and from the water."""
    rng, radius = city.rng(130), city.radius
    inside = shapely.union_all(wards.ward_outline)
    taken = city.water.surface
    found = []
    for number in range(len(_DEPTHS) + int(radius // 400)):
        canal = city.water.canals[number % len(city.water.canals)]
        middle = canal.interpolate(rng.uniform(0.1, 0.95), normalized=True)
        size = float(np.clip(0.06 * radius, 14, 160)) * rng.uniform(0.6, 1.2)
        spots = rng.normal(0, 0.6 * size, (4, 2)) + np.array(middle.coords[0])
        area = shapely.union_all(shapely.buffer(shapely.points(spots), size, quad_segs=5))
        left = shapely.set_precision(area.intersection(inside).difference(taken), 0.001)
        shape = polygonal(np.array([left], dtype=object))[0]
        if not shape.is_empty:
            found.append(shape)
            taken = shapely.union(taken, shape)
    return np.array(found, dtype=object)
