"""What `landmap indicators` says, in both languages."""

from __future__ import annotations

from gis.model.indicator import NO_DATA, SHOWN, SUPPRESSED
from gis.model.layer import Text

COMPUTED = Text(
    "Đã tính {count} giá trị của {days} ngày, bộ phường, xã: {sets}. Lần cập nhật {changeset}.",
    "{count} values of {days} day(s) computed for the sets of wards {sets}. Changeset {changeset}.",
)
SAME = Text(
    "Đã tính {count} giá trị của {days} ngày; không có gì thay đổi.",
    "{count} values of {days} day(s) computed; nothing has changed.",
)
NO_WARDS = Text(
    "Chưa có phường, xã nào trong cơ sở dữ liệu: hãy nạp lớp wards.",
    "There are no wards in the database: load wards first.",
)
STATES = {
    SHOWN: Text("công bố", "published"),
    SUPPRESSED: Text("không công bố", "suppressed"),
    NO_DATA: Text("chưa có dữ liệu", "no data"),
}
STATE_HEADS = (Text("Tình trạng", "State"), Text("Số giá trị", "Values"))
COUNTING = Text("Đang tính chỉ số theo phường, xã", "Counting indicators by ward")
