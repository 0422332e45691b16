"""Files that GDAL writes: GeoPackage and FlatGeobuf. They need random access, so they are made whole before they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely

from gis.formats.about import GEOMETRY, About, about, text_of
from gis.formats.cells import json_lists
from gis.model.query import CRS84

_JSON = {"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}


def write_geopackage(batches: pa.RecordBatchReader, path: Path) -> None:
    """GeoPackage 1.3: one table named like the layer, with an R-tree; titles of the columns in gpkg_data_columns."""
    found = about(batches.schema)
    options = {
        "IDENTIFIER": found.title["vi"],
        "DESCRIPTION": found.description["vi"],
        "FID": "fid",
        "SPATIAL_INDEX": "YES",
        "DATETIME_PRECISION": "MILLISECOND",
    }
    _write(batches, path, "GPKG", options, {"VERSION": "1.3"})


def write_flatgeobuf(batches: pa.RecordBatchReader, path: Path) -> None:
    """FlatGeobuf 3; columns carry their titles. With its packed R-tree, unless a feature has no geometry: the index has
    no room for such a feature, so all are kept aside and looked at before."""
    kept = path.with_name("features.arrows")
    unplaced = 0
    with pa.OSFile(str(kept), "wb") as file, pa.ipc.new_stream(file, batches.schema) as sink:
        for batch in batches:
            places = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
            unplaced += int((shapely.is_missing(places) | shapely.is_empty(places)).sum())
            sink.write_batch(batch)
    with pa.OSFile(str(kept)) as file, pa.ipc.open_stream(file) as again:
        _flatgeobuf(again, path, index=not unplaced)
    kept.unlink()


def _flatgeobuf(batches: pa.RecordBatchReader, path: Path, *, index: bool) -> None:
    found = about(batches.schema)
    options = {
        "SPATIAL_INDEX": "YES" if index else "NO",
        "TEMPORARY_DIR": str(path.parent),
        "TITLE": found.title["vi"],
        "DESCRIPTION": found.description["vi"],
    }
    _write(batches, path, "FlatGeobuf", options, {})


WRITERS: dict[str, Callable[[pa.RecordBatchReader, Path], None]] = {
    "gpkg": write_geopackage,
    "fgb": write_flatgeobuf,
}


def _write(
    batches: pa.RecordBatchReader,
    path: Path,
    driver: str,
    layer_options: dict[str, str],
    dataset_options: dict[str, str],
) -> None:
    found = about(batches.schema)
    schema = pa.schema([_gdal_field(field) for field in batches.schema])
    moved = pa.RecordBatchReader.from_batches(schema, _moved(batches, schema))
    pyogrio.write_arrow(
        moved,
        path,
        layer=found.layer,
        driver=driver,
        geometry_name=GEOMETRY,
        geometry_type=_geometry_type(found),
        crs="EPSG:4326" if found.crs == CRS84 else f"EPSG:{found.crs}",
        layer_options=layer_options,
        dataset_options=dataset_options,
    )


def _geometry_type(found: About) -> str:
    return "Unknown" if found.geometry_type == "Geometry" else found.geometry_type


def _gdal_field(field: pa.Field) -> pa.Field:
    if field.name == GEOMETRY:
        return field.with_metadata({"ARROW:extension:name": "geoarrow.wkb"})
    unit = text_of(field, "unit")
    texts = {
        "GDAL:OGR:alternative_name": text_of(field, "title.vi") + (f" ({unit})" if unit else ""),
        "GDAL:OGR:comment": text_of(field, "description.vi") or text_of(field, "title.en"),
    }
    if pa.types.is_list(field.type):
        return pa.field(field.name, pa.string(), metadata={**texts, **_JSON})
    return field.with_metadata(texts)


def _moved(batches: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_arrays([_gdal_array(array) for array in batch.columns], schema=schema)


def _gdal_array(array: pa.Array) -> pa.Array:
    """Lists as JSON, which both formats have a type for; no fractions of seconds before 1970, which GDAL 3.12 miswrites."""
    if pa.types.is_list(array.type):
        return json_lists(array)
    if pa.types.is_timestamp(array.type):
        early = pc.less(array, pa.scalar(0, array.type))
        return pc.if_else(early, pc.floor_temporal(array, unit="second"), array) if pc.any(early).as_py() else array
    return array
