"""What roads do to the lots: the part they take, the roads that a lot fronts, and how far the building stands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gis.errors import InvalidParameter
from gis.ops.fronts import GAP, Fronts, corners, fronts, opposite, road_land
from gis.ops.pieces import pieces, ranks, remainder, slivers
from gis.ops.table import Table
from gis.rules.columns import theme_number
from gis.rules.facts import (
    NONE,
    Bits,
    Bools,
    Floats,
    Inputs,
    Ints,
    Number,
    Objects,
    Rows,
    bit_where,
    derived,
    given,
    known,
)
from gis.rules.table import NOTHING, table_of
from gis.rules.themes import Theme, lacking

UNKNOWN_REACH = 30.0
"""A road of unknown width may take land so far from its middle line (m)."""

ROAD_FUNCTIONS = frozenset({"DAT_HTKT_DuongGT"})
"""Functions of zones (Circular 16/2025/TT-BXD) that are land of roads: the red line parts it from the land to build on
(QCVN 01:2021/BXD, 1.4.20-25). Of the general plan's transport land not all is road."""

LINE_REACH = 40.0
"""A building line is a lot's own if it belongs to a road that the lot fronts and runs within so many metres of it."""

_BEYOND = 2 * GAP + 0.1
"""So far (m) from its land a road may still be fronted; its mitred land reaches at most its whole width from the middle line."""

OFF_LINE = 0.5
"""A red line that runs deeper than this (m) through what the widths leave of a lot contradicts them."""


@dataclass(frozen=True, slots=True)
class Roads:
    """`conforming` is each lot without its part in road land, `taken` (n,) that part in m2, of which `lined` (n,) lies between
    the red lines of roads; `uncertain` (n,) the bits of what is not known about these, of the lines or of the zones, and
    `unlined` (n,) of the lines alone. `through`: whether a lot goes through from one road to another, and `small_width` (m) of the narrower
    of these. `front_land` is the land of the road of each row, `land` that of all roads near the shapes and of the zones that the plans give to roads."""

    conforming: Objects
    taken: Floats
    lined: Floats
    uncertain: Bits
    unlined: Bits
    corner: Number
    through: Number
    small_width: Number
    rows: Rows
    front_land: Objects
    land: Objects


@dataclass(frozen=True, slots=True)
class Shown:
    """The geometries of the cases (n,), None where there is none."""

    lot: Objects
    footprint: Objects
    tower: Objects


@dataclass(frozen=True, slots=True)
class _Lines:
    """Middle lines with their land, and all lines with their kind. `key` tells roads apart by name and width."""

    table: Table
    land: Objects
    width: Floats
    name: Objects
    key: Ints
    middle: Objects


def roads(shown: Shown, themes: Mapping[str, Theme], told: Objects, inputs: Inputs) -> Roads:
    """The roads of the cases. `told` (n,) holds the fronting roads that the applicant or officer gave, or None.

    Each of them is a mapping with `road`, `width_m` and `length_m`. What the lines tell of fronts and depths does not hang on
    how the zones are drawn.
    """
    theme = themes.get("road_lines")
    lines = _lines(theme, shown)
    bit = inputs.bits["road_lines"]
    beside = remainder(shown.lot, pieces(shown.lot, lines.land))
    zoned = _zoned(themes.get("zones"))
    conforming = _without(beside, zoned)
    whole = shapely.area(shown.lot)
    taken, lined = (np.nan_to_num(whole - shapely.area(left)) for left in (conforming, beside))
    unlined = lacking(shown.lot, theme, bit) | bit_where(_contradicted(shown.lot, beside, lines), bit)
    unlined |= bit_where(np.asarray(shapely.is_missing(shown.lot)), inputs.bits["lot"])
    run = fronts(beside, lines.land)
    rows, front_land = _rows(shown, run, lines, unlined, told, inputs)
    corner = derived(corners(run, lines.key, len(shown.lot)).astype(float), unlined)
    through = _through(run, lines, told, unlined, inputs)
    uncertain = unlined | lacking(shown.lot, themes.get("zones"), inputs.bits["zones"])
    land = np.append(lines.land, zoned)
    return Roads(conforming, taken, lined, uncertain, unlined, corner, *through, rows, front_land, land)


def _zoned(theme: Theme | None) -> Objects:
    """The zones that are land of roads."""
    table = NOTHING if theme is None else table_of(theme.features)
    if not len(table) or "function" not in table:
        return np.empty(0, dtype=object)
    given = np.array([one in ROAD_FUNCTIONS for one in table.column("function")], dtype=bool)
    return np.asarray(table.geometry[given], dtype=object)


def _without(lots: Objects, zoned: Objects) -> Objects:
    """The lots without these zones; where the lines of zones and roads differ by so little, nothing is cut off."""
    if not len(zoned):
        return lots
    found = pieces(lots, zoned)
    return remainder(lots, found.only(~slivers(found)))


def _lines(theme: Theme | None, shown: Shown) -> _Lines:
    table = NOTHING if theme is None else table_of(theme.features)
    if not len(table):
        nothing, none = np.empty(0, dtype=object), np.zeros(0)
        return _Lines(NOTHING, nothing, none, nothing, none.astype(np.int64), nothing)
    if "kind" not in table:
        raise InvalidParameter(
            "road_lines needs the column 'kind'.", "road_lines cần cột 'kind'.", where="road_lines.kind"
        )
    middle = _near(_of_kind(table, "CENTRELINE"), shown)
    width = theme_number(middle, "right_of_way")
    name = _names(middle)
    same = np.array([f"{n}/{w}" for n, w in zip(name, width, strict=True)], dtype=object)
    key = pd.factorize(same)[0].astype(np.int64)
    return _Lines(table, road_land(middle.geometry, width), width, name, key, middle.geometry)


def _near(middle: Table, shown: Shown) -> Table:
    """The middle lines whose land can touch a shape; those of unknown width all. To make land of the others would be in vain."""
    width = theme_number(middle, "right_of_way")
    known = width > 0
    shapes = np.concatenate([shown.lot, shown.footprint, shown.tower])
    lines = np.flatnonzero(known)
    reached = shapely.STRtree(shapes).query(
        middle.geometry[lines], predicate="dwithin", distance=width[lines] + _BEYOND
    )[0]
    wanted = ~known
    wanted[lines[reached]] = True
    return middle.only(wanted)


def _of_kind(table: Table, kind: str) -> Table:
    return table.only(np.asarray(table.column("kind") == kind, dtype=bool)) if len(table) else table


def _names(table: Table) -> Objects:
    """The name of each line, else its code."""
    codes = table.column("code") if "code" in table else np.full(len(table), "", dtype=object)
    names = table.column("name") if "name" in table else codes
    return np.where(pd.isna(names), codes, names)


def _contradicted(lots: Objects, conforming: Objects, lines: _Lines) -> Bools:
    """Lots about whose road part the lines disagree, or of whose road the width is not known."""
    result = np.zeros(len(lots), dtype=bool)
    widthless = lines.middle[~(lines.width > 0)]
    if len(widthless):
        result[shapely.STRtree(lots).query(widthless, predicate="dwithin", distance=UNKNOWN_REACH)[1]] = True
    red = _of_kind(lines.table, "RED_LINE").geometry
    if len(red):
        line, lot = shapely.STRtree(conforming).query(red, predicate="intersects")
        inner = shapely.buffer(conforming[lot], -OFF_LINE)
        result[lot[shapely.intersects(inner, red[line])]] = True
    return result


@dataclass(frozen=True, slots=True)
class _Front:
    """Fronts before they become rows: one for each case and road. `land` is the road's, None where it has no place."""

    case: Ints
    land: Objects
    name: Objects
    length: Floats
    depth: Floats
    width: Floats


def _merged(run: Fronts, lines: _Lines) -> _Front:
    """One front for each lot and road: of a road drawn in several pieces, or twice, the longest front counts."""
    key = lines.key[run.road] if len(run.road) else np.zeros(0, dtype=np.int64)
    order = np.lexsort((-run.length, key, run.lot))
    lot, key = run.lot[order], key[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (lot[1:] != lot[:-1]) | (key[1:] != key[:-1])
    rows = order[first]
    road = run.road[rows]
    land = _joined(lines.land[run.road[order]], np.cumsum(first) - 1)
    return _Front(run.lot[rows], land, lines.name[road], run.length[rows], run.depth[rows], lines.width[road])


def _joined(land: Objects, group: Ints) -> Objects:
    """The land of each group of pieces, which stand in order."""
    rank = ranks(group)
    whole: Objects = land[rank == 0]
    for step in range(1, int(rank.max(initial=0)) + 1):
        more = group[rank == step]
        whole[more] = shapely.union(whole[more], land[rank == step])
    return whole


def _through(run: Fronts, lines: _Lines, told: Objects, unlined: Bits, inputs: Inputs) -> tuple[Number, Number]:
    """Whether each lot goes through, and the width of the narrower road.

    A correction changes widths; it takes no road away from a lot that goes through, and of several given roads one without a
    place may be at the back.
    """
    rows = np.flatnonzero(opposite(run, lines.key))
    lot, road = run.lot[rows], run.road[rows]
    width, placeless = lines.width[road].copy(), np.zeros(len(told), dtype=bool)
    for case in np.flatnonzero([items is not None for items in told]):
        given_here = {str(item["road"]): item.get("width_m") for item in _checked(told[case])}
        known_here = set(lines.name[run.road[run.lot == case]].tolist())
        placeless[case] = len(given_here) > 1 and not given_here.keys() <= known_here
        for at in np.flatnonzero(lot == case):
            told_width: Any = given_here.get(str(lines.name[road[at]]))
            width[at] = told_width or width[at]
    narrow = np.full(len(told), np.inf)
    np.minimum.at(narrow, lot, width)
    goes = np.isfinite(narrow)
    bits = unlined | bit_where(placeless, inputs.bits["front_place"])
    return derived(goes.astype(float), bits), derived(np.where(goes, narrow, 0.0), bits)


def _rows(
    shown: Shown, run: Fronts, lines: _Lines, uncertain: Bits, told: Objects, inputs: Inputs
) -> tuple[Rows, Objects]:
    """The rows of the domain of fronts and the land of the road of each; a case without one has a row that says so."""
    front = _with_told(_merged(run, lines), told)
    by_hand = np.array([t is not None for t in told], dtype=bool)[front.case]
    bare = np.setdiff1d(np.arange(len(shown.lot)), front.case)
    case = np.concatenate([front.case, bare])
    order = np.argsort(case, kind="stable")
    case = case[order]
    land = np.concatenate([front.land, np.full(len(bare), None)])[order]
    by_hand = np.concatenate([by_hand, np.zeros(len(bare), bool)])[order]
    no_data = np.where(by_hand, NONE, uncertain[case])

    def value(values: Floats, lost: Bits) -> Number:
        padded = np.concatenate([values, np.full(len(bare), np.nan)])[order]
        return derived(padded, given(padded, inputs.bits["frontages"]), lost)

    nowhere = np.where(by_hand, inputs.bits["front_place"], inputs.bits["frontages"])
    placed = uncertain[case] | np.where(shapely.is_missing(land), nowhere, NONE)
    depth = value(front.depth, placed)
    numbers = {
        "front.width_m": value(front.width, no_data),
        "front.length_m": value(front.length, no_data),
        "front.depth_m": depth,
        "front.setback_m": _distance(shown.footprint[case], land, placed, inputs.bits["footprint"]),
        "front.tower_setback_m": _distance(shown.tower[case], land, placed, inputs.bits["tower"]),
    }
    subject = np.concatenate([front.name, np.full(len(bare), None)])[order]
    numbers["front.given"] = known(by_hand.astype(float))
    numbers |= _building_lines(shown.lot, lines, case, subject, placed, inputs)
    return Rows(case, subject, numbers, {}), land


def _distance(shape: Objects, land: Objects, lost: Bits, bit: np.uint64) -> Number:
    """From the building to the land of the road, m."""
    away = np.asarray(shapely.distance(shape, land), dtype=np.float64)
    absent = bit_where(np.asarray(shapely.is_missing(shape)), bit)
    return derived(np.nan_to_num(away, nan=np.inf), lost | absent)


def _building_lines(
    lots: Objects, lines: _Lines, case: Ints, subject: Objects, lost: Bits, inputs: Inputs
) -> dict[str, Number]:
    """Whether the road of each row has a building line at the lot, and the setback that it prescribes."""
    own = _of_kind(lines.table, "BUILDING_LINE")
    there, setback = np.zeros(len(case)), np.zeros(len(case))
    if len(own):
        name, away = _names(own), theme_number(own, "setback")
        row, line = shapely.STRtree(own.geometry).query(lots[case], predicate="dwithin", distance=LINE_REACH)
        same = subject[row] == name[line]
        there[row[same]] = 1.0
        np.maximum.at(setback, row[same], np.where(np.isnan(away), np.inf, away)[line[same]])
    silent = bit_where(np.isinf(setback), inputs.bits["road_lines"])
    return {
        "front.building_line": derived(there, lost),
        "front.line_setback_m": derived(setback, lost, silent),
    }


def _with_told(front: _Front, told: Objects) -> _Front:
    """The fronts, those of cases with given ones replaced by them. A given road with the name of a found one has its place."""
    hand = [(case, item) for case, items in enumerate(told) if items is not None for item in _checked(items)]
    if not hand:
        return front
    case = np.array([c for c, _ in hand], dtype=np.int64)
    name = np.array([str(item["road"]) for _, item in hand], dtype=object)
    place = {(int(c), str(n)): i for i, (c, n) in enumerate(zip(front.case, front.name, strict=True))}
    match = np.array([place.get((int(c), n), -1) for c, n in zip(case, name, strict=True)], dtype=np.int64)
    kept = ~np.isin(front.case, np.flatnonzero([t is not None for t in told]))
    merged = _Front(
        np.concatenate([front.case[kept], case]),
        np.concatenate([front.land[kept], np.append(front.land, np.array([None], dtype=np.object_))[match]]),
        np.concatenate([front.name[kept], name]),
        np.concatenate([front.length[kept], _told(hand, "length_m")]),
        np.concatenate([front.depth[kept], np.append(front.depth, np.nan)[match]]),
        np.concatenate([front.width[kept], _told(hand, "width_m")]),
    )
    order = np.argsort(merged.case, kind="stable")
    return _Front(*(getattr(merged, key)[order] for key in ("case", "land", "name", "length", "depth", "width")))


def _told(hand: Sequence[tuple[int, Mapping[str, object]]], key: str) -> Floats:
    return np.array([np.nan if item.get(key) is None else item[key] for _, item in hand], dtype=np.float64)


def _checked(items: object) -> Sequence[Mapping[str, object]]:
    """The given fronts of one case. Raises InvalidParameter for anything but roads with positive widths and lengths."""
    good = isinstance(items, Sequence) and not isinstance(items, str) and all(_is_front(item) for item in items)
    if not good:
        raise InvalidParameter(
            "frontages must be a list of {road, width_m, length_m} with positive numbers.",
            "frontages phải là danh sách {road, width_m, length_m} với số dương.",
            where="frontages",
        )
    assert isinstance(items, Sequence)
    return items


def _is_front(item: object) -> bool:
    if not isinstance(item, Mapping) or not item.get("road") or not set(item) <= {"road", "width_m", "length_m"}:
        return False
    sizes = [item[key] for key in ("width_m", "length_m") if item.get(key) is not None]
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) and 0 < v < np.inf for v in sizes)
