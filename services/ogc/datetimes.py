"""RFC 3339 instants, local days and intervals of the parameters `datetime` and `knownAt`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis.errors import InvalidParameter
from gis.model.query import Interval
from services.ogc.meant import invalid_time

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
)
_CHANGESET = re.compile(r"[0-9]{1,10}")
_MAX_CHANGESET = 2**31 - 1
_TICK = timedelta(microseconds=1)
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
_LAST = datetime(9999, 12, 29, tzinfo=UTC)
_OPEN = ("", "..")

type _Span = tuple[datetime, datetime]


def now_text() -> str:
    """This second, for `timeStamp`."""
    return instant_text(datetime.now(UTC).replace(microsecond=0))


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC, as the parameters take it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_datetime(text: str, zone: ZoneInfo) -> datetime | Interval:
    """`datetime`: an instant, a date (that whole local day) or an interval whose ends are instants, dates, `..` or
    empty. Instants before the year 1 or at the end of 9999 are moved to what can be told. InvalidParameter for
    anything else."""
    if "/" not in text:
        start, end = _span(text, zone, "datetime")
        return start if start == end else Interval(start, end)
    first, _, last = text.partition("/")
    try:
        begin = None if first in _OPEN else _span(first, zone, "datetime")[0]
        finish = None if last in _OPEN else _span(last, zone, "datetime")[1]
    except InvalidParameter as error:
        raise invalid_time("datetime", text) from error  # the whole of it: 01/05/2018 is no interval
    if begin is not None and finish is not None and begin > finish:
        raise _ends_first(text, first, last)
    return Interval(None if begin == _FIRST else begin, None if finish == _LAST else finish)


def parse_begin(text: str, zone: ZoneInfo, name: str = "datetime") -> datetime:
    """`datetime` and the like where it is one moment: an instant, or a date: the beginning of that local day.
    InvalidParameter for an interval and anything else."""
    if "/" in text:
        raise InvalidParameter(
            f"{name}: send one instant or date here, no interval.",
            f"{name}: ở đây hãy ghi một ngày hoặc thời điểm, không ghi khoảng thời gian.",
            where=name,
        )
    return _span(text, zone, name)[0]


def parse_known(text: str, zone: ZoneInfo, name: str = "knownAt") -> int | datetime:
    """`knownAt` and the like: a changeset number, an instant, or a date (the end of that local day)."""
    if not _CHANGESET.fullmatch(text):
        return _span(text, zone, name)[1]
    number = int(text)
    if number > _MAX_CHANGESET:
        raise invalid_time(name, text)
    return number


def parse_instant(text: str, name: str) -> datetime:
    """A timestamp value of the parameter `name`, in UTC."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise invalid_time(name, text)
    return _instant(match, text, name)


def parse_date(text: str, name: str) -> date:
    """A date value (`YYYY-MM-DD`) of the parameter `name`."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise invalid_time(name, text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise invalid_time(name, text) from error


def _span(text: str, zone: ZoneInfo, name: str) -> _Span:
    """First and last instant of what `text` names: equal for an instant, a local day for a date."""
    if match := _INSTANT.fullmatch(text):
        found = _instant(match, text, name)
        return found, found
    if text.startswith("0000-") and _DATE.fullmatch(text):
        return _FIRST, _FIRST
    day = parse_date(text, name)
    if day <= _FIRST.date():
        return _FIRST, _FIRST
    if day >= _LAST.date():
        return _LAST, _LAST
    following = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return datetime.combine(day, time(), zone).astimezone(UTC), following - _TICK


def _instant(match: re.Match[str], text: str, name: str) -> datetime:
    """The instant in UTC, moved to the first or last that can be told. A leap second is the next second."""
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    offset_hour, offset_minute = int(match[10] or 0), int(match[11] or 0)
    if second > 60 or offset_hour > 23 or offset_minute > 59:
        raise invalid_time(name, text)
    micros = int((match[7] or "0").ljust(6, "0")[:6])
    try:
        # The year 4 stands for 0: both are leap years, and both are moved to the first instant.
        local = datetime(year or 4, month, day, hour, minute, min(second, 59), micros, UTC)
    except ValueError as error:
        raise invalid_time(name, text) from error
    if year == 0 or local <= _FIRST:
        return _FIRST
    if local >= _LAST:
        return _LAST
    offset = timedelta(hours=offset_hour, minutes=offset_minute)
    return local + timedelta(seconds=second // 60) + (offset if match[9] == "-" else -offset)


def _ends_first(text: str, first: str, last: str) -> InvalidParameter:
    return InvalidParameter(
        f"datetime: the interval '{text[:80]}' ends before it begins; write {last[:40]}/{first[:40]}.",
        f"datetime: khoảng '{text[:80]}' kết thúc trước khi bắt đầu; hãy ghi {last[:40]}/{first[:40]}.",
        where="datetime",
    )
