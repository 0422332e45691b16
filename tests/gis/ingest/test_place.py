"""What is wrong with a geometry is told in words, with the place in the CRS of the file."""

from __future__ import annotations

import pytest
import shapely

from gis.ingest.place import _kind, _reasons
from gis.model.layer import Text


@pytest.mark.parametrize(
    ("wkt", "vi", "en"),
    [
        ("POLYGON((0 0,1 1,1 0,0 1,0 0))", "đường bao tự cắt tại x 0.5, y 0.5", "the outline crosses itself at x 0.5, y 0.5"),
        ("POLYGON((0 0,4 0,4 4,2 0,0 4,0 0))", "đường bao tự chạm tại x 2, y 0", "the outline touches itself at x 2, y 0"),
        ("POLYGON((0 0,4 0,4 4,0 4,0 0),(5 5,6 5,6 6,5 5))", "lỗ nằm ngoài vùng tại x 5, y 5", "a hole lies outside at x 5, y 5"),
        ("MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((1 1,2 1,2 2,1 1)))", "vùng nằm trong vùng tại x 1, y 1", "a part lies within a part at x 1, y 1"),
    ],
)  # fmt: skip
def test_invalid_geometry_is_explained(wkt, vi, en) -> None:
    assert _reasons(shapely.from_wkt([wkt])) == [Text(vi, en)]


def test_what_has_no_words_of_ours_is_told_as_it_comes() -> None:
    from gis.ingest.place import _reason

    assert _reason("Something new[1 2]") == Text("Something new[1 2]", "Something new[1 2]")


@pytest.mark.parametrize(
    ("wkt", "vi"), [("LINESTRING(0 0,1 1)", "đường (LineString)"), ("GEOMETRYCOLLECTION EMPTY", "tập hợp hình học")]
)
def test_kinds_of_geometry_have_vietnamese_names(wkt, vi) -> None:
    assert vi in _kind(shapely.from_wkt(wkt)).vi
