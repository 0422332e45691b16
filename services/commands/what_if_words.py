"""What `landmap what-if` says, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

AS_OF = Text(
    "Nếu công bố {layer}, tình trạng tại {day} (chỉ so chỉ tiêu của ô quy hoạch, để tham khảo; chưa công bố gì):",
    "If {layer} were published, as of {day} (limits of zones alone, as advice; nothing is published):",
)
TALLY_HEADS = (
    Text("Diện tích sàn", "Floor area"),
    Text("Số thửa", "Lots"),
    Text("Trước (m²)", "Before (m²)"),
    Text("Sau (m²)", "After (m²)"),
)
LOT_HEADS = (
    Text("Xã/tờ/thửa", "Commune/sheet/parcel"),
    Text("Loại đất", "Land use"),
    Text("Trước (m²)", "Before (m²)"),
    Text("Sau (m²)", "After (m²)"),
    Text("Chênh (m²)", "Difference (m²)"),
)
PERMIT_HEADS = (
    Text("Giấy phép đang mở", "Open permit"),
    Text("Trạng thái", "State"),
    Text("Thửa đất", "Its lot"),
    Text("Vượt chỉ tiêu mới", "Exceeds the new limit"),
)
EXCEEDS = {
    True: Text("vượt", "yes"),
    False: Text("không", "no"),
    None: Text("chưa đủ dữ liệu", "not known"),
}
NOBODY = Text("Không thửa nào tăng hay giảm.", "No lot gains or loses.")
NO_PERMITS = Text("Không có giấy phép đang mở nào ở nơi thay đổi.", "No open permit lies where the zones change.")
ENDING = Text("{file}: hãy ghi tệp .parquet hoặc .gpkg.", "{file}: give a file that ends in .parquet or .gpkg.")
WRITTEN = Text("Đã ghi {count} thửa vào {file}.", "{count} lots written to {file}.")
