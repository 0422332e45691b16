"""What an application states, held against itself: facts that cannot all be true. Pure.

Nothing here asks for more than was stated: what is missing contradicts nothing, and other rules ask for it. So each comparison has a
flag that says whether all of it was stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from gis.rules.facts import NONE, Bits, Floats, Inputs, Number, Objects, derived, known
from gis.rules.vocabulary import ABOVE_GROUND, STOREYS, Domain, columns

OF_RECORD = frozenset({"city", "district", "township", "land_use", "lot_area"})
"""Facts of a case that data tell; what is stated of them counts only where no data do."""

OWN_INPUTS = frozenset(columns(Domain.CASE)) - OF_RECORD | {
    "footprint",
    "tower",
    "frontages",
    "front_place",
    "existing",
    "plots",
}
"""Inputs that only the application can give: it is asked for them, and no officer's word stands for them."""

_PARTS = ("height_front_m", "ground_floor_height_m", "podium_height_m")
"""Heights of parts of the building, none of which is above the whole."""


def stated(
    numbers: Mapping[str, Number], shapes: tuple[Objects, Objects], exempt: Floats, inputs: Inputs
) -> dict[str, Number]:
    """The facts by which rules see that statements contradict each other. `numbers` are those of the case, its `green_m2` and
    `lot_area` among them; `shapes` footprint and tower (n,), None where there is none; `exempt` (n,) all floors that do not
    count for the floor area ratio, m2, 0 where none were told."""
    footprint, tower = shapes
    plate, slim = _plates(numbers, footprint, tower, inputs)
    storeys, height = numbers["storeys_tang"], numbers["height_m"]
    counts = [numbers[f"storeys_{kind}"] for kind in STOREYS]
    levels = _sum(*(numbers[f"storeys_{kind}"] for kind in (*ABOVE_GROUND, "ban_ham")))
    main, below = numbers["floor_main_m2"], numbers["floor_basement_m2"]
    lower = derived(below.lo + exempt, below)
    basements = _sum(numbers["storeys_ham"], numbers["storeys_ban_ham"])
    parts = [numbers[name] for name in _PARTS]
    every, storied = _stated(*counts), _stated(height, *counts)
    floored = _stated(main, below, plate, slim, *counts)
    return {
        "storeys_stated": every,
        "height_stated": storied,
        "floors_stated": floored,
        "green_stated": _stated(numbers["green_m2"], numbers["lot_area"], plate),
        "height_per_storey_m": _quotient(height, storeys),
        "height_per_level_m": _quotient(height, levels),
        "main_floor_least_pct": _quotient(main, storeys, slim, scale=100),
        "main_floor_most_pct": _quotient(main, levels, plate, scale=100),
        "basement_floor_pct": _quotient(lower, basements, plate, scale=100),
        "part_over_height_m": _parts(parts, height),
        "green_over_m2": _green(numbers, plate),
    }


def _plates(numbers: Mapping[str, Number], footprint: Objects, tower: Objects, inputs: Inputs) -> tuple[Number, Number]:
    """Area of the ground floor and of the smallest usual floor: that of the tower, where there is a podium below it."""
    absent = np.where(shapely.is_missing(footprint), inputs.bits["footprint"], NONE)
    alone = np.asarray(shapely.is_missing(tower))
    podium = numbers["podium_height_m"].missing == NONE
    plate = derived(_area(footprint), absent)
    lost: Bits = np.where(alone, np.where(podium, inputs.bits["tower"], absent), NONE)
    return plate, derived(np.where(alone, plate.lo, _area(tower)), lost)


def _quotient(part: Number, *divisors: Number, scale: float = 1.0) -> Number:
    """Without end where a divisor is 0: rules ask for that apart."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = scale * part.lo / np.prod([one.lo for one in divisors], axis=0)
    return derived(np.nan_to_num(value, nan=np.inf), part, *divisors)


def _sum(*values: Number) -> Number:
    return derived(np.sum([one.lo for one in values], axis=0), *values)


def _stated(*values: Number) -> Number:
    """Whether all of them are there."""
    return known(np.all([one.missing == NONE for one in values], axis=0).astype(np.float64))


def _parts(parts: Sequence[Number], height: Number) -> Number:
    """By how much the highest part that was told is above the whole, m."""
    highest = np.max([np.where(one.missing == NONE, one.lo, 0.0) for one in parts], axis=0)
    return derived(np.maximum(highest - height.lo, 0.0), height)


def _green(numbers: Mapping[str, Number], plate: Number) -> Number:
    """What of the green that was told has no room on the lot beside the building, m2."""
    green, lot = numbers["green_m2"], numbers["lot_area"]
    with np.errstate(invalid="ignore"):
        over = np.maximum(green.lo - np.maximum(lot.lo - plate.lo, 0.0), 0.0)
    return derived(over, green, lot, plate)


def _area(shapes: Objects) -> Floats:
    return np.asarray(np.nan_to_num(shapely.area(shapes)), dtype=np.float64)
