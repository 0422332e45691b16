"""The inputs of a permit check, as processes describe them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gis.ingest.drawing import DXF, GEOPACKAGE, MOST_BYTES, UNITS
from gis.model.layer import Text
from gis.model.storeys import KINDS, MOST
from gis.rules.offices import BuildingClass
from gis.rules.standing import FATES
from gis.rules.vocabulary import COUNTED_FLOORS, EXEMPT_FLOORS, Domain, Name, Sort, columns
from services.permits.selector import SELECTOR
from services.processes.moments import MOMENT
from services.processes.outlines import CRS, POLYGON
from services.processes.process import Input, Json

type Schema = dict[str, Json]

SPLIT = "SPLIT"
WORKS = ("NEW", "ADDITION", "RENOVATION", "REPAIR", "RELOCATION", "DEMOLITION", "CHANGE_OF_USE", SPLIT, "OTHER")
USES = (
    *("HOUSE", "APARTMENT", "MIXED", "OFFICE", "COMMERCE", "HOTEL", "EDUCATION", "HEALTH", "CULTURE_SPORT"),
    *("RELIGION", "ADMINISTRATION", "INDUSTRY", "WAREHOUSE", "AGRICULTURE", "TRANSPORT", "UTILITY", "OTHER"),
)

_CHOICES = MappingProxyType(
    {"house_form": ("townhouse", "villa", "detached", "rural"), "area_kind": ("existing", "new")}
)
_CODES = MappingProxyType({"city": ("[0-9]", 2), "district": ("[0-9]", 3), "land_use": ("[A-Z]", 3)})
"""Of what and how long the codes are: a text of one's own could name people, and applications are kept."""

_LENGTH, _AREA = 10_000, 100_000_000
_FILE: Schema = {
    "type": "object",
    "required": ["mediaType", "data"],
    "additionalProperties": False,
    "properties": {
        "mediaType": {"type": "string", "enum": [*DXF, *GEOPACKAGE]},
        "data": {"type": "string", "contentEncoding": "base64", "maxLength": MOST_BYTES * 4 // 3 + 4},
        "layers": {"type": "array", "minItems": 1, "maxItems": 20, "items": {"type": "string", "maxLength": 255}},
        "units": {"type": "string", "enum": list(UNITS)},
    },
}
_OUTLINE: Schema = {"oneOf": [POLYGON, _FILE]}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MOST}
_METRES: Schema = {"type": "number", "minimum": 0, "maximum": _LENGTH}
_SQUARE_METRES: Schema = {"type": "number", "minimum": 0, "maximum": _AREA}
_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 500}

_BUILDINGS: Schema = {"type": "array", "maxItems": 100, "items": {"type": "string", "format": "uuid", "maxLength": 36}}


def _code(sign: str, length: int) -> Schema:
    return {"type": "string", "pattern": f"^{sign}{{{length}}}$", "maxLength": length}


def _fact(name: str, fact: Name) -> Schema:
    told: Schema
    if fact.sort is Sort.FLAG:
        told = {"type": "boolean"}
    elif fact.sort is Sort.TEXT:
        told = {"type": "string", "enum": list(_CHOICES[name])} if name in _CHOICES else _code(*_CODES[name])
    else:
        told = dict(_SQUARE_METRES if fact.unit == "m2" else _METRES)
    return {"title": f"{fact.title.vi} / {fact.title.en}", **told}


def _facts() -> Schema:
    """Whatever else a rule may ask of a case."""
    own = {"use", "works", "height_m"}
    names = {
        name: fact
        for name, fact in columns(Domain.CASE).items()
        if name not in own and not name.startswith(("storeys_", "floor_"))
    }
    properties: dict[str, Json] = {name: _fact(name, fact) for name, fact in names.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _object(properties: Mapping[str, Json], *required: str) -> Schema:
    found: Schema = {"type": "object", "additionalProperties": False, "properties": dict(properties)}
    return found | ({"required": list(required)} if required else {})


def _optional(title: Text, description: Text, schema: Schema) -> Input:
    return Input(title, description, schema, required=False)


INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "parcel": _optional(
            Text("Thửa đất", "Parcel"),
            Text(
                "Mã, mã định danh, xã + tờ + thửa, điểm, địa chỉ hoặc hình vùng. Có nhiều thửa khớp thì trả về danh sách để chọn.",
                "Its id, identifier, commune with sheet and number, a point, an address or a polygon. Where several match, "
                "they are listed to choose from.",
            ),
            dict(SELECTOR),
        ),
        "lot": _optional(
            Text("Lô đất", "Lot"),
            Text(
                "Ranh giới lô đất thay cho 'parcel': GeoJSON (toạ độ theo 'crs'), DXF hoặc GeoPackage.",
                "The outline of the lot in place of 'parcel': GeoJSON (coordinates in 'crs'), DXF or GeoPackage.",
            ),
            _OUTLINE,
        ),
        "crs": _optional(
            Text("Hệ toạ độ", "CRS"),
            Text(
                "Hệ toạ độ của 'lot', 'footprint' và 'tower'; thứ tự trục như hệ đó quy định. Bỏ trống: GeoJSON là kinh độ, vĩ "
                "độ (CRS84); bản vẽ DXF thì phải ghi.",
                "The CRS of 'lot', 'footprint' and 'tower', in the axis order that it defines. Left out: GeoJSON is longitude, "
                "latitude (CRS84); a DXF drawing has to have one.",
            ),
            CRS,
        ),
        "work": _optional(
            Text("Loại công việc", "Kind of works"),
            Text(
                "Mã của danh mục work_kind, hoặc SPLIT khi tách thửa: mỗi lần gửi một thửa mới hình thành, vẽ ở 'lot'.",
                "A code of the list work_kind, or SPLIT of a parcel: send each plot that results, drawn as 'lot'.",
            ),
            {"type": "string", "enum": list(WORKS)},
        ),
        "use": _optional(
            Text("Công năng", "Use"),
            Text("Mã của danh mục building_use.", "A code of the list building_use."),
            {"type": "string", "enum": list(USES)},
        ),
        "footprint": _optional(
            Text("Hình công trình tầng 1", "Footprint"),
            Text(
                "GeoJSON (toạ độ theo 'crs'), hoặc tệp DXF (polyline khép kín trên các lớp nêu ở 'layers', đơn vị ở 'units') hay "
                "GeoPackage.",
                "GeoJSON (coordinates in 'crs'), or a file: DXF (closed polylines on the 'layers', in 'units') or GeoPackage.",
            ),
            _OUTLINE,
        ),
        "tower": _optional(
            Text("Hình khối tháp", "Outline of the tower"),
            Text("Nếu công trình có khối đế và khối tháp.", "Where the building has a podium and a tower."),
            _OUTLINE,
        ),
        "storeys": _optional(
            Text("Số tầng", "Storeys"),
            Text(
                "Theo loại, hoặc một câu như 'trệt + 3 lầu' (= 4 tầng), '1 hầm + trệt + lửng + 2 lầu + tum'; câu mô tả cả công trình.",
                "By kind, or in words such as 'trệt + 3 lầu' (= 4), '1 hầm + trệt + lửng + 2 lầu + tum'; words describe the whole "
                "building.",
            ),
            {"oneOf": [{"type": "string", "maxLength": 200}, _object(dict.fromkeys(KINDS, _COUNT))]},
        ),
        "height_m": _optional(
            Text("Chiều cao công trình (m)", "Height (m)"),
            Text(
                "Từ cốt nền đến điểm cao nhất, kể cả tum.",
                "From the ground to the highest point, stair housing included.",
            ),
            _METRES,
        ),
        "floor_areas": _optional(
            Text("Diện tích sàn (m²)", "Floor areas (m²)"),
            Text(
                "Sàn chính và sàn hầm tính hệ số sử dụng đất; sàn kỹ thuật, phòng cháy, lánh nạn, đỗ xe không tính.",
                "Main and basement floors count for the floor area ratio; technical, fire, refuge and parking floors do not.",
            ),
            _object(dict.fromkeys((*COUNTED_FLOORS, *EXEMPT_FLOORS), _SQUARE_METRES)),
        ),
        "existing": _optional(
            Text("Công trình hiện hữu", "Standing buildings"),
            Text(
                "Công trình đang có trên lô đất (mã nêu ở 'place.buildings' của kết quả): giữ lại (kept), phá dỡ (demolished) hay thuộc "
                "công trình xin phép (included, như khi cơi nới); hoặc một từ cho tất cả. Công trình giữ lại được tính vào mật độ và "
                "hệ số sử dụng đất; chưa ghi thì chưa thể kết luận là phù hợp.",
                "The buildings on the lot (by the ids in 'place.buildings' of the answer): kept, demolished, or included in what is "
                "applied for, as with an addition; or one word for all. What is kept counts in density and floor area ratio; what is "
                "not told leaves the verdict open.",
            ),
            {"oneOf": [{"type": "string", "enum": list(FATES)}, _object(dict.fromkeys(FATES, _BUILDINGS))]},
        ),
        "cap_cong_trinh": _optional(
            Text("Cấp công trình", "Class of the building"),
            Text("Quyết định cơ quan có thẩm quyền.", "It decides who grants the permit."),
            {"type": "string", "enum": [str(one) for one in BuildingClass]},
        ),
        "frontages": _optional(
            Text("Đường tiếp giáp", "Fronting roads"),
            Text(
                "Chỉ khi cần đính chính đường tiếp giáp được suy ra; thay cho toàn bộ kết quả suy ra.",
                "Only to correct the fronting roads that were derived; it replaces all of them.",
            ),
            {
                "type": "array",
                "minItems": 1,
                "maxItems": 10,
                "items": _object(
                    {"road": _TEXT, "width_m": _METRES, "length_m": _METRES}, "road", "width_m", "length_m"
                ),
            },
        ),
        "facts": _optional(
            Text("Thông tin khác", "Other facts"),
            Text(
                "Những gì các quy tắc hỏi thêm. Dữ liệu của hệ thống được ưu tiên; chỗ khác với lời khai được nêu ra. Mã 'city', "
                "'district' lấy ở /rules, mã 'land_use' ở /codelists/land_use (trừ các mã nhóm).",
                "What else rules ask. Data on record come first; where they differ from what was stated, that is told. /rules lists the "
                "codes of 'city' and 'district', /codelists/land_use those of 'land_use' (all but groups).",
            ),
            _facts(),
        ),
        "attestations": _optional(
            Text("Xác nhận của cán bộ", "Attestations"),
            Text(
                "Chỉ cán bộ của cơ quan quản lý giấy phép, trong phạm vi của cơ quan. Chỉ trả lời được kết quả 'Chưa có dữ liệu' do thiếu dữ liệu, không thay cho thông tin hồ sơ phải ghi.",
                "Only by officers of the agency that owns the permits, in its area. They answer 'no data' findings where data are missing, not what the application has to state.",
            ),
            {
                "type": "array",
                "maxItems": 100,
                "items": _object(
                    {
                        **dict.fromkeys(("pack", "rule", "person", "document", "reason"), _TEXT),
                        "subject": _TEXT,
                        "on": {"type": "string", "format": "date"},
                    },
                    *("pack", "rule", "person", "document", "on", "reason"),
                ),
            },
        ),
        **MOMENT,
    }
)
