"""From cases and themes to facts: everything that takes geometry is done here, for all cases at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import numpy as np
import shapely

from gis.ops.pieces import pieces, remainder
from gis.rules.columns import Read, read
from gis.rules.distance import with_distances
from gis.rules.facts import (
    NONE,
    Bits,
    Facts,
    Floats,
    Inputs,
    Number,
    Objects,
    Rows,
    Shapes,
    between,
    bit_where,
    derived,
    inputs_of,
    known,
)
from gis.rules.pack import Pack
from gis.rules.roads import Roads, Shown, roads
from gis.rules.standing import BUILDINGS, Standing, built, standing_on
from gis.rules.standing import numbers as standing_numbers
from gis.rules.stated import stated
from gis.rules.table import Given
from gis.rules.themes import Theme, storage_crs, theme_rules, with_themes
from gis.rules.vocabulary import ABOVE_GROUND, COUNTED_FLOORS, Domain
from gis.rules.zones import Ground, zones


def inputs_for(packs: Sequence[Pack]) -> Inputs:
    """The inputs of these packs."""
    themes = {place.theme for _, _, place in theme_rules(packs)}
    return inputs_of(themes, {aspect for pack in packs for rule in pack.rules for aspect in rule.aspects})


def derive(cases: Given, themes: Mapping[str, Theme], packs: Sequence[Pack], at: date) -> Facts:
    """The facts of the cases. Raises InvalidParameter and InvalidCrs for tables that are not as `evaluate` says."""
    inputs = inputs_for(packs)
    crs = storage_crs(cases, themes)
    table = read(cases, at, inputs)
    road = roads(Shown(table.lot, table.footprint, table.tower), themes, table.told, inputs)
    stands = standing_on(table.lot, themes.get(BUILDINGS), table.fates, inputs)
    numbers = _measured(table, road, stands, inputs)
    ground = Ground(
        road.conforming, numbers["area_conforming"], table.footprint, _absent(table, inputs), _floor(table), stands
    )
    zoned = zones(ground, themes.get("zones"), inputs)
    count = np.arange(len(table.ids))
    rows = {
        Domain.CASE: Rows(count, np.full(len(count), None), numbers, table.labels),
        Domain.ZONE: zoned.rows,
        Domain.FRONT: road.rows,
    }
    facts = Facts(
        ids=table.ids,
        at=table.at,
        plan_on=_either(table.plan_on, zoned.plan_on),
        rows=MappingProxyType(rows),
        measured=MappingProxyType({}),
        broken=table.broken,
        ignored=MappingProxyType({"zones": zoned.ignored, BUILDINGS: stands.ignored}),
        overlaps=MappingProxyType({}),
        shapes=Shapes(
            crs,
            table.lot,
            table.footprint,
            table.tower,
            road.land,
            road.front_land,
            stands.kept.ground,
            stands.included.ground,
        ),
        versions=MappingProxyType({name: theme.version for name, theme in themes.items()}),
        inputs=inputs,
    )
    return with_distances(with_themes(facts, themes, packs), themes, packs, {BUILDINGS: stands.apart})


def _absent(table: Read, inputs: Inputs) -> Bits:
    return bit_where(np.asarray(shapely.is_missing(table.footprint)), inputs.bits["footprint"])


def _either(first: Number, second: Number) -> Number:
    here = first.missing == NONE
    return Number(
        np.where(here, first.lo, second.lo),
        np.where(here, first.hi, second.hi),
        np.where(here, first.missing, second.missing),
    )


def _measured(table: Read, road: Roads, stands: Standing, inputs: Inputs) -> dict[str, Number]:
    """The numbers of the case that follow from its shapes, floors and roads."""
    absent_lot = bit_where(np.asarray(shapely.is_missing(table.lot)), inputs.bits["lot"])
    absent = _absent(table, inputs)
    drawn = known(_area(table.lot))
    told = table.numbers["lot_area"]
    lot_area = _either(told, derived(drawn.lo, absent_lot))
    conforming = derived(np.maximum(lot_area.lo - road.taken, 0.0), lot_area, road.uncertain)
    footprint = derived(_area(table.footprint), absent)
    floor, above = _floor(table), [table.numbers[f"storeys_{kind}"] for kind in ABOVE_GROUND]
    rise = derived(_sum([one.lo for one in above]), *above)
    least, most = (_share(_area(each), conforming.lo) for each in built(table.footprint, stands))
    floors = floor.lo + stands.kept.least, floor.hi + stands.kept.most + stands.untold.most
    ratios = _share(floors[0], conforming.lo) / 100, _share(floors[1], conforming.lo) / 100
    open_floors = stands.open_fates | stands.open_floors
    composite = ~shapely.is_missing(table.tower) | (table.numbers["podium_height_m"].missing == NONE)
    below = [table.numbers["storeys_ham"], table.numbers["storeys_ban_ham"]]
    green = table.numbers["green_m2"]
    difference = np.where(told.missing == NONE, _share(np.abs(told.lo - drawn.lo), drawn.lo), 0.0)
    own = table.numbers | {"lot_area": lot_area}
    return own | {
        "composite": known(np.asarray(composite, dtype=float)),
        "in_road_m2": derived(road.taken, road.uncertain),
        "area_conforming": conforming,
        "footprint_m2": footprint,
        "footprint_outside_m2": derived(_outside(table.footprint, table.lot), absent, absent_lot),
        "footprint_in_road_m2": derived(_inside(table.footprint, road.land), absent, road.uncertain),
        "density_pct": between((least, most), stands.open_fates, footprint, conforming),
        "floor_area_m2": between(floors, open_floors, floor),
        "far": between(ratios, open_floors, floor, conforming),
        "green_pct": derived(_share(green.lo, lot_area.lo), green, lot_area),
        "basements": derived(_sum([b.lo for b in below]), *below),
        "area_difference_pct": derived(difference, absent_lot),
        "corner": road.corner,
        "through": road.through,
        "small_road_width": road.small_width,
        **standing_numbers(stands, table.footprint, absent, (rise, floor)),
        **stated(own, (table.footprint, table.tower), table.exempt, inputs),
    }


def _floor(table: Read) -> Number:
    """The floor area of the building that is applied for, as far as it counts."""
    floors = [table.numbers[f"floor_{kind}_m2"] for kind in COUNTED_FLOORS]
    return derived(_sum([one.lo for one in floors]), *floors)


def _sum(values: Sequence[Floats]) -> Floats:
    return np.asarray(np.sum(values, axis=0), dtype=np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    """Percent; of nothing, anything is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100 * part / whole, dtype=np.float64)


def _area(shapes: Objects) -> Floats:
    return np.asarray(np.nan_to_num(shapely.area(shapes)), dtype=np.float64)


def _outside(shapes: Objects, lots: Objects) -> Floats:
    return _area(shapely.difference(shapes, lots))


def _inside(shapes: Objects, land: Objects) -> Floats:
    """Area (n,) of each shape that road land covers, counted once."""
    found = pieces(shapes, land)
    return np.maximum(_area(shapes) - _area(remainder(shapes, found)), 0.0)
