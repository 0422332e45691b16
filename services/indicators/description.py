"""What the process `indicators` says of itself: title, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping

from gis.model.indicator import INDICATORS
from gis.model.layer import Text
from services.processes.moments import MOMENT
from services.processes.process import Input, Json, Output

TITLE = Text("Chỉ số theo phường, xã", "Indicators by ward")
DESCRIPTION = Text(
    "Xếp hạng các phường, xã theo một chỉ số tại một ngày, với các mức và ngưỡng, cùng chuỗi thời gian. Lấy từ bộ dữ liệu "
    "'indicators': ô cố định là phường, xã của một bộ có tên; dưới 10 trường hợp không công bố, cả nơi mà phép trừ sẽ làm lộ; "
    "số công bố được làm nhiễu nhẹ, lần nào cũng như nhau. Ngày ngoài thời gian hiệu lực của địa giới: số liệu được phân bổ theo vị trí từng thửa, từng giấy phép.",
    "Ranks wards by one indicator on one day, with levels and thresholds, and gives the series over time. From the collection "
    "'indicators': the cells are fixed, wards of a named set; fewer than 10 cases are not published, nor what would "
    "tell of them by subtraction; what is published carries a little noise, the same each time. On days on which the boundaries did not hold values are apportioned by where each parcel "
    "and permit lies.",
)

_INDICATORS: list[Json] = list(INDICATORS)

INPUTS: Mapping[str, Input] = {
    "indicator": Input(
        Text("Chỉ số", "Indicator"),
        Text("Mã trong danh mục 'indicator'.", "A code of the list 'indicator'."),
        {"type": "string", "enum": _INDICATORS},
    ),
    "ward_set": Input(
        Text("Bộ phường, xã", "Set of wards"),
        Text(
            "OLD: trước 01/7/2025; NEW (nếu bỏ trống): từ 01/7/2025.",
            "OLD: before 1 July 2025; NEW (the default): since then.",
        ),
        {"type": "string", "pattern": "^[A-Z]{1,20}$"},
        required=False,
    ),
    "date": Input(
        Text("Ngày", "Day"),
        Text(
            "Một ngày đã tính; ngày khác thì lấy ngày đã tính gần nhất trước đó; bỏ trống là ngày mới nhất.",
            "A day that was counted, else the last one before it; the newest if left out.",
        ),
        {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        required=False,
    ),
    "wards": Input(
        Text("Phường, xã", "Wards"),
        Text("Chỉ các phường, xã này; bỏ trống là tất cả.", "Only these; all if left out."),
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": "^[0-9]{5}$"},
        },
        required=False,
    ),
    "knownAt": MOMENT["knownAt"],
}

_WARD: dict[str, Json] = {
    "type": "object",
    "required": ["code", "name", "place", "rank", "level", "value", "state", "basis", "complete", "series"],
    "properties": {
        "code": {"type": "string"},
        "name": {"type": "string"},
        "place": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "rank": {"type": ["integer", "null"]},
        "level": {"type": ["integer", "null"]},
        "value": {"type": ["number", "null"]},
        "state": {"type": ["string", "null"]},
        "basis": {"type": ["string", "null"]},
        "complete": {"type": ["boolean", "null"]},
        "series": {"type": "array", "items": {"type": "object"}},
    },
}

_FIGURES: dict[str, Json] = {
    "type": ["object", "null"],
    "description": "Up to which changeset data are in the figures, when they were computed, and since when there are newer data.",
    "required": ["data_version", "computed", "behind_since"],
    "properties": {
        "data_version": {"type": "integer"},
        "computed": {"type": "string", "format": "date-time"},
        "behind_since": {"type": ["string", "null"], "format": "date-time"},
    },
}

OUTPUTS: Mapping[str, Output] = {
    "result": Output(
        Text("Xếp hạng và chuỗi thời gian", "Ranking and series"),
        Text(
            "Mỗi phường, xã: giá trị, hạng, mức, chuỗi thời gian; ngưỡng của các mức; điều cần biết khi đọc.",
            "Of each ward value, rank, level and series; the thresholds of the levels; what to know when reading them.",
        ),
        {
            "type": "object",
            "required": [
                "indicator",
                "unit",
                "unit_title",
                "ward_set",
                "date",
                "dates",
                "thresholds",
                "ranked",
                "wards",
                "notes",
                "figures",
                "data_version",
            ],
            "properties": {
                "unit": {"type": "string", "description": "UCUM"},
                "unit_title": {"type": "string"},
                "ranked": {"type": "integer", "minimum": 0},
                "figures": _FIGURES,
                "date": {"type": ["string", "null"], "format": "date"},
                "dates": {"type": "array", "items": {"type": "string", "format": "date"}},
                "boundaries_on": {"type": ["string", "null"], "format": "date"},
                "thresholds": {"type": "array", "minItems": 1, "items": {"type": "number"}},
                "wards": {"type": "array", "items": _WARD},
                "notes": {"type": "array", "items": {"type": "string"}},
                "data_version": {"type": "integer"},
            },
        },
    ),
}
