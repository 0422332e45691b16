"""Calendars and time limits as they are read: every mistake at once, with file and key."""

from __future__ import annotations

from datetime import date

import pytest

from gis.catalog.deadline_file import read_procedure
from gis.errors import DefinitionError
from gis.model.calendar import is_working

YEAR = """
year = 2026
sources = ["Thông báo 9441/TB-BNV"]

[[off]]
days = [2026-01-01]
title = { vi = "Tết Dương lịch", en = "New Year's Day" }

[[swaps]]
off = 2026-01-02
worked = 2026-01-10
source = "Công văn 12729/VPCP-KGVX"
"""
LIMITS = """
[[states]]
code = "RECEIVED"
clock = "runs"
following = ["ISSUED"]

[[states]]
code = "ISSUED"
clock = "ends"
outcome = "granted"
following = []

[[limits]]
step = "decide"
document = "Nghị định 217/2026/NĐ-CP"
from = 2026-07-01
days = 7
count = "working"
"""


def mistakes(year: str = YEAR, limits: str = LIMITS) -> list[str]:
    with pytest.raises(DefinitionError) as refusal:
        read_procedure({"calendars/2026.toml": year, "permits/deadlines.toml": limits})
    return refusal.value.problems


def test_a_year_is_read_with_its_swaps() -> None:
    found = read_procedure({"calendars/2026.toml": YEAR, "permits/deadlines.toml": LIMITS})
    assert [is_working(found.calendars, date(2026, 1, day)) for day in (1, 2, 5, 10, 11)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert found.calendars[2026].sources == ("Thông báo 9441/TB-BNV",)


def test_the_digest_tells_contents_apart_and_not_their_line_ends() -> None:
    files = {"calendars/2026.toml": YEAR, "permits/deadlines.toml": LIMITS}
    plain = read_procedure(files).digest
    assert read_procedure({name: text.replace("\n", "\r\n") for name, text in files.items()}).digest == plain
    assert read_procedure(files | {"rules/other.toml": "not mine"}).digest == plain
    assert read_procedure(files | {"permits/deadlines.toml": LIMITS.replace("days = 7", "days = 8")}).digest != plain


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("year = 2026", "year = 2025", "calendars/2026.toml: year: is not the file's name"),
        ("[2026-01-01]", "[2026-01-03]", "2026-01-03 is a Saturday, which is off anyway"),
        ("[2026-01-01]", "[2025-01-01]", "2025-01-01 is not a day of 2026"),
        ("[2026-01-01]", "[2026-01-01, 2026-01-01]", "stands twice"),
        ("[2026-01-01]", '["2026-01-01"]', "must be a day"),
        ("worked = 2026-01-10", "worked = 2026-01-09", "2026-01-09 is a Friday; only a Saturday or Sunday"),
        ("source =", "sauce =", "swaps[1].source: missing"),
        ("sources = [", "origins = [", "sources: missing"),
        ("off = 2026-01-02\nworked = 2026-01-10\n", "", "names no day"),
    ],
)
def test_a_mistake_in_a_calendar_is_told_with_its_place(before: str, after: str, told: str) -> None:
    assert any(told in line for line in mistakes(year=YEAR.replace(before, after, 1)))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('following = ["ISSUED"]', 'following = ["ISUED"]', "did you mean 'ISSUED'"),
        ('clock = "ends"', 'clock = "stops"', "'ISSUED' has an outcome, but its clock stops"),
        ('code = "ISSUED"', 'code = "RECEIVED"', "'RECEIVED' stands 2 times"),
        ("days = 7", "days = 0", "limits[1].days: is 0, must be 1 to 365 days"),
        ('count = "working"', 'count = "weeks"', "limits[1].count"),
        ("from = 2026-07-01", "from = 2026-07-01\nto = 2026-07-01", "is not after 2026-07-01"),
        ('count = "working"', 'count = "working"\nunit = "days"', "limits[1].unit: unknown key"),
    ],
)
def test_a_mistake_in_the_limits_is_told_with_its_place(before: str, after: str, told: str) -> None:
    assert any(told in line for line in mistakes(limits=LIMITS.replace(before, after, 1)))


def test_two_limits_for_one_application_are_a_mistake() -> None:
    second = LIMITS[LIMITS.index("[[limits]]") :].replace("days = 7", "days = 9\nhouse = true")
    assert any("meets the limit of 7 days" in line for line in mistakes(limits=LIMITS + second))
    apart = second.replace("from = 2026-07-01", "from = 2027-07-01").replace("days = 9", "days = 9")
    ended = LIMITS.replace("from = 2026-07-01", "from = 2026-07-01\nto = 2027-07-01")
    assert len(read_procedure({"permits/deadlines.toml": ended + apart}).limits) == 2


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    found = mistakes(YEAR.replace("year = 2026", "year = 2025"), LIMITS.replace("days = 7", "days = 0"))
    assert any("calendars/2026.toml" in line for line in found)
    assert any("permits/deadlines.toml" in line for line in found)


STARTS = """
[[starts]]
document = "Luật 135/2025/QH15"
from = 2026-07-01
permit_types = ["MOI"]
months = 12
extensions = 2
extension_months = 12
"""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("months = 12", "months = 0", "starts[1].months: is 0, must be 1 to 120 months"),
        ('["MOI"]', '"MOI"', "starts[1].permit_types"),
        ("from = 2026-07-01", "from = 2026-07-01\nto = 2026-07-01", "is not after 2026-07-01"),
        ("extensions = 2", "extensions = 2\nyears = 1", "starts[1].years: unknown key"),
    ],
)
def test_a_mistake_in_how_long_a_permit_waits_is_told_with_its_place(before: str, after: str, told: str) -> None:
    assert any(told in line for line in mistakes(limits=LIMITS + STARTS.replace(before, after, 1)))


def test_two_times_to_begin_for_one_permit_are_a_mistake() -> None:
    assert any("types of permit" in line for line in mistakes(limits=LIMITS + STARTS + STARTS))
    other = STARTS.replace('"MOI"', '"SCCT"')
    assert len(read_procedure({"permits/deadlines.toml": LIMITS + STARTS + other}).starts) == 2
