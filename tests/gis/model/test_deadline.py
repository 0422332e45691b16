"""Time limits by law: the regime of the day of receipt, the clock that stops, and answers that cannot be told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.deadline_file import read_procedure
from gis.catalog.read import read_catalog
from gis.model.calendar import is_working, working_day_after, working_days_between
from gis.model.deadline import (
    Clock,
    Count,
    Deadline,
    Event,
    Outcome,
    Span,
    Step,
    Subject,
    deadline,
    limit_for,
    may_follow,
    open_states,
)

LAYERS = Path(__file__).resolve().parents[3] / "layers"
CATALOG = read_catalog(LAYERS, "hcmc")
PROCEDURE = read_procedure(CATALOG.regulations)

HOUSE = Subject("MOI", "NEW", house=True)
OTHER = Subject("MOI", "NEW", house=False)


def test_what_is_drafted_or_has_come_to_nothing_is_not_open() -> None:
    assert PROCEDURE.states.keys() - open_states(PROCEDURE) == {"DRAFT", "REJECTED", "REVOKED", "CANCELLED", "EXPIRED"}
    assert {"SUBMITTED", "NEED_MORE", "IN_REVIEW", "ISSUED"} <= open_states(PROCEDURE)


def told(subject: Subject, *events: tuple[str, str], today: str = "2026-11-22") -> Deadline:
    found = [Event(date.fromisoformat(day), state) for day, state in events]
    return deadline(PROCEDURE, subject, found, date.fromisoformat(today))


def test_every_state_of_the_codelist_is_in_the_procedure() -> None:
    codes = {code.code for code in CATALOG.codelists["permit_status"].codes}
    assert codes == set(PROCEDURE.states)


def test_limits_name_codes_of_the_codelists() -> None:
    for limit in PROCEDURE.limits:
        assert set(limit.permit_types) <= {code.code for code in CATALOG.codelists["permit_type"].codes}
        assert set(limit.work_kinds) <= {code.code for code in CATALOG.codelists["work_kind"].codes}


def test_the_regime_changes_with_the_day_of_receipt_and_not_with_the_day_of_the_check() -> None:
    last = told(HOUSE, ("2026-06-30", "RECEIVED"), today="2026-07-20")
    first = told(HOUSE, ("2026-07-01", "RECEIVED"), today="2026-07-20")
    assert last.limit is not None and (last.limit.days, last.limit.count) == (15, Count.CALENDAR)
    assert last.due == date(2026, 7, 15)
    assert first.limit is not None and (first.limit.days, first.limit.count) == (7, Count.WORKING)
    assert first.due == date(2026, 7, 10)


@pytest.mark.parametrize(
    ("subject", "received", "days", "count"),
    [
        (HOUSE, "2019-05-06", 15, Count.CALENDAR),
        (OTHER, "2019-05-06", 30, Count.CALENDAR),
        (OTHER, "2021-01-01", 20, Count.CALENDAR),
        (OTHER, "2026-07-01", 10, Count.WORKING),
        (Subject("DC", "ADDITION", house=False), "2026-07-01", 9, Count.WORKING),
        (Subject("SCCT", "REPAIR", house=False), "2026-07-01", 9, Count.WORKING),
        (Subject("SCCT", "RELOCATION", house=False), "2026-07-01", 10, Count.WORKING),
        (Subject("SCCT", "RELOCATION", house=True), "2026-07-01", 7, Count.WORKING),
        (Subject("GH"), "2026-07-01", 5, Count.WORKING),
    ],
)
def test_the_limits_are_those_of_the_law(subject: Subject, received: str, days: int, count: Count) -> None:
    limit, reason = limit_for(PROCEDURE, subject, date.fromisoformat(received))
    assert reason is None
    assert limit is not None and (limit.days, limit.count) == (days, count)


@pytest.mark.parametrize(
    ("subject", "received", "missing"),
    [
        (Subject("MOI"), "2026-07-01", "single house"),
        (Subject("SCCT", None, house=False), "2026-07-01", "kind of works"),
        (Subject(None, "NEW", house=True), "2026-07-01", "type of permit"),
        *((Subject(code, "NEW", house=False), "2026-07-01", "is not known") for code in ("GD", "DA", "TBKC")),
        (HOUSE, "2014-12-31", "31/12/2014"),
    ],
)
def test_what_is_not_known_is_said_and_not_guessed(subject: Subject, received: str, missing: str) -> None:
    limit, reason = limit_for(PROCEDURE, subject, date.fromisoformat(received))
    assert limit is None
    assert reason is not None and missing in reason.en


def test_tet_2026_is_no_part_of_a_limit_in_working_days_by_hand() -> None:
    # Consultation begun on Thursday 12 February: Friday 13, then Monday 23. The limit in force since July is counted here
    # on days of February to see Tết, which no application under it has met yet.
    limit = limit_for(PROCEDURE, HOUSE, date(2026, 7, 1), Step.CONSULT)[0]
    assert limit is not None and limit.silence is not None
    assert working_day_after(PROCEDURE.calendars, date(2026, 2, 12), limit.days) == date(2026, 2, 23)


def test_a_limit_in_calendar_days_that_ends_in_tet_ends_after_it() -> None:
    # 15 days from 3 February: Wednesday 18 February, in Tết; offices open on Monday 23.
    found = told(HOUSE, ("2026-02-03", "RECEIVED"), today="2026-02-10")
    assert found.due == date(2026, 2, 23)
    assert (found.used, found.left) == (7, 8)


def test_the_day_of_receipt_is_not_counted_and_a_worked_saturday_is() -> None:
    # Thursday 20 August: 21, Saturday 22 (worked), 24, 25, 26, 27, 28.
    assert told(HOUSE, ("2026-08-20", "RECEIVED"), today="2026-08-20").due == date(2026, 8, 28)


def test_the_clock_stands_still_while_more_documents_are_asked_for() -> None:
    asked = [("2026-08-20", "RECEIVED"), ("2026-08-24", "NEED_MORE")]
    waiting = told(HOUSE, *asked, today="2026-09-02")
    assert waiting.due is None
    assert waiting.reason is not None and "24/08/2026" in waiting.reason.vi
    assert (waiting.used, waiting.left) == (3, 4)
    assert waiting.paused == (Span(date(2026, 8, 24), None),)
    # Brought on Thursday 3 September: 4, 7, 8, 9.
    again = told(HOUSE, *asked, ("2026-09-03", "IN_REVIEW"), today="2026-09-04")
    assert again.due == date(2026, 9, 9)
    assert (again.used, again.left) == (4, 3)
    assert again.paused == (Span(date(2026, 8, 24), date(2026, 9, 3)),)


def test_documents_asked_for_before_receipt_stop_no_clock() -> None:
    found = told(HOUSE, ("2026-07-01", "NEED_MORE"), ("2026-07-06", "RECEIVED"), today="2026-07-06")
    assert found.received == date(2026, 7, 6)
    assert found.paused == ()
    assert found.due == date(2026, 7, 15)


def test_a_decision_in_time_keeps_its_limit_and_one_too_late_shows_by_how_much() -> None:
    begun = [("2026-07-01", "RECEIVED"), ("2026-07-02", "IN_REVIEW")]
    early = told(HOUSE, *begun, ("2026-07-06", "ISSUED"))
    assert (early.due, early.ended, early.left) == (date(2026, 7, 10), date(2026, 7, 6), 4)
    late = told(HOUSE, *begun, ("2026-07-14", "REJECTED"))
    assert (late.due, late.left) == (date(2026, 7, 10), -2)


def test_days_go_on_while_a_case_is_not_decided() -> None:
    assert told(HOUSE, ("2026-07-01", "RECEIVED"), today="2026-07-14").left == -2


def test_a_case_that_is_not_received_has_no_clock() -> None:
    found = told(HOUSE, ("2026-07-01", "SUBMITTED"))
    assert found.due is None and found.received is None and found.reason is not None


def test_the_answer_of_a_day_does_not_know_what_came_after_it() -> None:
    events = [("2026-07-01", "RECEIVED"), ("2026-07-03", "NEED_MORE")]
    assert told(HOUSE, *events, today="2026-07-02").due == date(2026, 7, 10)


def test_consulted_agencies_have_two_days_of_their_own() -> None:
    found = told(HOUSE, ("2026-07-01", "RECEIVED"), ("2026-07-03", "CONSULT"), today="2026-07-03")
    assert found.step is not None
    assert found.step.due == date(2026, 7, 7)
    assert found.step.limit.silence is not None


def test_the_days_of_a_year_that_is_not_settled_are_not_told() -> None:
    found = told(HOUSE, ("2027-01-28", "RECEIVED"), today="2027-01-28")
    assert found.due is None
    assert found.reason is not None and "2027" in found.reason.vi
    assert found.limit is not None


def test_a_limit_that_rests_on_a_decision_that_is_awaited_says_so() -> None:
    found = told(HOUSE, ("2026-11-20", "RECEIVED"))
    assert found.due == date(2026, 12, 2)
    assert [note.en for note in found.notes if "23/11/2026" in note.en]


def test_a_state_that_is_not_in_the_procedure_any_more_is_told() -> None:
    found = told(HOUSE, ("2026-07-01", "VANISHED"))
    assert found.reason is not None and "VANISHED" in found.reason.en


def test_cases_begin_before_a_decision_and_end_with_one() -> None:
    assert may_follow(PROCEDURE, None, "RECEIVED")
    assert not may_follow(PROCEDURE, None, "ISSUED")
    assert not may_follow(PROCEDURE, None, "NEED_MORE")
    assert not may_follow(PROCEDURE, "SUBMITTED", "ISSUED")
    assert may_follow(PROCEDURE, "IN_REVIEW", "ISSUED")
    assert not may_follow(PROCEDURE, "REJECTED", "ISSUED")
    assert {code for code, state in PROCEDURE.states.items() if state.outcome is Outcome.GRANTED} == {
        "ISSUED", "ADJUSTED", "EXTENDED", "REISSUED",
    }  # fmt: skip
    assert PROCEDURE.states["NEED_MORE"].clock is Clock.STOPS


@given(st.integers(0, 90), st.lists(st.integers(1, 6), min_size=2, max_size=6))
def test_stopping_the_clock_never_brings_the_end_forward(offset: int, gaps: list[int]) -> None:
    """Received on a day of July to September 2026, then stopped and gone on in turn."""
    day = date(2026, 7, 1) + timedelta(days=offset)
    events = [Event(day, "RECEIVED")]
    plain = deadline(PROCEDURE, OTHER, events, day).due
    for place, gap in enumerate(gaps):
        day += timedelta(days=gap)
        events.append(Event(day, "IN_REVIEW" if place % 2 else "NEED_MORE"))
    found = deadline(PROCEDURE, OTHER, events, day)
    assert plain is not None
    assert found.due is None or found.due >= plain
    assert found.used is not None and found.left == 10 - found.used


@given(st.integers(0, 300))
def test_the_end_is_a_working_day_with_the_whole_limit_before_it(offset: int) -> None:
    received = date(2026, 1, 5) + timedelta(days=offset)
    found = deadline(PROCEDURE, HOUSE, [Event(received, "RECEIVED")], received)
    assert found.due is not None and found.limit is not None
    assert is_working(PROCEDURE.calendars, found.due)
    if found.limit.count is Count.WORKING:
        assert working_days_between(PROCEDURE.calendars, received, found.due) == found.limit.days
    else:
        assert (found.due - received).days >= found.limit.days
