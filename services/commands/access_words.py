"""What `landmap agency | key | role | coverage` say, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

AGENCY_ADDED = Text("Đã ghi cơ quan {id}.", "The agency {id} is entered.")
LAYERS_SET = Text("Đã ghi các lớp của {id}.", "The layers of {id} are set.")
AREA_SET = Text("Phạm vi của {id}: {area}.", "The area of {id}: {area}.")
EVERYWHERE = Text("toàn địa bàn", "everywhere")
ONE_AREA = Text("Hãy ghi đúng một trong --wards, --file, --everywhere.", "Give one of --wards, --file, --everywhere.")
NO_AGENCY = Text(
    "Chưa có cơ quan nào: landmap agency add ID --title …", "There is no agency yet: landmap agency add ID --title …"
)
AGENCY_HEADS = (
    Text("Mã", "Id"),
    Text("Tên", "Title"),
    Text("Quản lý", "Owns"),
    Text("Được xem", "Reads"),
    Text("Phạm vi", "Area"),
)
KEY_ISSUED = Text(
    "Khoá dùng được đến {until}. Khoá chỉ hiện một lần, hãy giữ kín như mật khẩu:",
    "The key opens until {until}. It is shown this once; keep it like a password:",
)
KEY_REVOKED = Text("Khoá đã bị thu hồi.", "The key is revoked.")
REVOKED_ON = Text("thu hồi {day}", "revoked {day}")
NO_KEY = Text("Chưa có khoá nào.", "There is no key yet.")
KEY_HEADS = (
    Text("Mã", "Id"),
    Text("Vai trò", "Role"),
    Text("Cơ quan", "Agency"),
    Text("Chỉ các lớp", "Only layers"),
    Text("Đến ngày", "Until"),
    Text("Dùng cho", "For"),
)
ROLE_GRANTED = Text("{name} nay có vai trò {role}.", "{name} is {role} now.")
ROLE_ENDED = Text("Đã thu hồi vai trò.", "The role is taken away.")
NO_ROLE = Text("Chưa ai được cấp vai trò.", "Nobody has a role yet.")
ROLE_HEADS = (
    Text("Tên", "Name"),
    Text("Vai trò", "Role"),
    Text("Cơ quan", "Agency"),
    Text("Đến ngày", "Until"),
    Text("Tài khoản", "Account"),
)

LEVELS = {
    "complete": Text("đầy đủ", "complete"),
    "partial": Text("một phần", "partial"),
    "none": Text("chưa có dữ liệu", "no data"),
}
WARDS_OR_FILE = Text("Hãy ghi một trong --wards, --file.", "Give one of --wards and --file.")
DECLARED = Text("Lớp {layer}: {count} nơi nay được công bố là {level}.", "{layer}: {count} area(s) declared {level}.")
WITHDRAWN = Text("Đã rút công bố.", "The declaration is withdrawn.")
NOTHING_DECLARED = Text("Chưa có công bố nào.", "Nothing is declared yet.")
COVERAGE_HEADS = (
    Text("Số", "No."),
    Text("Lớp", "Layer"),
    Text("Nơi", "Where"),
    Text("Mức", "Level"),
    Text("Tính đến", "As of"),
    Text("Cơ quan", "Agency"),
)
