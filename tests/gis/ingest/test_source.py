"""Every format is opened by the reader chosen for it; what is not what it says ends in one clear sentence."""

from __future__ import annotations

import json
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from gis.errors import IngestError, Undecided
from gis.ingest.archive import Limits, unpack
from gis.ingest.read import read
from gis.ingest.source import open_source

LOTS = np.array([shapely.box(603700 + 10 * i, 1191840, 603710 + 10 * i, 1191850) for i in range(4)], dtype=object)
NAMES = ["45-1", "002", "ấp Bình Quới", None]


def table() -> pa.Table:
    return pa.table({"so_thua": pa.array(NAMES), "dien_tich": [100.0, 100.5, 99.0, None], "geom": shapely.to_wkb(LOTS)})


def write(path: Path, driver: str, **options: object) -> Path:
    pyogrio.write_arrow(
        table(), path, driver=driver, geometry_name="geom", geometry_type="Polygon", crs="EPSG:9210", **options
    )
    return path


def write_parquet(path: Path, **column: object) -> Path:
    geo = {"version": "1.1.0", "primary_column": "geom", "columns": {"geom": {"encoding": "WKB", **column}}}
    pq.write_table(table().replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def zipped(path: Path, files: list[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"folder/{file.name}")
    return path


def opened(path: Path, **options: object) -> tuple[str, str | None, list[dict], list]:
    with open_source(path, **options) as source:
        raw = read(source, lambda done, total: None)
        geometry = [] if raw.geometry is None else raw.geometry.tolist()
        return source.format, source.opened.crs, raw.attributes.to_pylist(), geometry


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile"), ("a.fgb", "FlatGeobuf"), ("A.GPKG", "GPKG")]
)
def test_formats_of_gdal(name, driver, tmp_path) -> None:
    options = {"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}
    _, crs, rows, geometry = opened(write(tmp_path / name, driver, **options))
    assert sorted((r["so_thua"] or "", r["dien_tich"] or 0) for r in rows) == sorted(
        (n or "", d) for n, d in zip(NAMES, [100.0, 100.5, 99.0, 0], strict=True)
    )
    assert "9210" in str(crs) or "TM-3 105-45" in str(crs)
    assert shapely.union_all(geometry).equals(shapely.union_all(LOTS))


def test_zipped_shapefile(tmp_path) -> None:
    write(tmp_path / "thua.shp", "ESRI Shapefile", encoding="UTF-8")
    format_, _, rows, _ = opened(zipped(tmp_path / "thua.zip", sorted(tmp_path.glob("thua.*"))))
    assert (format_, len(rows)) == ("Shapefile", 4)


def test_geoparquet_and_its_crs(tmp_path) -> None:
    path = write_parquet(tmp_path / "a.parquet", crs={"id": {"authority": "EPSG", "code": 9210}, "type": "x"})
    format_, crs, rows, geometry = opened(path)
    assert format_ == "GeoParquet"
    assert "9210" in str(crs)
    assert [row["so_thua"] for row in rows] == NAMES
    assert geometry[0].equals(LOTS[0])
    assert opened(write_parquet(tmp_path / "b.parquet"))[1] == "OGC:CRS84"
    assert opened(write_parquet(tmp_path / "c.parquet", crs=None))[1] is None


def feature(**properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [106.7, 10.8]}}


@pytest.mark.parametrize("name", ["a.geojsonl", "a.geojson", "a.ndjson"])
def test_one_feature_a_line_whatever_the_extension(name, tmp_path) -> None:
    path = tmp_path / name
    path.write_text("\n".join(json.dumps(feature(a="01")) for _ in range(3)))
    _, crs, rows, geometry = opened(path)
    assert [row["a"] for row in rows] == ["01"] * 3
    assert geometry == [shapely.Point(106.7, 10.8)] * 3
    assert crs == "EPSG:4326"


def test_csv_keeps_every_cell_as_text(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffma_xa;so_thua;kinh_do;vi_do\n00001;45-1;106,7;10,8\n"02;3";"a\nb";;\n'.encode())
    format_, crs, rows, geometry = opened(path)
    assert (format_, crs, geometry) == ("CSV", None, [])
    assert rows[0] == {"ma_xa": "00001", "so_thua": "45-1", "kinh_do": "106,7", "vi_do": "10,8"}
    assert rows[1] == {"ma_xa": "02;3", "so_thua": "a\nb", "kinh_do": None, "vi_do": None}


def test_csv_of_excel_in_utf16(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ten\tx\nĐất\t1\n", encoding="utf-16")
    assert opened(path)[2] == [{"ten": "Đất", "x": "1"}]


def test_a_shapefile_without_cpg_is_read_as_bytes_and_understood_later(tmp_path) -> None:
    write(tmp_path / "a.shp", "ESRI Shapefile", encoding="UTF-8")
    (tmp_path / "a.cpg").unlink()
    with open_source(tmp_path / "a.shp") as source:
        assert source.opened.encoding is None
        assert source.opened.truncated_names
        texts = read(source, lambda done, total: None).attributes["so_thua"].to_pylist()
    assert "ấp Bình Quới".encode().decode("latin-1") in texts


def test_several_layers_are_asked_about(tmp_path) -> None:
    path = write(tmp_path / "a.gpkg", "GPKG", layer="thua")
    write(path, "GPKG", layer="nha", append=False)
    with pytest.raises(Undecided, match="--source-layer"):
        opened(path)
    assert len(opened(path, layer="nha")[2]) == 4
    with pytest.raises(IngestError, match="no layer 'x'"):
        opened(path, layer="x")


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_shapefile_without_its_companions_says_which(missing, tmp_path) -> None:
    write(tmp_path / "a.shp", "ESRI Shapefile", encoding="UTF-8")
    (tmp_path / f"a{missing}").unlink()
    with pytest.raises(IngestError, match=rf"without \{missing}"):
        opened(tmp_path / "a.shp")


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.fgb", "a.parquet", "a.geojson", "a.geojsonl", "a.zip", "a.dbf"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_half_a_file_is_one_clear_error(name, share, tmp_path) -> None:
    drivers = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".geojsonl": "GeoJSONSeq"}
    path = tmp_path / name
    if path.suffix in drivers:
        write(path, drivers[path.suffix])
    elif path.suffix == ".parquet":
        write_parquet(path)
    else:
        write(tmp_path / "a.shp", "ESRI Shapefile", encoding="UTF-8")
        zipped(tmp_path / "a.zip", sorted(tmp_path.glob("a.[sdp]*")))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(IngestError) as caught:
        opened(tmp_path / "a.shp" if name == "a.dbf" else path)
    assert path.stem in caught.value.en


VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
GML = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><FeatureCollection>&a;</FeatureCollection>'
GDALG = '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read /etc/passwd ! write x"}'


@pytest.mark.parametrize(
    "content", [VRT, GML, GDALG, '{"type": "Topology", "objects": {}}', "[1, 2]", "", "PK\x03\x04junk"]
)
@pytest.mark.parametrize("extension", [".gpkg", ".shp", ".geojson", ".geojsonl", ".fgb", ".parquet", ".zip", ".json"])
def test_disguises_are_refused(content, extension, tmp_path) -> None:
    path = tmp_path / f"a{extension}"
    path.write_text(content)
    with pytest.raises(IngestError):
        opened(path)


@pytest.mark.parametrize("content", [VRT, GML, "PK\x03\x04junk", "\x00\x00\x27\x0a"])
def test_disguises_are_no_csv_either(content, tmp_path) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(IngestError, match="not what its extension says"):
        opened(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.vrt", "a.gml", "a.kml", "a.xlsx", "a", "a.gdb"])
def test_other_kinds_of_file_are_not_read(name, tmp_path) -> None:
    (tmp_path / name).write_text(VRT)
    with pytest.raises(IngestError, match="not read"):
        opened(tmp_path / name)


@pytest.mark.parametrize("name", ["/vsicurl/http://example.org/a.gpkg", "http://example.org/a.gpkg", "nowhere.gpkg"])
def test_only_files_are_opened(name) -> None:
    with pytest.raises(IngestError, match="There is no file"):
        opened(Path(name))


def archive(path: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zip_:
        for name, content in members:
            zip_.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../a.shp", "/tmp/a.shp", "x/../../a.shp", "C:\\a.shp", "..\\a.shp"])
def test_archives_that_point_outside_are_refused(name, tmp_path) -> None:
    with pytest.raises(IngestError, match="outside"):
        unpack(archive(tmp_path / "a.zip", [(name, b"x")]), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_links_in_archives_are_refused(tmp_path) -> None:
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(IngestError, match="link"):
        unpack(archive(tmp_path / "a.zip", [(link, b"/etc/passwd")]), tmp_path)


def test_a_bomb_does_not_go_off(tmp_path) -> None:
    path = archive(tmp_path / "a.zip", [("a.geojson", b"0" * 3_000_000)])
    into = tmp_path / "out"
    into.mkdir()
    with pytest.raises(IngestError, match="unpacks to more"):
        unpack(path, into, Limits(ratio=100, free_of_ratio=1_000_000))
    with pytest.raises(IngestError, match="unpacks to more"):
        unpack(path, tmp_path, Limits(total=10_000))
    many = archive(tmp_path / "b.zip", [(f"{i}.txt", b"") for i in range(50)])
    with pytest.raises(IngestError, match="more than the 20"):
        unpack(many, into, Limits(members=20))


def test_an_archive_with_two_data_sets_or_none_says_so(tmp_path) -> None:
    with pytest.raises(IngestError, match="several data sets"):
        opened(archive(tmp_path / "a.zip", [("a.csv", b"x\n1"), ("b.csv", b"x\n1")]))
    with pytest.raises(IngestError, match="no data set"):
        opened(archive(tmp_path / "b.zip", [("a.txt", b"x")]))
    with pytest.raises(IngestError, match="two files called"):
        opened(archive(tmp_path / "c.zip", [("x/a.csv", b"x\n1"), ("y/A.csv", b"x\n1")]))


def test_nothing_unpacked_is_left_behind(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    write(tmp_path / "thua.shp", "ESRI Shapefile", encoding="UTF-8")
    opened(zipped(tmp_path / "thua.zip", sorted(tmp_path.glob("thua.*"))))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_shapefile_whose_header_promises_more_than_there_is(tmp_path) -> None:
    path = write(tmp_path / "a.shp", "ESRI Shapefile", encoding="UTF-8")
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack(">i", 1_000_000)
    path.write_bytes(bytes(content))
    with pytest.raises(IngestError, match="cut off"):
        opened(path)


def test_a_csv_with_ragged_rows_or_repeated_names_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(IngestError, match=r"a\.csv cannot be read as CSV"):
        opened(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("a,a\n1,2\n")
    with pytest.raises(IngestError, match="stands twice"):
        opened(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("a,b\n")
    with pytest.raises(IngestError, match="no records"):
        opened(tmp_path / "c.csv")
