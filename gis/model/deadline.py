"""How long the law gives an office for an application: the limit by the day it was received, counted while the clock runs.

Days are those of the territory. A period begins on the day after the event that starts it and ends with its last day; if
that is a day off, with the next working day (Civil Code 91/2015/QH13, articles 147 and 148).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from gis.errors import UnknownDay
from gis.model.calendar import Calendars, doubts_between, on_or_after, working_day_after, working_days_between
from gis.model.layer import Text


class Clock(StrEnum):
    """What a state does to the clock: it has not started, it runs, it is stopped, it has come to its end."""

    WAITS = "waits"
    RUNS = "runs"
    STOPS = "stops"
    ENDS = "ends"


class Outcome(StrEnum):
    """How an application ended."""

    GRANTED = "granted"
    REFUSED = "refused"


class Permit(StrEnum):
    """What a state does to the permit: it is granted, has more time to begin the works, or is no more."""

    GRANTED = "granted"
    EXTENDED = "extended"
    ENDED = "ended"


class Count(StrEnum):
    """How the days of a limit are counted."""

    CALENDAR = "calendar"
    WORKING = "working"


class Step(StrEnum):
    """What a limit is for: the decision, or a step on the way to it."""

    DECIDE = "decide"
    CHECK_DOSSIER = "check-dossier"
    CONSULT = "consult"
    SUPPLEMENT = "supplement"
    NOTIFY_REFUSAL = "notify-refusal"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class State:
    """A state of an application, by its code in the list `permit_status`; `following` are the states that it may pass into.

    `step`: a limit of its own begins with the state. `outcome`: it decides the application. `permit`: what becomes of the
    permit.
    """

    code: str
    clock: Clock
    following: tuple[str, ...] = ()
    step: Step | None = None
    outcome: Outcome | None = None
    permit: Permit | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is applied for, by codes of the lists `permit_type` and `work_kind`; `house`: a single house of a household.

    None: not known.
    """

    permit_type: str | None = None
    work_kind: str | None = None
    house: bool | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """So many days for a step, for applications received from `valid_from` on, before `valid_to`.

    Empty `permit_types` and `work_kinds`, and None for `house`: whatever is applied for. `silence`: what it means in law
    that nobody answers in time.
    """

    step: Step
    days: int
    count: Count
    document: str
    article: str | None
    valid_from: date
    valid_to: date | None = None
    permit_types: tuple[str, ...] = ()
    work_kinds: tuple[str, ...] = ()
    house: bool | None = None
    confidence: str = "high"
    silence: Text | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Within how many months of its grant the works of a permit begin, for permits granted from `valid_from` on, before
    `valid_to`; how often it may be extended, and by how many months each time."""

    months: int
    extensions: int
    extension_months: int
    permit_types: tuple[str, ...]
    document: str
    article: str | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Procedure:
    """States, limits and calendars of one state of the regulations; `digest` tells it from others."""

    states: Mapping[str, State]
    limits: tuple[Limit, ...]
    calendars: Calendars
    digest: str = ""
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """The application came into `state` on `day`."""

    day: date
    state: str


@dataclass(frozen=True, slots=True)
class Span:
    """Days after `after` up to and with `until`; None: still."""

    after: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a step that has a limit of its own."""

    limit: Limit
    due: date | None
    reason: Text | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Where an application stands on a day. None of `due`: `reason` says why it cannot be told.

    `used` and `left` count days as the limit does; `left` is negative when it is late. `paused`: when the clock stood
    still. `ended`: the day of the decision. `notes`: what may yet change the answer.
    """

    state: str | None
    received: date | None = None
    limit: Limit | None = None
    due: date | None = None
    reason: Text | None = None
    used: int | None = None
    left: int | None = None
    paused: tuple[Span, ...] = ()
    ended: date | None = None
    step: Due | None = None
    notes: tuple[Text, ...] = ()


def limit_for(
    procedure: Procedure, subject: Subject, received: date, step: Step = Step.DECIDE
) -> tuple[Limit | None, Text | None]:
    """The limit for an application received on that day; or None and why it cannot be told.

    What is not known of the subject matters only where the law says different things of what it may be.
    """
    in_force = [
        limit
        for limit in procedure.limits
        if limit.step is step and limit.valid_from <= received and (limit.valid_to is None or received < limit.valid_to)
    ]
    if not in_force:
        return None, _no_limit(received)
    fitting = [limit for limit in in_force if _may_fit(limit, subject)]
    if not fitting:
        return None, Text(
            "Chưa biết thời hạn theo luật cho loại giấy phép, công việc này: không có trong dữ liệu quy định.",
            "The time limit for such a permit and such works is not known: none is on record.",
        )
    missing = _missing(fitting, subject)
    if len({(limit.days, limit.count) for limit in fitting}) == 1 and not missing:
        return fitting[0], None
    vi, en = ", ".join(_NAMES[name].vi for name in missing), ", ".join(_NAMES[name].en for name in missing)
    return None, Text(f"Chưa rõ thời hạn vì thiếu: {vi}.", f"The time limit cannot be told without: {en}.")


def deadline(procedure: Procedure, subject: Subject, events: Sequence[Event], today: date) -> Deadline:
    """Where the application stands on `today` (days of the territory), by its events in their order.

    Later events are left out. The day on which it was first received picks the limit, whatever was in force before or after.
    """
    known = [event for event in events if event.day <= today]
    state = known[-1].state if known else None
    strange = next((event.state for event in known if event.state not in procedure.states), None)
    if strange is not None:
        return Deadline(state, reason=_strange(strange))
    runs = _spans(procedure, known, Clock.RUNS)
    if not runs:
        return Deadline(state, reason=Text("Chưa tiếp nhận hồ sơ.", "The application has not been received yet."))
    received = runs[0].after
    paused = tuple(span for span in _spans(procedure, known, Clock.STOPS) if span.after >= received)
    limit, reason = limit_for(procedure, subject, received)
    told = Deadline(state, received, limit, None, reason, paused=paused, ended=_ended(procedure, known))
    told = replace(told, step=_step_due(procedure, subject, known, received))
    return told if limit is None else _counted(procedure.calendars, told, limit, runs, today)


def may_follow(procedure: Procedure, state: str | None, following: str) -> bool:
    """Whether an application may pass from `state` (None: it is new) into `following`."""
    if state is None:
        return (
            procedure.states[following].clock in (Clock.WAITS, Clock.RUNS) if following in procedure.states else False
        )
    return state in procedure.states and following in procedure.states[state].following


def open_states(procedure: Procedure) -> frozenset[str]:
    """The states in which an application still comes to something: an office has it or gets it next, or it was granted."""
    counted = (Clock.RUNS, Clock.STOPS)
    return frozenset(
        state.code
        for state in procedure.states.values()
        if state.outcome is Outcome.GRANTED
        or state.clock in counted
        or (state.clock is Clock.WAITS and any(procedure.states[code].clock in counted for code in state.following))
    )


_NAMES = {
    "permit_type": Text("loại giấy phép", "the type of permit"),
    "work_kind": Text("loại công việc", "the kind of works"),
    "house": Text("có phải nhà ở riêng lẻ hay không", "whether it is a single house"),
}


def _may_fit(limit: Limit, subject: Subject) -> bool:
    return (
        (not limit.permit_types or subject.permit_type is None or subject.permit_type in limit.permit_types)
        and (not limit.work_kinds or subject.work_kind is None or subject.work_kind in limit.work_kinds)
        and (limit.house is None or subject.house is None or subject.house is limit.house)
    )


def _missing(fitting: Sequence[Limit], subject: Subject) -> list[str]:
    """What would have to be known of the subject: what the limits depend on. With the same answer for houses and for all
    else it does not matter which it is."""
    missing = []
    if subject.permit_type is None and any(limit.permit_types for limit in fitting):
        missing.append("permit_type")
    if subject.work_kind is None and any(limit.work_kinds for limit in fitting):
        missing.append("work_kind")
    covered = {limit.house for limit in fitting}
    alike = len({(limit.days, limit.count) for limit in fitting}) == 1
    if subject.house is None and covered != {None} and not (alike and {True, False} <= covered):
        missing.append("house")
    return missing


def _strange(state: str) -> Text:
    return Text(
        f"Trạng thái '{state}' không còn trong quy trình, nên không tính được thời hạn.",
        f"The state '{state}' is not in the procedure any more, so the clock cannot be read.",
    )


def _no_limit(received: date) -> Text:
    day = f"{received:%d/%m/%Y}"
    return Text(
        f"Chưa có dữ liệu về thời hạn giải quyết áp dụng ngày {day}.",
        f"No time limit is on record for applications received on {day}.",
    )


def _spans(procedure: Procedure, events: Sequence[Event], clock: Clock) -> list[Span]:
    """When the clock was so, spans that follow each other at once made one."""
    spans: list[Span] = []
    since: date | None = None
    for event in events:
        so = procedure.states[event.state].clock is clock
        if so and since is None:
            since = event.day
        elif not so and since is not None:
            spans.append(Span(since, event.day))
            since = None
    return spans if since is None else [*spans, Span(since, None)]


def _ended(procedure: Procedure, events: Sequence[Event]) -> date | None:
    return next((event.day for event in events if procedure.states[event.state].clock is Clock.ENDS), None)


def _counted(calendars: Calendars, told: Deadline, limit: Limit, runs: Sequence[Span], today: date) -> Deadline:
    """What has been used of the limit and when it ends; the reason where a calendar lacks."""
    try:
        used = sum(_days(calendars, limit, span.after, span.until or today) for span in runs)
    except UnknownDay as unknown:
        return replace(told, reason=Text(unknown.vi, unknown.en))
    told = replace(told, used=used, left=limit.days - used)
    try:
        due = _due(calendars, limit, runs, told.ended)
    except UnknownDay as unknown:
        return replace(told, reason=Text(unknown.vi, unknown.en))
    if due is None:
        return replace(told, reason=_stopped(told))
    return replace(told, due=due, notes=doubts_between(calendars, runs[0].after, due))


def _due(calendars: Calendars, limit: Limit, runs: Sequence[Span], ended: date | None) -> date | None:
    """The last day, decided before it or not; None where the clock stopped before and has not gone on."""
    left = limit.days
    for span in runs:
        due = _advanced(calendars, limit, span.after, max(left, 0))
        if span.until is None or due <= span.until or span.until == ended:
            return due
        left -= _days(calendars, limit, span.after, span.until)
    return None


def _days(calendars: Calendars, limit: Limit, after: date, until: date) -> int:
    if limit.count is Count.WORKING:
        return working_days_between(calendars, after, until)
    return max((until - after).days, 0)


def _advanced(calendars: Calendars, limit: Limit, after: date, days: int) -> date:
    if limit.count is Count.WORKING and days:
        return working_day_after(calendars, after, days)
    return on_or_after(calendars, after + timedelta(days=days))


def _stopped(told: Deadline) -> Text:
    if told.ended is not None:
        return Text(
            "Hồ sơ kết thúc khi thời hạn đang tạm dừng.", "The application came to its end while the clock stood still."
        )
    since = f"{told.paused[-1].after:%d/%m/%Y}" if told.paused else ""
    return Text(
        f"Thời hạn tạm dừng từ ngày {since}; còn {told.left} ngày khi tính tiếp.",
        f"The clock has stood still since {since}; {told.left} days are left when it goes on.",
    )


def _step_due(procedure: Procedure, subject: Subject, events: Sequence[Event], received: date) -> Due | None:
    """The limit of the step that began with the present state, if it has one."""
    now = events[-1]
    step = procedure.states[now.state].step
    if step is None:
        return None
    limit, _ = limit_for(procedure, subject, received, step)
    if limit is None:
        return None
    try:
        return Due(limit, _advanced(procedure.calendars, limit, now.day, limit.days), None)
    except UnknownDay as unknown:
        return Due(limit, None, Text(unknown.vi, unknown.en))
