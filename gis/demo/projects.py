"""The layer `housing_projects`: new quarters, towers and rebuilt blocks, with units and progress."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import DAY, City
from gis.demo.columns import dates, ids, integers, numbers, pick, whole_geometry
from gis.demo.kinds import Kind
from gis.demo.network import Floats, Ints
from gis.demo.zones import Ground
from gis.store.stage import Records

STATUSES = ("BUILDING", "COMPLETED", "PREPARING", "SUSPENDED", "CANCELLED")
"""Every state a project can be in."""

_KINDS = ("COMMERCIAL", "SOCIAL", "RESETTLEMENT", "COMMERCIAL", "WORKERS", "COMMERCIAL", "REBUILT")
_NAMES = ("Bến Sen", "Vườn Trúc", "Sông Mẫu", "Đồng Xanh", "Hồ Nhãn", "Gò Mai", "Rạch Bần", "Cầu Cau")


def records(city: City, ground: Ground) -> Iterator[Records]:
    """The layer `housing_projects`."""
    rng, blocks = city.rng(110), city.plan.blocks
    sites = _sites(city, ground, rng)
    shape = np.array([shapely.multipolygons(list(ground.shape[s])) for s in sites], dtype=object)
    shape = shapely.difference(shape, city.water.surface)
    keep = shapely.area(shape) > 200
    shape, n = shape[keep], int(keep.sum())
    sites = [s for s, k in zip(sites, keep, strict=True) if k]
    area = shapely.area(shape)
    dense = np.array([blocks.kind[s[0]] != Kind.VILLA for s in sites])
    status, figures = _figures(area, dense, rng)
    decided = [DAY - timedelta(days=int(d)) for d in rng.integers(300, 3200, n)]
    started = [d + timedelta(days=200) if s != 2 else None for d, s in zip(decided, status, strict=True)]
    name = rng.permutation(len(_NAMES))
    yield Records(
        whole_geometry(shape),
        {
            "id": ids(n, city.rng(111)),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": pa.array([f"DANO-MAU-{i + 1:04d}" for i in range(n)]),
            "name": pa.array(
                [f"Khu nhà ở mẫu {_NAMES[name[i % len(_NAMES)]]} {i // len(_NAMES) + 1}" for i in range(n)]
            ),
            "kind": pa.array([_KINDS[i % len(_KINDS)] for i in range(n)]),
            **figures,
            "site_area": numbers(area, 1),
            "developer": pa.array([f"Công ty Mẫu {chr(65 + i % 26)}" for i in range(n)]),
            "decision": pa.array([f"Dữ liệu mẫu {200 + i}/{d.year}" for i, d in enumerate(decided)]),
            "decided_on": dates(decided),
            "started_on": dates(started),
            "due_on": dates([date(min(d.year + 6, 2031), 12, 31) for d in decided]),
        },
    )


def _figures(area: Floats, dense: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Ints, dict[str, pa.Array]]:
    """State (number in STATUSES) of every project; and as columns: state, units and how far they are."""
    n = len(area)
    status = np.arange(n) % len(STATUSES)
    status[len(STATUSES) :] = rng.choice(len(STATUSES), max(0, n - len(STATUSES)), p=(0.4, 0.3, 0.16, 0.08, 0.06))
    units = np.maximum(12, area * np.where(dense, 0.016, 0.0025)).astype(np.int64)
    part = rng.uniform(0.15, 0.85, n)
    progress = np.select([status == 0, status == 1, status == 3], [part * 100, 100.0, part * 70], 0.0).round(0)
    done = np.select([status == 0, status == 1], [units * np.maximum(part - 0.3, 0), units], 0.0).astype(np.int64)
    return status, {
        "status": pick(STATUSES, status),
        "units_total": integers(units),
        "units_completed": integers(done),
        "progress": numbers(progress, 0),
        "floor_area": numbers(units * rng.uniform(60, 120, n), 0),
    }


def _sites(city: City, ground: Ground, rng: np.random.Generator) -> list[Ints]:
    """Blocks of each project: up to four that lie together in one quarter of new houses, villas or (rebuilt) old ones."""
    blocks = city.plan.blocks
    there = np.array([s is not None for s in ground.shape])
    order = {int(Kind.NEW): 0, int(Kind.VILLA): 1}
    quarters: dict[int, list[int]] = {}
    for block in np.flatnonzero(there & (blocks.kind != Kind.PADDY) & (blocks.kind != Kind.INDUSTRY)):
        quarters.setdefault(int(blocks.quarter[block]), []).append(int(block))
    wanted = int(np.clip(5 + city.parcels / 6000, 5, 200))
    ranked = sorted(quarters, key=lambda q: (order.get(int(blocks.kind[quarters[q][0]]), 2), q))
    chosen = ranked[: 2 * wanted]
    picked = [chosen[i] for i in sorted(rng.permutation(len(chosen))[:wanted])]
    return [np.array(quarters[q][: 1 + int(rng.integers(0, 4))]) for q in picked]
