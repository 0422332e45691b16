"""Working days. What is not known of a year stays unknown: without its calendar nothing in it is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from gis.errors import UnknownDay
from gis.model.layer import Text

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Year:
    """The working days of one year: Monday to Friday but those that are `off`, and days of weekends that are `worked`.
    `sources`: the decisions that say so.

    `settled_to`: the last day for which this is decided. `doubts`: days about which a decision is awaited that has not
    been seen; until it comes they are what they are by law.
    """

    year: int
    sources: tuple[str, ...]
    off: Mapping[date, Text]
    worked: Mapping[date, Text] = MappingProxyType({})
    doubts: Mapping[date, Text] = MappingProxyType({})
    settled_to: date = date.max


type Calendars = Mapping[int, Year]
"""By year."""


def is_working(calendars: Calendars, day: date) -> bool:
    """Whether offices work on `day`. UnknownDay where no calendar says so."""
    year = calendars.get(day.year)
    if year is None:
        raise UnknownDay(
            f"There is no calendar of working days for {day.year}: write layers/calendars/{day.year}.toml.",
            f"Chưa có lịch ngày làm việc của năm {day.year}: hãy bổ sung layers/calendars/{day.year}.toml.",
        )
    if day > year.settled_to:
        raise UnknownDay(
            f"The days off of {day.year} are not decided beyond {year.settled_to:%d/%m/%Y}: bring layers/calendars/{day.year}.toml "
            "up to date once they are.",
            f"Lịch nghỉ năm {day.year} chưa được ban hành sau ngày {year.settled_to:%d/%m/%Y}: hãy cập nhật "
            f"layers/calendars/{day.year}.toml khi có.",
        )
    return day in year.worked or (day.weekday() < _SATURDAY and day not in year.off)


def working_day_after(calendars: Calendars, day: date, count: int) -> date:
    """The working day that is `count` of them after `day`, which itself is not counted; before it if negative.

    Zero is `day` itself, whether it is worked or not.
    """
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working(calendars, day)
    return day


def working_days_between(calendars: Calendars, after: date, until: date) -> int:
    """How many working days lie after `after` up to and with `until`; 0 if there are none."""
    days = range((until - after).days)
    return sum(is_working(calendars, after + _DAY * (n + 1)) for n in days)


def on_or_after(calendars: Calendars, day: date) -> date:
    """`day` if it is worked, else the next day that is."""
    while not is_working(calendars, day):
        day += _DAY
    return day


def doubts_between(calendars: Calendars, after: date, until: date) -> tuple[Text, ...]:
    """What is in doubt about the days after `after` up to and with `until`, by day."""
    years = (calendars[year] for year in range(after.year, until.year + 1) if year in calendars)
    return tuple(text for year in years for day, text in sorted(year.doubts.items()) if after < day <= until)
