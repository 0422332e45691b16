"""What help is headed by, and what a wrong line is told."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text

HEADINGS = MappingProxyType(
    {
        "Usage": Text("Cách dùng", "Usage"),
        "Arguments": Text("Tham số", "Arguments"),
        "Options": Text("Tuỳ chọn", "Options"),
        "Commands": Text("Các lệnh", "Commands"),
        "Example": Text("Ví dụ", "Example"),
        "Error": Text("Lỗi", "Error"),
        "required": Text("bắt buộc", "required"),
        "default": Text("mặc định", "default"),
    }
)
TRY_HELP = Text("Xem trợ giúp: {command} --help", "Try {command} --help for help.")
ABORTED = Text("Đã huỷ.", "Aborted!")

MISTAKES = (
    (r"Missing argument '?(.+?)'?\.", r"Thiếu tham số \1."),
    (r"Missing option '?(.+?)'?\.", r"Thiếu tuỳ chọn \1."),
    (r"Missing command\.", "Thiếu tên lệnh."),
    (r"No such command '(.+)'\.", r"Không có lệnh '\1'."),
    (r"No such option: (\S+)", r"Không có tuỳ chọn \1"),
    (r"\(Possible options: (.+)\)", r"(có thể là: \1)"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"Thừa tham số: \1"),
    (r"Option '(.+)' requires an argument\.", r"Tuỳ chọn '\1' cần một giá trị."),
    (r"Invalid value for (.+?): ", r"Giá trị của \1 không hợp lệ: "),
    (r"Did you mean (.+)\?", r"Có phải \1?"),
    (r"Input should be greater than or equal to (\S+)", r"phải từ \1 trở lên"),
    (r"Input should be less than or equal to (\S+)", r"không được quá \1"),
    (r"Input should be a valid integer.*", "phải là số nguyên"),
    (r"Input should be a valid UUID.*", "phải là mã UUID"),
    (r"Input should be (.+) or (\S+)", r"phải là \1 hoặc \2"),
    (r"(?:Value )?(\S+) is not a valid (?:integer|int)(?: range)?\.", r"\1 không phải số nguyên."),
    (r"(\S+) is not in the range (.+)\.", r"\1 nằm ngoài khoảng \2."),
    (r"(?:Value error, )?(\S+) is not one of (.+)\.", r"\1 không thuộc \2."),
)
"""What the parser of the command line says, as patterns, and how it is said in Vietnamese; the rest stays as it is."""
