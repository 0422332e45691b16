"""What the rules take: many rows as analysts have them, or a few without the cost of a frame."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.ops.table import Table, table

type Given = gpd.GeoDataFrame | Table

UNKNOWN_CRS = 0
"""The CRS of a table made of a frame: what a frame is in is checked once, by `themes.storage_crs`."""

NOTHING = table({}, np.empty(0, dtype=object), UNKNOWN_CRS)


def table_of(given: Given) -> Table:
    """The columns and geometries: numbers and flags as they are, all else as objects; None and NaN are missing."""
    if isinstance(given, Table):
        return given
    active = given.geometry.name
    columns = {str(name): _values(column) for name, column in pd.DataFrame(given).items() if name != active}
    return table(columns, np.asarray(given.geometry.to_numpy(), dtype=object), UNKNOWN_CRS)


def _values(column: pd.Series) -> NDArray[np.generic]:
    if isinstance(column.dtype, np.dtype):
        return np.asarray(column.to_numpy()) if column.dtype.kind in "fiub" else np.asarray(column, dtype=object)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    return np.asarray(column.to_numpy(dtype=object))
