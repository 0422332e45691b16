"""Invented data: how they are known in the database, and what whoever takes them must be told."""

from __future__ import annotations

from gis.model.layer import Text

ACTOR = "demo"
DOCUMENT = "Dữ liệu mẫu"
"""Who published them, and on which ground: both are of no other changeset."""

NOTICE = Text(
    "Dữ liệu của một thành phố mẫu do máy tính tạo ra: không có thửa đất, công trình, giấy phép hay quy hoạch nào là thật. "
    "Không dùng để tra cứu hoặc làm căn cứ.",
    "Data of an invented city, drawn by a computer: no parcel, building, permit or plan in it is real. Do not rely on it.",
)


def described(description: Text, *, invented: bool) -> Text:
    """The description of data, which says first that they are invented if they are."""
    if not invented:
        return description
    return Text(f"{NOTICE.vi} {description.vi}", f"{NOTICE.en} {description.en}")
