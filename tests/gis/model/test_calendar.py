"""Working days by the calendars of layers/: Vietnam's Tết, days in lieu, days swapped, and years of which nothing is known."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.deadline_file import read_procedure
from gis.errors import UnknownDay
from gis.model.calendar import (
    Calendars,
    doubts_between,
    is_working,
    on_or_after,
    working_day_after,
    working_days_between,
)

LAYERS = Path(__file__).resolve().parents[3] / "layers"
FILES = {
    path.relative_to(LAYERS).as_posix(): path.read_text(encoding="utf-8") for path in LAYERS.glob("calendars/*.toml")
}
DEADLINES = (LAYERS / "permits" / "deadlines.toml").read_text(encoding="utf-8")
CALENDARS: Calendars = read_procedure(FILES | {"permits/deadlines.toml": DEADLINES}).calendars

SETTLED = st.dates(date(2021, 2, 1), date(2026, 10, 31))
FEW = st.integers(1, 40)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 13), True),  # Friday before Tết
        (date(2026, 2, 16), False),
        (date(2026, 2, 20), False),
        (date(2026, 2, 23), True),
        (date(2026, 1, 2), False),  # swapped with Saturday 10 January
        (date(2026, 1, 10), True),
        (date(2026, 1, 11), False),
        (date(2026, 4, 27), False),  # 10/3 of the lunar calendar fell on a Sunday
        (date(2026, 8, 22), True),
        (date(2026, 8, 31), False),
        (date(2026, 11, 24), False),
        (date(2025, 11, 24), True),  # no day off yet
        (date(2025, 4, 26), True),
        (date(2024, 5, 4), True),
        (date(2023, 9, 1), False),
        (date(2022, 9, 1), False),
        (date(2021, 9, 3), False),
        (date(2021, 5, 3), False),
    ],
)
def test_offices_work_as_the_decisions_of_each_year_say(day: date, works: bool) -> None:
    assert is_working(CALENDARS, day) is works


def test_tet_2026_puts_nine_days_between_two_working_days() -> None:
    assert working_day_after(CALENDARS, date(2026, 2, 13), 1) == date(2026, 2, 23)
    assert working_days_between(CALENDARS, date(2026, 2, 13), date(2026, 2, 22)) == 0


def test_a_saturday_that_is_worked_counts() -> None:
    # Friday 21, Saturday 22, Monday 24 August
    assert working_day_after(CALENDARS, date(2026, 8, 20), 3) == date(2026, 8, 24)


@pytest.mark.parametrize("year", range(2021, 2027))
def test_a_year_has_its_eleven_days_off_in_law_or_days_in_lieu(year: int) -> None:
    """Of those from Monday to Friday: in lieu of each on a weekend there is another, swaps come in pairs."""
    calendar = CALENDARS[year]
    holidays = len(calendar.off) - sum(text.vi.startswith("Hoán đổi") for text in calendar.off.values())
    assert holidays == (12 if year == 2026 else 11)
    assert len(calendar.worked) == len(calendar.off) - holidays


def test_a_year_without_calendar_says_so_in_both_languages() -> None:
    with pytest.raises(UnknownDay) as refusal:
        is_working(CALENDARS, date(2019, 3, 4))
    assert "2019" in refusal.value.en
    assert "2019" in refusal.value.vi


def test_days_that_are_not_decided_yet_are_not_guessed() -> None:
    assert is_working(CALENDARS, date(2027, 1, 4))
    with pytest.raises(UnknownDay, match="31/01/2027"):
        working_day_after(CALENDARS, date(2027, 1, 28), 3)


def test_a_decision_that_is_awaited_is_told_with_what_it_may_change() -> None:
    assert doubts_between(CALENDARS, date(2026, 11, 20), date(2026, 12, 1))
    assert not doubts_between(CALENDARS, date(2026, 11, 23), date(2026, 12, 1))


@given(SETTLED, FEW)
def test_counting_back_what_was_added_gives_the_same_number(start: date, count: int) -> None:
    end = working_day_after(CALENDARS, start, count)
    assert working_days_between(CALENDARS, start, end) == count
    back = working_day_after(CALENDARS, end, -count)
    assert back <= start
    assert working_days_between(CALENDARS, back, start) == (
        0 if not is_working(CALENDARS, start) else int(back != start)
    )


@given(SETTLED, FEW)
def test_counting_ends_on_a_working_day_and_skips_none(start: date, count: int) -> None:
    end = working_day_after(CALENDARS, start, count)
    assert is_working(CALENDARS, end)
    days = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert [day for day in days if is_working(CALENDARS, day)][-1] == end


@given(SETTLED, st.integers(0, 60), st.integers(0, 60))
def test_working_days_of_two_spans_add_up(start: date, first: int, second: int) -> None:
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    parts = working_days_between(CALENDARS, start, middle) + working_days_between(CALENDARS, middle, end)
    assert parts == working_days_between(CALENDARS, start, end)


@given(SETTLED)
def test_a_period_that_ends_on_a_day_off_ends_on_the_next_that_is_worked(day: date) -> None:
    end = on_or_after(CALENDARS, day)
    assert is_working(CALENDARS, end)
    assert working_days_between(CALENDARS, day - timedelta(days=1), end) == 1
