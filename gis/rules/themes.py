"""The data that a check reads beside its cases: features with the ground on which they are known to be complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from gis.errors import InvalidCrs
from gis.ops.pieces import Tolerance, covered, joined, pieces, slivers
from gis.ops.table import Table
from gis.rules.columns import theme_number
from gis.rules.facts import NONE, Bits, Bools, Facts, Floats, Number, Objects, bit_where
from gis.rules.pack import Kind, Pack, Place, Rule
from gis.rules.table import NOTHING, Given, table_of


@dataclass(frozen=True, slots=True)
class Theme:
    """Features in force on the day of the question, the polygons `complete` within which none is lacking, and the data version.

    Outside `complete`, finding nothing says nothing.
    """

    features: Given
    complete: Objects
    version: str


@lru_cache(maxsize=64)
def _code(crs: object) -> tuple[int | None, bool]:
    """EPSG code, and whether coordinates are metres."""
    axes = crs.axis_info  # type: ignore[attr-defined]
    return crs.to_epsg(), all(axis.unit_name == "metre" for axis in axes)  # type: ignore[attr-defined]


def storage_crs(cases: Given, themes: Mapping[str, Theme]) -> int:
    """The EPSG code that the cases and all themes share. Raises InvalidCrs where they do not, or where it has no metres."""
    frames = {"cases": cases} | {name: theme.features for name, theme in themes.items()}
    codes = {}
    known: dict[int, tuple[int | None, bool]] = {id(None): (None, False)}
    for name, frame in frames.items():
        found = frame.crs
        if id(found) not in known:  # what a CRS is takes long to tell, and frames mostly share one
            known[id(found)] = (found, True) if isinstance(found, int) else _code(found)
        code, metric = known[id(found)]
        if code is None or not metric:
            raise InvalidCrs(
                f"{name} must be in a projected CRS in metres; convert to the storage CRS first.",
                f"{name} phải ở hệ tọa độ phẳng đơn vị mét; hãy chuyển về hệ lưu trữ trước.",
                where=name,
            )
        codes[name] = code
    for name, code in codes.items():
        if code != codes["cases"]:
            raise InvalidCrs(
                f"{name} is in EPSG:{code}, the cases in EPSG:{codes['cases']}; convert one of them.",
                f"{name} ở EPSG:{code}, hồ sơ ở EPSG:{codes['cases']}; hãy chuyển về một hệ.",
                where=name,
            )
    return codes["cases"]


def lacking(shapes: Objects, theme: Theme | None, bit: np.uint64) -> Bits:
    """The bit (n,) where the theme is not known to be complete on the shape."""
    if theme is None:
        return np.full(len(shapes), bit, np.uint64)
    return np.where(covered(shapes, theme.complete), NONE, bit).astype(np.uint64)


def theme_rules(packs: Sequence[Pack], kind: Kind | None = None) -> list[tuple[Pack, Rule, Place]]:
    """The rules that measure overlaps or distances; None: both."""
    rules = ((pack, rule) for pack in packs for rule in pack.rules if kind in (None, rule.kind))
    return [(pack, rule, rule.place) for pack, rule in rules if rule.place is not None]


def with_themes(facts: Facts, themes: Mapping[str, Theme], packs: Sequence[Pack]) -> Facts:
    """The facts with every overlap that the packs ask for, in m2, and where it lies."""
    measured, overlaps, ignored = dict(facts.measured), dict(facts.overlaps), dict(facts.ignored)
    gaps: dict[tuple[str, str], Bits] = {}
    assert facts.shapes is not None
    for pack, rule, place in theme_rules(packs, Kind.OVERLAP):
        shapes = facts.shapes.lot if rule.measure == "lot" else facts.shapes.footprint
        gone = np.where(shapely.is_missing(shapes), facts.inputs.bits[rule.measure], NONE).astype(np.uint64)
        theme, asked = themes.get(place.theme), (rule.measure, place.theme)
        table = NOTHING if theme is None else table_of(theme.features)
        sure, perhaps = meant(table, place)
        if asked not in gaps:  # several rules ask the same of one theme
            gaps[asked] = gone | lacking(shapes, theme, facts.inputs.bits[place.theme])
        lost = gaps[asked] | bit_where(_touched(shapes, table.geometry[perhaps]), facts.inputs.bits[place.theme])
        found = pieces(shapes, table.geometry[sure])
        thin = slivers(found, Tolerance(area=rule.sliver))
        key = f"{pack.id}/{rule.id}"
        ignored[key] = np.bincount(found.lot, weights=np.where(thin, found.area, 0.0), minlength=len(shapes))
        shape = joined(found.only(~thin), len(shapes))
        overlaps[pack.id, rule.id] = shape
        measured[pack.id, rule.id] = _at_least_met(np.nan_to_num(shapely.area(shape)), lost)
    return replace(
        facts,
        measured=MappingProxyType(measured),
        overlaps=MappingProxyType(overlaps),
        ignored=MappingProxyType(ignored),
    )


def meant(table: Table, place: Place) -> tuple[Bools, Bools]:
    """Which features (k,) of the theme a rule means, and which it may mean, for they do not tell what decides."""
    nothing = np.zeros(len(table), dtype=bool)
    if place.field is None:
        return ~nothing, nothing
    if place.at_least is not None:
        values = theme_number(table, place.field)
        return values >= place.at_least, np.isnan(values)
    told = table.column(place.field) if place.field in table else np.full(len(table), None, dtype=object)
    return np.array([one in place.values for one in told], dtype=bool), np.asarray(pd.isna(told), dtype=bool)


def _touched(shapes: Objects, features: Objects) -> Bools:
    """Which shapes (n,) share ground with one of the features."""
    touched = np.zeros(len(shapes), dtype=bool)
    if not len(features):
        return touched
    touched[pieces(shapes, features).lot] = True
    return touched


def _at_least_met(area: Floats, lost: Bits) -> Number:
    """What was met is met; where data lack, more may be."""
    open_ended = lost != NONE
    return Number(area, np.where(open_ended, np.inf, area), lost)
