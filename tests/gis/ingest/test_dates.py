"""Days come first, a date without a time is a whole local day, and nothing is read month first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Undecided
from gis.ingest.dates import day_start, read_dates

SAIGON = "Asia/Ho_Chi_Minh"


def days(values, zone: str = SAIGON, **options) -> list[str]:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    found = read_dates(array, "ngay", zone, **options)
    return ["bad" if bad else str(day) for day, bad in zip(found.days, found.bad, strict=True)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("01/02/2024", "2024-02-01"),
        ("1-2-2024", "2024-02-01"),
        ("1.2.2024", "2024-02-01"),
        ("2024-02-01", "2024-02-01"),
        ("2024/2/1", "2024-02-01"),
        (" 29/02/2024 ", "2024-02-29"),
        ("29/02/2023", "bad"),
        ("12/25/2024", "bad"),
        ("1/2/24", "bad"),
        ("31/04/2024", "bad"),
        ("2024-05-06T20:00:00Z", "2024-05-07"),
        ("2024-05-06T20:00:00+07:00", "2024-05-06"),
        ("06/05/2024 08:30", "2024-05-06"),
        ("06/05/2024 24:30", "bad"),
        ("soon", "bad"),
        ("", "NaT"),
    ],
)
def test_texts(text, day) -> None:
    assert days(["15/03/2020", text]) == ["2020-03-15", day]


def test_a_day_begins_at_local_midnight() -> None:
    found = read_dates(pa.array(["01/07/2025", "01/07/2025 09:00"]), "c", SAIGON)
    assert [str(i) for i in found.instants] == ["2025-06-30T17:00:00.000000", "2025-07-01T02:00:00.000000"]
    assert found.timed.tolist() == [False, True]
    assert str(day_start(np.datetime64("2025-07-01"), SAIGON)) == "2025-06-30T17:00:00.000000"


@pytest.mark.parametrize("values", [[1681189200000, None], ["1681189200000", ""], [1681189200000.0, None]])
def test_milliseconds_are_the_local_day(values) -> None:
    assert days(values, "America/Chicago") == ["2023-04-11", "NaT"]


def test_seconds_and_compact_dates() -> None:
    assert days([1681189200], "America/Chicago") == ["2023-04-11"]
    assert days([20240131, 20241301]) == ["2024-01-31", "bad"]
    assert days(["20240131", "20240229"]) == ["2024-01-31", "2024-02-29"]


def test_numbers_that_may_be_anything_are_asked_about() -> None:
    with pytest.raises(Undecided, match="epoch-ms"):
        days([1234, 99])
    assert days([86_400_000], reading="epoch-ms") == ["1970-01-02"]


def test_arrow_dates_and_timestamps() -> None:
    assert days(pa.array([date(2025, 7, 1), None])) == ["2025-07-01", "NaT"]
    assert days(pa.array([datetime(2025, 6, 30, 18, tzinfo=UTC)])) == ["2025-07-01"]
    assert days(pa.array([datetime(2025, 7, 1)])) == ["2025-07-01"]  # noqa: DTZ001 - files hold naive ones


def test_an_empty_column_has_no_dates() -> None:
    assert days(pa.nulls(2, pa.float64())) == ["NaT", "NaT"]
    assert days(pa.nulls(2, pa.string())) == ["NaT", "NaT"]


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from([SAIGON, "America/Chicago", "Europe/Paris"]))
def test_every_day_is_read_back_and_begins_when_the_zone_says(day, zone) -> None:
    found = read_dates(pa.array([day.strftime("%d/%m/%Y")]), "c", zone)
    assert str(found.days[0]) == day.isoformat()
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert found.instants[0].astype("M8[s]").item() == begin.replace(tzinfo=None, microsecond=0)
