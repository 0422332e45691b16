"""The help of the commands of agencies, keys, roles, restricted fields, the record and the usage, paragraph by paragraph."""

from __future__ import annotations

from gis.model.layer import Text

HELP = (
    # agency, key, role
    Text(
        "Các cơ quan, lớp họ quản lý hay được xem, và phạm vi.",
        "Agencies, the layers they own or read, and their areas.",
    ),
    Text("Ghi một cơ quan.", "Enter an agency."),
    Text("tên ngắn của cơ quan, ví dụ so-xay-dung", "the agency's short name, such as so-xay-dung"),
    Text("tên đầy đủ", "its full name"),
    Text("các lớp được sửa, cách nhau bằng dấu phẩy", "layers it may change, joined by commas"),
    Text("các lớp khác mà cơ quan thấy trường nội bộ", "further layers whose agency fields it sees"),
    Text(
        "Ghi lại các lớp mà cơ quan quản lý và được xem; lớp không nêu bị thu hồi.",
        "Say anew which layers an agency owns and reads; what is not named is taken away.",
    ),
    Text(
        "Giới hạn theo vùng những gì cơ quan thấy hơn công chúng và được sửa.",
        "Bound what an agency sees beyond the public, and may change, to an area.",
    ),
    Text("lại là toàn địa bàn", "the whole territory again"),
    Text("Liệt kê các cơ quan.", "List the agencies."),
    Text("Khoá API: cấp, liệt kê, thu hồi.", "API keys: issue, list, revoke."),
    Text(
        "Cấp một khoá. Khoá chỉ hiện lần này; hãy giữ kín như mật khẩu.",
        "Issue a key. Its text is shown this once; keep it like a password.",
    ),
    Text("dùng cho gì: hệ thống hay người giữ khoá", "what it is for: the system or person who holds it"),
    Text("viewer, editor, publisher, auditor hoặc admin", "viewer, editor, publisher, auditor or admin"),
    Text(
        "cơ quan mà khoá thay mặt (viewer, editor, publisher)",
        "the agency that it acts for (viewer, editor, publisher)",
    ),
    Text("chỉ các lớp này, cách nhau bằng dấu phẩy", "only these layers, joined by commas"),
    Text("dùng được bao nhiêu ngày", "how long it opens"),
    Text(
        "Liệt kê mọi khoá, mới nhất trước; nội dung khoá không được lưu ở đâu.",
        "List all keys, the newest first; their texts are kept nowhere.",
    ),
    Text("Thu hồi một khoá: từ nay không mở được gì.", "Revoke a key: it opens nothing from now on."),
    Text("mã của khoá, xem `landmap key list`", "the key's id, from `landmap key list`"),
    Text("Vai trò của người đăng nhập qua OpenID Connect.", "Roles of people who sign in through OpenID Connect."),
    Text("Cấp cho một người một vai trò, thay vai trò cũ.", "Give a person a role, instead of any before."),
    Text("`sub` của người đó trong token của nơi cấp", "the person's `sub` in the issuer's tokens"),
    Text("tên người đó", "the person's name"),
    Text("nơi cấp tài khoản; mặc định là LANDMAP_OIDC_ISSUER", "who signs them in; LANDMAP_OIDC_ISSUER where left out"),
    Text("ngày cuối, dd/mm/yyyy hoặc yyyy-mm-dd", "last day, dd/mm/yyyy or yyyy-mm-dd"),
    Text("Thu hồi vai trò của một người.", "Take a person's role away."),
    Text("Liệt kê những người có vai trò.", "List the people who have a role."),
    # restricted, audit, usage
    Text(
        "Ai được đọc trường hạn chế: người sử dụng đất, chủ đầu tư, giấy chứng nhận.",
        "Who may read restricted fields: holders, applicants, certificates.",
    ),
    Text(
        "Mở trường hạn chế của một lớp cho một khoá hay một người của cơ quan quản lý lớp đó.",
        "Open restricted fields of a layer to one key or person of the agency that owns it.",
    ),
    Text(
        "Mỗi lần đọc phải có mục đích và số hồ sơ, và được ghi nhật ký trước khi trả lời.",
        "Each reading needs a purpose and a case number, and is on record before it is answered.",
    ),
    Text(
        "các nhóm trường hạn chế, cách nhau bằng dấu phẩy, ví dụ holders",
        "groups of restricted fields, joined by commas, such as holders",
    ),
    Text("văn bản làm căn cứ", "the document that it is granted on"),
    Text("cho khoá này, theo mã", "to this key, by its id"),
    Text("cho người này, theo `sub` trong token của nơi cấp", "to this person, by `sub` in the issuer's tokens"),
    Text("trong bao nhiêu ngày", "for how long"),
    Text("Kết thúc một quyền: từ nay không mở được gì.", "End a grant: it opens nothing from now on."),
    Text("xem `landmap restricted list`", "from `landmap restricted list`"),
    Text(
        "Liệt kê ai được đọc trường hạn chế, quyền mới nhất trước.",
        "List who may read restricted fields, the newest grant first.",
    ),
    Text("Ai đã xem gì, và ai đã đổi quyền của ai.", "Who looked at what, and who changed whose rights."),
    Text(
        "Liệt kê ai đã xem gì và ai đã đổi quyền của ai, mới nhất trước.",
        "List who looked at what and who changed whose rights, the newest first.",
    ),
    Text(
        "ai: key:…, nơi cấp và `sub` của một người, hoặc một người vận hành",
        "who: key:…, the issuer and `sub` of a person, or an operator",
    ),
    Text("của lớp này", "of this layer"),
    Text("của đối tượng này: ai đã xem nó", "of this feature: who looked at it"),
    Text("nhiều nhất bao nhiêu, mới nhất trước", "at most so many, the newest first"),
    Text(
        "Chứng minh nhật ký không bị sửa hay bớt từ khi được ghi.",
        "Prove that nothing in the audit was changed or taken out since it was written.",
    ),
    Text(
        "Lượng truy cập: số lượt và số byte theo ngày, cơ quan, người gọi, lớp và kênh; mặc định 30 ngày gần đây.",
        "How much was asked for: hits and bytes by day, agency, caller, layer and channel; the last 30 days if not said.",
    ),
    Text("chỉ của cơ quan này", "only of this agency"),
    Text("ngày đầu, dd/mm/yyyy hoặc yyyy-mm-dd", "first day, dd/mm/yyyy or yyyy-mm-dd"),
    Text("mỗi dòng một đối tượng JSON", "one JSON object a line"),
)
