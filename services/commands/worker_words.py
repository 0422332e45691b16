"""What `landmap worker | job` say, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

WORKING = Text("Đang chờ công việc. Dừng bằng Ctrl-C.", "Waiting for jobs. Stop with Ctrl-C.")
STOPPED = Text("Đã dừng.", "Stopped.")
STATUSES = {
    "accepted": Text("đang chờ", "waiting"),
    "running": Text("đang chạy", "running"),
    "successful": Text("đã xong", "done"),
    "failed": Text("không thành công", "failed"),
    "dismissed": Text("đã huỷ", "dismissed"),
}
NO_JOB = Text("Không có công việc nào.", "There is no job.")
NO_SUCH_JOB = Text(
    "Không có công việc {id}, hoặc công việc đã bị huỷ: xem landmap job list.",
    "There is no job {id}, or it was dismissed before: see landmap job list.",
)
DISMISSED = Text("Đã huỷ công việc.", "The job is dismissed.")
JOB_HEADS = (
    Text("Mã", "Id"),
    Text("Gửi lúc", "Submitted"),
    Text("Tiến trình", "Process"),
    Text("Ai", "Who"),
    Text("Tình trạng", "State"),
    Text("Tiến độ", "Progress"),
    Text("Mất", "Took"),
    Text("Lỗi", "Problem"),
)
