"""What a file is complete for: only there may features that it lacks be closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.errors import IngestError
from gis.ingest.dates import day_start
from gis.ingest.place import Claim, place
from gis.ingest.read import read
from gis.ingest.source import open_source
from gis.model.layer import Catalog, Field, FieldType, Geometry, GeometryType, Layer, Role
from gis.store.match import Scope

_READ: Mapping[FieldType, Callable[[str], object]] = {
    FieldType.TEXT: str,
    FieldType.INTEGER: int,
    FieldType.NUMBER: float,
    FieldType.DATE: date.fromisoformat,
}
"""Fields by whose value a scope can be named, and how the value is read."""


def read_scope(text: str, layer: Layer, catalog: Catalog) -> Scope:
    """What a file is complete for: `field=value[,field=value]`, or a file with polygons.

    IngestError for anything else.
    """
    path = Path(text)
    if path.suffix.lower() in (".geojson", ".json", ".gpkg"):
        return Scope({}, read_area(path, layer, catalog))
    equals: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        target = _scope_field(name.strip(), layer)
        told = _value(target, value.strip()) if target else None
        if target is None or told is None:
            known = ", ".join(f.name for f in layer.columns if f.type in _READ)
            raise IngestError(
                f"--complete {text}: write commune=26734, another field=value of {layer.id} ({known}), "
                "or the name of a file with polygons.",
                f"--complete {text}: hãy viết commune=26734, một trường=giá trị khác của {layer.id} ({known}), "
                "hoặc tên một tệp chứa các vùng.",
            )
        equals[target.name] = told
    return Scope(equals)


def speaks_of(
    scope: Scope, columns: Mapping[str, pa.Array], shapes: NDArray[np.object_], alive: NDArray[np.bool_]
) -> bool:
    """Whether any record belongs to the scope; `columns` and `shapes` (n,) in the storage CRS, `alive` (n,) those to be
    published."""
    inside = alive.copy()
    for name, value in scope.equals.items():
        values = columns.get(name)
        if values is None:
            return False
        same = pc.fill_null(pc.equal(values, pa.scalar(value).cast(values.type)), False)
        inside &= same.to_numpy(zero_copy_only=False)
    if scope.area is not None:
        shapely.prepare(scope.area)
        inside &= shapely.intersects(shapes, scope.area)
    return bool(inside.any())


def _scope_field(name: str, layer: Layer) -> Field | None:
    """A field of the layer's own table: those of restricted tables are nobody's scope."""
    found = {f.name: f for f in layer.columns if f.type in _READ}
    if name in found:
        return found[name]
    target = layer.with_role(Role.COMMUNE) if name == "commune" else None
    return found.get(target.name) if target else None


def _value(target: Field, text: str) -> object | None:
    try:
        return _READ[target.type](text) if text else None
    except ValueError:
        return None


def instant_of(day: date, zone: str) -> datetime:
    """When a day of the territory begins."""
    began: datetime = day_start(np.datetime64(day, "D"), zone).item()
    return began.replace(tzinfo=UTC)


def since(begins: pa.Array | None, alive: NDArray[np.bool_]) -> datetime | None:
    """The instant that a complete file speaks of where none was said: the one at which all of its records begin.

    `begins` (n,): their valid_from. None, the moment of publication, if none of them says it; IngestError if they differ.
    """
    told = set() if begins is None else set(begins.filter(pa.array(alive)).unique().to_pylist())
    if len(told) > 1:
        raise IngestError(
            "--complete: the records of the file begin at different times, so it is not clear from when the features that "
            "it lacks hold no longer. Say of which day the file is, for example --valid-from 01/07/2025. Nothing was written.",
            "--complete: các bản ghi của tệp bắt đầu vào những thời điểm khác nhau nên không rõ các đối tượng mà tệp thiếu hết "
            "hiệu lực từ khi nào. Hãy cho biết tệp thuộc ngày nào, ví dụ --valid-from 01/07/2025. Chưa ghi gì.",
        )
    return next(iter(told), None)


def read_area(path: Path, layer: Layer, catalog: Catalog) -> shapely.Geometry:
    """The polygons of a file as one area, in the storage CRS of the layer. IngestError if it holds anything else."""
    polygons = replace(layer, geometry=Geometry(GeometryType.MULTIPOLYGON))
    with open_source(path) as source:
        raw = read(source, _unwatched)
        wanted = place(raw, Claim(source.opened.crs, None), polygons, catalog.territory)
    area = shapely.union_all(wanted.storage)
    if wanted.findings or shapely.get_dimensions(area) != 2:
        raise IngestError(
            f"{path}: the file must hold valid polygons and nothing else.",
            f"{path}: tệp chỉ được chứa các vùng hợp lệ.",
        )
    return area


def _unwatched(_done: int, _total: int | None) -> None:
    """A scope is small; nobody watches it being read."""
