"""What `landmap erase` says, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

MAY_ERASE = Text(
    "Xoá vĩnh viễn trường hạn chế của {feature} (lớp {layer}), mọi phiên bản: {counts}. Không khôi phục được. Tiếp tục?",
    "Erase the restricted fields of {feature} ({layer}) for good, in all its versions: {counts}. They cannot be had back. "
    "Go on?",
)
ERASED = Text(
    "Đã xoá trường hạn chế của {feature} (lớp {layer}): {counts}. Việc xoá đã được ghi nhật ký.",
    "The restricted fields of {feature} ({layer}) are erased: {counts}. It is on record.",
)
NOTHING_HELD = Text(
    "Không có trường hạn chế nào của {feature} (lớp {layer}). Chưa xoá gì.",
    "There are no restricted fields of {feature} ({layer}). Nothing was erased.",
)
STILL_ELSEWHERE = Text(
    "Bản sao lưu trước đây và bản ghi bị giữ lại khi nạp vẫn có thể chứa dữ liệu này; tệp nguồn chưa sửa, kể cả tệp đang nạp "
    "lúc này, sẽ đưa dữ liệu trở lại.",
    "Backups of before and records withheld at loading may still hold them; a source file that still does, also one that is being "
    "loaded right now, brings them back.",
)
HELP = (
    Text(
        "Xoá dữ liệu cá nhân của một đối tượng theo luật: các trường hạn chế của mọi phiên bản.",
        "Erase personal data of a feature as the law orders: the restricted fields of all its versions.",
    ),
    Text(
        "Phần còn lại của đối tượng vẫn giữ. Nhật ký ghi ai đã xoá, theo văn bản nào và bao nhiêu, không ghi giá trị. Dữ liệu đã "
        "xoá không khôi phục được; bản sao lưu trước đó vẫn còn.",
        "The rest of the feature stays. The audit says who erased how much on which ground, and no value. What is erased cannot "
        "be had back; backups of before still hold it.",
    ),
    Text("mã của đối tượng", "the id of the feature"),
    Text("số văn bản yêu cầu xoá", "the number of the document that orders it"),
    Text("lý do; được ghi nhật ký, không ghi dữ liệu cá nhân", "why; it stays on record, so no personal data in it"),
)
