"""When a permit lapses if its works have not begun. Whether they have is on record nowhere: so it is told as a condition.

Months end with the day of the same number, or with the last of a month that has none; if that is a day off, with the next
working day (Civil Code 91/2015/QH13, article 148).
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gis.errors import UnknownDay
from gis.model.calendar import on_or_after
from gis.model.deadline import Event, Outcome, Permit, Procedure, Start, Subject
from gis.model.layer import Text


@dataclass(frozen=True, slots=True)
class Lapse:
    """What is known of a permit that waits for its works. `due`: the last day on which they may begin, None where `text` says
    why it cannot be told; `past`: it has gone by. `extended`, `left`: how often it was, and may yet be extended."""

    granted: date
    text: Text
    start: Start | None = None
    due: date | None = None
    past: bool = False
    extended: int = 0
    left: int | None = None
    notes: tuple[Text, ...] = ()


def lapse(procedure: Procedure, subject: Subject, events: Sequence[Event], today: date) -> Lapse | None:
    """Of the permit that the case is about, by its events up to `today`; None where it was not granted, or is no more."""
    known = [event for event in events if event.day <= today and event.state in procedure.states]
    steps = [(event.day, procedure.states[event.state]) for event in known]
    granted = next((day for day, state in steps if state.outcome is Outcome.GRANTED), None)
    if granted is None or steps[-1][1].permit is Permit.ENDED:
        return None
    extended = sum(state.permit is Permit.EXTENDED for _, state in steps)
    begun = any(state.permit is Permit.GRANTED for _, state in steps)
    start, reason = _start_of(procedure, subject, granted, begun=begun)
    if start is None:
        return Lapse(granted, reason, extended=extended)
    due, notes = _due(procedure, granted, start.months + extended * start.extension_months)
    left = max(start.extensions - extended, 0)
    past = due < today
    return Lapse(granted, _told(due, start, left, past=past), start, due, past, extended, left, notes)


def _start_of(procedure: Procedure, subject: Subject, granted: date, *, begun: bool) -> tuple[Start | None, Text]:
    """The rule for a permit granted on that day, or why there is none."""
    in_force = [
        one
        for one in procedure.starts
        if one.valid_from <= granted and (one.valid_to is None or granted < one.valid_to)
    ]
    if not in_force:
        return None, Text(
            f"Chưa có dữ liệu về thời hạn khởi công áp dụng ngày {granted:%d/%m/%Y}.",
            f"No time to begin the works is on record for permits of {granted:%d/%m/%Y}.",
        )
    if subject.permit_type is None:
        return None, Text(
            "Chưa rõ hạn khởi công vì thiếu loại giấy phép.",
            "The time to begin the works cannot be told without the type of permit.",
        )
    fitting = next((one for one in in_force if subject.permit_type in one.permit_types), None)
    if fitting is None or not begun:
        return None, Text(
            "Hồ sơ này về một giấy phép đã có (điều chỉnh, gia hạn, cấp lại) hoặc không phải giấy phép: hạn khởi công tính theo "
            "giấy phép đó, không có trong hồ sơ này.",
            "This case is about a permit that was there before (adjusted, extended, reissued), or is no permit: the time to begin "
            "the works is that of the former, which this case does not tell.",
        )
    return fitting, Text("", "")


def _due(procedure: Procedure, granted: date, months: int) -> tuple[date, tuple[Text, ...]]:
    """The last day; where the days off are not known yet, the day by number, and a note."""
    last = _months_after(granted, months)
    try:
        return on_or_after(procedure.calendars, last), ()
    except UnknownDay as unknown:
        return last, (
            Text(
                f"{unknown.vi} Nếu ngày {last:%d/%m/%Y} là ngày nghỉ, thời hạn kết thúc vào ngày làm việc tiếp theo.",
                f"{unknown.en} If {last:%d/%m/%Y} is a day off, it ends with the next working day.",
            ),
        )


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _told(due: date, start: Start, left: int, *, past: bool) -> Text:
    day = f"{due:%d/%m/%Y}"
    if past:
        return Text(
            f"Đã hết hiệu lực nếu chưa khởi công đến hết ngày {day}; ở đây không có dữ liệu khởi công.",
            f"It has lapsed if works had not begun by the end of {day}; whether they had is not on record here.",
        )
    vi = f"Sẽ hết hiệu lực nếu chưa khởi công đến hết ngày {day}"
    en = f"It will lapse if works have not begun by the end of {day}"
    if not left:
        return Text(f"{vi}; không còn được gia hạn.", f"{en}; it cannot be extended again.")
    return Text(
        f"{vi}; còn được gia hạn {left} lần, mỗi lần {start.extension_months} tháng, nếu đề nghị trước ngày đó.",
        f"{en}; it may be extended {left} more times, by {start.extension_months} months each, if that is asked for before.",
    )
