"""What `landmap restricted | audit | usage` say, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

OPENED = Text(
    "Đã mở dữ liệu hạn chế ({groups}) của lớp {layer} đến {until}. Số quyền: {number}.",
    "Restricted fields ({groups}) of {layer} are open until {until}. Number of the grant: {number}.",
)
CLOSED = Text("Đã thu hồi quyền.", "The grant is ended.")
NO_GRANT = Text("Chưa mở dữ liệu hạn chế cho ai.", "Restricted fields are open to nobody.")
ENDED_ON = Text("thu hồi {day}", "ended {day}")
ONE_HOLDER = Text("Hãy ghi đúng một trong --key, --person.", "Give one of --key and --person.")
GRANT_HEADS = (
    Text("Số", "No."),
    Text("Cấp cho", "Holder"),
    Text("Cơ quan", "Agency"),
    Text("Lớp", "Layer"),
    Text("Nhóm dữ liệu", "Fields"),
    Text("Đến ngày", "Until"),
    Text("Căn cứ", "Basis"),
)

KINDS = {
    "restricted": Text("dữ liệu hạn chế", "restricted"),
    "read": Text("xem", "read"),
    "edit": Text("sửa", "edit"),
    "access": Text("phân quyền", "access"),
    "refused": Text("từ chối", "refused"),
}
NOTHING_RECORDED = Text("Nhật ký không có mục nào như vậy.", "Nothing like that is on record.")
AUDIT_HEADS = (
    Text("Số", "No."),
    Text("Lúc", "When"),
    Text("Loại", "Kind"),
    Text("Ai", "Who"),
    Text("Việc", "What"),
    Text("Lớp, đối tượng", "Layer, feature"),
    Text("Lần", "Times"),
    Text("Kết quả", "Status"),
    Text("Chi tiết", "Detail"),
)
UNBROKEN = Text(
    "Nhật ký nguyên vẹn đến mục {number}, mã niêm phong {digest}. Hãy ghi lại hai giá trị này ở nơi khác.",
    "The audit is as it was written, up to number {number} with the seal {digest}. Note both elsewhere.",
)
BROKEN = Text(
    "Nhật ký đã bị sửa từ mục {number}. Hãy đối chiếu với bản sao lưu.",
    "The audit was tampered with, from number {number} on. Compare it with a backup.",
)

NOTHING_USED = Text("Chưa có lượt truy cập nào trong thời gian này.", "Nothing was asked for in these days.")
USAGE_HEADS = (
    Text("Ngày", "Day"),
    Text("Cơ quan", "Agency"),
    Text("Bên gọi", "Caller"),
    Text("Lớp", "Layer"),
    Text("Kênh", "Channel"),
    Text("Kết quả", "Status"),
    Text("Lượt", "Hits"),
    Text("Byte", "Bytes"),
)
