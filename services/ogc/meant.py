"""What to say to a time that cannot be read: what was wrong, and where it can be told, what was meant."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from gis.errors import InvalidParameter

_YEAR = re.compile(r"([0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})")
_DAY = re.compile(r"([0-9]{4})(?P<mark>[-/. ]?)([0-9]{1,2})(?P=mark)([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?P<mark>[-/. ])([0-9]{1,2})(?P=mark)([0-9]{4})")
_LOST_PLUS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]{8,}) ([0-9]{2}:[0-9]{2})")
_SHOWN = 60

_EXAMPLES = {
    "datetime": (
        "a date 2026-11-22, an instant 2026-11-22T07:00:00Z or an interval of two with '/', '..' for an open end",
        "ngày 2026-11-22, thời điểm 2026-11-22T07:00:00Z, hoặc khoảng hai mốc nối bằng '/' ('..' là để ngỏ)",
    ),
    "knownAt": (
        "a changeset number, or an instant 2026-11-22T07:00:00Z",
        "số của lần cập nhật, hoặc thời điểm 2026-11-22T07:00:00Z",
    ),
}
_EXAMPLES |= dict.fromkeys(("since", "until"), _EXAMPLES["knownAt"])
_OF_A_FIELD = ("2026-11-22 or 2026-11-22T07:00:00Z, as the field is", "2026-11-22 hoặc 2026-11-22T07:00:00Z")


def invalid_time(name: str, text: str) -> InvalidParameter:
    """The error for `text`, which is no time that the parameter `name` takes."""
    en, vi = _EXAMPLES.get(name, _OF_A_FIELD)
    if not text:
        return InvalidParameter(
            f"{name}: empty; write {en}, or leave it out.", f"{name}: để trống; hãy ghi {vi}, hoặc bỏ hẳn.", where=name
        )
    shown = text[:_SHOWN]
    meant = _meant(text, whole_years=name == "datetime") if text == shown else None
    more_en = f" Perhaps '{meant}' is meant." if meant else ""
    more_vi = f" Có lẽ ý là '{meant}'." if meant else ""
    return InvalidParameter(
        f"{name}: '{shown}' is not {en}.{more_en}",
        f"{name}: '{shown}' không hợp lệ; hãy ghi {vi}.{more_vi}",
        where=name,
    )


def _meant(text: str, *, whole_years: bool) -> str | None:
    """The day, or for `datetime` the interval, that somebody who writes so has in mind; None where that is a guess.

    Days are read as people write them where Landmap is used: the day before the month.
    """
    if lost := _LOST_PLUS.fullmatch(text):
        return f"{lost[1]}%2B{lost[2]}"  # in an address a bare + is a space
    day = _day(text)
    if day is not None or not whole_years:
        return day
    if match := _YEAR.fullmatch(text):
        return f"{match[1]}-01-01/{match[1]}-12-31"
    if (match := _MONTH.fullmatch(text)) and match[1] != "0000" and 1 <= int(match[2]) <= 12:
        year, month = int(match[1]), int(match[2])
        return f"{year:04}-{month:02}-01/{year:04}-{month:02}-{monthrange(year, month)[1]}"
    for mark in re.finditer("/", text):
        begin, end = _end(text[: mark.start()]), _end(text[mark.end() :])
        if begin is not None and end is not None:
            return f"{begin}/{end}"
    return None


def _end(text: str) -> str | None:
    return ".." if text in ("", "..") else _day(text)


def _day(text: str) -> str | None:
    """`text` as YYYY-MM-DD, if it is a day of the calendar."""
    if match := _DAY.fullmatch(text):
        year, month, day = match[1], match[3], match[4]
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match[1], match[3], match[4]
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
