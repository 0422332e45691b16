"""The words of a printed map, in both languages."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text

TITLE = Text("Bản đồ theo tỷ lệ thật (PDF)", "Map at a true scale (PDF)")

WORDS = MappingProxyType(
    {
        "title": Text("BẢN ĐỒ THỬA ĐẤT VÀ QUY HOẠCH", "MAP OF PARCELS AND PLANNING"),
        "notice": Text(
            "Thông tin tham khảo, không thay thế trích lục bản đồ địa chính và văn bản của cơ quan có thẩm quyền. In ở kích thước "
            "thật (100 %) để đo được theo tỷ lệ.",
            "For information only; it takes the place of no extract of the cadastral map and no document of the competent "
            "authority. Print at actual size (100 %) to measure by the scale.",
        ),
        "scale": Text("Tỷ lệ", "Scale"),
        "middle": Text("Giữa tờ: X {x} m, Y {y} m", "Middle: X {x} m (northing), Y {y} m (easting)"),
        "as_of": Text("Hiệu lực tại", "In force at"),
        "version": Text("phiên bản dữ liệu", "data version"),
        "printed": Text("Ngày lập", "Made on"),
        "source": Text("Nguồn", "Source"),
        "open": Text("Mở trên bản đồ", "Open on the map"),
    }
)
