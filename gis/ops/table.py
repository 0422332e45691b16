"""A few features in memory, column by column; to make a frame of them takes longer than all the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.ops.pieces import Bools, Ints, Objects


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`columns`: values as Python has them, None where missing, all of one length. `geometry` (n,): shapely, in the EPSG
    code `crs`, easting first. The features are the `rows` of the columns, in that order."""

    columns: Mapping[str, Sequence[Any] | NDArray[Any]]
    geometry: Objects
    crs: int
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def column(self, name: str) -> NDArray[Any]:
        """The values (n,) of one column: objects, or what the column holds where that is an array."""
        values = self.columns[name]
        return np.asarray((values if isinstance(values, np.ndarray) else objects(values))[self.rows])

    def record(self, row: int) -> dict[str, Any]:
        """One feature by column, without its geometry."""
        return {name: values[int(self.rows[row])] for name, values in self.columns.items()}

    def only(self, keep: Bools) -> Table:
        """The features that are kept."""
        return self if keep.all() else Table(self.columns, self.geometry[keep], self.crs, self.rows[keep])


def table(columns: Mapping[str, Sequence[Any] | NDArray[Any]], geometry: Objects, crs: int) -> Table:
    """A table of all rows of the columns."""
    return Table(columns, geometry, crs, np.arange(len(geometry)))


def objects(values: Sequence[Any]) -> Objects:
    """The values as an array of objects, whatever they are."""
    array: Objects = np.empty(len(values), dtype=object)
    array[:] = values
    return array
