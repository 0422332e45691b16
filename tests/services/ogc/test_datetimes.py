"""Instants, local days and intervals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from gis.model.query import Interval
from services.ogc.datetimes import parse_date, parse_datetime, parse_instant, parse_known

SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
PARIS = ZoneInfo("Europe/Paris")


def test_a_date_is_the_whole_local_day() -> None:
    assert parse_datetime("2024-08-01", SAIGON) == Interval(
        datetime(2024, 7, 31, 17, tzinfo=UTC), datetime(2024, 8, 1, 16, 59, 59, 999999, UTC)
    )


def test_a_local_day_is_as_long_as_the_clocks_say() -> None:
    day = parse_datetime("2024-03-31", PARIS)
    assert isinstance(day, Interval)
    assert day.start is not None
    assert day.end is not None
    assert day.end - day.start == timedelta(hours=23) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text", ["2024-08-01T00:00:00+07:00", "2024-07-31T17:00:00Z", "2024-07-31t17:00:00z", "2024-07-31T17:00:00.000Z"]
)
def test_an_instant_is_that_instant(text: str) -> None:
    assert parse_datetime(text, SAIGON) == datetime(2024, 7, 31, 17, tzinfo=UTC)


@pytest.mark.parametrize(("text", "start", "end"), [("../..", None, None), ("/", None, None), ("/..", None, None)])
def test_open_ends(text: str, start: None, end: None) -> None:
    assert parse_datetime(text, SAIGON) == Interval(start, end)


def test_an_interval_of_dates_ends_with_the_last_day() -> None:
    found = parse_datetime("2024-01-01/2024-01-31", SAIGON)
    assert found == Interval(datetime(2023, 12, 31, 17, tzinfo=UTC), datetime(2024, 1, 31, 16, 59, 59, 999999, UTC))


def test_a_leap_second_is_the_next_second() -> None:
    assert parse_instant("2016-12-31T23:59:60Z", "x") == datetime(2017, 1, 1, tzinfo=UTC)


def test_what_cannot_be_told_is_moved_to_what_can() -> None:
    found = parse_datetime("0000-01-01T00:00:00Z/9999-12-31T23:59:59-23:00", SAIGON)
    assert found == Interval(None, None)
    late = parse_datetime("9999-12-31/..", SAIGON)
    assert isinstance(late, Interval)
    assert late.start is not None


@pytest.mark.parametrize(
    "text", ["", "..", "x", "2024", "2024-1-1", "2024-01-01 00:00:00Z", "2024-01-02/2024-01-01", "1/2/3"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="datetime"):
        parse_datetime(text, SAIGON)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("01/05/2018", "2018-05-01"),
        ("1/5/2018", "2018-05-01"),
        ("01-05-2018", "2018-05-01"),
        ("31.12.2018", "2018-12-31"),
        ("20180501", "2018-05-01"),
        ("2018/05/01", "2018-05-01"),
        ("2018-5-1", "2018-05-01"),
        ("2018", "2018-01-01/2018-12-31"),
        ("2020-02", "2020-02-01/2020-02-29"),
        ("01/05/2018/31/05/2018", "2018-05-01/2018-05-31"),
        ("../01/05/2018", "../2018-05-01"),
        ("2018-05-01/31/05/2018", "2018-05-01/2018-05-31"),
        ("2018-05-01T07:00:00 07:00", "2018-05-01T07:00:00%2B07:00"),
    ],
)
def test_a_time_written_otherwise_is_quoted_whole_and_told_what_is_meant(text: str, meant: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_datetime(text, SAIGON)
    assert refused.value.en.startswith(f"datetime: '{text}' is not ")
    assert refused.value.en.endswith(f" Perhaps '{meant}' is meant.")
    assert refused.value.vi.startswith(f"datetime: '{text}' không hợp lệ; ")
    assert refused.value.vi.endswith(f" Có lẽ ý là '{meant}'.")


@pytest.mark.parametrize("text", ["2018-13-40", "30/02/2018", "05/13/2018", "0000-13", "..", "1/2/3", "99999999"])
def test_what_may_mean_anything_is_told_nothing(text: str) -> None:
    with pytest.raises(InvalidParameter, match=f"datetime: '{text}' is not .* open end.$"):
        parse_datetime(text, SAIGON)


def test_an_empty_time_is_called_empty() -> None:
    with pytest.raises(InvalidParameter, match="datetime: empty; "):
        parse_datetime("", SAIGON)


def test_an_interval_that_ends_first_is_told_the_other_order() -> None:
    with pytest.raises(InvalidParameter, match=r"ends before it begins; write 2024-01-01/2024-01-02\."):
        parse_datetime("2024-01-02/2024-01-01", SAIGON)


def test_a_day_written_as_people_do_is_understood_in_a_field_too() -> None:
    with pytest.raises(InvalidParameter, match=r"^registered_on: '01/05/2018' is not .* '2018-05-01' is meant\."):
        parse_date("01/05/2018", "registered_on")


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d"]))
def test_every_day_is_understood_however_it_is_written(day: date, form: str) -> None:
    with pytest.raises(InvalidParameter, match=f"Perhaps '{day.isoformat()}' is meant"):
        parse_datetime(day.strftime(form), SAIGON)


def test_known_at_takes_numbers_instants_and_days() -> None:
    assert parse_known("7", SAIGON) == 7
    assert parse_known("2024-07-31T17:00:00Z", SAIGON) == datetime(2024, 7, 31, 17, tzinfo=UTC)
    assert parse_known("2024-08-01", SAIGON) == datetime(2024, 8, 1, 16, 59, 59, 999999, UTC)
    with pytest.raises(InvalidParameter, match="knownAt"):
        parse_known("2147483648", SAIGON)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9999, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_every_instant_is_read_as_it_was_written(moment: datetime, offset: int) -> None:
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    text = f"{moment.isoformat(timespec='microseconds')}{sign}{minutes // 60:02}:{minutes % 60:02}"
    assert parse_instant(text, "x") == moment.replace(tzinfo=UTC) - timedelta(minutes=offset)


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1)))
def test_every_date_is_read_as_it_was_written(day: date) -> None:
    assert parse_date(day.isoformat(), "x") == day


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_datetime(text, SAIGON)
    except InvalidParameter:
        return
    assert isinstance(found, datetime | Interval)
