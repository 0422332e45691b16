"""What the commands say, in both languages. `{names}` are filled in; a test holds both to the same ones."""

from __future__ import annotations

from gis.model.layer import Text

# every command
A_DAY = Text(
    "{option} {day}: hãy ghi ngày dạng dd/mm/yyyy hoặc yyyy-mm-dd.",
    "{option} {day}: write a day as dd/mm/yyyy or yyyy-mm-dd.",
)
NO_ISSUER = Text(
    "Chưa rõ ai cấp tài khoản: hãy đặt LANDMAP_OIDC_ISSUER hoặc ghi --issuer.",
    "Who signs people in is not known: set LANDMAP_OIDC_ISSUER or give --issuer.",
)

# landmap ingest
DRY_OR_STAGE = Text("--dry-run và --stage loại trừ nhau.", "--dry-run and --stage exclude each other.")
ONE_COMPLETE_FILE = Text(
    "--complete nói về một tệp; hãy nạp từng tệp một.", "--complete speaks of one file; load the files one by one."
)
NO_FILE = Text("Không có tệp {path}. Chưa nạp tệp nào.", "There is no file {path}. None of the files was loaded.")
NO_LAYER = Text("Không có lớp '{layer}'; có các lớp {layers}.", "There is no layer '{layer}'; there are {layers}.")
LOAD_OF = Text("Nạp {files}", "Load of {files}")
PHASES = {
    "read": Text("đọc", "read"),
    "check": Text("kiểm tra", "check"),
    "send": Text("gửi", "send"),
    "match": Text("đối chiếu", "match"),
    "publish": Text("công bố", "publish"),
    "cells": Text("bản đồ", "map"),
}
DEMO_CITY = Text(
    "Cơ sở dữ liệu này chứa thành phố mẫu, là dữ liệu bịa; dữ liệu thật sẽ bị trộn lẫn với nó. Hãy nạp vào cơ sở dữ liệu "
    "riêng:\n  {command}\nNếu vẫn muốn nạp vào đây, thêm --yes. Chưa ghi gì.",
    "This database holds the demo city, which is invented; real data would be mixed with it. Load them into a database of "
    "their own:\n  {command}\nTo load them here all the same, say --yes. Nothing was written.",
)
LINEWORK = Text(
    "{count} bản ghi bị giữ lại là đường, có lẽ là nét vẽ của bản vẽ CAD. Có thể nạp chúng vào lớp {title}:",
    "{count} of the withheld records are lines, probably linework of a CAD drawing. They can be loaded as {title}:",
)
LINEWORK_CHOICE = Text("Thay cho {code}, {field} có thể là {others}.", "Instead of {code}, {field} may be {others}.")
LINEWORK_CLOSE = Text(
    "Nếu chúng là ranh giới, hãy khép kín thành vùng trong CAD rồi nạp lại tệp.",
    "If they are boundaries, have them closed into polygons in CAD, and load the file again.",
)
HOME = Text(
    "Dữ liệu nằm trong {title}; địa bàn đó cần cơ sở dữ liệu riêng:\n  {command}",
    "It lies in {title}, which needs a database of its own:\n  {command}",
)
NO_HOME = Text(
    "Chưa có địa bàn nào chứa dữ liệu này; hãy viết một tệp trong {folder}, theo mẫu các tệp ở đó.",
    "No territory holds it yet; write a file for it in {folder}, after the ones that are there.",
)

# landmap changeset
STAGED = Text("Đang chờ", "Staged")
PUBLISHED = Text("Đã công bố", "Published")
STATES = {
    "staged": STAGED,
    "published": Text("Lần cập nhật đang chờ, đã công bố", "Staged, and published since"),
    "refused": Text("Lần cập nhật đang chờ, đã bỏ", "Staged, and refused since"),
}
NO_CHANGESETS = Text("Chưa có lần cập nhật nào.", "There is no changeset yet.")
CHANGESET_HEADS = (
    Text("Số", "No."),
    Text("Lúc", "When"),
    Text("Lớp, tên", "Layer, title"),
    Text("Người", "By"),
    Text("Mới", "New"),
    Text("Đổi", "Changed"),
    Text("Hết", "Closed"),
)
RESTORED_HEAD = Text("Lại", "Back")
NOT_A_STAGE = Text(
    "'{text}' không phải tên một lần cập nhật đang chờ: tên có dạng s12 (landmap changeset list). Số không có s là của lần cập nhật đã "
    "công bố.",
    "'{text}' is not the name of a staged changeset: these are called s12 and the like (landmap changeset list). A number "
    "without s is that of a published one.",
)
NOT_A_NUMBER = Text(
    "'{text}' không phải số của một lần cập nhật đã công bố, ví dụ 12 (landmap changeset list).",
    "'{text}' is not the number of a published changeset, such as 12 (landmap changeset list).",
)
STILL_WAITS = Text(
    "{text} còn đang chờ, chưa công bố nên không có gì để hoàn tác. Bỏ lần cập nhật này: landmap changeset refuse {text}",
    "{text} is staged and was not published, so there is nothing to undo. Give it up: landmap changeset refuse {text}",
)
STAGED_BY = Text("người chuẩn bị: {actor}", "staged by: {actor}")
REVERTS = Text("hoàn tác {number}", "reverts {number}")
GROUND = Text("văn bản {document} ngày {day}", "document {document} of {day}")
NO_SOURCE = Text("không rõ nguồn", "source -")
SOURCE_PARTS = {
    "name": Text("nguồn: {}", "source: {}"),
    "agency": Text("nơi cung cấp: {}", "supplied by: {}"),
    "received_at": Text("nhận lần đầu: {}", "first received: {}"),
    "format": Text("định dạng: {}", "format: {}"),
    "layer": Text("lớp trong tệp: {}", "layer: {}"),
    "records": Text("số bản ghi: {}", "records: {}"),
    "size": Text("dung lượng: {} byte", "size: {} bytes"),
    "digest": Text("SHA-256: {}", "SHA-256: {}"),
    "crs_declared": Text("hệ toạ độ khai báo: {}", "CRS declared: {}"),
    "crs_used": Text("hệ toạ độ đã dùng: {}", "CRS used: {}"),
    "encodings": Text("bảng mã: {}", "encodings: {}"),
    "columns": Text("cột: {}", "columns: {}"),
    "readings": Text("cách đọc: {}", "read as: {}"),
    "constants": Text("đặt chung: {}", "set: {}"),
}
SEVERITIES = {"error": Text("lỗi", "error"), "warning": Text("cảnh báo", "warning")}
FINDING = Text("{severity}, bản ghi {row}: {message}  {reason}", "{severity}, record {row}: {message}  {reason}")
FIRST_FINDINGS = Text(
    "Đây là {limit} mục đầu; xem thêm bằng --limit {more}.", "These are the first {limit}; more with --limit {more}."
)
NEXT_STEP = Text(
    "Công bố: landmap changeset publish {number}   Bỏ: landmap changeset refuse {number}",
    "Publish it: landmap changeset publish {number}   Give it up: landmap changeset refuse {number}",
)
PUBLISHED_AS = Text("Đã công bố thành lần cập nhật {number}.", "Published as changeset {number}.")
NOTHING_PUBLISHED = Text("Không có thay đổi nào: không công bố gì.", "It held no change: nothing was published.")
REFUSED = Text("Đã bỏ lần cập nhật đang chờ {number}.", "Staged changeset {number} is refused.")
REVERT_OF = Text("Hoàn tác lần cập nhật {number}", "Revert of changeset {number}")
REVERTED = Text(
    "Lần cập nhật {number} đã được hoàn tác bằng lần cập nhật {made}: {close} đối tượng bị rút, {update} trở lại như trước, {restore} được "
    "khôi phục.",
    "Changeset {number} is reverted by changeset {made}: {close} feature(s) taken back, {update} as they were before, "
    "{restore} restored.",
)

# landmap layer
UP_TO_DATE = Text("Cơ sở dữ liệu đúng như layers/.", "The database is as layers/ says.")
NEW_TABLE = Text("bảng mới {name}", "new table {name}")
NEW_FIELD = Text("thêm trường {name} ({type})", "adds the field {name} ({type})")
NEW_INDEXES = Text("{count} chỉ mục mới", "{count} new indexes")
NEW_RULES = Text("tính lại phần công khai của mọi bản ghi", "what the public sees of each record is worked out anew")
NEW_VIEW = Text("lập lại khung nhìn và quyền", "its view and rights are made anew")
PLAN_END = Text(
    "{count} câu lệnh: xem bằng landmap layer plan --sql, thực hiện bằng landmap layer apply",
    "{count} statements: landmap layer plan --sql shows them, landmap layer apply runs them",
)
APPLIED = Text("Đã thực hiện {count} câu lệnh.", "{count} statement(s) run.")

# landmap db
STARTED = Text("Đã khởi động (tiến trình {pid}): {dsn}", "Started (process {pid}): {dsn}")
RUNNING = Text("Đang chạy sẵn (tiến trình {pid}): {dsn}", "Already running (process {pid}): {dsn}")
STOPPED = Text("Đã dừng.", "Stopped.")
NOT_RUNNING = Text("Không chạy.", "Was not running.")
START_IT = Text(
    "Cơ sở dữ liệu nhúng chưa chạy. Hãy khởi động: landmap db start",
    "The embedded database is not running. Start it with: landmap db start",
)
NO_PROBLEM = Text("Không phát hiện vấn đề nào.", "No problem found.")
PROBLEM_HEADS = (Text("Lớp", "Layer"), Text("Vấn đề", "Problem"), Text("Số chỗ", "Places"))
BACKED_UP = Text(
    "{file}: {size} MB, {tables} bảng, đã đọc lại đến hết.", "{file}: {size} MB, {tables} tables, read back to the end."
)
MAY_REPLACE = Text(
    "Thay dữ liệu hiện có bằng {file}? Mọi kết nối sẽ bị ngắt",
    "Replace what the database holds by {file}? Connections to it will be cut",
)
RESTORED = Text(
    "{file} nay là cơ sở dữ liệu {database}. Nếu dịch vụ đang chạy, hãy khởi động lại.",
    "{file} is now the database {database}. Restart the service, if it runs.",
)
KEPT = Text(
    "Dữ liệu trước đó được giữ với tên {kept}; khi không cần nữa: DROP DATABASE {kept}",
    "The one before is kept as {kept}; when you no longer need it: DROP DATABASE {kept}",
)
NOT_OURS = Text(
    "LANDMAP_DATABASE_URL chỉ một cơ sở dữ liệu mà Landmap không khởi động hay dừng; hãy bỏ biến đó.",
    "LANDMAP_DATABASE_URL names a database that Landmap neither starts nor stops; unset it.",
)

# landmap open-data
PUBLISHED_FILES = Text(
    "{layer}, phiên bản {number}: {features} đối tượng", "{layer}, version {number}: {features} features"
)
NO_VERSION = Text(
    "Không có lớp nào có phiên bản công khai số {number}.", "None of the layers has a public version {number}."
)
NO_FILES = Text("Chưa có tệp dữ liệu mở nào.", "There are no open-data files yet.")
FILES_HEADS = (
    Text("Lớp", "Layer"),
    Text("Phiên bản", "Version"),
    Text("Công bố lúc", "Published"),
    Text("Số đối tượng", "Features"),
    Text("Dung lượng, MB", "Size, MB"),
)
FROZEN = Text("Bản đồ đóng băng, dữ liệu đến {day}: {megabytes} MB", "Frozen map, data up to {day}: {megabytes} MB")
PRUNED = Text("Đã xoá {count} phiên bản, {megabytes} MB.", "Removed {count} version(s), {megabytes} MB.")

# landmap demo-data, landmap serve
DRAWING = Text("Đang vẽ thành phố mẫu", "Drawing the demo city")
CELLS = Text("Đang chuẩn bị bản đồ nhìn từ xa", "Preparing the map for low zooms")
DEMO_HEADS = (Text("Lớp", "Layer"), Text("Lần cập nhật", "Changeset"), Text("Số phiên bản", "Versions"))
DEMO_LOADED = Text(
    "Đã nạp thành phố mẫu {parcels} thửa (seed {seed}) trong {seconds} giây.",
    "Demo city of {parcels} parcels (seed {seed}) loaded in {seconds} s.",
)
CANNOT_LISTEN = Text(
    "Không mở được {host}:{port}: {why}. Hãy chọn cổng khác, ví dụ LANDMAP_PORT={other}, hoặc dừng chương trình đang dùng "
    "cổng này.",
    "Cannot listen on {host}:{port}: {why}. Choose another port, for example LANDMAP_PORT={other}, or stop the program "
    "that uses this one.",
)
STOPPED_EARLY = Text("Đã dừng trước khi sẵn sàng.", "Stopped before it was ready.")
NO_ANSWER = Text(
    "Landmap chưa trả lời tại {address}; xem các thông báo ở trên.",
    "Landmap does not answer at {address} yet; see the messages above.",
)
OPEN = Text(
    "\n  Bản đồ {public}/\n  API    {public}/api-home\n  QGIS   OGC API - Features: {public}/\n\nDừng bằng Ctrl-C.",
    "\n  Map   {public}/\n  API   {public}/api-home\n  QGIS  OGC API - Features: {public}/\n\nStop with Ctrl-C.",
)
