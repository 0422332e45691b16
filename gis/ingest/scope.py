"""What a file is complete for: only there may features that it lacks be closed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import shapely

from gis.errors import IngestError
from gis.ingest.place import Claim, place
from gis.ingest.read import read
from gis.ingest.source import open_source
from gis.model.layer import Catalog, Geometry, GeometryType, Layer, Role
from gis.store.match import Scope


def read_scope(text: str, layer: Layer, catalog: Catalog) -> Scope:
    """What a file is complete for: `field=value[,field=value]`, or a file with polygons.

    IngestError for anything else.
    """
    path = Path(text)
    if path.suffix.lower() in (".geojson", ".json", ".gpkg"):
        return Scope({}, read_area(path, layer, catalog))
    parts = [part.partition("=") for part in text.split(",")]
    equals: dict[str, str] = {}
    for name, separator, value in parts:
        target = _scope_field(name.strip(), layer)
        if not separator or not value or target is None:
            known = ", ".join(f.name for f in layer.fields)
            raise IngestError(
                f"--complete {text}: write commune=26734, another field=value of {layer.id} ({known}), "
                "or the name of a file with polygons.",
                f"--complete {text}: hãy viết commune=26734, một trường=giá trị khác của {layer.id} ({known}), "
                "hoặc tên một tệp chứa các vùng.",
            )
        equals[target] = value.strip()
    return Scope(equals)


def _scope_field(name: str, layer: Layer) -> str | None:
    if name in layer:
        return name
    target = layer.with_role(Role.COMMUNE) if name == "commune" else None
    return target.name if target else None


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
