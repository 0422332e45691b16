"""The zones that a lot meets: of each its limits, the part of the lot and the part of the building that lie in it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import is_

import numpy as np
import shapely

from gis.ops.pieces import Pieces, pieces, remainder, slivers
from gis.ops.table import Table
from gis.rules.columns import PLAN_ON, days, theme_number
from gis.rules.facts import (
    NONE,
    Bits,
    Floats,
    Inputs,
    Ints,
    Label,
    Number,
    Objects,
    Rows,
    between,
    bit_where,
    derived,
    given,
    label,
)
from gis.rules.standing import Standing, built
from gis.rules.table import NOTHING, table_of
from gis.rules.themes import Theme, lacking
from gis.rules.vocabulary import Domain, Sort, columns

NO_ZONE = "—"
"""The subject of the part of a lot that lies in no zone."""


@dataclass(frozen=True, slots=True)
class Zoned:
    """The rows of the domain of zones, the area (n,) that was ignored (m2), and the newest plan day of each case."""

    rows: Rows
    ignored: Floats
    plan_on: Number


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies on the zones. `conforming` (n,) is the lot without its part in road land and `area` its area in m2, which
    may be the legal one; `floor` the floor area that counts of the building applied for, `stands` what stands there already."""

    conforming: Objects
    area: Number
    footprint: Objects
    footprint_bits: Bits
    floor: Number
    stands: Standing


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of lots, each with its zone (-1: in none) and its geometry."""

    case: Ints
    zone: Ints
    geometry: Objects


def zones(ground: Ground, theme: Theme | None, inputs: Inputs) -> Zoned:
    """The zones of the cases; what of a lot lies in none has a row of its own, whose limits are missing."""
    bit = inputs.bits["zones"]
    table = NOTHING if theme is None else table_of(theme.features)
    found = pieces(ground.conforming, table.geometry)
    thin = slivers(found)  # where lot and zone lines differ by so little, the lot does not lie in the zone
    count = len(ground.conforming)
    ignored = np.bincount(found.lot, weights=np.where(thin, found.area, 0.0), minlength=count)
    bare, rest = _bare(ground.conforming, found)
    zoned = found.only(~thin)
    uncertain = np.flatnonzero(lacking(ground.conforming, theme, bit) != NONE)
    silent = np.setdiff1d(np.arange(count), np.concatenate([zoned.lot, bare.lot]))
    parts = _parts(zoned, bare, np.setdiff1d(np.union1d(uncertain, silent), bare.lot))
    ignored = ignored + rest
    rows = _rows(parts, ground, table, inputs)
    return Zoned(rows, ignored, _plan_on(parts, table, inputs, count))


def _bare(lots: Objects, found: Pieces) -> tuple[Pieces, Floats]:
    """What of each lot lies in no zone, and the area (n,) of that which is only a sliver."""
    left = remainder(lots, found)
    area = np.nan_to_num(shapely.area(left))
    here = np.flatnonzero(area > 0)
    bare = Pieces(here, np.full(len(here), -1), left[here], area[here])
    thin = slivers(bare)
    ignored = np.zeros(len(lots))
    ignored[here[thin]] = area[here[thin]]
    return bare.only(~thin), ignored


def _parts(found: Pieces, bare: Pieces, unknown: Ints) -> _Parts:
    """All parts by case; the cases `unknown` get one more without a place, so that no case is without a row."""
    case = np.concatenate([found.lot, bare.lot, unknown])
    zone = np.concatenate([found.other, bare.other, np.full(len(unknown), -1)])
    nothing = np.full(len(unknown), None, dtype=object)
    geometry = np.concatenate([found.geometry, bare.geometry, nothing])
    order = np.argsort(case, kind="stable")
    return _Parts(case[order], zone[order], geometry[order])


def _rows(parts: _Parts, ground: Ground, table: Table, inputs: Inputs) -> Rows:
    numbers: dict[str, Number] = {}
    labels: dict[str, Label] = {}
    outside = bit_where(parts.zone < 0, inputs.bits["zones"])
    for name, fact in columns(Domain.ZONE).items():
        column = name.removeprefix("zone.")
        if fact.sort is Sort.TEXT:
            labels[name] = label(_texts(table, column, parts.zone), inputs.bits[name])
        else:
            values = np.append(theme_number(table, column), np.nan)[parts.zone]
            numbers[name] = derived(values, given(values, inputs.bits[name]), outside)
    numbers |= _measures(parts, ground)
    subject = np.where(parts.zone < 0, NO_ZONE, _texts(table, "code", parts.zone))
    return Rows(parts.case, subject, numbers, labels)


def _texts(table: Table, name: str, zone: Ints) -> Objects:
    values = table.column(name) if name in table else np.full(len(table), None, dtype=object)
    return np.append(values, np.array([None], dtype=np.object_))[zone]


def _measures(parts: _Parts, ground: Ground) -> dict[str, Number]:
    """Each zone's limits apply to its part; floors are taken to spread over the zones as the ground of their buildings does."""
    case, count, stands = parts.case, len(ground.conforming), ground.stands
    drawn = np.nan_to_num(shapely.area(ground.conforming))
    scale = np.divide(ground.area.known, drawn, out=np.ones(count), where=drawn > 0)
    area = derived(np.nan_to_num(shapely.area(parts.geometry)) * scale[case], ground.area.take(case))
    inside = _inside(ground.footprint, parts)
    footprint = derived(inside, ground.footprint_bits[case])
    least_ground, most_ground = built(ground.footprint, stands)
    least = _inside_too(least_ground, parts, ground.footprint, inside)
    most = _inside_too(most_ground, parts, least_ground, least)
    floor = ground.floor.take(case)
    kept, untold = (_share(_inside(each.ground, parts), case, count) for each in (stands.kept, stands.untold))
    fates, floors = stands.open_fates[case], (stands.open_fates | stands.open_floors)[case]
    with np.errstate(divide="ignore", invalid="ignore"):
        low = floor.lo * _share(inside, case, count) + stands.kept.least[case] * kept
        high = (
            floor.lo * _share(inside, case, count)
            + _times(stands.kept.most[case], kept)
            + _times(stands.untold.most[case], untold)
        )
        density, far = (100 * least / area.lo, 100 * most / area.lo), (low / area.lo, high / area.lo)
    return {
        "zone.area_m2": area,
        "zone.footprint_m2": footprint,
        "zone.density_pct": between(density, fates, footprint, area),
        "zone.far": between(far, floors, footprint, area, floor),
    }


def _inside(shapes: Objects, parts: _Parts) -> Floats:
    """Area (m,) of the shape of its case in each part, m2."""
    return np.asarray(np.nan_to_num(shapely.area(shapely.intersection(shapes[parts.case], parts.geometry))))


def _inside_too(shapes: Objects, parts: _Parts, others: Objects, inside: Floats) -> Floats:
    """The same, with what is known `inside` of the shapes `others`, many of which are the very same."""
    same = np.fromiter(map(is_, shapes, others), dtype=bool, count=len(shapes))
    shapes = shapes.copy()
    shapes[same] = None
    return np.where(same[parts.case], inside, _inside(shapes, parts))


def _share(inside: Floats, case: Ints, count: int) -> Floats:
    """The share (m,) of its case that lies in each part; 0 where nothing does."""
    total = np.bincount(case, weights=inside, minlength=count)[case]
    return np.divide(inside, total, out=np.zeros(len(case)), where=total > 0)


def _times(floor: Floats, share: Floats) -> Floats:
    """Floor area in a part, without end where it is not known; where nothing stands none is."""
    return np.where(share > 0, floor, 0.0) * np.where(share > 0, share, 1.0)


def _plan_on(parts: _Parts, table: Table, inputs: Inputs, count: int) -> Number:
    """The newest day of the plans of a case's zones, as days since 1970."""
    missing = np.full(len(table), np.nan)
    on = days(np.asarray(table.column(PLAN_ON), dtype=object), PLAN_ON) if PLAN_ON in table else missing
    values = np.append(on, np.nan)[parts.zone]
    newest = np.full(count, -np.inf)
    np.maximum.at(newest, parts.case, np.where(np.isnan(values), np.inf, values))
    return given(np.where(np.isfinite(newest), newest, np.nan), inputs.bits[PLAN_ON])
