"""What the process `permit-check-batch` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping

from gis.ingest.case_file import CSV, MOST_CASES, PARQUET
from gis.model.layer import Text
from services.permits.answer import ADVICE
from services.processes.moments import MOMENT
from services.processes.outlines import CRS
from services.processes.process import Input, Json, Output

MOST_BYTES = 128 << 20
"""Of a body: 100,000 features with outlines of ten vertices and twenty columns, or a file of as many as base64."""

MOST_VERTICES = 2_000_000
"""Of all features together, with three for each that has an outline."""

_MOST_FILE = 64 << 20

_CASES: Mapping[str, Json] = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "minItems": 1, "maxItems": MOST_CASES, "items": {"type": "object"}},
            },
        },
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["mediaType", "data"],
            "properties": {
                "mediaType": {"type": "string", "enum": [CSV, PARQUET]},
                "data": {"type": "string", "contentEncoding": "base64", "maxLength": _MOST_FILE},
                "crs": CRS,
            },
        },
    ]
}

DESCRIPTION = Text(
    f"Đối chiếu tới {MOST_CASES} hồ sơ với quy hoạch, lộ giới và quy chuẩn, cùng các quy tắc như permit-check, mỗi hồ sơ một dòng: "
    "kết luận, quy tắc không đạt, phần còn thiếu. Mỗi hồ sơ có 'id' riêng, thửa đất ('parcel', hoặc 'commune' hay 'commune_old' "
    "kèm 'sheet', 'number'), các cột như 'facts' của permit-check ('storeys' ghi được bằng lời), và hình là hình công trình. "
    f"{ADVICE.vi}",
    f"Compares up to {MOST_CASES} cases with plans, road lines and standards, by the same rules as permit-check, a row each: the "
    "verdict, the rules that are broken, what is missing. Each case has an 'id' of its own, its parcel ('parcel', or "
    "'commune' or 'commune_old' with 'sheet' and 'number'), columns as the 'facts' of permit-check ('storeys' may be said in "
    f"words), and the outline of the building as its geometry. {ADVICE.en}",
)

INPUTS: Mapping[str, Input] = {
    "cases": Input(
        Text("Hồ sơ", "Cases"),
        Text(
            "FeatureCollection GeoJSON (CRS84; đến 128 MB, 1.700.000 đỉnh, mỗi hình không quá 2.000 đỉnh), hoặc tệp CSV (UTF-8, cột 'wkt' theo 'crs', x trước) hay GeoParquet dạng base64.",
            "A GeoJSON FeatureCollection (CRS84; up to 128 MB and 1,700,000 vertices, none of more than 2,000), or a CSV file (UTF-8, outlines as 'wkt' in 'crs', x first) or GeoParquet in base64.",
        ),
        _CASES,
    ),
    **MOMENT,
}

OUTPUTS: Mapping[str, Output] = {
    "results": Output(
        Text("Kết quả", "Results"),
        Text("CSV, mỗi hồ sơ một dòng.", "CSV, a row for each case."),
        {"type": "string", "contentMediaType": "text/csv"},
    ),
    "summary": Output(
        Text("Tổng hợp", "Summary"),
        Text(
            "Số hồ sơ theo kết luận, theo quy tắc không đạt, theo phần còn thiếu.",
            "How many cases have each verdict, break each rule, lack each input.",
        ),
        {"type": "object"},
    ),
}
