"""Calendars as files: what they say is taken over, and each mistake is told with its place."""

from __future__ import annotations

from datetime import date

import pytest

from gis.catalog.calendar_file import read_calendar
from gis.catalog.problems import Place
from gis.model.calendar import Year

GOOD = """\
year = 2026
sources = ["Thông báo 1"]
settled_to = 2026-12-31

[[off]]
title = { vi = "Quốc khánh", en = "National Day" }
days = [2026-09-02, 2026-09-01]

[[swaps]]
off = 2026-01-02
worked = 2026-01-10
source = "Công văn 2"

[[doubts]]
day = 2026-11-24
text = { vi = "Chưa quyết định", en = "Not decided" }
"""


def read(content: str, name: str = "2026") -> tuple[Year | None, list[str]]:
    problems: list[str] = []
    return read_calendar(name, content, Place(f"layers/calendars/{name}.toml", problems)), problems


def test_a_year_is_read_with_its_days_in_order() -> None:
    year, problems = read(GOOD)
    assert problems == [] and year is not None
    assert (year.year, year.sources, year.settled_to) == (2026, ("Thông báo 1",), date(2026, 12, 31))
    assert list(year.off) == [date(2026, 1, 2), date(2026, 9, 1), date(2026, 9, 2)]
    assert list(year.worked) == [date(2026, 1, 10)]
    assert year.off[date(2026, 9, 2)].en == "National Day"
    assert year.doubts[date(2026, 11, 24)].vi == "Chưa quyết định"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("year = 2026", "year = 2025", "write year = 2026"),
        ("2026-09-02, 2026-09-01", "2026-09-02, 2026-09-02", "2026-09-02 stands twice"),
        ("2026-09-02, 2026-09-01", "2026-09-05", "2026-09-05 is a Saturday, which is off anyway"),
        ("2026-09-02, 2026-09-01", "2027-09-02", "put it into layers/calendars/2027.toml"),
        ("worked = 2026-01-10", "worked = 2026-01-09", "only a Saturday or Sunday is worked"),
        ("off = 2026-01-02\nworked = 2026-01-10\n", "", "names no day"),
        ("settled_to =", "settled =", "settled"),
        ('source = "Công văn 2"\n', "", "source"),
        ("year = 2026", "year =", "2026.toml"),
    ],
)
def test_a_mistake_is_told_with_its_file(old: str, new: str, said: str) -> None:
    assert GOOD.count(old) == 1
    _, problems = read(GOOD.replace(old, new))
    assert problems and all(problem.startswith("layers/calendars/2026.toml") for problem in problems)
    assert any(said in problem for problem in problems)


def test_either_half_of_a_swap_may_stand_alone() -> None:
    year, problems = read(GOOD.replace("worked = 2026-01-10\n", ""))
    assert problems == [] and year is not None and not year.worked


def test_what_is_not_toml_is_no_year() -> None:
    year, problems = read("year =")
    assert year is None and len(problems) == 1
