"""GeoParquet 1.1: WKB with the CRS as PROJJSON, a covering box for each row, row groups that follow the key's places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from gis.crs.describe import projjson
from gis.formats.about import GEOMETRY, About, about, explained
from gis.model.query import CRS84

_ROW_GROUP = 50_000
_GROUP_BYTES = 32 * 2**20
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_COVERING = "bbox"


class _Tail:
    """A sink for pyarrow that hands over what was written since it was last asked."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._place = 0
        self.closed = False

    def write(self, data: object) -> int:
        held = memoryview(data)  # type: ignore[arg-type]
        self._written += held
        self._place += held.nbytes
        return held.nbytes

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data


class GeoParquet:
    """Writes row groups as they fill; the metadata about the geometry come with the footer, when all is known."""

    def __init__(self, schema: pa.Schema) -> None:
        self._about = about(schema)
        self._types: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        covering = pa.field(_COVERING, pa.struct([pa.field(side, pa.float64()) for side in _SIDES]))
        self._schema = pa.schema([*(_described(field) for field in schema), covering], metadata=_texts(self._about))
        self._tail = _Tail()
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._tail, mode="w"), self._schema, compression="zstd", write_page_index=True
        )
        self._waiting: list[pa.RecordBatch] = []

    def open(self) -> bytes:
        """The magic number."""
        return self._tail.taken()

    def write(self, batch: pa.RecordBatch) -> bytes:
        """A row group, as soon as enough rows or bytes have come for one."""
        if not batch.num_rows:
            return b""
        place = batch.column(GEOMETRY)
        boxes = self._seen(place)
        covering = pa.StructArray.from_arrays(
            [pa.array(boxes[:, i]) for i in range(4)], names=list(_SIDES), mask=pa.array(np.isnan(boxes[:, 0]))
        )
        self._waiting.append(pa.RecordBatch.from_arrays([*batch.columns, covering], schema=self._schema))
        rows, size = (sum(getattr(b, of) for b in self._waiting) for of in ("num_rows", "nbytes"))
        return self._group() if rows >= _ROW_GROUP or size >= _GROUP_BYTES else b""

    def close(self, notes: Mapping[str, str] = MappingProxyType({})) -> bytes:
        """The last row group and the footer; `notes` stand in it too."""
        last = self._group()
        self._writer.add_key_value_metadata({**notes, "geo": json.dumps(self._geo())})
        self._writer.close()
        return last + self._tail.taken()

    @property
    def bbox(self) -> tuple[float, float, float, float] | None:
        """The box around all features so far, in the CRS of the file; None where none has a place."""
        if not np.isfinite(self._bounds).all():
            return None
        west, south, east, north = self._bounds.tolist()
        return west, south, east, north

    def _group(self) -> bytes:
        if self._waiting:
            table = pa.Table.from_batches(self._waiting, schema=self._schema)
            self._waiting = []
            self._writer.write_table(table, row_group_size=table.num_rows)
        return self._tail.taken()

    def _seen(self, place: pa.Array) -> NDArray[np.float64]:
        """The boxes of the rows (n, 4), NaN where there is nothing; remembers extent and types."""
        shapes = shapely.from_wkb(place.to_numpy(zero_copy_only=False))
        boxes: NDArray[np.float64] = shapely.bounds(shapes)
        if not np.isnan(boxes).all():
            self._bounds[:2] = np.fmin(self._bounds[:2], np.nanmin(boxes[:, :2], axis=0))
            self._bounds[2:] = np.fmax(self._bounds[2:], np.nanmax(boxes[:, 2:], axis=0))
        self._types |= {_NAMES[kind] for kind in np.unique(shapely.get_type_id(shapes)) if kind >= 0}
        return boxes

    def _geo(self) -> dict[str, object]:
        column: dict[str, object] = {
            "encoding": "WKB",
            "geometry_types": sorted(self._types),
            "covering": {"bbox": {side: [_COVERING, side] for side in _SIDES}},
        }
        if self._about.crs != CRS84:  # CRS84 is what a file without `crs` has
            column["crs"] = projjson(self._about.crs)
        if self.bbox is not None:
            column["bbox"] = self.bbox
        return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


_NAMES = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")  # fmt: skip
"""GeoParquet's names by the numbers of shapely."""


def _described(field: pa.Field) -> pa.Field:
    text = explained(field)
    return field.with_metadata({**(field.metadata or {}), "description": text}) if text else field


def _texts(found: About) -> dict[str, str]:
    return {
        "title": found.title["vi"],
        "title.en": found.title["en"],
        "description": found.description["vi"],
        "attribution": found.owner,
        "license": found.licence,
    }
