"""Files made to hurt: each ends in quarantine or in one clear error, and nothing is half written."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gis.errors import IngestError, Undecided
from tests.gis.ingest.conftest import counts, lot

GOOD = lot(0)
X, Y = 603_800.0, 1_191_840.0


def polygon(*points: tuple[float, float]) -> bytes:
    """WKB of a polygon, also of one that no library would write."""
    ring = b"".join(struct.pack("<dd", x, y) for x, y in points)
    return struct.pack("<BIII", 1, 3, 1, len(points)) + ring


NEST = struct.pack("<BII", 1, 7, 1) * 100_000 + struct.pack("<BIdd", 1, 1, X, Y)
SHAPES = {
    "geometry-missing": None,
    "geometry-empty": shapely.Polygon(),
    "geometry-type": shapely.Point(X, Y),
    "geometry-unreadable": polygon((X, Y), (X + 9, Y), (X + 9, Y + 9), (X, Y + 9)),  # the ring is not closed
    "coordinate-not-finite": polygon((X, Y), (X + 9, Y), (X + 9, float("nan")), (X, Y)),
    "geometry-invalid": polygon((X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9), (X, Y)),  # a bow-tie
    "outside-territory": shapely.box(X + 900_000, Y, X + 900_010, Y + 10),
}


@pytest.mark.parametrize(("reason", "shape"), SHAPES.items(), ids=SHAPES)
def test_a_bad_shape_is_withheld_and_the_rest_is_read(reason, shape, write, check_file) -> None:
    report = check_file(write([GOOD, lot(2), shape]))
    assert counts(report) == {reason: 1}
    assert (report.counts.read, report.counts.published, report.counts.withheld) == (3, 2, 1)


@pytest.mark.parametrize("flat", [polygon((X, Y), (X + 9, Y), (X, Y)), polygon((X, Y), (X + 9, Y), (X + 5, Y), (X, Y))])
def test_a_shape_without_area_is_withheld(flat, write, check_file) -> None:
    report = check_file(write([GOOD, flat]))
    assert report.counts.withheld == 1
    assert set(counts(report)) <= {"geometry-invalid", "geometry-unreadable", "area-zero"}


def test_a_nest_of_collections_is_withheld(tmp_path, check_file) -> None:
    geo = {"primary_column": "geom", "columns": {"geom": {"encoding": "WKB"}}}
    shapes = pa.array([shapely.to_wkb(shapely.box(106.7, 10.7, 106.71, 10.71)), NEST], pa.binary())
    table = pa.table({"so_to": ["1", "1"], "so_thua": ["1", "2"], "geom": shapes})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "a.parquet")
    assert counts(check_file(tmp_path / "a.parquet")) == {"geometry-unreadable": 1}


def test_infinite_coordinates_are_withheld(write, check_file) -> None:
    endless = polygon((X, Y), (float("inf"), Y), (X + 9, Y + 9), (X, Y))
    assert counts(check_file(write([GOOD, lot(2), endless]))) == {"coordinate-not-finite": 1}


def test_a_million_points_in_one_shape_are_read(write, check_file) -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_000)
    circle = shapely.Polygon(np.column_stack([X + 500 * np.cos(turn), Y + 500 * np.sin(turn)]))
    assert check_file(write([circle])).counts.published == 1


def test_a_file_with_nothing_but_bad_shapes_has_nothing_to_publish(write, check_file) -> None:
    report = check_file(write([None, shapely.Polygon()]))
    assert (report.counts.read, report.counts.withheld) == (2, 2)


def test_everything_at_once_goes_into_quarantine_with_its_record(write, open_database, load_file) -> None:
    connection = open_database()
    report = load_file(connection, write([GOOD, *SHAPES.values(), lot(2)]), valid_from=None)
    kept = connection.execute(
        "SELECT reason, raw ->> 'so_thua', message_vi FROM landmap.quarantine ORDER BY 2"
    ).fetchall()
    assert sorted(reason for reason, _, _ in kept) == sorted(SHAPES)
    assert [number for _, number, _ in kept] == [str(i) for i in range(2, 9)]
    assert all(text.endswith(".") for _, _, text in kept)
    assert report.counts.withheld == 7
    assert connection.execute("SELECT count(*) FROM land.parcels").fetchone() == (2,)


def csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_formula_cells_of_a_csv_are_found(tmp_path, check_file) -> None:
    wkt = lot(0).wkt
    path = csv(
        tmp_path / "a.csv", f'so_to,so_thua,duong,wkt\n1,=1+1,Lê Lợi,"{wkt}"\n1,2,"=HYPERLINK(""x"")","{lot(1).wkt}"\n'
    )
    report = check_file(path, crs="EPSG:9210")
    assert counts(report) == {"formula": 2, "required-missing": 1}
    assert report.counts.withheld == 1


def test_x_and_y_of_a_csv_are_asked_about(tmp_path, check_file) -> None:
    path = csv(tmp_path / "a.csv", "so_giay_phep,X,Y\nGP-1,1191840,603700\nGP-2,1191850,603710\n")
    report = check_file(path, "permits", maps=["X=geometry.y", "Y=geometry.x"], crs="EPSG:9210")
    assert report.counts.published == 2
    with pytest.raises(IngestError, match="swapped"):
        check_file(path, "permits", maps=["X=geometry.x", "Y=geometry.y"], crs="EPSG:9210")
    with pytest.raises(Undecided, match=r"--crs EPSG:9210"):
        check_file(path, "permits", maps=["X=geometry.y", "Y=geometry.x"])


@pytest.mark.parametrize("pair", ["106.700;10.800", "106,700;10,800"])
def test_degrees_with_three_decimals_have_no_thousands(pair, tmp_path, check_file) -> None:
    report = check_file(csv(tmp_path / "a.csv", f"so_giay_phep;lon;lat\nA;{pair}\n"), "permits")
    assert (report.counts.published, counts(report)) == (1, {"not-public": 1})


def test_half_a_pair_of_coordinates_is_withheld(tmp_path, check_file) -> None:
    path = csv(tmp_path / "a.csv", "so_giay_phep,lon,lat\nA,106.7,10.8\nB,106.7,\nC,106.7,north\nD,,\n")
    report = check_file(path, "permits")
    assert counts(report) == {"geometry-unreadable": 2, "not-public": 2}
    assert report.counts.published == 2  # a permit may stand without a place


def test_a_wrong_prj_is_one_error_and_writes_nothing(write, open_database, load_file) -> None:
    connection = open_database()
    with pytest.raises(IngestError, match="EPSG:9210"):
        load_file(connection, write([GOOD], crs="EPSG:4326"))
    assert connection.execute("SELECT count(*) FROM landmap.stage").fetchone() == (0,)


def test_ids_that_come_twice_are_withheld(write, check_file) -> None:
    one = "0192f0e4-0000-4000-8000-000000000001"
    report = check_file(write([lot(0), lot(1), lot(2)], id=[one, one, None]))
    assert counts(report) == {"repeated-id": 1}


def test_a_foreign_id_column_is_not_taken_for_ours(write, check_file) -> None:
    report = check_file(write([lot(0), lot(1)], id=["A1", "A1"]))
    assert "id" in report.unmapped
    with pytest.raises(IngestError, match="not a UUID"):
        check_file(write([lot(0)], name="b.gpkg", id=["A1"]), maps=["id=id"])


def test_geojson_with_huge_and_tiny_numbers(tmp_path, check_file) -> None:
    def feature(*ring: tuple[float, float]) -> dict:
        return {
            "type": "Feature",
            "properties": {"so_to": 1, "so_thua": "1"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }

    good = feature((106.7, 10.7), (106.71, 10.7), (106.71, 10.71), (106.7, 10.7))
    huge = feature((1e308, 1e308), (-1e308, 1e308), (-1e308, -1e308), (1e308, 1e308))
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [good, good, good, huge]}))
    report = check_file(path)
    assert report.counts.withheld == 3  # two duplicates, and one that is nowhere
    assert counts(report)["duplicate"] == 2


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00b", "\ud83d\ude00" * 3, "x" * 100_000, "'; DROP TABLE landmap.stage; --"]
)
def test_any_text_can_be_stored(value, tmp_path, open_database, load_file) -> None:
    value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    connection: psycopg.Connection = open_database()
    properties = {"so_to": "1", "so_thua": "1", "duong": value, "ghi_chu": value, "dien_tich": 7.0}
    ring = [[106.7, 10.7], [106.701, 10.7], [106.701, 10.701], [106.7, 10.7]]
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    report = load_file(connection, path)
    assert report.counts.inserted == 1
    assert counts(report) == {"area-difference": 1}
    kept = connection.execute("SELECT raw ->> 'ghi_chu' FROM landmap.quarantine").fetchone()
    assert kept == (value.replace("\0", "\ufffd"),) or "\0" in value
