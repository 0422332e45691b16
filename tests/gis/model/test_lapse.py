"""When a permit lapses: twelve months, two extensions, and never as a fact."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.deadline_file import read_procedure
from gis.catalog.read import read_catalog
from gis.model.calendar import is_working
from gis.model.deadline import Event, Subject
from gis.model.lapse import Lapse, lapse

LAYERS = Path(__file__).resolve().parents[3] / "layers"
PROCEDURE = read_procedure(read_catalog(LAYERS, "hcmc").regulations)
HOUSE = Subject("MOI", "NEW", house=True)
RECEIVED = ("2024-03-01", "RECEIVED")


def told(*events: tuple[str, str], today: str = "2026-11-22", subject: Subject = HOUSE) -> Lapse | None:
    found = [Event(date.fromisoformat(day), state) for day, state in events]
    return lapse(PROCEDURE, subject, found, date.fromisoformat(today))


def granted(*events: tuple[str, str], today: str = "2026-11-22", subject: Subject = HOUSE) -> Lapse:
    found = told(*events, today=today, subject=subject)
    assert found is not None
    return found


def test_a_permit_lapses_twelve_months_after_its_grant_if_works_have_not_begun() -> None:
    found = granted(RECEIVED, ("2024-03-12", "ISSUED"), today="2024-06-01")
    assert (found.due, found.past, found.extended, found.left) == (date(2025, 3, 12), False, 0, 2)
    assert found.text.vi == (
        "Sẽ hết hiệu lực nếu chưa khởi công đến hết ngày 12/03/2025; còn được gia hạn 2 lần, mỗi lần 12 tháng, nếu đề nghị "
        "trước ngày đó."
    )
    assert found.start is not None and found.start.document == "Luật Xây dựng 50/2014/QH13"


def test_what_has_gone_by_is_a_condition_still() -> None:
    found = granted(RECEIVED, ("2024-03-12", "ISSUED"), today="2025-03-13")
    assert found.past and found.text.vi.startswith("Đã hết hiệu lực nếu chưa khởi công đến hết ngày 12/03/2025")
    assert "không có dữ liệu khởi công" in found.text.vi
    assert not granted(RECEIVED, ("2024-03-12", "ISSUED"), today="2025-03-12").past


def test_each_extension_adds_twelve_months_to_the_first_end_and_there_are_two() -> None:
    events = [RECEIVED, ("2023-05-10", "ISSUED"), ("2024-05-02", "EXTENDED")]
    once = granted(*events)
    assert (once.due, once.extended, once.left) == (date(2025, 5, 12), 1, 1)  # 10/5/2025 is a Saturday
    twice = granted(*events, ("2025-04-28", "EXTENDED"), today="2026-01-05")
    assert (twice.due, twice.left) == (date(2026, 5, 11), 0)  # 10/5/2026 is a Sunday
    assert "không còn được gia hạn" in twice.text.vi


def test_a_day_off_moves_the_end_to_the_next_working_day() -> None:
    """1/9/2025 to 2/9/2025 were days off for National Day."""
    assert granted(("2024-09-02", "ISSUED"), today="2025-01-01").due == date(2025, 9, 3)


def test_the_end_of_february_has_its_day() -> None:
    assert granted(("2024-02-29", "ISSUED"), today="2024-06-01").due == date(2025, 2, 28)


def test_where_the_days_off_are_not_decided_yet_the_day_is_told_with_that() -> None:
    found = granted(("2026-07-15", "ISSUED"))
    assert found.due == date(2027, 7, 15)
    (note,) = found.notes
    assert "2027" in note.vi and "ngày làm việc tiếp theo" in note.vi


def test_the_law_in_force_on_the_day_of_the_grant_is_named() -> None:
    before, after = granted(("2026-06-30", "ISSUED")), granted(("2026-07-01", "ISSUED"))
    assert before.start is not None and after.start is not None
    assert "50/2014" in before.start.document and "135/2025" in after.start.document


@pytest.mark.parametrize("last", ["REVOKED", "CANCELLED", "EXPIRED"])
def test_a_permit_that_is_no_more_does_not_lapse(last: str) -> None:
    assert told(("2026-01-12", "ISSUED"), ("2026-02-12", last)) is None


def test_what_was_not_granted_does_not_lapse() -> None:
    assert told(RECEIVED) is None
    assert told(RECEIVED, ("2024-04-01", "REJECTED")) is None
    assert told(RECEIVED, ("2026-12-01", "ISSUED")) is None  # later than the day asked about


@pytest.mark.parametrize(
    ("permit_type", "state"), [("GH", "EXTENDED"), ("DC", "ADJUSTED"), ("CL", "REISSUED"), ("TBKC", "ISSUED")]
)
def test_a_case_about_a_permit_that_was_there_before_does_not_tell_its_end(permit_type: str, state: str) -> None:
    found = granted(RECEIVED, ("2026-03-12", state), subject=Subject(permit_type))
    assert found.due is None and "giấy phép đã có" in found.text.vi


def test_an_adjustment_leaves_the_end_as_it_was() -> None:
    found = granted(("2026-01-12", "ISSUED"), ("2026-05-12", "ADJUSTED"), ("2026-06-12", "REISSUED"))
    assert (found.granted, found.due) == (date(2026, 1, 12), date(2027, 1, 12))


def test_without_a_type_or_a_law_it_says_so() -> None:
    assert "thiếu loại giấy phép" in granted(("2026-01-12", "ISSUED"), subject=Subject()).text.vi
    assert "Chưa có dữ liệu" in granted(("2014-01-14", "ISSUED")).text.vi


@given(st.dates(date(2021, 1, 1), date(2025, 12, 31)), st.integers(0, 2), st.integers(0, 400))
def test_more_extensions_never_end_a_permit_earlier_and_it_ends_on_a_working_day(
    day: date, extended: int, later: int
) -> None:
    events = [Event(day, "ISSUED"), *(Event(day, "EXTENDED") for _ in range(extended))]
    found = lapse(PROCEDURE, HOUSE, events, day + timedelta(days=later))
    again = lapse(PROCEDURE, HOUSE, [*events, Event(day, "EXTENDED")], day + timedelta(days=later))
    assert found is not None and again is not None and found.due is not None and again.due is not None
    assert found.due < again.due
    assert found.notes or is_working(PROCEDURE.calendars, found.due)
