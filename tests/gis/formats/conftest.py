"""A layer with a field of every type, and rows of odd values for it."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import shapely
from hypothesis import strategies as st

from gis.model.access import Decision, public_decision
from gis.model.layer import Field, FieldType, Geometry, GeometryType, Layer, Text
from gis.store import columns

FIELDS = (
    Field("name", FieldType.TEXT, Text("Tên đường", "Street"), Text("Tên đầy đủ", "The full name")),
    Field("number", FieldType.NUMBER, Text("Diện tích", "Area"), unit="m2"),
    Field("count", FieldType.INTEGER, Text("Số lượng", "Count")),
    Field("open", FieldType.BOOLEAN, Text("Đang mở", "Open")),
    Field("day", FieldType.DATE, Text("Ngày", "Day")),
    Field("moment", FieldType.TIMESTAMP, Text("Thời điểm", "Moment")),
    Field("uses", FieldType.TEXT_LIST, Text("Các loại đất", "Uses")),
)
THINGS = Layer(
    id="things",
    title=Text("Đồ vật", "Things"),
    description=Text("Mọi thứ", "All sorts"),
    geometry=Geometry(GeometryType.GEOMETRY, required=False),
    identity=("name",),
    fields=FIELDS,
    owner="Sở Thử nghiệm",
    licence="CC BY 4.0",
    update_rhythm=Text("Hằng ngày", "Daily"),
)
SEEN: Decision = public_decision(THINGS)
ZONE = "Asia/Ho_Chi_Minh"

ODD_TEXTS = (
    "", " ", "Thửa đất số 12, Phường Bình Thạnh", 'nói "chào"', "a;b,c\td", "một\nhai\r\nba\rbốn", "=1+1", "+84", "-5", "@x",
    "\t=cmd|' /C calc'!A0", "'=1", "''+2", "'thường", "\r\n=1", "＝1", "null", "NULL", "true", "0012", "1,5", "<b>&amp;</b>", "]]>",
    "_x0041_", "_x005F_", "\x01\x02\x1f", "\x7f", "𝄞 ngoài BMP", "{\"a\": [1]}", "\\u0041\\n", "%s{}$1", "\ufeffBOM", "\ufffe",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


texts = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30).map(_nfc),
)
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5.0, 5.75, 1e300, -1e300, 5e-324, 0.1 + 0.2, 1e15, -123456789.123]),
)
integers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 10**15 - 1, 10**15, -(10**15), 2**53 + 1]))
moments = st.one_of(
    st.integers(0, 4 * 10**12).map(lambda millis: EPOCH + timedelta(milliseconds=millis)),
    st.integers(-(10**9), 0).map(lambda whole: EPOCH + timedelta(seconds=whole)),
)
"""Whole milliseconds, and seconds before 1970: what every format keeps."""
days = st.dates(date(1700, 1, 1), date(9999, 12, 31))

_HOLED = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
geometries = st.sampled_from(
    [
        shapely.Point(106.7, 10.8),
        shapely.Point(-179.999999, -89.5),
        shapely.LineString([(0, 0), (1e-7, 1), (5, 5)]),
        shapely.box(603700, 1191800, 603705.125, 1191820.5),
        _HOLED,
        shapely.MultiPolygon([_HOLED, shapely.box(20, 20, 30, 30)]),
        shapely.MultiPoint([(1, 2), (3, 4)]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
    ]
)
empties = st.sampled_from([shapely.Polygon(), shapely.MultiPolygon(), shapely.Point()])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def rows(places: st.SearchStrategy[Any] = geometries) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of features, as dictionaries by column."""
    one = st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "name": maybe(texts),
            "number": maybe(numbers),
            "count": maybe(integers),
            "open": maybe(st.booleans()),
            "day": maybe(days),
            "moment": maybe(moments),
            "uses": maybe(st.lists(maybe(texts), max_size=3)),
            "valid_from": maybe(moments),
            "valid_to": st.none(),
            "valid_from_known": st.just(True),
            "changeset": st.just(7),
            "geometry": maybe(places),
        }
    )
    return st.lists(one, max_size=8)


def batch(features: list[dict[str, Any]], shape: str = "wkb", crs: int = 84) -> pa.RecordBatch:
    """The rows as the store hands them over. `shape`: `wkb`, or `wkt` and `point` as text."""
    schema = columns.schema(THINGS, SEEN, crs=crs, text=shape != "wkb")
    by_name = {field.name: [feature.get(field.name) for feature in features] for field in schema}
    by_name["geometry"] = [None if place is None else _place(place, shape) for place in by_name["geometry"]]
    return pa.RecordBatch.from_arrays([pa.array(by_name[field.name], field.type) for field in schema], schema=schema)


def _place(place: Any, shape: str) -> Any:
    if shape == "wkb":
        return shapely.to_wkb(place)
    if shape == "point":
        point = shapely.point_on_surface(place)
        return f"POINT({point.x} {point.y})"
    return shapely.to_wkt(place, rounding_precision=-1)


def written(writer: Any, *batches: pa.RecordBatch) -> bytes:
    """The whole file."""
    return writer.open() + b"".join(writer.write(each) for each in batches) + writer.close()


def same_number(one: float | None, other: float | None) -> bool:
    """Equal as floats, null only to null."""
    if one is None or other is None:
        return one is other
    return one == other and math.copysign(1, one) == math.copysign(1, other)
