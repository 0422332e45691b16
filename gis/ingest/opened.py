"""What every reader of a file format hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Opened:
    """A data set that is about to be read.

    `crs` is what the file declares (authority code, WKT or PROJJSON), None where it says nothing. `encoding` is what
    it declares about text, None where bytes were taken as Latin-1 for want of a declaration. `geometry` names the
    WKB column of the batches, None where the geometry has to be made from other columns. `count` is how many
    records the file says it has. `truncated_names`: column names may have been cut to ten characters.
    """

    batches: Callable[[], Iterator[pa.RecordBatch]]
    columns: tuple[str, ...]
    crs: str | None
    encoding: str | None
    geometry: str | None
    count: int | None = None
    truncated_names: bool = False
