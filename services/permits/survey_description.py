"""What `conformity-survey` says of itself: title, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping

from gis.model.layer import Text
from services.processes.moments import MOMENT
from services.processes.plan_diff_description import INPUTS as _PLACE
from services.processes.process import Input, Output

TITLE = Text("Rà soát công trình theo quy hoạch", "Survey of buildings against the plans")
DESCRIPTION = Text(
    "Đối chiếu mọi công trình hiện hữu với chỉ tiêu của quy hoạch tại một thời điểm: mật độ, hệ số sử dụng đất (tính chung các công "
    "trình trên cùng thửa), tầng cao, chiều cao, phần nằm trong lộ giới. Diện tích lô là diện tích đo trên bản đồ; số tầng là số tầng "
    "nổi đã ghi nhận; công trình có tầng hầm hoặc chưa rõ tầng hầm thì chưa tính được hệ số. Thiếu chỉ tiêu hoặc dữ liệu là 'unknown'. "
    "Vượt chỉ tiêu hiện hành không nói gì về việc công trình đã được xây dựng ra sao. Số dưới 10 không công bố.",
    "Compares all existing buildings with the limits of the plans at one moment: density and floor area ratio (all buildings of the "
    "same lots together), storeys, height, and what lies over the road line. Lots are measured on the map; storeys are those "
    "recorded above ground; where there are basements, or nobody knows, the floor area that counts is not known. A missing limit "
    "or datum is 'unknown'. To exceed the limits of today says nothing of how a building came about. Counts below 10 are not published.",
)

INPUTS: Mapping[str, Input] = {
    "wards": Input(
        Text("Phường, xã", "Wards"),
        Text("Mã các phường, xã; bỏ trống là tất cả.", "Codes of wards; all if left out."),
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": "^[0-9]{5}$"},
        },
        required=False,
    ),
    "polygon": Input(
        _PLACE["polygon"].title,
        Text(
            "Chỉ dành cho cơ quan có lớp công trình: Polygon hoặc MultiPolygon GeoJSON, toạ độ theo 'crs'.",
            "Only for agencies that have the layer of buildings: a GeoJSON Polygon or MultiPolygon, coordinates in 'crs'.",
        ),
        _PLACE["polygon"].schema,
        required=False,
    ),
    "crs": _PLACE["crs"],
    **MOMENT,
}

OUTPUTS: Mapping[str, Output] = {
    "wards": Output(
        Text("Theo phường, xã", "By ward"),
        Text(
            "Số công trình theo từng chỉ tiêu và tình trạng, thiếu dữ liệu nào, tỷ lệ đã rõ.",
            "How many buildings have each status by each aspect, which data they lack, and the share that is known.",
        ),
        {"type": "object", "required": ["wards", "datetime", "knownAt"], "properties": {"wards": {"type": "array"}}},
    ),
    "buildings": Output(
        Text("Từng công trình", "Each building"),
        Text(
            "CSV, chỉ dành cho cơ quan có lớp công trình: công trình, thửa, ô, chỉ tiêu, giá trị, giới hạn, chênh lệch.",
            "CSV, only for agencies that have the layer: building, parcel, zone, aspect, measured, limit, margin.",
        ),
        {"type": "string", "contentMediaType": "text/csv"},
    ),
}
