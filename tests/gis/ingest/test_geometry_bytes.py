"""Geometry from strangers is read, or is a record that could not be read; it never ends the process."""

import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely

from gis.ingest.geometry_bytes import decode_wkb, decode_wkt, is_polygonal, nests_too_deep

POINT = struct.pack("<BIdd", 1, 1, 106.7, 10.8)


def nest(levels: int, kind: int = 7, order: str = "<") -> bytes:
    return struct.pack(f"{order}BII", 1 if order == "<" else 0, kind, 1) * levels + POINT


@pytest.mark.parametrize("kind", [6, 7, 7 + 1000, 7 + 0x80000000, 12])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_nest_of_collections_that_would_end_the_process_is_a_record_that_cannot_be_read(
    kind: int, order: str
) -> None:
    blobs = pa.array([POINT, nest(100_000, kind, order), None], pa.binary())
    geometries, unread = decode_wkb(blobs)
    assert unread.tolist() == [False, True, False]
    assert geometries[0] == shapely.Point(106.7, 10.8)
    assert geometries[1] is None
    assert geometries[2] is None


def test_a_nest_behind_a_first_harmless_member_is_seen() -> None:
    collection = struct.pack("<BII", 1, 7, 2) + POINT + nest(100_000)
    assert nests_too_deep(collection)


def test_large_harmless_geometries_are_read() -> None:
    ring = np.column_stack([np.cos(np.linspace(0, 6.28, 100_000)), np.sin(np.linspace(0, 6.28, 100_000))])
    circle = shapely.Polygon(ring)
    shapes = [
        circle,
        shapely.MultiPolygon([circle, shapely.box(5, 5, 6, 6)]),
        shapely.GeometryCollection([circle, shapely.MultiPoint(ring)]),
        shapely.LineString(np.column_stack([ring, ring[:, 0]])),
    ]
    for include_srid in (False, True):
        located = [shapely.set_srid(shape, 4326) for shape in shapes]
        blobs = pa.array([shapely.to_wkb(shape, include_srid=include_srid) for shape in located], pa.binary())
        geometries, unread = decode_wkb(blobs)
        assert not unread.any()
        assert shapely.equals_exact(geometries, np.array(shapes, dtype=object)).all()


@pytest.mark.parametrize("cut", [1, 5, 8, 20])
def test_half_a_geometry_cannot_be_read(cut: int) -> None:
    whole = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    _, unread = decode_wkb(pa.array([whole[:cut]], pa.binary()))
    assert unread.tolist() == [True]
    assert not nests_too_deep(whole[:cut])


def test_text_is_read_and_a_deep_nest_of_text_is_not() -> None:
    deep = "GEOMETRYCOLLECTION(" * 100_000 + "POINT(1 1)" + ")" * 100_000
    geometries, unread = decode_wkt(
        pa.array([" POINT (1 2) ", "", None, "POLYGON ((0 0, 1 1", deep, "=cmd|' /C calc'!A0"])
    )
    assert geometries[0] == shapely.Point(1, 2)
    assert unread.tolist() == [False, False, False, True, True, True]


def test_a_byte_order_that_is_none_hides_no_nest() -> None:
    level = struct.pack("<BII", 2, 7, 1)
    assert nests_too_deep(nest(1)[: -len(POINT)] + level * 100 + POINT)
    assert not is_polygonal(b"\x02" + shapely.to_wkb(shapely.box(0, 0, 1, 1))[1:])


FLAT = [shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)])]


@pytest.mark.parametrize("shape", [*FLAT, shapely.Polygon(), *(shapely.force_3d(shape, 5.0) for shape in FLAT)])
@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("order", [0, 1])
def test_polygons_of_every_spelling_are_polygonal_and_none_that_breaks_off(
    shape: shapely.Geometry, flavor: str, order: int
) -> None:
    blob = shapely.to_wkb(shape, flavor=flavor, byte_order=order, output_dimension=4)
    assert is_polygonal(blob) and is_polygonal(shapely.to_wkb(shapely.set_srid(shape, 9210), include_srid=True))
    assert not any(is_polygonal(blob[:end]) for end in range(len(blob)))


@pytest.mark.parametrize("kind", [6, 7, 1006, 6 + 0x80000000])
def test_a_nest_in_place_of_a_polygon_is_not_polygonal(kind: int) -> None:
    assert not is_polygonal(nest(20_000, kind))
    assert not is_polygonal(nest(1, 6))
    assert not is_polygonal(POINT)
