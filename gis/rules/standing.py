"""What stands on the lots already: what of it stays beside the building that is applied for, goes, or becomes part of it.

Net density counts all main buildings of a lot and the floor area ratio all their floors (QCVN 01:2021/BXD, 1.4.20-25), so what stays
counts with what is applied for. Of a building whose fate nobody told both outcomes are possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.ops.pieces import Pieces, Tolerance, joined, pieces, slivers
from gis.ops.table import Table, objects
from gis.rules.columns import theme_number
from gis.rules.distance import Apart, Pairs
from gis.rules.facts import NONE, Bits, Bools, Floats, Inputs, Number, Objects, between, bit_where, derived
from gis.rules.table import NOTHING, table_of
from gis.rules.themes import Theme, lacking

BUILDINGS = "buildings"
KEPT, DEMOLISHED, INCLUDED = "kept", "demolished", "included"
FATES = (KEPT, DEMOLISHED, INCLUDED)
"""What becomes of a building: it stays beside the one applied for, is pulled down for it, or is part of it."""

NEIGHBOUR = Tolerance(width=0.5)
"""A strip of a building thinner than this (m) belongs to a neighbour, if most of the building lies elsewhere: so far outlines of
buildings and parcels differ."""

type Fates = str | Mapping[str, Sequence[str]]
"""One fate of all, or by fate the ids of the buildings."""


@dataclass(frozen=True, slots=True, eq=False)
class Stands:
    """Of each lot (n,) some of its buildings: their ground there (None where there is none), and their floors, m2, between
    `least` and `most`."""

    ground: Objects
    least: Floats
    most: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What stays, what becomes part of the building, and what nobody told (n,). `open_floors` (n,) are the bits of floor areas that are
    not known of what stays, `open_fates` of fates that nobody told, `gaps` of data that may lack buildings; `ignored` (n,) is
    what lies on the lot of neighbours' buildings, m2. `apart`: from which buildings no distance is kept."""

    kept: Stands
    included: Stands
    untold: Stands
    included_storeys: Number
    open_floors: Bits
    open_fates: Bits
    gaps: Bits
    ignored: Floats
    apart: Apart


def standing_on(lots: Objects, theme: Theme | None, fates: Objects, inputs: Inputs) -> Standing:
    """What stands on the lots. `fates` (n,) are those that were told, None where none were. The theme has `id`, `storeys` and
    `floor_area` (m2), NaN where they are missing."""
    table = NOTHING if theme is None else table_of(theme.features)
    found, ignored = _on(lots, table)
    told = objects([_fate(fates[lot], table, row) for lot, row in zip(found.lot, found.other, strict=True)])
    floors = _floors(found, table)
    kept, included, untold = (_stands(found, floors, _is(told, one), len(lots)) for one in (KEPT, INCLUDED, None))
    bits = inputs.bits
    return Standing(
        kept,
        included,
        untold,
        _most_storeys(found.only(_is(told, INCLUDED)), table, len(lots), bits["building_storeys"]),
        bit_where(np.isinf(kept.most), bits["building_floors"]),
        bit_where(~shapely.is_missing(untold.ground), bits["existing"]),
        lacking(lots, theme, bits[BUILDINGS]),
        ignored,
        _apart(found, told, bits["existing"]),
    )


def _apart(found: Pieces, told: Objects, bit: np.uint64) -> Apart:
    """What goes or becomes part of the building is no neighbour of it; what nobody told of may be none."""
    goes, untold = _is(told, DEMOLISHED) | _is(told, INCLUDED), _is(told, None)
    return Apart(Pairs(found.lot[goes], found.other[goes]), Pairs(found.lot[untold], found.other[untold]), bit)


def _on(lots: Objects, table: Table) -> tuple[Pieces, Floats]:
    """The parts of buildings on the lots, and the area (n,) of those that are neighbours'."""
    found = pieces(lots, table.geometry)
    thin = slivers(found, NEIGHBOUR) & (found.area < shapely.area(table.geometry[found.other]) / 2)
    ignored = np.bincount(found.lot, weights=np.where(thin, found.area, 0.0), minlength=len(lots))
    return found.only(~thin), ignored.astype(np.float64)


def _fate(fates: Fates | None, table: Table, row: int) -> str | None:
    if fates is None or isinstance(fates, str):
        return fates
    name = str(table.column("id")[row])
    return next((fate for fate, ids in fates.items() if name in ids), None)


def _is(told: Objects, fate: str | None) -> Bools:
    return np.array([one == fate for one in told], dtype=bool)


def _floors(found: Pieces, table: Table) -> tuple[Floats, Floats]:
    """Floor area of each part, m2, between two bounds: on record for the share of the building that the part is, else at least
    one floor."""
    area = theme_number(table, "floor_area")[found.other]
    share = found.area / shapely.area(table.geometry[found.other])
    known = ~np.isnan(area)
    return np.where(known, area * share, found.area), np.where(known, area * share, np.inf)


def _stands(found: Pieces, floors: tuple[Floats, Floats], chosen: Bools, count: int) -> Stands:
    some = found.only(chosen)
    least, most = (np.bincount(some.lot, weights=each[chosen], minlength=count) for each in floors)
    return Stands(joined(some, count), least.astype(np.float64), most.astype(np.float64))


def _most_storeys(found: Pieces, table: Table, count: int, bit: np.uint64) -> Number:
    """The most storeys above ground of the buildings of each lot, 0 without any."""
    most = np.zeros(count)
    with np.errstate(invalid="ignore"):  # what is not known is NaN, and stays so
        np.maximum.at(most, found.lot, theme_number(table, "storeys")[found.other])
    return derived(np.nan_to_num(most), bit_where(np.isnan(most), bit))


def built(footprint: Objects, stands: Standing) -> tuple[Objects, Objects]:
    """The ground that is built on at least and at most: the footprint with what stays, and with what may stay."""
    least = _together(footprint, stands.kept.ground)
    return least, _together(least, stands.untold.ground)


def _together(one: Objects, other: Objects) -> Objects:
    result, there = one.copy(), ~shapely.is_missing(other)
    alone = there & shapely.is_missing(one)
    result[alone] = other[alone]
    both = there & ~alone
    result[both] = shapely.union(one[both], other[both])
    return result


def numbers(stands: Standing, footprint: Objects, absent: Bits, stated: tuple[Number, Number]) -> dict[str, Number]:
    """The facts of the case about what stands there. `absent` (n,): the bits of footprints that are not there; `stated`: storeys
    above ground and floor area (m2) of the building that is applied for."""
    kept, untold, part = stands.kept, stands.untold, stands.included
    storeys, floor = stated
    here = ~shapely.is_missing(part.ground)
    ground, more, own = (_area(each.ground) for each in (kept, untold, part))
    over, maybe = (_area(shapely.intersection(footprint, each.ground)) for each in (kept, untold))
    rise = stands.included_storeys
    short = np.maximum(np.maximum(rise.lo, 0.0) - storeys.lo, 0.0)
    return {
        "kept_m2": _at_hand(ground, ground + more, stands),
        "kept_floor_m2": between((kept.least, kept.most + untold.most), stands.open_fates | stands.open_floors),
        "over_kept_m2": between((over, over + maybe), stands.open_fates, absent),
        "included_m2": _at_hand(own, own + more, stands),
        "included_outside_m2": derived(_area(shapely.difference(part.ground, footprint)), _where(here, absent)),
        "included_floor_short_m2": derived(np.maximum(part.least - floor.lo, 0.0), _where(here, floor.missing)),
        "included_storeys_short": derived(short, rise, _where(here, storeys.missing)),
    }


def _at_hand(least: Floats, most: Floats, stands: Standing) -> Number:
    """An area of buildings: without end where some may be lacking in the data."""
    return between((least, np.where(stands.gaps == NONE, most, np.inf)), stands.open_fates | stands.gaps)


def _where(mask: Bools, bits: Bits) -> Bits:
    return np.where(mask, bits, NONE).astype(np.uint64)


def _area(shapes: Objects) -> Floats:
    return np.asarray(np.nan_to_num(shapely.area(shapes)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Building:
    """One building on a lot: its row among the features, what of it lies on the lot (m2), and its fate, None where it was not told."""

    row: int
    area: float
    fate: str | None


def buildings_on(lot: shapely.Geometry, features: Table, fates: Fates | None) -> tuple[Building, ...]:
    """The buildings that stand on one lot, the largest part first."""
    found, _ = _on(objects([lot]), features)
    told = [
        Building(int(row), float(area), _fate(fates, features, int(row)))
        for row, area in zip(found.other, found.area, strict=True)
    ]
    return tuple(sorted(told, key=lambda one: (-one.area, one.row)))
