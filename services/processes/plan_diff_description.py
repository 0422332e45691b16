"""What `plan-diff` says of itself: title, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gis.model.layer import Text
from services.processes.moments import MOMENT
from services.processes.outlines import CRS, POLYGON
from services.processes.process import Input, Json, Output

TITLE = Text("So sánh quy hoạch giữa hai thời điểm", "What became of planned ground")
DESCRIPTION = Text(
    "Đất trong một lớp dạng vùng đã chuyển từ giá trị nào sang giá trị nào giữa hai trạng thái: diện tích, số mảnh; đối tượng mới có, "
    "không còn, đổi ranh giới, đổi giá trị. Chỗ nhiều đối tượng chồng nhau mang mọi giá trị ở đó. 'from' rỗng là không có đối tượng; "
    "'unknown_m2' là phần trong đó mà dữ liệu chưa được khai báo đầy đủ, nên chưa thể nói là không có.",
    "From which value to which the ground of a layer of polygons has passed between two states: area and number of parts; features "
    "that appeared, went, got other limits or another value. Where features overlap, the ground has all their values. An empty side "
    "is ground without a feature; 'unknown_m2' is the part of it where the data are not declared complete, so that nothing is known.",
)

_STATE: dict[str, Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: dict(one.schema) for name, one in MOMENT.items()},
}
_NAME: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 60}

INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "from": Input(
            Text("Trạng thái trước", "The state before"),
            Text(
                "'datetime': dữ liệu có hiệu lực lúc nào; 'knownAt': theo dữ liệu đã ghi nhận đến lúc nào. Bỏ trống là bây giờ.",
                "'datetime': what holds when; 'knownAt': as known when. What is left out is now.",
            ),
            _STATE,
        ),
        "to": Input(
            Text("Trạng thái sau", "The state after"),
            Text("Như 'from'; bỏ trống là bây giờ.", "As 'from'; now if left out."),
            _STATE,
            required=False,
        ),
        "layer": Input(
            Text("Lớp", "Layer"),
            Text("Một lớp dạng vùng; bỏ trống là zones.", "A layer of polygons; zones if left out."),
            {**_NAME, "default": "zones"},
            required=False,
        ),
        "property": Input(
            Text("Thuộc tính", "Property"),
            Text(
                "Thuộc tính chữ hoặc mã mà người hỏi được xem; bỏ trống là function.",
                "A text or code property that the caller may see; function if left out.",
            ),
            {**_NAME, "default": "function"},
            required=False,
        ),
        "polygon": Input(
            Text("Vùng", "Polygon"),
            Text(
                "Polygon hoặc MultiPolygon GeoJSON, toạ độ theo 'crs'; bỏ trống là toàn bộ lãnh thổ.",
                "A GeoJSON Polygon or MultiPolygon, coordinates in 'crs'; the whole territory if left out.",
            ),
            POLYGON,
            required=False,
        ),
        "crs": Input(
            Text("Hệ toạ độ", "CRS"),
            Text(
                "Của 'polygon', với thứ tự trục của hệ đó; bỏ trống là kinh độ, vĩ độ (CRS84).",
                "Of 'polygon', in the axis order that it defines; longitude, latitude (CRS84) if left out.",
            ),
            CRS,
            required=False,
        ),
    }
)


def _object(**properties: Json) -> dict[str, Json]:
    return {"type": "object", "required": [*properties], "properties": dict(properties)}


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


_NUMBER: Json = {"type": "number", "minimum": 0}
_COUNT: Json = {"type": "integer", "minimum": 0}
_MAYBE: Json = {"type": ["string", "null"]}
_PINS: Json = _object(
    datetime={"type": "string", "format": "date-time"},
    knownAt={"type": ["string", "null"], "format": "date-time"},
    dataVersion=_COUNT,
    features=_COUNT,
)
_VALUES: Json = _array(_object(value=_MAYBE, title=_MAYBE))
_LISTED: Json = _object(numberMatched=_COUNT, listed=_array({"type": "object"}))
_RESULT = _object(
    **{"from": _PINS, "to": _PINS},
    layer={"type": "string"},
    property={"type": "string"},
    area_m2={"type": ["number", "null"], "minimum": 0},
    changed_m2=_NUMBER,
    slivers_m2=_NUMBER,
    changes=_array(_object(**{"from": _VALUES, "to": _VALUES}, area_m2=_NUMBER, parts=_COUNT)),
    values=_array(_object(value=_MAYBE, title=_MAYBE, lost_m2=_NUMBER, gained_m2=_NUMBER, net_m2={"type": "number"})),
    features=_object(appeared=_LISTED, went=_LISTED, moved=_LISTED, revalued=_LISTED),
    tolerance=_object(area_m2=_NUMBER, width_m=_NUMBER),
    crs={"type": "string"},
)

OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {
        "result": Output(
            Text("Kết quả", "Result"),
            Text(
                "Biến động theo giá trị và theo đối tượng, kèm hai trạng thái đã so sánh.",
                "The changes by value and by feature, with the two states that were compared.",
            ),
            _RESULT,
        ),
        "geometry": Output(
            Text("Hình học", "Geometry"),
            Text(
                "Các mảnh đất đã đổi giá trị, GeoJSON (CRS84), mảnh lớn trước, nhiều nhất 2.000 mảnh; numberMatched là tổng số.",
                "The pieces of ground that changed, as GeoJSON (CRS84), the largest first, 2,000 at most; numberMatched tells how many there are.",
            ),
            _object(
                type={"type": "string", "enum": ["FeatureCollection"]},
                features=_array({"type": "object"}),
                numberMatched=_COUNT,
                numberReturned=_COUNT,
            ),
        ),
    }
)
