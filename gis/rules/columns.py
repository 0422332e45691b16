"""The table of cases, read into numbers and texts: what is missing keeps its bit, what cannot be is an error of its case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InvalidParameter
from gis.rules.facts import Bits, Bools, Floats, Inputs, Label, Number, Objects, given, label
from gis.rules.themes import bit_where
from gis.rules.vocabulary import EXEMPT_FLOORS, Domain, Name, Sort, columns

ID, AT, PLAN_ON, FRONTAGES, FOOTPRINT, TOWER = "id", "at", "plan_on", "frontages", "footprint", "tower"
_ALSO = {ID, AT, PLAN_ON, FRONTAGES, FOOTPRINT, TOWER} | {f"floor_{kind}_m2" for kind in EXEMPT_FLOORS}


@dataclass(frozen=True, slots=True)
class Read:
    """The columns of the cases. Geometries that are missing or broken are None; `broken` (n,) has the bits of what is."""

    ids: Objects
    at: Floats
    plan_on: Number
    numbers: dict[str, Number]
    labels: dict[str, Label]
    lot: Objects
    footprint: Objects
    tower: Objects
    broken: Bits


def read(cases: gpd.GeoDataFrame, at: date, inputs: Inputs) -> Read:
    """The columns of the cases; `at` is the day of those that have none of their own.

    Raises InvalidParameter for a column that is not known or of another type, and for ids that are missing or twice.
    """
    _check_names(cases)
    broken = np.zeros(len(cases), np.uint64)
    numbers, labels = {}, {}
    for name, fact in columns(Domain.CASE).items():
        if fact.sort is Sort.TEXT:
            labels[name] = label(_values(cases, name), inputs.bits[name])
            continue
        values = _number(cases, name, fact)
        wrong = np.isinf(values) | (values < 0)
        broken |= bit_where(wrong, inputs.bits[name])
        numbers[name] = given(np.where(wrong, np.nan, values), inputs.bits[name])
    shapes = {}
    for name, outline in _geometries(cases).items():
        wrong = np.asarray(~shapely.is_missing(outline) & ~_sound(outline), dtype=bool)
        broken |= bit_where(wrong, inputs.bits[name])
        shapes[name] = outline.copy()
        shapes[name][wrong] = None
    plan_on = given(_days(cases, PLAN_ON), inputs.bits[PLAN_ON])
    own = _days(cases, AT)
    return Read(
        ids=np.asarray(cases[ID].to_numpy(), dtype=object),
        at=np.where(np.isnan(own), float(np.datetime64(at).astype("datetime64[D]").astype(int)), own),
        plan_on=plan_on,
        numbers=numbers,
        labels=labels,
        broken=broken,
        **shapes,
    )


def _check_names(cases: gpd.GeoDataFrame) -> None:
    known = set(columns(Domain.CASE)) | _ALSO | {cases.geometry.name}
    for name in cases.columns:
        if name not in known:
            raise InvalidParameter(
                f"Cases have no column '{name}'; leave it out or give it its right name.",
                f"Hồ sơ không có cột '{name}'; hãy bỏ hoặc đặt đúng tên.",
                where=str(name),
            )
    if ID not in cases or cases[ID].isna().any() or cases[ID].duplicated().any():
        raise InvalidParameter(
            "Each case needs an id of its own in the column 'id'.",
            "Mỗi hồ sơ cần một mã riêng trong cột 'id'.",
            where=ID,
        )


def _values(frame: pd.DataFrame, name: str) -> Objects:
    if name not in frame:
        return np.full(len(frame), None, dtype=object)
    return np.asarray(frame[name].to_numpy(), dtype=object)


def _number(frame: pd.DataFrame, name: str, fact: Name) -> Floats:
    """The column as float with NaN for what is missing; yes and no as 1 and 0."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    try:
        values = frame[name].to_numpy()
        if values.dtype.kind not in "fiub":
            values = pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan)
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
    return np.asarray(values, dtype=np.float64)


def theme_number(frame: pd.DataFrame, name: str) -> Floats:
    """A number of each feature of a theme; NaN where the theme has no such column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _days(frame: pd.DataFrame, name: str) -> Floats:
    """Days since 1970; NaN is missing."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return days(frame[name].to_numpy(), name)


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


def _geometries(cases: gpd.GeoDataFrame) -> dict[str, Objects]:
    return {
        "lot": np.asarray(cases.geometry.to_numpy(), dtype=object),
        "footprint": _values(cases, FOOTPRINT),
        "tower": _values(cases, TOWER),
    }


def _sound(values: Objects) -> Bools:
    """Valid polygons with an area."""
    areal = shapely.get_dimensions(values) == 2
    return np.asarray(areal & shapely.is_valid(values) & (shapely.area(values) > 0), dtype=bool)
