"""The layer `road_lines`: middle lines, red lines and building lines of streets and alleys, and corridors along water."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.columns import dates, ids, instants, numbers, pick, text, whole_geometry
from gis.demo.corridors import SINCE, strips
from gis.demo.kinds import Kind
from gis.demo.network import ALLEY, AVENUE, LANE, LOCAL, STREET, Floats, Ints
from gis.demo.streets import Streets
from gis.demo.wards import Wards
from gis.demo.warp import Warp
from gis.store.stage import Records

_STEP = 22.0
_SETBACK = {Kind.CORE: 3.0, Kind.NEW: 3.0, Kind.VILLA: 4.5, Kind.INDUSTRY: 6.0}
_DECIDED = (date(2007, 5, 21), date(2013, 9, 12), date(2016, 3, 30), date(2019, 12, 2), date(2022, 8, 15))
_KINDS = ("CENTRELINE", "RED_LINE", "BUILDING_LINE", "CORRIDOR")
_CODES = ("TD", "CGDD", "CGXD", "HL")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Lines of one kind: `line` of the plan, `sides` of offset geometries in m from the middle."""

    kind: int
    line: Ints
    geometry: NDArray[np.object_]


def setbacks(city: City) -> Floats:
    """Distance of the building line from the red line of every line of the plan, m; 0 where there is none of its own."""
    lines = city.plan.lines
    by_kind = np.array([_SETBACK.get(k, 0.0) for k in Kind] + [0.0])[lines.kind]
    result: Floats = np.where(
        lines.rank <= STREET, np.where(lines.rank == AVENUE, 3.0, 0.0), np.where(lines.rank <= LOCAL, by_kind, 0.0)
    )
    return result


def records(city: City, wards: Wards, streets: Streets) -> Iterator[Records]:
    """The layer `road_lines`: of all lines that a lot lies on."""
    lines = city.plan.lines
    used = np.unique(
        np.concatenate((city.leaves.line[np.unique(city.today.leaf)].ravel(), np.flatnonzero(lines.rank == AVENUE)))
    )
    dry = ~_over_water(city, used)
    half, setback = lines.planned / 2, setbacks(city)
    edged = used[lines.rank[used] < ALLEY]
    built = used[setback[used] > 0]
    drawn = (
        _Drawn(0, used, _middles(city, used, dry)),
        _Drawn(1, edged, _both_sides(city, edged, half[edged])),
        _Drawn(2, built, _both_sides(city, built, half[built] + setback[built])),
    )
    for part in drawn:
        yield _records(city, streets, part, setback)
    yield _corridors(city, wards)


def _over_water(city: City, line: Ints) -> NDArray[np.bool_]:
    """Streets and greater cross the water on bridges; what is less ends at the bank."""
    result: NDArray[np.bool_] = city.plan.lines.rank[line] > STREET
    return ~result


def _middles(city: City, line: Ints, ends: NDArray[np.bool_]) -> NDArray[np.object_]:
    lines = city.plan.lines
    return _ashore(city, _bent(lines.start[line], lines.end[line], city.warp), ends)


def _both_sides(city: City, line: Ints, away: Floats) -> NDArray[np.object_]:
    """Two lines at `away` m from the middle, from the parent's red line to the other end."""
    lines = city.plan.lines
    run = lines.end[line] - lines.start[line]
    length = np.linalg.norm(run, axis=1)
    run /= length[:, None]
    normal = np.column_stack((-run[:, 1], run[:, 0])) * away[:, None]
    trim = np.where(lines.parent[line] >= 0, lines.planned[np.maximum(lines.parent[line], 0)] / 2, 0.0)
    start = lines.start[line] + run * np.minimum(trim, 0.4 * length)[:, None]
    left, right = (_bent(start + s * normal, lines.end[line] + s * normal, city.warp) for s in (1, -1))
    both = shapely.multilinestrings(np.column_stack((left, right)))
    return _ashore(city, both, np.ones(len(line), np.bool_))


def _bent(start: Floats, end: Floats, warp: Warp) -> NDArray[np.object_]:
    """Ground lines between plan points, with a vertex at least every 22 m."""
    run = end - start
    count = np.maximum(1, np.ceil(np.linalg.norm(run, axis=1) / _STEP)).astype(np.int64) + 1
    offsets = np.concatenate(([0], np.cumsum(count)))
    index = np.repeat(np.arange(len(count)), count)
    t = (np.arange(len(index)) - offsets[index]) / (count[index] - 1)
    result: NDArray[np.object_] = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, warp(start[index] + run[index] * t[:, None]), (offsets,)
    )
    return result


def _ashore(city: City, shapes: NDArray[np.object_], ends: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Lines without what lies in the water, where they `end` there."""
    surface = city.water.surface
    shapely.prepare(surface)
    wet = np.flatnonzero(shapely.intersects(surface, shapes) & ends)
    shapes = shapes.copy()
    shapes[wet] = shapely.difference(shapes[wet], surface)
    return shapes


def _records(city: City, streets: Streets, part: _Drawn, setback: Floats) -> Records:
    lines, there = city.plan.lines, ~shapely.is_empty(part.geometry)
    line, n = part.line[there], int(there.sum())
    alley = lines.rank[line] >= LANE
    planned = np.round(lines.planned[line] * 2) / 2
    # Red lines of streets are set by plans; those of alleys, and building lines, follow from the width.
    derived = (part.kind > 0) & (alley | (part.kind == 2))
    since = line % len(_DECIDED)
    days = [_DECIDED[i] for i in since]
    return Records(
        whole_geometry(part.geometry[there]),
        {
            "id": ids(n, city.rng(80 + part.kind)),
            "valid_from": instants(days),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": text(f"{_CODES[part.kind]}-", line + 1),
            "name": pick(streets.label, line),
            "kind": pa.array([_KINDS[part.kind]] * n),
            "right_of_way": numbers(planned, 1),
            "setback": numbers(setback[line], 1, np.full(n, part.kind == 2)),
            "alley": pa.array(alley),
            "derived": pa.array(derived),
            "decision": text("Dữ liệu mẫu ", 10 + line % 90, pick([f"/{d.year}" for d in _DECIDED], since)),
            "decided_on": dates(days),
            "effective_on": dates(days),
            "note": pa.array(["Suy từ tim đường và lộ giới" if d else None for d in derived], pa.string()),
        },
    )


def _corridors(city: City, wards: Wards) -> Records:
    """Protected strips along river and canals, and along a railway."""
    inside, wide = shapely.union_all(wards.ward_outline), strips(city)
    shapes = np.array(
        [
            shapely.intersection(strip.line.buffer(strip.half + strip.width, quad_segs=6).boundary, inside)
            for strip in wide
        ],
        dtype=object,
    )
    there = np.flatnonzero(~shapely.is_empty(shapes))
    n = len(there)
    return Records(
        whole_geometry(shapes[there]),
        {
            "id": ids(n, city.rng(84)),
            "valid_from": instants([SINCE] * n),
            "survey_crs": pa.array(np.full(n, 9210, np.int32)),
            "code": pa.array([f"HL-{i + 1}" for i in there]),
            "name": pa.array([f"Hành lang {wide[i].name}" for i in there]),
            "kind": pa.array(["CORRIDOR"] * n),
            "right_of_way": numbers(np.array([2 * (wide[i].half + wide[i].width) for i in there]), 1),
            "setback": numbers(np.array([wide[i].width for i in there]), 1),
            "alley": pa.array([False] * n),
            "derived": pa.array([True] * n),
            "decision": pa.array(["Dữ liệu mẫu 22/2020"] * n),
            "decided_on": dates([SINCE] * n),
            "effective_on": dates([SINCE] * n),
            "note": pa.array(["Suy từ tim và bề rộng"] * n),
        },
    )
