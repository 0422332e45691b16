from __future__ import annotations

import io
import json
import struct
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gis.errors import InvalidParameter, TooLarge
from gis.ingest.case_file import CSV, PARQUET, Cases, from_features, from_file
from gis.model.layer import Catalog, Territory

LOT = shapely.box(106.7000, 10.7700, 106.7001, 10.7701)


@pytest.fixture
def territory(catalog: Catalog) -> Territory:
    return catalog.territory


def features(*geometries: Any, **properties: Any) -> list[object]:
    return [
        {"type": "Feature", "id": str(n), "properties": properties, "geometry": g} for n, g in enumerate(geometries)
    ]


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(position) for position in ring]]}


BOX = polygon((106.7, 10.77), (106.7001, 10.77), (106.7001, 10.7701), (106.7, 10.7701), (106.7, 10.77))


def test_features_become_columns_of_the_rules(territory: Territory) -> None:
    found = from_features(features(BOX, None, storeys="trệt + 3 lầu", use="HOUSE", height_m=15), territory)
    assert (found.ids, found.facts["use"], found.facts["height_m"]) == (["0", "1"], ["HOUSE"] * 2, [15.0] * 2)
    assert found.facts["storeys_tang"] == [4, 4]
    assert found.footprint[0].area == pytest.approx(120.9, rel=0.01) and found.footprint[1] is None
    assert found.problems == {}


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (polygon((10.77, 106.7), (10.77, 106.71), (10.78, 106.71), (10.77, 106.7)), "axis order"),
        (polygon((2.3, 48.8), (2.4, 48.8), (2.4, 48.9), (2.3, 48.8)), "do not lie in"),
        (polygon((106.7, 10.77), (106.71, 10.78), (106.71, 10.77), (106.7, 10.78), (106.7, 10.77)), "valid"),
        ({"type": "Point", "coordinates": [106.7, 10.77]}, "Polygon"),
    ],
)
def test_an_outline_that_is_none_is_told_of_its_case_alone(geometry: Any, said: str, territory: Territory) -> None:
    found = from_features(features(BOX, geometry, BOX), territory)
    assert list(found.problems) == [1] and said in found.problems[1].en
    assert [shape is None for shape in found.footprint] == [False, True, False]


def test_outlines_are_the_same_read_together_and_one_by_one(territory: Territory) -> None:
    ring = BOX["coordinates"][0]
    hole = polygon(
        (106.70002, 10.77002),
        (106.70004, 10.77002),
        (106.70004, 10.77004),
        (106.70002, 10.77004),
        (106.70002, 10.77002),
    )
    others = [
        {"type": "MultiPolygon", "coordinates": [[ring]]},
        {"type": "Polygon", "coordinates": [ring, *hole["coordinates"]]},
        {"type": "Polygon", "coordinates": [[[*position, 4.5] for position in ring]]},
        None,
    ]
    found = from_features(features(BOX, *others, BOX), territory)
    assert found.problems == {}
    areas = [None if shape is None else round(shape.area) for shape in found.footprint]
    assert areas == [121, 121, 116, 121, None, 121]
    with pytest.raises(InvalidParameter, match=r"cases\.features\[1\]\.geometry: has to be rings of at least four"):
        from_features(
            features(BOX, polygon((106.7, 10.77), (106.71, 10.77), (106.71, 10.78), (106.7, 10.78))), territory
        )


def test_the_id_of_a_feature_comes_before_one_among_its_properties(territory: Territory) -> None:
    sent: list[object] = [
        {"type": "Feature", "id": "A", "properties": {"id": "B"}, "geometry": None},
        {"type": "Feature", "properties": {"id": "C"}, "geometry": None},
    ]
    assert from_features(sent, territory).ids == ["A", "C"]


def csv(text: str) -> bytes:
    return text.encode()


def test_rows_of_a_file_are_read_as_texts_numbers_and_flags(territory: Territory) -> None:
    text = "\ufeffid;parcel;sheet;height_m;corner;use;wkt\nA;;007;12.5;;HOUSE;\nB;;;;;;" + LOT.wkt + "\n"
    with pytest.raises(InvalidParameter, match=r"cases\.corner: is no column"):
        from_file(CSV, csv(text), 84, territory)
    found = from_file(CSV, csv(text.replace("corner", "centre_district").replace("12.5;;", "12.5;có;")), 84, territory)
    assert list(found.selectors) == [{"sheet": "007"}, {}]
    assert (found.facts["height_m"], found.facts["centre_district"]) == ([12.5, None], [True, None])
    assert found.footprint[0] is None and found.footprint[1] is not None


def test_geoparquet_brings_its_crs(territory: Territory) -> None:
    frame = gpd.GeoDataFrame({"id": ["A"], "height_m": [3.0]}, geometry=[LOT], crs=4326)
    shapes = []
    for moved in (frame, frame.to_crs(9210)):
        sink = io.BytesIO()
        moved.to_parquet(sink)
        shapes.append(from_file(PARQUET, sink.getvalue(), 84, territory).footprint[0])
    assert shapely.hausdorff_distance(*shapes) < 1.0  # GeoPandas chooses another datum shift than the pinned one


def read(text: str, territory: Territory) -> Cases:
    return from_file(CSV, csv(text), 84, territory)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "send 1 to"),
        ("id\n", "send 1 to"),
        ("id\nA\nA\n", "another one"),
        ("use\nHOUSE\n", "id"),
        ("id,height_m\nA,tall\n", r"height_m \(row 1\)"),
        ("id,centre_district\nA,maybe\n", "true or false"),
        ("id,storeys\nA,nhiều tầng\n", r"storeys \(row 1\)"),
        ("id,wkt\nA,POLYGON((0 0\n", "WKT"),
        ("id,use\nA\n", "cells"),
        ('id,use\n"A,HOUSE\n', "CSV"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, said: str, territory: Territory) -> None:
    with pytest.raises(InvalidParameter, match=said):
        read(text, territory)


def test_a_file_that_is_not_utf_8_is_refused(territory: Territory) -> None:
    with pytest.raises(InvalidParameter, match="UTF-8"):
        from_file(CSV, b"id\n\xff\xfe\n", 84, territory)


GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
}


def parquet(rows: int = 1, geo: object = GEO, options: dict[str, Any] | None = None, **more: Any) -> bytes:
    """A GeoParquet file of cases, each with the same outline, written as it says."""
    given = {"id": [str(row) for row in range(rows)], "geometry": [shapely.to_wkb(LOT)] * rows, **more}
    table = pa.table(given).replace_schema_metadata({"geo": json.dumps(geo)})
    sink = io.BytesIO()
    pq.write_table(table, sink, **(options or {}))
    return sink.getvalue()


def test_geoparquet_without_a_crs_is_in_longitude_and_latitude(territory: Territory) -> None:
    found = from_file(PARQUET, parquet(2, height_m=[3.0, None], use=["HOUSE", None]), 9210, territory)
    assert (found.ids, found.facts["height_m"], found.facts["use"]) == (["0", "1"], [3.0, None], ["HOUSE", None])
    assert found.footprint[0].area == pytest.approx(120.9, rel=0.01) and not found.problems


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1 nothing", "cannot be read"),
        (parquet(geo=None), "no GeoParquet"),
        (parquet(geo=[1]), "no GeoParquet"),
        (parquet(geo=GEO | {"columns": {"geometry": {"encoding": "point"}}}), "WKB"),
        (parquet(height_m=[[1.0, 2.0]]), r"cases\.height_m: has to be texts, numbers"),
        (parquet(secret=["x"]), r"cases\.secret: is no column"),
        (parquet(height_m=[float("inf")]), r"height_m \(row 1\)"),
        (parquet(geometry=[b"\x01\x03"]), r"geometry \(row 1\)"),
        (parquet(geometry=[struct.pack("<BII", 1, 7, 1) * 20_000]), r"geometry \(row 1\): has to be a whole polygon"),
        (parquet(geometry=[struct.pack("<BII", 1, 6, 1) * 20_000]), r"geometry \(row 1\): has to be a whole polygon"),
        (parquet(geometry=[struct.pack("<BIII4d", 1, 3, 1, 2, 0, 0, 1, 1)]), "cannot be read"),
        (parquet(options={"compression": "zstd"}), "Snappy"),
        (
            parquet(options={"use_dictionary": False, "column_encoding": {"id": "DELTA_BYTE_ARRAY"}}),
            "plain or dictionary",
        ),
    ],
)
def test_geoparquet_that_cannot_be_read_is_refused_with_its_place(
    content: bytes, said: str, territory: Territory
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        from_file(PARQUET, content, 84, territory)


def test_what_a_geoparquet_unpacks_to_is_bounded_before_it_is_built(
    territory: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis.ingest.case_parquet.MOST_BYTES", 200_000)
    said_often = parquet(1_000, use=["x" * 1_000] * 1_000)
    assert len(said_often) < 50_000
    with pytest.raises(TooLarge, match="when it is unpacked"):
        from_file(PARQUET, said_often, 84, territory)
    monkeypatch.setattr("gis.ingest.case_file.MOST_CASES", 10)
    with pytest.raises(InvalidParameter, match="send 1 to 10"):
        from_file(PARQUET, parquet(11), 84, territory)


def test_numbers_that_no_float_holds_are_refused_with_their_place(territory: Territory) -> None:
    with pytest.raises(InvalidParameter, match=r"height_m \(row 1\)"):
        from_features(features(None, height_m=10**400), territory)
    with pytest.raises(InvalidParameter, match=r"features\[0\].geometry"):
        from_features(features(polygon((10**400, 0), (1, 0), (1, 1), (10**400, 0))), territory)


def test_a_nest_in_words_is_refused(territory: Territory) -> None:
    with pytest.raises(InvalidParameter, match="polygon or multipolygon"):
        read("id,wkt\nA," + "GEOMETRYCOLLECTION(" * 5_000 + "\n", territory)
