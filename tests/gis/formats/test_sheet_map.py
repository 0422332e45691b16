from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely

from gis.formats.sheet_map import HEIGHT, WIDTH, Caption, Drawing, Drawn, Look, Words, sheet_map, window_of

WORDS = Words("Tỷ lệ", "B", "Sơ đồ", ".")
SVG = "{http://www.w3.org/2000/svg}"
E0, N0 = 603_700.0, 1_191_800.0


def lot(width: float, depth: float) -> shapely.Geometry:
    return shapely.box(E0, N0, E0 + width, N0 + depth)


def shapes(*found: shapely.Geometry) -> np.ndarray:
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array


def texts(svg: str) -> list[str]:
    return [str(element.text) for element in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("width", "depth", "scale"), [(5, 10, 200), (5, 20, 500), (60, 20, 500), (10, 60, 1_000), (4_000, 900, 50_000)]
)
def test_the_scale_is_the_largest_round_one_at_which_the_lot_fits(width: float, depth: float, scale: int) -> None:
    window = window_of(lot(width, depth))
    assert window.scale == scale
    assert window.east - window.west == pytest.approx(WIDTH * scale / 1_000)
    assert window.north - window.south == pytest.approx(HEIGHT * scale / 1_000)


def test_a_metre_on_the_ground_is_to_scale_on_paper() -> None:
    window = window_of(lot(5, 20))
    (x1, y1), (x2, y2) = window.paper(np.array([(E0, N0), (E0 + 10, N0 + 10)]))
    assert (x2 - x1, y1 - y2) == (pytest.approx(20), pytest.approx(20))


def test_the_legend_tells_what_is_seen_and_nothing_else() -> None:
    near, far = (
        Drawn("Gần", shapes(lot(5, 20)), Look(fill="#ff0000")),
        Drawn("Xa", shapes(shapely.box(0, 0, 1, 1)), Look(fill="#00ff00")),
    )
    svg = sheet_map(window_of(lot(5, 20)), Drawing([near, near, far], [], WORDS))
    assert texts(svg).count("Gần") == 1 and "Xa" not in texts(svg)
    assert "Tỷ lệ 1:500" in texts(svg) and "B" in texts(svg) and "20 m" in texts(svg)


def test_x_is_northing_and_y_easting_at_the_edge_of_the_grid() -> None:
    said = texts(sheet_map(window_of(lot(5, 20)), Drawing([], [], WORDS)))
    assert "Y 603.700" in said and "X 1.191.820" in said


def test_the_same_shapes_give_the_same_text_and_hostile_texts_stay_texts() -> None:
    window = window_of(lot(5, 20))
    drawn = [Drawn('<script>"&', shapes(lot(5, 20)), Look(line="#000000", dashes=(1, 2)))]
    captions = [Caption("<b>1</b>", E0 + 2, N0 + 10), Caption("hidden by the first", E0 + 2, N0 + 10)]
    svg = sheet_map(window, Drawing(drawn, captions, WORDS))
    assert svg == sheet_map(window, Drawing(drawn, captions, WORDS))
    assert "<script" not in svg and "<b>1</b>" in texts(svg) and "hidden by the first" not in texts(svg)


def test_every_kind_of_shape_is_drawn_and_none_is_passed_over() -> None:
    holed = shapely.Polygon(lot(5, 20).exterior, [shapely.box(E0 + 1, N0 + 1, E0 + 2, N0 + 2).exterior])
    line = shapely.LineString([(E0 - 500, N0), (E0 + 500, N0)])
    some = [shapes(holed, None), shapes(line), shapes(shapely.Point(E0, N0)), shapes(shapely.Polygon())]
    drawn = [Drawn(str(i), one, Look(fill="#123456")) for i, one in enumerate(some)]
    svg = sheet_map(window_of(lot(5, 20)), Drawing(drawn, [], WORDS))
    assert [str(i) in texts(svg) for i in range(4)] == [True, True, True, False]
