"""layers/permits/deadlines.toml and layers/calendars/: states of an application, limits by law, working days."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from types import MappingProxyType

from gis.catalog.calendar_file import read_calendar
from gis.catalog.problems import Place, nearest
from gis.catalog.table import (
    BadValueError,
    Table,
    bilingual,
    boolean,
    day,
    integer,
    one_of,
    parse_toml,
    text,
    texts,
)
from gis.errors import DefinitionError
from gis.model.calendar import Year
from gis.model.deadline import Clock, Count, Limit, Outcome, Permit, Procedure, Start, State, Step

DEADLINES = "permits/deadlines.toml"
CALENDARS = "calendars/"

_CONFIDENCE = ("high", "medium", "low")


def read_procedure(regulations: Mapping[str, str]) -> Procedure:
    """States, limits and calendars from the contents of their files by path in layers/, whatever else is among them.

    Raises DefinitionError with one line for every mistake in any of the files.
    """
    problems: list[str] = []
    procedure = checked_procedure(regulations, problems)
    if problems:
        raise DefinitionError(problems)
    return procedure


def checked_procedure(regulations: Mapping[str, str], problems: list[str]) -> Procedure:
    """As `read_procedure`; mistakes go into `problems`."""
    years: dict[int, Year] = {}
    read = {path: one for path, one in sorted(regulations.items()) if path.startswith(CALENDARS)}
    for path, text_of_year in read.items():
        name = path.removeprefix(CALENDARS).removesuffix(".toml")
        year = read_calendar(name, text_of_year, Place(f"layers/{path}", problems))
        if year is not None:
            years[year.year] = year
    content = regulations.get(DEADLINES, "")
    states, limits, starts = _read_deadlines(content, Place(f"layers/{DEADLINES}", problems))
    digest = hashlib.sha256()
    for path, one in (*read.items(), (DEADLINES, content)):
        digest.update(f"{path}\0{one}\0".replace("\r\n", "\n").encode())
    return Procedure(MappingProxyType(states), limits, MappingProxyType(years), digest.hexdigest(), starts)


def _read_deadlines(content: str, place: Place) -> tuple[dict[str, State], tuple[Limit, ...], tuple[Start, ...]]:
    table = parse_toml(content, place)
    if table is None:
        return {}, (), ()
    states = [_state(part) for part in table.tables("states")]
    limits = [(part.place, _limit(part)) for part in table.tables("limits")]
    starts = [(part.place, _start(part)) for part in table.tables("starts")]
    table.close()
    _check_states(states, place.within("states"))
    for (_, earlier), (where, later) in combinations(starts, 2):
        if _overlap(earlier, later) and _share(earlier.permit_types, later.permit_types):
            where.add(f"meets that of {earlier.document}; let them differ in time or types of permit")
    for (_, first), (where, second) in combinations(limits, 2):
        if _meet(first, second):
            where.add(f"meets the limit of {first.days} days of {first.document}; let them differ in time or subject")
    return {state.code: state for state in states}, tuple(limit for _, limit in limits), tuple(one for _, one in starts)


def _state(part: Table) -> State:
    state = State(
        code=part.required("code", text, ""),
        clock=part.required("clock", one_of(Clock), Clock.WAITS),
        following=part.required("following", texts, ()),
        step=part.optional("step", one_of(Step), None),
        outcome=part.optional("outcome", one_of(Outcome), None),
        permit=part.optional("permit", one_of(Permit), None),
    )
    part.close()
    return state


def _check_states(states: Sequence[State], place: Place) -> None:
    """Codes are unique, what follows is there, and only what ends the clock has an outcome."""
    codes = Counter(state.code for state in states)
    for code, count in codes.items():
        if count > 1:
            place.add(f"'{code}' stands {count} times; keep one")
    for state in states:
        for following in state.following:
            if following not in codes:
                place.add(
                    f"'{state.code}' is followed by '{following}', which is no state; {nearest(following, codes)}"
                )
        if state.outcome is not None and state.clock is not Clock.ENDS:
            place.add(f"'{state.code}' has an outcome, but its clock {state.clock}; write clock = \"ends\"")


def _limit(part: Table) -> Limit:
    limit = Limit(
        step=part.required("step", one_of(Step), Step.DECIDE),
        days=part.required("days", _days, 1),
        count=part.required("count", one_of(Count), Count.CALENDAR),
        document=part.required("document", text, ""),
        article=part.optional("article", text, None),
        valid_from=part.required("from", day, date.min),
        valid_to=part.optional("to", day, None),
        permit_types=part.optional("permit_types", texts, ()),
        work_kinds=part.optional("work_kinds", texts, ()),
        house=part.optional("house", boolean, None),
        confidence=part.optional("confidence", _confidence, "high"),
        silence=part.optional("silence", bilingual, None),
    )
    _check_times(part, limit)
    part.close()
    return limit


def _start(part: Table) -> Start:
    start = Start(
        months=part.required("months", _months, 1),
        extensions=part.required("extensions", integer, 0),
        extension_months=part.required("extension_months", _months, 1),
        permit_types=part.required("permit_types", texts, ()),
        document=part.required("document", text, ""),
        article=part.optional("article", text, None),
        valid_from=part.required("from", day, date.min),
        valid_to=part.optional("to", day, None),
    )
    _check_times(part, start)
    part.close()
    return start


def _check_times(part: Table, one: Limit | Start) -> None:
    if one.valid_to is not None and one.valid_to <= one.valid_from:
        part.place.within("to").add(f"{one.valid_to} is not after {one.valid_from}; the day itself is not in it")


def _months(value: object) -> int:
    months = integer(value)
    if not 1 <= months <= 120:
        raise BadValueError(f"is {months}, must be 1 to 120 months")
    return months


def _days(value: object) -> int:
    days = integer(value)
    if not 1 <= days <= 365:
        raise BadValueError(f"is {days}, must be 1 to 365 days")
    return days


def _confidence(value: object) -> str:
    if text(value) not in _CONFIDENCE:
        raise BadValueError(f"is {value!r}, must be one of {', '.join(_CONFIDENCE)}")
    return text(value)


def _meet(one: Limit, other: Limit) -> bool:
    """Some application could be subject to both."""
    return (
        one.step is other.step
        and _overlap(one, other)
        and _share(one.permit_types, other.permit_types)
        and _share(one.work_kinds, other.work_kinds)
        and (one.house is None or other.house is None or one.house is other.house)
    )


def _overlap(one: Limit | Start, other: Limit | Start) -> bool:
    return (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )


def _share(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or not other or not set(one).isdisjoint(other)
