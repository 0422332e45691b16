from __future__ import annotations

import sqlite3
import struct
from dataclasses import replace
from io import StringIO
from pathlib import Path

import ezdxf
import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidCrs, InvalidParameter, TooLarge
from gis.ingest.drawing import DXF, GEOPACKAGE, MOST_BYTES, Drawing, read_drawing
from gis.ingest.outline import read_outline
from gis.model.layer import Catalog

E0, N0 = 603_000.0, 1_191_000.0
HOUSE = shapely.box(E0, N0, E0 + 5, N0 + 14)
RING = [[106.70, 10.77], [106.701, 10.77], [106.701, 10.771], [106.70, 10.77]]
CORNERS = [(E0, N0), (E0 + 5, N0), (E0 + 5, N0 + 14), (E0, N0 + 14)]


def dxf(*, units: int = 6, closed: bool = True, scale: float = 1.0, also: str | None = None) -> bytes:
    """A drawing with the house on the layer NHA."""
    document = ezdxf.new()
    document.header["$INSUNITS"] = units
    space = document.modelspace()
    points = [(x * scale, y * scale) for x, y in CORNERS]
    space.add_lwpolyline(points, close=closed, dxfattribs={"layer": "NHA"})
    space.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True, dxfattribs={"layer": "CAY"})
    space.add_text("nhà", dxfattribs={"layer": "NHA"})
    if also == "line":
        space.add_line((0, 0), (1, 1), dxfattribs={"layer": "NHA"})
    if also == "block":
        document.blocks.new("K")
        space.add_blockref("K", (0, 0), dxfattribs={"layer": "NHA"})
    if also == "inside":
        inner = [(x * 0.5 + (E0 + 2) * 0.5, y * 0.5 + (N0 + 7) * 0.5) for x, y in CORNERS]
        space.add_lwpolyline(inner, close=True, dxfattribs={"layer": "NHA"})
    text = StringIO()
    document.write(text)
    return text.getvalue().encode()


def drawing(content: bytes, **changes: object) -> Drawing:
    return replace(Drawing("footprint", DXF[0], content, ("NHA",), "m", 9210), **changes)  # type: ignore[arg-type]


def geopackage(path: Path, *, crs: str | None = "EPSG:9210", shapes: list[shapely.Geometry] | None = None) -> bytes:
    frame = gpd.GeoDataFrame({"ten": ["nhà"] * len(shapes or [HOUSE])}, geometry=shapes or [HOUSE], crs=crs)
    frame.to_file(path, layer="nha", driver="GPKG")
    return path.read_bytes()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return geopackage(tmp_path_factory.mktemp("gpkg") / "nha.gpkg")


def sent(content: bytes, **changes: object) -> Drawing:
    return replace(Drawing("footprint", GEOPACKAGE[0], content, (), None, None), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("units", "told", "scale"), [(6, "m", 1.0), (4, "mm", 1000.0), (0, "cm", 100.0)])
def test_a_closed_polyline_on_the_stated_layer_is_the_footprint(units: int, told: str, scale: float) -> None:
    shape, code = read_drawing(drawing(dxf(units=units, scale=scale), units=told))
    assert code == 9210
    assert shapely.area(shapely.symmetric_difference(shape, HOUSE)) < 1e-6


def test_an_arc_is_followed_within_a_centimetre() -> None:
    document = ezdxf.new()
    document.modelspace().add_lwpolyline([(0, 0, 0, 0, 1), (10, 0, 0, 0, 1)], close=True, dxfattribs={"layer": "NHA"})
    text = StringIO()
    document.write(text)
    shape, _ = read_drawing(drawing(text.getvalue().encode()))
    assert shapely.area(shape) == pytest.approx(3.141592653589793 * 25, rel=0.005)


@pytest.mark.parametrize(
    ("content", "changes", "says"),
    [
        (dxf(), {"units": None}, "needs 'layers' (those of the building) and 'units'"),
        (dxf(), {"layers": ()}, "needs 'layers'"),
        (dxf(), {"units": "mm"}, "says its unit is m, 'units' says mm"),
        (dxf(), {"layers": ("TUONG",)}, "no closed polyline on 'TUONG'; layers that hold some: 'CAY', 'NHA'"),
        (dxf(), {"crs": None}, "needs the CRS"),
        (dxf(), {"crs": 4326}, "needs the CRS"),
        (dxf(closed=False), {}, "not closed; close it"),
        (dxf(also="line"), {}, "loose lines and arcs (LINE)"),
        (dxf(also="block"), {}, "explode it"),
        (dxf(also="inside"), {}, "outlines overlap"),
        (b"nothing", {}, "cannot be read"),
        (dxf()[:3000], {}, ""),
        (dxf(), {"media_type": "application/pdf"}, "'application/pdf' is not taken"),
    ],
)
def test_what_a_drawing_does_not_say_plainly_is_refused(content: bytes, changes: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidParameter) as error:
        read_drawing(drawing(content, **changes))
    assert says in error.value.en and error.value.where == "footprint"


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(TooLarge):
        read_drawing(drawing(b"0" * (MOST_BYTES + 1)))


@given(content=st.binary(max_size=300) | st.integers(0, 15_000).map(lambda n: dxf()[:n] + b"\n0\n" + dxf()[n + 7 :]))
@settings(max_examples=40, deadline=None)
def test_a_broken_drawing_is_refused_and_never_an_error_of_ours(content: bytes) -> None:
    try:
        shape, _ = read_drawing(drawing(content))
    except InvalidParameter:
        return
    assert shape.geom_type in ("Polygon", "MultiPolygon")


def test_the_polygons_of_a_geopackage_are_the_footprint(package: bytes) -> None:
    shape, code = read_drawing(sent(package))
    assert code == 9210 and shapely.equals(shape, HOUSE)
    assert read_drawing(sent(package, layers=("nha",), crs=9210))[1] == 9210


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"layers": ("tuong",)}, "no features in 'tuong'; tables: 'nha'"),
        ({"crs": 4326}, "is in EPSG:9210, 'crs' says EPSG:4326"),
    ],
)
def test_a_geopackage_that_contradicts_what_was_stated_is_refused(
    package: bytes, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidParameter) as error:
        read_drawing(sent(package, **changes))
    assert says in error.value.en


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_geopackage_without_crs_needs_it_stated(tmp_path: Path) -> None:
    content = geopackage(tmp_path / "a.gpkg", crs=None)
    with pytest.raises(InvalidParameter, match="does not say its CRS"):
        read_drawing(sent(content))
    assert read_drawing(sent(content, crs=9210))[1] == 9210


def test_points_and_too_many_outlines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="have to be polygons"):
        read_drawing(sent(geopackage(tmp_path / "p.gpkg", shapes=[shapely.Point(E0, N0)])))
    many = [shapely.box(E0 + i, N0, E0 + i + 0.5, N0 + 1) for i in range(201)]
    with pytest.raises(TooLarge):
        read_drawing(sent(geopackage(tmp_path / "m.gpkg", shapes=many)))


@pytest.mark.parametrize("kind", [6, 7])
def test_a_nest_of_collections_in_a_geopackage_is_refused(tmp_path: Path, package: bytes, kind: int) -> None:
    path = tmp_path / "nest.gpkg"
    path.write_bytes(package)
    point = struct.pack("<BIdd", 1, 1, E0, N0)
    with sqlite3.connect(path) as file:
        for name, sql in file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
            assert sql
            file.execute(f'DROP TRIGGER "{name}"')
        blob = b"GP\x00\x01" + bytes(4) + struct.pack("<BII", 1, kind, 1) * 20_000 + point
        file.execute("UPDATE nha SET geom = ?", (blob,))
    file.close()
    with pytest.raises(InvalidParameter, match="have to be polygons"):
        read_drawing(sent(path.read_bytes()))


@pytest.mark.parametrize("endless", ["VIEW evil AS", "TABLE evil AS"])
def test_nothing_that_a_geopackage_brings_is_run(tmp_path: Path, package: bytes, endless: str) -> None:
    path = tmp_path / "evil.gpkg"
    path.write_bytes(package)
    count = "SELECT count(*) AS geom FROM n" if endless.startswith("VIEW") else "SELECT x AS geom FROM n LIMIT 1"
    with sqlite3.connect(path) as file:
        file.execute(f"CREATE {endless} WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) {count}")
        file.execute("UPDATE gpkg_geometry_columns SET table_name = 'evil'")
    file.close()
    with pytest.raises(InvalidParameter):
        read_drawing(sent(path.read_bytes()))


@given(at=st.integers(0, 90_000), junk=st.binary(min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_a_broken_geopackage_is_refused_and_never_an_error_of_ours(package: bytes, at: int, junk: bytes) -> None:
    try:
        shape, _ = read_drawing(sent(package[:at] + junk + package[at + len(junk) :], crs=9210))
    except (InvalidParameter, TooLarge):
        return
    assert shape.geom_type in ("Polygon", "MultiPolygon")


def test_geojson_is_read_in_the_axis_order_of_its_crs_and_stored_easting_first(catalog: Catalog) -> None:
    land = catalog.territory
    polygon = {"type": "Polygon", "coordinates": [[[e, n] for e, n in [*CORNERS, CORNERS[0]]]]}
    assert shapely.equals(read_outline(polygon, 9210, land, "lot"), HOUSE)
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    stored = read_outline(feature, 84, land, "lot")
    assert stored.bounds[0] == pytest.approx(603_700, abs=50)
    flipped = {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}
    assert shapely.equals(read_outline(flipped, 4326, land, "lot"), stored)


@pytest.mark.parametrize(
    ("polygon", "error", "says"),
    [
        ({"type": "Polygon", "coordinates": [RING[:3]]}, InvalidParameter, "rings"),
        ({"type": "Point", "coordinates": [1, 2]}, InvalidParameter, "Polygon or MultiPolygon"),
        ({"type": "Feature", "geometry": None}, InvalidParameter, "Polygon or MultiPolygon"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            InvalidParameter,
            "Self-intersection",
        ),
        ({"type": "Polygon", "coordinates": [[[900, 0], [901, 0], [901, 1], [900, 0]]]}, InvalidCrs, "axis order"),
        ({"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]}, InvalidCrs, "axis order"),
    ],
)
def test_an_outline_that_cannot_be_is_refused_with_its_input(
    catalog: Catalog, polygon: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        read_outline(polygon, 84, catalog.territory, "lot")
    assert says in raised.value.en and raised.value.where == "lot"  # type: ignore[attr-defined]


def plan(*outlines: list[tuple[float, float, float]], mesh: bool = False) -> bytes:
    """A drawing with closed polylines (x, y, bulge) on the layer NHA."""
    document = ezdxf.new()
    document.header["$INSUNITS"] = 6
    space = document.modelspace()
    for points in outlines:
        space.add_lwpolyline(points, format="xyb", close=True, dxfattribs={"layer": "NHA"})
    if mesh:
        space.add_polymesh((4, 4), dxfattribs={"layer": "NHA"}).close(True, True)
    text = StringIO()
    document.write(text)
    return text.getvalue().encode()


@pytest.mark.parametrize("points", [
    [(0, 0, 1), (3e8, 0, 1)],
    [(0, 0, 1e12), (10, 0, 0), (10, 10, 0)],
    [(0, 0, float("nan")), (10, 0, 0), (10, 10, 0)],
    [(float("inf"), 0, 0), (10, 0, 0), (10, 10, 0)],
])  # fmt: skip
def test_an_arc_larger_than_the_earth_is_refused_before_it_is_drawn(
    points: list[tuple[float, float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = plan(points)
    monkeypatch.setattr("ezdxf.path.make_path", lambda entity: pytest.fail("drawn"))
    with pytest.raises(InvalidParameter, match=r"larger than any place|cannot be read"):
        read_drawing(drawing(content))


def test_vertices_are_counted_over_all_outlines_and_arcs_while_they_are_drawn() -> None:
    with pytest.raises(TooLarge, match="2,000 vertices together"):
        read_drawing(drawing(plan([(0, 0, 1), (9e6, 0, 1)])))
    rounds = [[(x * 100.0, 0.0, 1.0), (x * 100.0 + 90, 0.0, 1.0)] for x in range(20)]
    assert read_drawing(drawing(plan(*rounds[:5])))[0].geom_type == "MultiPolygon"
    with pytest.raises(TooLarge, match="2,000 vertices together"):
        read_drawing(drawing(plan(*rounds)))
    with pytest.raises(TooLarge, match="2,000 vertices together"):
        read_drawing(drawing(plan([(x, x * x, 0.0) for x in range(2_500)])))


def test_a_mesh_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="holds a mesh"):
        read_drawing(drawing(plan(mesh=True)))


def test_outlines_that_cross_too_often_are_refused_before_they_are_joined() -> None:
    teeth = [(x + dx, y) for x in range(200) for dx, y in ((0.0, 0.0), (0.0, 200.0), (0.5, 200.0), (0.5, 0.0))]
    comb = [(199.5, -1.0), (0.0, -1.0), *teeth]
    one, two = ([(x, y, 0.0) for x, y in comb], [(y, x, 0.0) for x, y in comb])
    with pytest.raises(InvalidParameter, match="too complex"):
        read_drawing(drawing(plan(one, two)))
