"""The words of a parcel's own page, in both languages, beside those of the extract."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text

FIND = Text("Tìm thửa đất theo số", "Find a parcel by its numbers")
NO_NUMBERS = Text("Thửa đất", "Parcel")

WORDS = MappingProxyType(
    {
        "advice": Text(
            "Thông tin tham khảo, không thay thế văn bản của cơ quan có thẩm quyền.",
            "For information only; it takes the place of no document of the competent authority.",
        ),
        "address_then": Text("Địa chỉ trước 01/07/2025", "Address before 1 July 2025"),
        "code": Text("mã", "code"),
        "find_help": Text(
            "Ghi số tờ, số thửa và phường, xã: tên hoặc mã, hiện nay hoặc trước 01/07/2025.",
            "Give the sheet, the parcel and the commune: name or code, of today or of before 1 July 2025.",
        ),
        "find": Text("Tìm", "Find"),
        "find_missing": Text("Hãy ghi thêm: {missing}.", "Please also give: {missing}."),
        "frame": Text(
            "Khung rộng {wide} m, cao {high} m; hướng Bắc ở trên.",
            "The frame is {wide} m wide, {high} m high; north is up.",
        ),
        "full_extract": Text("Phiếu đầy đủ", "Full extract"),
        "map_alt": Text("Sơ đồ thửa đất và quy hoạch xung quanh", "Map of the parcel and the plans around it"),
        "more_on_extract": Text("còn {count} mục khác trong phiếu đầy đủ", "{count} more on the full extract"),
        "not_public": Text(
            "Các thông tin khác của thửa đất này không công khai.",
            "The other information on this parcel is not public.",
        ),
        "number_of": Text("Số thửa", "Parcel number"),
        "open_map": Text("Mở trên bản đồ", "Open on the map"),
        "pdf": Text("Phiếu tra cứu (PDF)", "Extract (PDF)"),
        "preview_alt": Text("Bản đồ và kết quả tra cứu của {title}", "Map and findings of {title}"),
        "sheet_of": Text("Số tờ", "Sheet number"),
        "unnamed_commune": Text("xã, phường chưa có tên trong dữ liệu", "commune whose name is not in the data"),
    }
)


def title_of(parcel: str | None, sheet: str | None) -> Text:
    """`Thửa 345, tờ 12`; only what it is where the caller may not know its numbers."""
    if parcel is None:
        return NO_NUMBERS
    if sheet is None:
        return Text(f"Thửa {parcel}", f"Parcel {parcel}")
    return Text(f"Thửa {parcel}, tờ {sheet}", f"Parcel {parcel}, sheet {sheet}")
