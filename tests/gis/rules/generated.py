"""A town of generated cases: lots at streets of many widths, some between two, some with buildings that stand there already."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.rules.themes import Theme
from tests.gis.rules import truth
from tests.gis.rules.town import CRS, FACTS, ORIGIN, ZONE, rectangle, street, theme, themes
from tests.gis.rules.truth import Facts

PITCH, ALONG, BACK = 40.0, 500, 20.0
"""Metres from lot to lot, lots at a street, and metres from a street to the one behind it."""


def facts_of_town(count: int, rng: np.random.Generator) -> Facts:
    """Lots with buildings that mostly just keep or just break the rules."""
    row = np.arange(count) // ALONG
    rows = int(row.max()) + 1
    back = np.where(rng.random(rows) < 0.4, BACK, np.nan)[row]
    width, depth = rng.choice([2.8, 4.0, 5.0, 9.0, 12.0], count), rng.uniform(8, 24, count)
    south = rng.choice([0.0, 0.0, -1.5], count)
    depth = np.where(~np.isnan(back) & (rng.random(count) < 0.5), BACK - south, depth)
    filled = rng.choice([0.5, 0.7, 0.85, 0.95], count)
    none = np.zeros(count)
    lot = np.stack([none, south, width, south + depth], axis=1)
    house = np.stack([none, np.maximum(south, 0), width, south + depth * filled], axis=1)
    storeys = rng.integers(2, 7, count).astype(float)
    stands, floors = _standing(lot, rng)
    return Facts(
        lot=lot,
        house=house,
        stands=stands,
        fate=rng.choice(4, (count, 2), p=[0.15, 0.5, 0.25, 0.1]),
        floors=floors,
        front_width=_some(rng, (3.0, 4.5, 8.0, 16.0, 22.0, 30.0), rows)[row],
        back=back,
        back_width=np.where(np.isnan(back), np.nan, rng.choice([3.0, 5.0, 8.0, 16.0], rows)[row]),
        storeys=storeys,
        height=1.0 + 3.4 * storeys,
        small_road_setback=_some(rng, (0.0, 3.5), count),
        centre=rng.random(count) < 0.5,
        axis=rng.random(count) < 0.2,
        coverage_max=_some(rng, (80.0, 95.0), rows)[row],
        storeys_max=_some(rng, (4.0, 6.0), rows)[row],
    )


def _some(rng: np.random.Generator, among: tuple[float, ...], count: int) -> truth.Floats:
    return np.asarray(rng.choice(among, count), dtype=np.float64)


def _standing(lot: truth.Floats, rng: np.random.Generator) -> tuple[truth.Floats, truth.Floats]:
    """Of each lot an old house at its back and one across its east side, which is a mere strip of a neighbour's at times; on most
    lots only one of them or none. Their floors are of one to three storeys, or not known."""
    east, north, count = lot[:, 2], lot[:, 3], len(lot)
    deep = rng.uniform(0.7, 4.0, count)
    house = np.stack([np.zeros(count), north - deep, east * rng.choice([0.5, 1.0], count), north], axis=1)
    low = lot[:, 1] + rng.uniform(0, 0.9, count) * (north - lot[:, 1] - 1)
    across = np.stack([east - rng.choice([0.3, 0.8, 1.5], count), low, east + 3, low + 1], axis=1)
    stands = np.stack([house, across], axis=1)
    stands[rng.random((count, 2)) < [0.6, 0.8]] = np.nan
    floors = truth.area(stands) * rng.integers(1, 4, (count, 2))
    return stands, np.where(rng.random((count, 2)) < 0.15, np.nan, floors)


def tables_of(facts: Facts) -> tuple[gpd.GeoDataFrame, dict[str, Theme]]:
    """The cases and the data of such a town."""
    count = len(facts.lot)
    place = np.stack([np.arange(count) % ALONG * PITCH, np.arange(count) // ALONG * 100.0], axis=1) + ORIGIN
    table = gpd.GeoDataFrame(
        {name: [value] * count for name, value in FACTS.items()}, geometry=_boxes(facts.lot, place), crs=CRS
    )
    table["id"] = np.arange(count).astype(str)
    table["footprint"] = _boxes(facts.house, place)
    table["storeys_tang"], table["floor_main_m2"] = facts.storeys, truth.area(facts.house) * facts.storeys
    table["height_m"] = table["height_front_m"] = facts.height
    table["centre_district"], table["commercial_axis"] = facts.centre, facts.axis
    table["ground_setback_m"], table["extra_storey_setback_m"] = 3.0, 3.5
    table["small_road_setback_m"], table["balcony_m"] = facts.small_road_setback, 0.0
    table["existing"] = _fates(facts)
    return table, themes(road_lines=_streets(facts), zones=_zones(facts), buildings=_buildings(facts, place))


def _boxes(shape: truth.Floats, place: truth.Floats) -> NDArray[np.object_]:
    return np.asarray(shapely.box(*(shape + np.tile(place, 2)).T), dtype=object)


def _fates(facts: Facts) -> NDArray[np.object_]:
    """As applications tell them: of all in one word where it is one, else by the ids of the buildings."""
    told = np.full(len(facts.lot), None, dtype=object)
    there = ~np.isnan(facts.stands[..., 0])
    for case in np.flatnonzero((there & (facts.fate != truth.UNTOLD)).any(axis=1)):
        fates: dict[str, list[str]] = {}
        for which in np.flatnonzero(there[case] & (facts.fate[case] != truth.UNTOLD)):
            fates.setdefault(truth.FATES[facts.fate[case, which]], []).append(f"{case}-{which}")
        whole = len(fates) == 1 and len(next(iter(fates.values()))) == there[case].sum()
        told[case] = next(iter(fates)) if whole else fates
    return told


def _buildings(facts: Facts, place: truth.Floats) -> Theme:
    case, which = np.nonzero(~np.isnan(facts.stands[..., 0]))
    shapes, floors = _boxes(facts.stands[case, which], place[case]), facts.floors[case, which]
    rows = [
        {"id": f"{c}-{w}", "geometry": shape, "storeys": None if np.isnan(floor) else 2, "floor_area": floor}
        for c, w, shape, floor in zip(case, which, shapes, floors, strict=True)
    ]
    return theme(rows)


def _first(facts: Facts) -> range:
    return range(0, len(facts.lot), ALONG)


def _streets(facts: Facts) -> Theme:
    rows = []
    for i, case in enumerate(_first(facts)):
        width, behind = float(facts.front_width[case]), float(facts.back_width[case])
        rows.append(street(width, y=100.0 * i - width / 2, name=f"Đường {i}"))
        if not np.isnan(behind):
            rows.append(street(behind, y=100.0 * i + BACK + behind / 2, name=f"Đường sau {i}"))
    return theme(rows)


def _zones(facts: Facts) -> Theme:
    rows: list[dict[str, Any]] = []
    for i, case in enumerate(_first(facts)):
        limits: dict[str, Any] = {
            "coverage_max": facts.coverage_max[case],
            "storeys_max": facts.storeys_max[case],
            "far_max": truth.PLAN_FAR,
            "height_max": truth.PLAN_HEIGHT,
        }
        shape = rectangle(-100, 100 * i - 50, PITCH * ALONG + 200, 100)
        rows.append(ZONE | {"code": f"Z{i}", "geometry": shape} | limits)
    return theme(rows)
