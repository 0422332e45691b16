"""The layer `buildings`: what stands on the lots; most keeps the limits of today, some does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gis.demo.city import DAY, City
from gis.demo.columns import dates, days_of, ids, instants, integers, numbers, pick, text, whole_geometry
from gis.demo.kinds import Kind, column
from gis.demo.network import Floats, Ints
from gis.demo.parcels import Parcels
from gis.demo.uses import LIST
from gis.demo.zones import Limits
from gis.store.stage import Records

Bools = NDArray[np.bool_]

# QĐ 56/2021/QĐ-UBND annex 18: storeys of townhouses by lộ giới (m), without additions; coverage (%) by lot area (m2).
_ROAD, _STOREYS = (3.5, 6.0, 16.0, 25.0), (3, 3, 4, 5, 6)
_AREA, _COVERAGE = (50, 100, 200, 300, 500), (100, 90, 70, 60, 50)

_SIDE = {Kind.VILLA: 0.14, Kind.INDUSTRY: 0.1, Kind.SUBURB: 0.06}


@dataclass(frozen=True, slots=True)
class Buildings:
    """Buildings of lots of today: `lot` numbers them. `allowed` storeys by lộ giới and plan. `built` is a year."""

    lot: Ints
    shape: NDArray[np.object_]
    storeys: Ints
    allowed: Ints
    built: Ints
    height: Floats


def draw_buildings(city: City, parcels: Parcels, limits: Limits, surveyed: Bools) -> Buildings:
    """Buildings in communes that were `surveyed` (c,), on lots that no water cuts."""
    rng, lots, entries = city.rng(90), city.today, parcels.register
    n = len(lots)
    use = entries.use[:n]
    stands = np.array([u.building is not None for u in LIST])[use] & (rng.random(n) < 0.96)
    lot = np.flatnonzero(stands & lots.whole & surveyed[entries.commune[:n]] & (lots.depth > 6))
    shape = _footprints(city, limits, lot, rng)
    party, spans = _party(city), lots.spans
    skewed = np.flatnonzero(~(party[spans.start[lot]] & party[spans.end[lot]]))
    fits = np.ones(len(lot), np.bool_)
    fits[skewed] = shapely.covers(lots.geometry[lot[skewed]], shape[skewed])
    lot, shape = lot[fits], shape[fits]
    allowed = allowed_storeys(city, limits, lot)
    storeys = _storeys(use[lot], allowed, rng)
    latest = np.where(lots.event[lot] >= 0, DAY.year - city.events.age_of(lots.event[lot]) // 365, 1975)
    built = np.minimum(
        np.maximum(DAY.year - 1 - (36 * rng.random(len(lot)) ** 1.4).astype(np.int64), latest + 1), DAY.year - 1
    )
    return Buildings(lot, shape, storeys, allowed, built, np.round(storeys * rng.uniform(3.2, 3.7, len(lot)) + 0.6, 1))


def allowed_storeys(city: City, limits: Limits, lot: Ints) -> Ints:
    """Storeys by lộ giới, and not more than the zone's where it states them."""
    lots = city.today
    by_road = np.array(_STOREYS)[np.searchsorted(_ROAD, city.plan.lines.planned[lots.line[lot]], side="right")]
    by_road = by_road + (lots.kind[lot] == Kind.CORE)  # one more in the centre
    by_zone = limits.storeys[city.leaves.cells.block[lots.leaf[lot]]]
    result: Ints = np.where(by_zone > 0, np.minimum(by_road, by_zone), by_road)
    return result


def allowed_coverage(city: City, limits: Limits, lot: Ints) -> Floats:
    """Coverage (%) by lot area, and not more than the zone's where it states it."""
    by_area = np.interp(city.today.area[lot], _AREA, _COVERAGE)
    by_zone = limits.coverage[city.leaves.cells.block[city.today.leaf[lot]]]
    result: Floats = np.where(by_zone > 10, np.minimum(by_area, by_zone), by_area)
    return result


def _storeys(use: Ints, allowed: Ints, rng: np.random.Generator) -> Ints:
    low, high = np.array([u.storeys for u in LIST])[use].T
    house = np.array([u.building == "HOUSE" for u in LIST])[use]
    draw = rng.random(len(use))
    kept = 1 + np.floor(draw**0.8 * allowed).astype(np.int64)
    more = rng.random(len(use)) < 0.06
    homes = np.where(more, allowed + rng.integers(1, 3, len(use)), np.minimum(kept, allowed))
    result: Ints = np.where(house, homes, low + np.floor(draw * (high - low + 1)).astype(np.int64))
    return result


def _footprints(city: City, limits: Limits, lot: Ints, rng: np.random.Generator) -> NDArray[np.object_]:
    """Eight corners each: along both party walls with their kinks, a front yard and a rear yard left free."""
    lots, fabric = city.today, city.fabric
    kind, depth = lots.kind[lot], lots.depth[lot]
    side = np.array([_SIDE.get(k, 0.006) for k in Kind])[kind] + 0.004 * rng.random(len(lot))
    side = np.where(lots.front[lot] > 25, 0.12, side)
    limit = allowed_coverage(city, limits, lot) / 100
    share = np.where(
        rng.random(len(lot)) < 0.08,
        limit * rng.uniform(1.02, 1.25, len(lot)),
        limit * rng.uniform(0.78, 0.99, len(lot)),
    )
    free = np.clip(1 - share / (1 - 2 * side), 0.02, 0.6)
    fore = np.where(rng.random(len(lot)) < 0.35, 0.15, rng.uniform(0.3, 1.2, len(lot))) / depth
    fore = np.clip(np.where(side > 0.05, free / 2, fore), 0.01, np.minimum(free - 0.005, 0.31)).clip(0.01)
    bend = 2.7 * column("kink")[kind] + 0.03  # what the rear line may bend inwards between its ends
    rear = np.clip(np.maximum(free - fore, bend / depth), 0.01, 0.31)
    spans = lots.spans
    left = _wall(fabric.xy, city, spans.start[lot], fore, rear)
    right = _wall(fabric.xy, city, spans.end[lot], fore, rear)
    # End walls bend with the street between their ends, so a straight building keeps away from them.
    bow = (0.15 + depth * depth / 1600) / lots.front[lot]
    party = _party(city)
    from_left = np.where(party[spans.start[lot]], side, np.maximum(side, bow))[:, None, None]
    from_right = np.where(party[spans.end[lot]], side, np.maximum(side, bow))[:, None, None]
    inner_left, inner_right = left + (right - left) * from_left, right + (left - right) * from_right
    ring = np.concatenate((inner_left, inner_right[:, ::-1], inner_left[:, :1]), axis=1)
    return np.asarray(shapely.polygons(np.round(ring, 3)))


def _wall(xy: Floats, city: City, cut: Ints, fore: Floats, rear: Floats) -> Floats:
    """Four points along the wall at a cut: `fore` and `rear` (shares of the depth) from its ends, and its kinks."""
    fabric = city.fabric
    street, back = xy[fabric.fore[cut]], xy[fabric.rear[cut]]
    run = back - street
    party = _party(city)[cut]
    first = np.minimum(fabric.wall.start[cut], len(xy) - 2)
    one = np.where(party[:, None], xy[first], street + run / 3)
    two = np.where(party[:, None], xy[first + 1], street + run * 2 / 3)
    start = street + (one - street) * np.minimum(3 * fore, 0.95)[:, None]
    end = back + (two - back) * np.minimum(3 * rear, 0.95)[:, None]
    return np.stack((start, one, two, end), axis=1)


def _party(city: City) -> Bools:
    """Cuts between two lots, whose walls have two kinks."""
    party = np.ones(len(city.cuts), np.bool_)
    party[city.cuts.first[:-1]] = party[city.cuts.first[1:] - 1] = False
    return party


def records(city: City, parcels: Parcels, buildings: Buildings, batch: int = 100_000) -> Iterator[Records]:
    """The layer `buildings`."""
    for low in range(0, len(buildings.lot), batch):
        yield _batch(city, parcels, buildings, np.arange(low, min(low + batch, len(buildings.lot))))


def _batch(city: City, parcels: Parcels, buildings: Buildings, row: Ints) -> Records:
    rng = np.random.default_rng([city.seed, 91, int(row[0])])
    lot, storeys, n = buildings.lot[row], buildings.storeys[row], len(row)
    shape, built = buildings.shape[row], buildings.built[row]
    use = parcels.register.use[lot]
    where, area = pa.array(lot), shapely.area(shape)
    below = np.where((storeys > 6) | (rng.random(n) < 0.015), 1, 0) + (storeys > 14)
    begun = (built - 1970) * 365 + (built - 1969) // 4 + rng.integers(0, 4, n) * 91
    key = parcels.key.take(where)
    columns = {
        "id": ids(n, rng),
        "valid_from": instants(np.maximum(begun, parcels.register.since[lot])),
        "survey_crs": pa.array(np.full(n, 9210, np.int32)),
        "code": text(key, "/N1"),
        "name": pick([u.title for u in LIST], use),
        "use": pick([u.building for u in LIST], use),
        "storeys": integers(storeys),
        "storeys_below": integers(below),
        "height": numbers(buildings.height[row], 1, rng.random(n) < 0.9),
        "footprint_area": numbers(area, 1),
        "floor_area": numbers(area * (storeys + below) * 0.97, 1),
        "year_built": integers(built, rng.random(n) < 0.93),
        "parcel": key,
        "street": parcels.street.take(where),
        "address": parcels.address.take(where),
        "surveyed_on": dates(np.full(n, days_of(DAY) - 120) - rng.integers(0, 200, n)),
    }
    return Records(whole_geometry(shape), columns)
