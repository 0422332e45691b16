"""The table of cases, read into numbers and texts: what is missing keeps its bit, what cannot be is an error of its case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import shapely

from gis.errors import InvalidParameter
from gis.ops.table import Table
from gis.rules.facts import (
    Bits,
    Bools,
    Floats,
    Inputs,
    Label,
    Number,
    Objects,
    bit_where,
    given,
    label,
    unknown,
    unlabelled,
)
from gis.rules.table import Given, table_of
from gis.rules.vocabulary import EXEMPT_FLOORS, Domain, Name, Sort, columns

ID, AT, PLAN_ON, FRONTAGES, FOOTPRINT, TOWER = "id", "at", "plan_on", "frontages", "footprint", "tower"
EXISTING = "existing"
_ALSO = {ID, AT, PLAN_ON, FRONTAGES, FOOTPRINT, TOWER, EXISTING} | {f"floor_{kind}_m2" for kind in EXEMPT_FLOORS}


@dataclass(frozen=True, slots=True)
class Read:
    """The columns of the cases. Geometries that are missing or broken are None; `broken` (n,) has the bits of what is. `told`
    (n,) are the fronting roads that were given, `fates` (n,) what becomes of the buildings that stand there; None for cases without.
    `exempt` (n,) are floors that do not count, m2."""

    ids: Objects
    at: Floats
    plan_on: Number
    numbers: dict[str, Number]
    labels: dict[str, Label]
    lot: Objects
    footprint: Objects
    tower: Objects
    broken: Bits
    told: Objects
    fates: Objects
    exempt: Floats


def read(cases: Given, at: date, inputs: Inputs) -> Read:
    """The columns of the cases; `at` is the day of those that have none of their own.

    Raises InvalidParameter for a column that is not known or of another type, and for ids that are missing or twice.
    """
    table = table_of(cases)
    _check_names(table)
    broken = np.zeros(len(cases), np.uint64)
    numbers, labels = {}, {}
    for name, fact in columns(Domain.CASE).items():
        if fact.sort is Sort.TEXT:
            there = name in table
            labels[name] = (
                label(table.column(name), inputs.bits[name]) if there else unlabelled(len(table), inputs.bits[name])
            )
            continue
        if name not in table:
            numbers[name] = unknown(len(table), inputs.bits[name])
            continue
        values = _number(table, name, fact)
        wrong = np.isinf(values) | (values < 0)
        broken |= bit_where(wrong, inputs.bits[name])
        numbers[name] = given(np.where(wrong, np.nan, values), inputs.bits[name])
    shapes = {}
    for name, outline in _geometries(table).items():
        wrong = np.asarray(~shapely.is_missing(outline) & ~_sound(outline), dtype=bool)
        broken |= bit_where(wrong, inputs.bits[name])
        shapes[name] = outline.copy()
        shapes[name][wrong] = None
    plan_on = given(_days(table, PLAN_ON), inputs.bits[PLAN_ON])
    own = _days(table, AT)
    return Read(
        ids=np.asarray(table.column(ID), dtype=object),
        at=np.where(np.isnan(own), float(np.datetime64(at).astype("datetime64[D]").astype(int)), own),
        plan_on=plan_on,
        numbers=numbers,
        labels=labels,
        broken=broken,
        told=_listed(_values(table, FRONTAGES)),
        fates=_listed(_values(table, EXISTING)),
        exempt=_exempt(table),
        **shapes,
    )


def _check_names(table: Table) -> None:
    known = set(columns(Domain.CASE)) | _ALSO
    for name in table.columns:
        if name not in known:
            raise InvalidParameter(
                f"Cases have no column '{name}'; leave it out or give it its right name.",
                f"Hồ sơ không có cột '{name}'; hãy bỏ hoặc đặt đúng tên.",
                where=str(name),
            )
    ids = table.column(ID) if ID in table else None
    if ids is None or pd.isna(ids).any() or len(set(ids.tolist())) < len(ids):
        raise InvalidParameter(
            "Each case needs an id of its own in the column 'id'.",
            "Mỗi hồ sơ cần một mã riêng trong cột 'id'.",
            where=ID,
        )


def _values(table: Table, name: str) -> Objects:
    if name not in table:
        return np.full(len(table), None, dtype=object)
    return np.asarray(table.column(name), dtype=object)


def _exempt(table: Table) -> Floats:
    """All floors of each case that do not count for the floor area ratio, m2; 0 where none are told."""
    told = [theme_number(table, f"floor_{kind}_m2") for kind in EXEMPT_FLOORS]
    return np.maximum(np.nan_to_num(told, posinf=0.0, neginf=0.0), 0.0).sum(axis=0)


def _listed(values: Objects) -> Objects:
    """What was told of each case; NaN stands for nothing where a frame has several cases."""
    found = np.empty(len(values), dtype=object)
    found[:] = [None if isinstance(value, float) else value for value in values]
    return found


def _number(table: Table, name: str, fact: Name) -> Floats:
    """The column as float with NaN for what is missing; yes and no as 1 and 0."""
    try:
        values = table.column(name).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(
            f"Column '{name}' holds something that is no number: {error}.",
            f"Cột '{name}' có giá trị không phải là số.",
            where=name,
        ) from error
    if fact.sort is Sort.FLAG and (~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)).any():
        raise InvalidParameter(
            f"Column '{name}' must hold true or false.", f"Cột '{name}' chỉ nhận đúng hoặc sai.", where=name
        )
    return values


def theme_number(table: Table, name: str) -> Floats:
    """A number of each feature of a theme; NaN where it is missing or the theme has no such column."""
    if name not in table:
        return np.full(len(table), np.nan)
    return table.column(name).astype(np.float64)


def _days(table: Table, name: str) -> Floats:
    """Days since 1970; NaN is missing."""
    if name not in table:
        return np.full(len(table), np.nan)
    return days(np.asarray(table.column(name), dtype=object), name)


def days(values: Objects, name: str) -> Floats:
    """Dates as days since 1970; NaN is missing. Raises InvalidParameter for what is no date."""
    try:
        stamps = np.array([None if pd.isna(v) else v for v in values], dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        raise InvalidParameter(
            f"Column '{name}' holds something that is no date; write yyyy-mm-dd.",
            f"Cột '{name}' có giá trị không phải là ngày; hãy ghi yyyy-mm-dd.",
            where=name,
        ) from error
    numbers = stamps.astype("int64").astype(float)
    return np.where(np.isnat(stamps), np.nan, numbers)


def _geometries(table: Table) -> dict[str, Objects]:
    return {"lot": table.geometry, "footprint": _values(table, FOOTPRINT), "tower": _values(table, TOWER)}


def _sound(values: Objects) -> Bools:
    """Valid polygons with an area."""
    areal = shapely.get_dimensions(values) == 2
    return np.asarray(areal & shapely.is_valid(values) & (shapely.area(values) > 0), dtype=bool)
