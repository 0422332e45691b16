"""Cases as pages for officers: the list in the order of change, and one case with its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from gis.model.case import Kind
from gis.model.layer import Text
from gis.model.verdict import Verdict
from services.ogc.answers import PRIVATE
from services.ogc.ask import Ask
from services.ogc.figures import when
from services.ogc.pages import page

CASES = Text("Hồ sơ cấp giấy phép xây dựng", "Applications for construction permits")

_HEADS = {
    "number": Text("Mã hồ sơ", "Number"),
    "agency": Text("Cơ quan", "Agency"),
    "opened_by": Text("Cơ quan mở hồ sơ", "Opened by"),
    "state": Text("Trạng thái", "State"),
    "received": Text("Ngày tiếp nhận", "Received"),
    "due": Text("Hạn giải quyết", "Due"),
    "left": Text("Số ngày còn lại", "Days left"),
    "lapse": Text("Hết hiệu lực nếu chưa khởi công", "Lapses if works have not begun"),
    "advice": Text("Kết quả kiểm tra (tham khảo)", "Check (advice)"),
    "day": Text("Ngày", "Day"),
    "by": Text("Người ghi", "By"),
    "document": Text("Văn bản", "Document"),
    "reason": Text("Lý do", "Reason"),
}
_KINDS = {
    Kind.APPLICATION: Text("Thay nội dung đề nghị", "Application replaced"),
    Kind.CHECK: Text("Kiểm tra theo quy định", "Checked"),
    Kind.TRANSFER: Text("Chuyển hồ sơ cho", "Handed over to"),
}


def list_page(asked: Ask, cases: Sequence[Mapping[str, object]], following: object) -> Response:
    """The page of some cases; `following`: the address of the next one."""
    return page(asked, "cases.html", CASES, cases=cases, following=following, headers=dict(PRIVATE), **_told(asked))


def case_page(asked: Ask, case: Mapping[str, object], words: Mapping[str, Mapping[str, str]]) -> Response:
    """The page of one case; `words`: the names of states."""
    title = Text(f"Hồ sơ {case['ma_ho_so']}", f"Case {case['ma_ho_so']}")
    told = {"case": case, "words": words, "kinds": _KINDS, "list_title": CASES, **_told(asked)}
    return page(asked, "case.html", title, headers=dict(PRIVATE), **told)


def _told(asked: Ask) -> dict[str, Any]:
    def verdict(advice: Mapping[str, str] | None) -> str:
        return "" if advice is None else asked.say(Verdict(advice["verdict"]).word)

    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    return {"heads": _HEADS, "verdict": verdict, "day": lambda text: when(text, asked.language, zone)}
