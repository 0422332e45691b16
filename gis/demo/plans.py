"""The layer `plans`: general plan, 1/2000 plans of wards (one being revised, one replaced, some wards without), a local
adjustment, detailed plans, and the land-use plan and schedule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import shapely

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, whole_geometry
from gis.demo.network import Ints
from gis.demo.wards import Wards
from gis.store.stage import Records

EXPECTED = date(2027, 7, 1)
"""When the plan under revision is to be approved: its zones do not hold before."""


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """One plan: dossier `code`, where it holds and from when until when. `ward` (-1: none), `blocks` it adjusts."""

    code: str
    name: str
    kind: str
    area: shapely.Geometry
    status: str
    since: date | None
    until: date | None = None
    base: str | None = None
    scale: int | None = None
    decision: str | None = None
    info: str | None = None
    authority: str = "UBND Thành phố mẫu"
    ward: int = -1
    blocks: tuple[int, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PlanSet:
    """All plans, and for each ward the number of its 1/2000 plan, -1 without one. `pending` revises, `former` was replaced."""

    sheets: tuple[PlanSheet, ...]
    of_ward: Ints
    pending: int
    former: int
    local: tuple[int, ...]


def draw_plans(city: City, wards: Wards) -> PlanSet:
    """The plans of the city."""
    rng = city.rng(60)
    whole = shapely.coverage_union_all(wards.ward_outline)
    count = len(wards.ward_outline)
    planned = np.ones(count, np.bool_)
    order = np.argsort(_distance(wards), kind="stable")
    planned[order[::-1][: max(1, count // 12)]] = False  # wards at the edge have no 1/2000 plan yet
    sheets = _city_plans(whole)
    of_ward = np.full(count, -1, dtype=np.int64)
    for ward in np.flatnonzero(planned):
        of_ward[ward] = len(sheets)
        sheets.append(_zoning(wards, int(ward), rng))
    near = [int(w) for w in order if planned[w]]
    revised, replaced = near[min(1, len(near) - 1)], near[0]
    base = sheets[of_ward[revised]]
    sheets[of_ward[revised]] = _as_revising(base)
    pending = len(sheets)
    sheets.append(
        PlanSheet(
            f"00QPK126{revised + 1:04d}", f"Điều chỉnh tổng thể {base.name[0].lower()}{base.name[1:]}", "QPK", base.area, "APPRAISED",
            date(2026, 9, 15), base=base.code, scale=2000, ward=revised, note="Đã thẩm định, chưa phê duyệt: chưa có hiệu lực",
        )
    )  # fmt: skip
    former = len(sheets)
    area = wards.ward_outline[replaced]
    sheets.append(
        PlanSheet(
            f"00QPK009{replaced + 1:04d}", f"Quy hoạch chi tiết xây dựng đô thị {wards.ward_name[replaced]} (cũ)", "QPK", area,
            "REPLACED", date(2009, 6, 1), sheets[of_ward[replaced]].since, scale=2000, decision="Dữ liệu mẫu 11/2009", ward=replaced,
        )
    )  # fmt: skip
    local = _local(city, wards, sheets, of_ward, rng)
    return PlanSet(tuple(sheets), of_ward, pending, former, local)


def _distance(wards: Wards) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    middle = shapely.centroid(shapely.union_all(wards.ward_outline))
    return np.asarray(shapely.distance(shapely.centroid(wards.ward_outline), middle))


def _city_plans(whole: shapely.Geometry) -> list[PlanSheet]:
    city = "Thành phố mẫu"
    return [
        PlanSheet("00QHC0100001", f"Quy hoạch chung {city} đến năm 2025", "QHC", whole, "REPLACED", date(2010, 1, 6), date(2025, 6, 11),
                  scale=25000, decision="Dữ liệu mẫu 24/2010", authority="Thủ tướng Chính phủ (mẫu)"),
        PlanSheet("00QHC0250001", f"Quy hoạch chung {city} đến năm 2040", "QHC", whole, "APPROVED", date(2025, 6, 11), base="00QHC0100001",
                  scale=25000, decision="Dữ liệu mẫu 25/2025", info="002511100001", authority="Thủ tướng Chính phủ (mẫu)"),
        PlanSheet("QCKT-MAU-2021", "Quy chế quản lý kiến trúc đô thị mẫu", "QCKT", whole, "APPROVED", date(2021, 12, 28),
                  decision="Dữ liệu mẫu 56/2021"),
        PlanSheet("QHSDĐ-MAU-2021-2030", "Quy hoạch sử dụng đất thời kỳ 2021-2030", "QHSDĐ", whole, "APPROVED", date(2022, 4, 1),
                  date(2031, 1, 1), scale=25000, decision="Dữ liệu mẫu 08/2022"),
        PlanSheet("KHSDĐ-MAU-2025", "Kế hoạch sử dụng đất năm 2025", "KHSDĐ", whole, "REPLACED", date(2025, 1, 1), date(2026, 1, 1),
                  base="QHSDĐ-MAU-2021-2030", scale=25000, decision="Dữ liệu mẫu 02/2025"),
        PlanSheet("KHSDĐ-MAU-2026", "Kế hoạch sử dụng đất năm 2026", "KHSDĐ", whole, "APPROVED", date(2026, 1, 1), date(2027, 1, 1),
                  base="QHSDĐ-MAU-2021-2030", scale=25000, decision="Dữ liệu mẫu 03/2026"),
    ]  # fmt: skip


def _zoning(wards: Wards, ward: int, rng: np.random.Generator) -> PlanSheet:
    year = int(rng.integers(2012, 2021))
    return PlanSheet(
        f"00QPK0{year % 100:02d}{ward + 1:04d}", f"Quy hoạch phân khu tỷ lệ 1/2000 {wards.ward_name[ward]}", "QPK", wards.ward_outline[ward],
        "APPROVED", date(year, int(rng.integers(1, 13)), int(rng.integers(1, 29))), scale=2000,
        decision=f"Dữ liệu mẫu {100 + ward}/{year}", info=f"00{year % 100:02d}210{ward + 1:05d}", ward=ward,
    )  # fmt: skip


def _as_revising(plan: PlanSheet) -> PlanSheet:
    return PlanSheet(
        plan.code, plan.name, plan.kind, plan.area, "REVISING", plan.since, scale=plan.scale, decision=plan.decision,
        info=plan.info, ward=plan.ward, note="Đang điều chỉnh tổng thể; còn hiệu lực đến khi đồ án điều chỉnh được duyệt",
    )  # fmt: skip


def _local(
    city: City, wards: Wards, sheets: list[PlanSheet], of_ward: Ints, rng: np.random.Generator
) -> tuple[int, ...]:
    """Local adjustments: two blocks each, in a few wards."""
    blocks = city.plan.blocks
    ward_of_block = wards.ward_of[blocks.commune]
    wards_with = np.flatnonzero(of_ward >= 0)
    chosen = wards_with[rng.permutation(len(wards_with))[: 1 + len(wards_with) // 10]]
    found: list[int] = []
    for number, ward in enumerate(chosen):
        here = np.flatnonzero(ward_of_block == ward)
        start = int(rng.integers(0, max(1, len(here) - 1)))
        pair = tuple(int(b) for b in here[start : start + 2])
        quad = blocks.quad[list(pair)]
        area = shapely.union_all(shapely.polygons(city.warp(quad.reshape(-1, 2)).reshape(-1, 4, 2)))
        base = sheets[of_ward[ward]]
        found.append(len(sheets))
        sheets.append(
            PlanSheet(
                f"DCCB-MAU-{number + 1:04d}", f"Điều chỉnh cục bộ {base.name[0].lower()}{base.name[1:]}", "DCCB", area, "APPROVED",
                date(2023, 1 + number % 12, 10), base=base.code, scale=2000, decision=f"Dữ liệu mẫu {700 + number}/2023", ward=int(ward), blocks=pair,
            )
        )  # fmt: skip
    return tuple(found)


def records(city: City, plans: PlanSet) -> Iterator[Records]:
    """The layer `plans`."""
    sheets = plans.sheets
    areas = np.array([s.area for s in sheets], dtype=object)
    yield Records(
        whole_geometry(areas),
        {
            "id": ids(len(sheets), city.rng(61)),
            "valid_from": instants([s.since for s in sheets]),
            "valid_to": instants([s.until for s in sheets]),
            "survey_crs": pa.array([9210] * len(sheets), pa.int32()),
            "code": pa.array([s.code for s in sheets]),
            "name": pa.array([s.name for s in sheets]),
            "kind": pa.array([s.kind for s in sheets]),
            "base_plan": pa.array([s.base for s in sheets], pa.string()),
            "info_code": pa.array([s.info for s in sheets], pa.string()),
            "scale": pa.array([s.scale for s in sheets], pa.int64()),
            "decision": pa.array([s.decision for s in sheets], pa.string()),
            "decided_on": dates([s.since if s.decision else None for s in sheets]),
            "authority": pa.array([s.authority for s in sheets]),
            "status": pa.array([s.status for s in sheets]),
            "effective_on": dates([s.since if s.decision else None for s in sheets]),
            "effective_until": dates([s.until for s in sheets]),
            "area": pa.array((shapely.area(areas) / 10_000).round(2)),
            "note": pa.array([s.note for s in sheets], pa.string()),
        },
    )
