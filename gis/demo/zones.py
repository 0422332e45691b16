"""The layer `zones`: what the 1/2000 plans make of every block, of the streets between and of the water."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, integers, numbers, pick, whole_geometry
from gis.demo.kinds import Kind
from gis.demo.network import Floats, Ints, inset
from gis.demo.plans import EXPECTED, PlanSet, PlanSheet
from gis.demo.strips import sound
from gis.demo.uses import LIST, use_of_leaves
from gis.demo.wards import Wards
from gis.demo.warp import Warp
from gis.store.stage import Records

Bools = NDArray[np.bool_]

_STEP = 14.0

FUNCTIONS = (
    "DAT_O_Nhomnhao", "DAT_O_Honhop", "DAT_O_Langxom", "DAT_Dichvu", "DAT_Coquan", "DAT_HTXH_Cayxanhcc", "DAT_HTXH_Truonghoc",
    "DAT_HTXH_TruongTHPT", "DAT_HTXH_Yte", "DAT_HTXH_Vanhoa", "DAT_HTXH_Theducthethao", "DAT_Ditich_Tongiao", "DAT_SX_Congnghiep",
    "DAT_HTKT_Hatangkhac", "DAT_HTKT_Baidoxe", "DAT_HTKT_Nghiatrang", "DAT_NN_Nongnghiep", "DAT_NN_Thuysan", "DAT_Cayxanhhanche",
    "DAT_Cayxanhchuyendung", "DAT_Quocphong", "DAT_Anninh", "DAT_HTKT_DuongGT", "DAT_Khac_Songsuoi",
)  # fmt: skip
"""Functions that zones of the demo city have."""

_SHORT = (
    "NO", "HH", "LX", "DV", "CQ", "CX", "TH", "PT", "YT", "VH", "TT", "TG", "CN", "HT", "BX", "NT", "NN", "TS", "HC", "CD", "QP", "AN", "GT", "SS",
)  # fmt: skip
_TITLES = (
    "Nhóm nhà ở", "Hỗn hợp", "Khu làng xóm", "Dịch vụ", "Cơ quan", "Cây xanh công cộng", "Trường học", "Trường THPT", "Y tế", "Văn hóa",
    "Thể dục thể thao", "Di tích, tôn giáo", "Công nghiệp", "Hạ tầng kỹ thuật", "Bãi đỗ xe", "Nghĩa trang", "Nông nghiệp",
    "Thủy sản", "Cây xanh hạn chế", "Cây xanh chuyên dụng", "Quốc phòng", "An ninh", "Giao thông", "Mặt nước",
)  # fmt: skip
_ROAD, _WATER = len(FUNCTIONS) - 2, len(FUNCTIONS) - 1

_PLANNED: dict[Kind, dict[str, float]] = {
    Kind.CORE: {"DAT_O_Honhop": 0.45, "DAT_Dichvu": 0.2, "DAT_Coquan": 0.08, "DAT_O_Nhomnhao": 0.22, "DAT_HTXH_Cayxanhcc": 0.05},
    Kind.DENSE: {"DAT_O_Nhomnhao": 0.85, "DAT_O_Honhop": 0.05, "DAT_HTXH_Truonghoc": 0.03, "DAT_HTXH_Cayxanhcc": 0.04, "DAT_HTKT_Baidoxe": 0.015, "DAT_HTXH_Yte": 0.015},
    Kind.NEW: {"DAT_O_Nhomnhao": 0.8, "DAT_O_Honhop": 0.1, "DAT_HTXH_Truonghoc": 0.04, "DAT_HTXH_Cayxanhcc": 0.06},
    Kind.VILLA: {"DAT_O_Nhomnhao": 0.92, "DAT_HTXH_Cayxanhcc": 0.08},
    Kind.INDUSTRY: {"DAT_SX_Congnghiep": 0.92, "DAT_HTKT_Hatangkhac": 0.04, "DAT_Cayxanhchuyendung": 0.04},
    Kind.SUBURB: {"DAT_O_Langxom": 0.58, "DAT_O_Nhomnhao": 0.27, "DAT_NN_Nongnghiep": 0.1, "DAT_HTXH_TruongTHPT": 0.05},
    Kind.PADDY: {"DAT_NN_Nongnghiep": 0.72, "DAT_O_Nhomnhao": 0.12, "DAT_Cayxanhhanche": 0.08, "DAT_NN_Thuysan": 0.08},
}  # fmt: skip

# Storeys and coverage (%) that plans allow, by kind of quarter for homes, else by function.
_HOMES = {
    Kind.CORE: (9, 80),
    Kind.DENSE: (6, 90),
    Kind.NEW: (5, 85),
    Kind.VILLA: (3, 60),
    Kind.INDUSTRY: (5, 70),
    Kind.SUBURB: (4, 70),
    Kind.PADDY: (4, 60),
}
_OTHERS = {
    "DAT_O_Honhop": (18, 60), "DAT_Dichvu": (12, 60), "DAT_Coquan": (8, 50), "DAT_HTXH_Cayxanhcc": (1, 5), "DAT_HTXH_Truonghoc": (4, 40),
    "DAT_HTXH_TruongTHPT": (5, 40), "DAT_HTXH_Yte": (7, 40), "DAT_HTXH_Vanhoa": (5, 40), "DAT_HTXH_Theducthethao": (3, 40),
    "DAT_Ditich_Tongiao": (3, 40), "DAT_SX_Congnghiep": (5, 70), "DAT_HTKT_Hatangkhac": (2, 60), "DAT_HTKT_Baidoxe": (4, 60),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan allows in each block: `function` numbers FUNCTIONS; 0 in `storeys` and `coverage` (%) means not stated."""

    function: Ints
    storeys: Ints
    coverage: Ints


@dataclass(frozen=True, slots=True)
class Ground:
    """Land between the planned streets: `shape` (b,) of every block, None where streets use it up; `wet` may be cut."""

    shape: NDArray[np.object_]
    rings: list[Floats | None]


def draw_limits(city: City, turn: int = 0) -> Limits:
    """Functions and limits of all blocks; another `turn` is another plan for the same ground."""
    rng, blocks = city.rng(70 + turn), city.plan.blocks
    n = len(blocks)
    draw = rng.random(n)
    function = np.zeros(n, dtype=np.int64)
    for kind, shares in _PLANNED.items():
        here = blocks.kind == kind
        bounds = np.cumsum(list(shares.values()))[:-1]
        function[here] = np.array([FUNCTIONS.index(f) for f in shares])[
            np.searchsorted(bounds, draw[here], side="right")
        ]
    use, cells = use_of_leaves(city), city.leaves.cells
    alone = np.flatnonzero((use >= 0) & blocks.single[cells.block])
    function[cells.block[alone]] = np.array([FUNCTIONS.index(u.function) for u in LIST])[use[alone]]
    homes = np.isin(function, [FUNCTIONS.index(f) for f in ("DAT_O_Nhomnhao", "DAT_O_Langxom")])
    by_kind, by_function = np.array([_HOMES[k] for k in Kind]), np.array([_OTHERS.get(f, (0, 0)) for f in FUNCTIONS])
    allowed = np.where(homes[:, None], by_kind[blocks.kind], by_function[function])
    storeys = np.where(allowed[:, 0] > 2, allowed[:, 0] + rng.integers(-1, 2 + turn, n), allowed[:, 0])
    coverage = np.maximum(allowed[:, 1] - 5 * rng.integers(0, 3, n), np.minimum(allowed[:, 1], 5))
    storeys[rng.random(n) < 0.14] = 0
    coverage[rng.random(n) < 0.12] = 0
    return Limits(function, storeys, coverage)


def draw_ground(city: City) -> Ground:
    """Blocks as they are between the planned streets (chỉ giới đường đỏ)."""
    blocks = city.plan.blocks
    quad = inset(blocks.quad, city.plan.lines.planned[blocks.side] / 2)
    left = sound(blocks.quad, quad)
    rings: list[Floats | None] = [None] * len(blocks)
    coordinates, offsets = dense_rings(quad[left], city.warp, _STEP)
    for place, block in enumerate(np.flatnonzero(left)):
        rings[block] = coordinates[offsets[place] : offsets[place + 1]]
    shape = np.full(len(blocks), None, dtype=object)
    shape[left] = [shapely.Polygon(r) for r in rings if r is not None]
    return Ground(shape, rings)


def dense_rings(quad: Floats, warp: Warp, step: float) -> tuple[Floats, Ints]:
    """Closed ground rings of plan quadrilaterals with a vertex at least every `step` metres: coordinates, offsets."""
    edge = np.roll(quad, -1, axis=1) - quad
    count = np.maximum(1, np.ceil(np.linalg.norm(edge, axis=2) / step)).astype(np.int64)
    flat = count.ravel()
    ends = np.cumsum(flat)
    side = np.repeat(np.arange(len(flat)), flat)
    t = (np.arange(len(side)) - (ends - flat)[side]) / flat[side]
    ground = warp(quad.reshape(-1, 2)[side] + edge.reshape(-1, 2)[side] * t[:, None])
    size = count.sum(axis=1)
    first = np.cumsum(size) - size
    offsets = np.concatenate(([0], np.cumsum(size + 1)))
    closed = np.insert(ground, first + size, ground[first], axis=0)
    return closed, offsets


def records(city: City, wards: Wards, plans: PlanSet, ground: Ground, limits: Limits) -> Iterator[Records]:
    """The layer `zones`: plan after plan."""
    revised = draw_limits(city, 1)
    dry, streets, water = _surfaces(city, wards, ground)
    ward_of_block = wards.ward_of[city.plan.blocks.commune]
    everywhere = np.array([s is not None for s in ground.shape])
    for number, sheet in enumerate(plans.sheets):
        if sheet.kind not in ("QPK", "DCCB"):
            continue
        given = revised if number == plans.pending or sheet.kind == "DCCB" else limits
        here = np.array(sheet.blocks) if sheet.blocks else np.flatnonzero((ward_of_block == sheet.ward) & everywhere)
        here = here[everywhere[here]]
        commune = np.empty(0, np.int64) if sheet.blocks else np.flatnonzero(wards.ward_of == sheet.ward)
        batch = _zones(city, sheet, given, here, (dry[here], streets[commune], water[commune]), number)
        since = EXPECTED if number == plans.pending else sheet.since
        yield _dated(batch, since, sheet.until, pending=number == plans.pending)


def _surfaces(
    city: City, wards: Wards, ground: Ground
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Blocks without water, streets of each commune (its outline without blocks and water), water of each commune."""
    surface = city.water.surface
    shapely.prepare(surface)
    dry = ground.shape.copy()
    near = np.flatnonzero(shapely.intersects(surface, ground.shape))
    dry[near] = shapely.difference(ground.shape[near], surface)
    commune = city.plan.blocks.commune
    streets = np.empty(len(wards.outline), dtype=object)
    for c, outline in enumerate(wards.outline):
        holes = [ground.rings[b] for b in np.flatnonzero(commune == c) if ground.rings[b] is not None]
        streets[c] = shapely.Polygon(outline.exterior, holes)
    near = np.flatnonzero(shapely.intersects(surface, streets))
    streets[near] = shapely.difference(streets[near], surface)
    return dry, streets, shapely.intersection(wards.outline, surface)


def _zones(
    city: City, sheet: PlanSheet, given: Limits, here: Ints, shapes: tuple[NDArray[np.object_], ...], turn: int
) -> Records:
    """Zones of one plan; blocks that lie in the water and communes without water have none."""
    rng = np.random.default_rng([city.seed, 75, turn])
    blocks, streets, water = shapes
    geometry = np.concatenate((blocks, streets, water))
    function = np.concatenate((given.function[here], np.full(len(streets), _ROAD), np.full(len(water), _WATER)))
    nothing = np.zeros(len(streets) + len(water), np.int64)
    storeys, coverage = np.concatenate((given.storeys[here], nothing)), np.concatenate((given.coverage[here], nothing))
    geometry = _polygonal(geometry)
    kept = shapely.area(geometry) > 1.0
    geometry, function, storeys, coverage = geometry[kept], function[kept], storeys[kept], coverage[kept]
    n, area = len(geometry), shapely.area(geometry)
    far = np.floor(storeys * coverage / 100 * 0.9 * 10) / 10
    stated = (storeys > 0) & (coverage > 0) & (rng.random(n) > 0.1)
    homes = np.isin(function, (0, 1, 2))
    columns = {
        "id": ids(n, rng),
        "survey_crs": pa.array(np.full(n, 9210, np.int32)),
        "plan": pa.array([sheet.code] * n),
        "plan_status": pa.array([sheet.status] * n),
        "code": pa.array([f"{_SHORT[f]}-{i + 1}" for i, f in enumerate(function)]),
        "name": pick(_TITLES, function),
        "function_raw": pick(_TITLES, function),
        "function": pick(FUNCTIONS, function),
        "far_max": numbers(far, 1, stated & (far > 0)),
        "coverage_max": numbers(coverage, 0, coverage > 0),
        "storeys_max": integers(storeys, storeys > 0),
        "storeys_min": integers(np.ones(n), homes & (storeys > 0) & (rng.random(n) < 0.5)),
        "height_max": numbers(storeys * 3.6 + 1, 1, (storeys > 0) & (rng.random(n) < 0.4)),
        "population": integers(area * 0.03 + 5, homes & (rng.random(n) < 0.8)),
        "area": numbers(area, 1),
    }
    return Records(whole_geometry(geometry), columns)


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Only what is area in each shape."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    shapes = shapes.copy()
    for i in mixed:
        shapes[i] = shapely.union_all([p for p in shapely.get_parts(shapes[i]) if p.geom_type == "Polygon"])
    return shapes


def _dated(zones: Records, since: date | None, until: date | None, pending: bool) -> Records:
    n = len(zones)
    note = "Theo đồ án chưa phê duyệt; ngày hiệu lực là dự kiến" if pending else None
    dated = {
        "valid_from": instants([since] * n),
        "valid_to": instants([until] * n),
        "effective_on": dates([None if pending else since] * n),
        "note": pa.array([note] * n, pa.string()),
    }
    return Records(zones.geometry, {**zones.columns, **dated})
