from __future__ import annotations

import json
import sqlite3
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given, settings

from gis.formats.gdal_file import WRITERS
from tests.gis.formats.conftest import batch, empties, geometries, rows


def read_back(
    features: list[dict[str, Any]], format_: str, crs: int = 84
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What GDAL says of the file, and its features by id."""
    data = batch(features, crs=crs)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"x.{format_}"
        WRITERS[format_](pa.RecordBatchReader.from_batches(data.schema, [data]), path)
        meta, table = pyogrio.read_arrow(path, read_geometry=False)
        places = pyogrio.raw.read(path, columns=[])[2]  # GDAL's Arrow reader stumbles over missing geometry
    found = [{**one, "geometry": place} for one, place in zip(table.to_pylist(), places, strict=True)]
    return meta, sorted(found, key=lambda feature: feature["id"])


@pytest.mark.parametrize("format_", list(WRITERS))
@given(features=rows(geometries | empties))
@settings(max_examples=40)
def test_gdal_reads_the_same_features(format_: str, features: list[dict[str, Any]]) -> None:
    _, found = read_back(features, format_)
    assert len(found) == len(features)
    for feature, one in zip(sorted(features, key=lambda each: each["id"]), found, strict=True):
        assert one["name"] == feature["name"]
        assert one["number"] == feature["number"]
        assert one["count"] == feature["count"]
        assert one["open"] is feature["open"]
        assert _day(one["day"]) == feature["day"]
        assert _instant(one["moment"]) == _instant(feature["moment"])
        assert (json.loads(one["uses"]) if one["uses"] is not None else None) == feature["uses"]
        assert _same_place(one["geometry"], feature["geometry"])


def _day(value: Any) -> date | None:
    """FlatGeobuf knows instants only: a day is its midnight."""
    return value.date() if isinstance(value, datetime) else value


def _instant(value: datetime | None) -> datetime | None:
    """FlatGeobuf's readers drop the zone, which is UTC in the file."""
    return None if value is None else value.replace(tzinfo=None)


def _same_place(found: bytes | None, place: Any) -> bool:
    if place is None or place.is_empty:
        return found is None or shapely.from_wkb(found).is_empty
    return bool(found is not None and shapely.from_wkb(found).equals_exact(place))


@pytest.mark.parametrize("format_", list(WRITERS))
@pytest.mark.parametrize(("code", "told"), [(9210, "EPSG:9210"), (5899, "EPSG:5899"), (3405, "EPSG:3405"), (4326, "EPSG:4326"), (84, "EPSG:4326")])  # fmt: skip
def test_gdal_finds_the_crs(format_: str, code: int, told: str) -> None:
    meta, found = read_back([{"id": "a", "geometry": shapely.Point(603_700.5, 1_191_840.25)}], format_, code)
    assert meta["crs"] == told
    assert shapely.from_wkb(found[0]["geometry"]).coords[0] == (603_700.5, 1_191_840.25)


def test_a_geopackage_explains_its_columns(tmp_path: Path) -> None:
    data = batch([{"id": "a", "geometry": shapely.Point(1, 2)}])
    WRITERS["gpkg"](pa.RecordBatchReader.from_batches(data.schema, [data]), tmp_path / "x.gpkg")
    with sqlite3.connect(tmp_path / "x.gpkg") as file:
        names = dict(file.execute("SELECT column_name, name FROM gpkg_data_columns").fetchall())
        kinds = dict(file.execute("SELECT column_name, mime_type FROM gpkg_data_columns").fetchall())
        contents = file.execute("SELECT identifier, description FROM gpkg_contents").fetchone()
        index = file.execute(
            "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
        ).fetchone()
        version = file.execute("PRAGMA user_version").fetchone()
    file.close()
    assert names["name"] == "Tên đường" and names["number"] == "Diện tích (m2)" and kinds["uses"] == "application/json"
    assert contents == ("Đồ vật", "Mọi thứ") and index == (1,) and version == (10300,)


@pytest.mark.parametrize(("places", "indexed"), [((1, 2), True), ((1, None), False)])
def test_a_flatgeobuf_has_an_index_where_every_feature_has_a_place(
    places: tuple[Any, ...], indexed: bool, tmp_path: Path
) -> None:
    points = [{"id": str(at), "geometry": None if at is None else shapely.Point(at, at)} for at in places]
    data = batch(points)
    WRITERS["fgb"](pa.RecordBatchReader.from_batches(data.schema, [data]), tmp_path / "x.fgb")
    assert pyogrio.read_info(tmp_path / "x.fgb")["capabilities"]["fast_spatial_filter"] is indexed
    assert [path.name for path in tmp_path.iterdir()] == ["x.fgb"]
