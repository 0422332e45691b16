"""What `landmap seal` says, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

ROTATED = Text(
    "Từ nay niêm phong bằng khoá {kid}. Các bản đã niêm phong trước đây vẫn kiểm tra được.",
    "Seals are made with the key {kid} from now on. What was sealed before still verifies.",
)
KEY_HEADS = (
    Text("Khoá", "Key"),
    Text("Tạo ngày", "Made on"),
    Text("Người tạo", "Made by"),
    Text("Trạng thái", "State"),
)
IN_USE = Text("đang dùng", "in use")
RETIRED_ON = Text("chỉ để kiểm tra, từ {day}", "verifies only, since {day}")
NO_KEY = Text("Chưa có khoá nào: landmap seal rotate", "There is no key yet: landmap seal rotate")
