"""What `landmap report` says, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

NO_REPORT = Text("Không có phản ánh '{number}'.", "There is no report '{number}'.")
CONTACT_ERASED = Text("Đã xoá thông tin liên hệ của {number}.", "How to reach who sent {number} is erased.")
ALL_ERASED = Text(
    "Đã xoá nội dung, ảnh, vị trí chính xác và thông tin liên hệ của {number}.",
    "Text, photo, exact place and contact of {number} are erased.",
)
