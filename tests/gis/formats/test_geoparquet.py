from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given

from gis.formats import geoparquet
from gis.formats.geoparquet import GeoParquet
from tests.gis.formats.conftest import batch, empties, geometries, rows, written


@given(rows(geometries | empties))
def test_arrow_reads_the_same_features(features: list[dict[str, Any]]) -> None:
    data = batch(features)
    file = pq.ParquetFile(io.BytesIO(written(GeoParquet(data.schema), data)))
    found = file.read()
    assert found.drop_columns(["bbox"]).cast(data.schema.remove_metadata()).to_pylist() == data.to_pylist()
    for feature, box in zip(features, found.column("bbox").to_pylist(), strict=True):
        place = feature["geometry"]
        bounds = None if place is None or place.is_empty else tuple(place.bounds)
        assert (tuple(box.values()) if box else None) == bounds


@given(rows(geometries | empties))
def test_the_file_tells_extent_and_kinds_of_its_geometry(features: list[dict[str, Any]]) -> None:
    data = batch(features, crs=9210)
    meta = _geo(written(GeoParquet(data.schema), data))
    places = [feature["geometry"] for feature in features if feature["geometry"] is not None]
    assert meta["geometry_types"] == sorted({place.geom_type for place in places})
    full = [place for place in places if not place.is_empty]
    assert ("bbox" in meta) == bool(full)
    if full:
        assert meta["bbox"] == list(shapely.total_bounds(full))


@pytest.mark.parametrize("code", [9210, 5899, 3405, 4326, 3857])
def test_the_crs_is_told_in_full(code: int) -> None:
    data = batch([{"id": "a", "geometry": shapely.Point(1, 2)}], crs=code)
    told = _geo(written(GeoParquet(data.schema), data))["crs"]
    assert told["id"] == {"authority": "EPSG", "code": code}


def test_lon_lat_needs_no_crs() -> None:
    data = batch([{"id": "a", "geometry": shapely.Point(1, 2)}])
    assert "crs" not in _geo(written(GeoParquet(data.schema), data))


def test_row_groups_fill_over_batches_and_the_bytes_come_as_they_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoparquet, "_ROW_GROUP", 100)
    data = batch([{"id": str(i), "geometry": shapely.Point(i, i)} for i in range(60)])
    writer = GeoParquet(data.schema)
    parts = [writer.open(), *(writer.write(data) for _ in range(5)), writer.close()]
    assert [bool(part) for part in parts] == [True, False, True, False, True, False, True]
    file = pq.ParquetFile(io.BytesIO(b"".join(parts)))
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [120, 120, 60]
    assert file.schema_arrow.metadata[b"title"].decode() == "Đồ vật"
    assert file.schema_arrow.field("number").metadata[b"description"].decode() == "Diện tích (m2) – Area"


def test_types_are_kept() -> None:
    data = batch([])
    schema = pq.ParquetFile(io.BytesIO(written(GeoParquet(data.schema), data))).schema_arrow
    kinds = {name: schema.field(name).type for name in ("number", "count", "open", "day", "moment", "uses")}
    assert kinds == {
        "number": pa.float64(),
        "count": pa.int64(),
        "open": pa.bool_(),
        "day": pa.date32(),
        "moment": pa.timestamp("us", tz="UTC"),
        "uses": pa.list_(pa.field("element", pa.string())),
    }


def _geo(body: bytes) -> dict[str, Any]:
    found = json.loads(pq.ParquetFile(io.BytesIO(body)).metadata.metadata[b"geo"])
    assert (found["version"], found["primary_column"]) == ("1.1.0", "geometry")
    column: dict[str, Any] = found["columns"]["geometry"]
    assert column["encoding"] == "WKB" and column["covering"]["bbox"]["ymax"] == ["bbox", "ymax"]
    return column
