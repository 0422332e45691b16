"""Tables of limits: bands, linear interpolation in one or two directions, extras and their ceiling."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from gis.rules.facts import NONE, Bits, Bools, Facts, Floats, Ints, Number, number_of
from gis.rules.logic import both, every, negated
from gis.rules.pack import Axis, Beyond, Grid, Read
from gis.rules.vocabulary import Domain


def limits(facts: Facts, grid: Grid, domain: Domain) -> Number:
    """The limit of each row. An axis that is not known leaves it between the table's values at both ends.

    The tables are monotone along their axes (`pack_check` sees to it), so the ends bound what lies between.
    """
    axes = [number_of(facts, axis.fact, domain) for axis in grid.axes]
    low, high = np.full(len(axes[0].lo), np.inf), np.full(len(axes[0].lo), -np.inf)
    missing = np.bitwise_or.reduce([a.missing for a in axes])
    certain = all(a.lo is a.hi or np.array_equal(a.lo, a.hi) for a in axes)
    for ends in itertools.product((0,) if certain else (0, 1), repeat=len(axes)):
        values = [(a.lo, a.hi)[end] for a, end in zip(axes, ends, strict=True)]
        least, most, bits = _at(facts, grid, domain, values)
        low, high, missing = np.minimum(low, least), np.maximum(high, most), missing | bits
    return Number(low, high, missing)


def _at(facts: Facts, grid: Grid, domain: Domain, values: list[Floats]) -> tuple[Floats, Floats, Bits]:
    """Least and greatest limit where the axes have these values, and what is missing for its extras."""
    places = [_place(axis, value) for axis, value in zip(grid.axes, values, strict=True)]
    base = _interpolated(_array(grid.values), places)
    least, most, missing = base.copy(), base.copy(), np.zeros(len(base), np.uint64)
    band = np.floor(places[0]).astype(np.int64)
    if grid.extras:
        barred = negated(every(facts, grid.extras_unless, domain)) if grid.extras_unless else None
        for extra in grid.extras:
            granted = every(facts, extra.when, domain)
            granted = both(granted, barred) if barred else granted
            amount = _array(extra.values)[band]
            least, most = least + amount * granted.sure, most + amount * granted.yes
            missing |= np.where((amount != 0) & granted.yes & granted.no, granted.missing, NONE)
        ceiling = _array(grid.ceiling)[band]
        least, most = np.minimum(least, ceiling), np.minimum(most, ceiling)
    outside = _outside(grid, values)
    return np.where(outside, -np.inf, least), np.where(outside, np.inf, most), missing


@lru_cache(maxsize=1_024)
def _array(values: tuple[float, ...] | tuple[tuple[float, ...], ...]) -> Floats:
    """Numbers of a table of the packs, which are the same at every question."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _place(axis: Axis, value: Floats) -> Floats:
    """Where the value stands along the axis, as a broken number of rows; below the first value is the first row."""
    at = _array(axis.at)
    if axis.read is Read.BANDS:
        place: Floats = np.maximum(np.searchsorted(at, value, side="right") - 1, 0).astype(float)
    else:
        place = np.interp(value, at, np.arange(len(at)))
    return np.where(value > at[-1], float(len(at)), place) if axis.beyond is Beyond.STEP else place


def _interpolated(values: Floats, places: list[Floats]) -> Floats:
    """Bilinear between the values around the places; a table of one axis has one column."""
    row, column = places[0], places[1] if len(places) > 1 else np.zeros(len(places[0]))
    top, left = _floor(row), _floor(column)
    bottom, right = np.minimum(top + 1, values.shape[0] - 1), np.minimum(left + 1, values.shape[1] - 1)
    down, across = row - top, column - left
    upper = values[top, left] * (1 - across) + values[top, right] * across
    lower = values[bottom, left] * (1 - across) + values[bottom, right] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _floor(place: Floats) -> Ints:
    return np.floor(place).astype(np.int64)


def _outside(grid: Grid, values: list[Floats]) -> Bools:
    """Where the table says nothing."""
    outside = np.zeros(len(values[0]), dtype=bool)
    for axis, value in zip(grid.axes, values, strict=True):
        if axis.beyond is Beyond.NO_DATA:
            outside |= value > axis.at[-1]
    return outside
