"""Wards of today and communes as they were before 1 July 2025, of which each ward was made of two or three."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo import names
from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, whole_geometry
from gis.demo.kinds import Kind
from gis.demo.network import Floats, Ints
from gis.demo.warp import Warp
from gis.store.stage import Records

REFORM = date(2025, 7, 1)
"""The day on which wards replaced communes."""

_FOUNDED = date(1997, 4, 1)
_STEP = 25.0


@dataclass(slots=True)
class Wards:
    """Communes (c,) and wards (w,): `ward_of` (c,) the ward of each commune, `urban` (c,) phường or xã.

    `outline` and `ward_outline` are ground polygons that fit together vertex by vertex; `district` (c,) names.
    """

    outline: NDArray[np.object_]
    ward_outline: NDArray[np.object_]
    ward_of: Ints
    urban: NDArray[np.bool_]
    code: list[str]
    name: list[str]
    district: list[str]
    ward_code: list[str]
    ward_name: list[str]
    ward_urban: NDArray[np.bool_]
    households: Ints


def draw_wards(city: City) -> Wards:
    """The administrative units of the city: those in which no parcel lies are left out."""
    rng = city.rng(10)
    communes = city.plan.communes
    outline = fitting_polygons(communes.quad, city.warp, _STEP)
    parcels = np.bincount(city.leaves.cells.commune[city.today.leaf], minlength=len(communes))
    ward_of = _group(outline, np.linalg.norm(communes.quad.mean(axis=1), axis=1))
    count = int(ward_of.max()) + 1
    built = np.bincount(
        city.leaves.cells.commune[city.today.leaf[city.today.kind == Kind.PADDY]], minlength=len(communes)
    )
    urban = built < 0.4 * np.maximum(parcels, 1)
    ward_urban = np.array([urban[ward_of == w].mean() >= 0.5 for w in range(count)])
    code = [f"{90_001 + 3 * i:05d}" for i in range(len(communes))]
    # A ward took the code of one of its communes: the same code, another place.
    heir = [int(np.flatnonzero(ward_of == w)[-1]) for w in range(count)]
    name, district = names.communes(urban, np.linalg.norm(communes.quad.mean(axis=1), axis=1), rng)
    return Wards(
        outline, np.array([shapely.coverage_union_all(outline[ward_of == w]) for w in range(count)], dtype=object),
        ward_of, urban, code, name, district, [code[h] for h in heir], names.wards(count, rng), ward_urban, parcels,
    )  # fmt: skip


def fitting_polygons(quad: Floats, warp: Warp, step: float) -> NDArray[np.object_]:
    """Ground polygons of plan cells that tile the plan: where a corner lies on a side, both have the vertex.

    `quad` (n, 4, 2) plan metres; sides get a vertex at least every `step` metres.
    """
    corners = np.unique(quad.reshape(-1, 2), axis=0)
    rings = [np.concatenate([_side(q[i], q[(i + 1) % 4], corners, step) for i in range(4)]) for q in quad]
    return np.array([shapely.Polygon(warp(r)) for r in rings], dtype=object)


def _side(a: Floats, b: Floats, corners: Floats, step: float) -> Floats:
    """Points from a to (without) b: corners of other cells on the way, and points between, the same both ways."""
    run, length = b - a, float(np.linalg.norm(b - a))
    gap = corners - a
    t = gap @ run / length**2
    off = np.abs(gap[:, 0] * run[1] - gap[:, 1] * run[0]) / length
    stops = corners[(off < 1e-6) & (t > -1e-9) & (t < 1 + 1e-9)]
    stops = stops[np.argsort((stops - a) @ run, kind="stable")]
    return np.concatenate([_points(p, q, step) for p, q in pairwise(stops)])


def _points(p: Floats, q: Floats, step: float) -> Floats:
    """p and points on the way to q, without q."""
    turned = tuple(q) < tuple(p)
    low, high = (q, p) if turned else (p, q)
    n = max(1, int(np.ceil(np.linalg.norm(q - p) / step)))
    points = low + (high - low) * (np.arange(n + 1) / n)[:, None]
    points[-1] = high
    return points[::-1][:-1] if turned else points[:-1]


def _group(outline: NDArray[np.object_], away: Floats) -> Ints:
    """A ward number for each commune: neighbours with long common borders, two or three together."""
    n = len(outline)
    tree = shapely.STRtree(outline)
    one, two = tree.query(outline, predicate="intersects")
    shared = np.zeros((n, n))
    shared[one, two] = shapely.length(shapely.intersection(outline[one], outline[two]))
    np.fill_diagonal(shared, 0.0)
    ward = np.full(n, -1, dtype=np.int64)
    count = 0
    for start in np.argsort(away, kind="stable"):
        if ward[start] >= 0:
            continue
        members = [int(start)]
        for _ in range(2 if count % 3 else 1):
            border = np.where(ward < 0, shared[members].sum(axis=0), 0.0)
            border[members] = 0.0
            if border.max() > 1.0:
                members.append(int(border.argmax()))
        if len(members) == 1 and count > 1:
            ward[start] = ward[int(shared[start].argmax())]
            continue
        ward[members] = count
        count += 1
    return ward


def records(city: City, wards: Wards) -> Iterator[Records]:
    """The layer `wards`: communes up to the reform, wards since."""
    rng = city.rng(11)
    c, w = len(wards.outline), len(wards.ward_outline)
    area = np.concatenate((shapely.area(wards.outline), shapely.area(wards.ward_outline))) / 1e6
    households = np.concatenate((wards.households, np.bincount(wards.ward_of, wards.households, w).astype(np.int64)))
    old = np.arange(c + w) < c
    kind = np.where(np.concatenate((wards.urban, wards.ward_urban)), "PHUONG", "XA")
    title = np.where(kind == "PHUONG", "Phường ", "Xã ")
    name = wards.name + wards.ward_name
    full = [f"{t}{n}, {d}" for t, n, d in zip(title, wards.name, wards.district, strict=False)]
    full += [f"{t}{n}" for t, n in zip(title[c:], wards.ward_name, strict=True)]
    formed = [None] * c + ["; ".join(full[i] for i in np.flatnonzero(wards.ward_of == k)) for k in range(w)]
    english = [
        f"{names.plain(n)} {'ward' if k == 'PHUONG' else 'commune'} (demo)" for n, k in zip(name, kind, strict=True)
    ]
    since = [_FOUNDED] * c + [REFORM] * w
    yield Records(
        whole_geometry(np.concatenate((wards.outline, wards.ward_outline))),
        {
            "id": ids(c + w, rng),
            "valid_from": instants(since),
            "valid_to": instants([REFORM] * c + [None] * w),
            "survey_crs": pa.array([9210] * (c + w), pa.int32()),
            "code": pa.array(wards.code + wards.ward_code),
            "name": pa.array(name),
            "full_name": pa.array(full),
            "name_en": pa.array(english),
            "kind": pa.array(kind.tolist()),
            "area_km2": pa.array(area.round(3)),
            "population": pa.array((households * 3.1 + 40).astype(np.int64)),
            "population_definition": pa.array(np.where(old, "CENSUS", "ESTIMATE").tolist()),
            "formed_from": pa.array(formed, pa.string()),
            "province_old": pa.array(["Thành phố mẫu"] * (c + w)),
            "decision": pa.array(np.where(old, "Dữ liệu mẫu 01/1997", "Dữ liệu mẫu 01/2025").tolist()),
            "effective_on": dates(since),
        },
    )
