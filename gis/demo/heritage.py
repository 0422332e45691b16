"""The layer `heritage`: one old communal house with its two protection zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import shapely

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, whole_geometry
from gis.demo.kinds import Kind
from gis.demo.wards import Wards
from gis.ops.pieces import polygonal
from gis.store.stage import Records

_SINCE = date(2012, 9, 14)
_KEPT = 12.0
"""Metres around the lot of the site that zone I takes in."""
_AROUND = 30.0
"""Metres around zone I that zone II reaches."""


def site(city: City, wards: Wards) -> int:
    """The lot of the site: a middling one of an old quarter in the innermost ward, whole and away from the ward's edge."""
    lots, ward = city.today, wards.ward_outline[0]
    old = np.isin(lots.kind, (Kind.CORE, Kind.DENSE)) & lots.whole
    inner = ward.buffer(-(_KEPT + _AROUND + 5))
    shapely.prepare(inner)
    near = old & shapely.contains(inner, lots.geometry)
    chosen = next(np.flatnonzero(some) for some in (near, old, lots.whole) if some.any())
    return int(chosen[np.argsort(lots.area[chosen], kind="stable")[len(chosen) * 9 // 10]])


def records(city: City, wards: Wards) -> Iterator[Records]:
    """The layer `heritage`."""
    lot = city.today.geometry[site(city, wards)]
    inside = shapely.union_all(wards.ward_outline)
    core = shapely.set_precision(lot.buffer(_KEPT, join_style="mitre").intersection(inside), 0.001)
    ring = shapely.set_precision(core.buffer(_AROUND, quad_segs=6).intersection(inside), 0.001).difference(core)
    n = 2
    yield Records(
        whole_geometry(polygonal(np.array([core, ring], dtype=object))),
        {
            "id": ids(n, city.rng(125)),
            "valid_from": instants([_SINCE] * n),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": pa.array(["DT-MAU-001"] * n),
            "name": pa.array(["Đình Mẫu"] * n),
            "zone": pa.array(["I", "II"]),
            "rank": pa.array(["CITY"] * n),
            "kind": pa.array(["ARCHITECTURE"] * n),
            "address": pa.array([wards.ward_name[0]] * n),
            "decision": pa.array(["Dữ liệu mẫu 41/2012"] * n),
            "decided_on": dates([_SINCE] * n),
            "authority": pa.array(["UBND Thành phố mẫu"] * n),
            "effective_on": dates([_SINCE] * n),
        },
    )
