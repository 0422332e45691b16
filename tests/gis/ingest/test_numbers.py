"""Numbers are read in one way for a whole column, or the user is asked."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Undecided
from gis.ingest.numbers import read_numbers


def read(texts: list[str | None], **options) -> list[float | None]:
    numbers, bad = read_numbers(pa.array(texts, pa.string()), "DienTich", **options)
    return [("bad" if b else n) for n, b in zip(numbers.to_pylist(), bad, strict=True)]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1.234,5", "78,4", "12", None, ""], [1234.5, 78.4, 12, None, None]),
        (["1,234.5", "78.4", "12"], [1234.5, 78.4, 12]),
        (["1 234,5", "1\u00a0234", "7"], [1234.5, 1234, 7]),
        (["1.234.567"], [1234567]),
        (["120,5 m2", "80 m²"], [120.5, 80]),
        (["-3.5", "+4.25", "1e3"], [-3.5, 4.25, 1000]),
        (["1,50", "x", "12,5,0", "1.5,5"], [1.5, "bad", "bad", "bad"]),
        (["123.456", "7.8"], [123.456, 7.8]),
        (["5", "abc", "-"], [5, "bad", "bad"]),
    ],
)
def test_a_column_has_one_reading(texts, numbers) -> None:
    assert read(texts) == numbers


@pytest.mark.parametrize("texts", [["1.234", "5"], ["1,234"], ["1.5", "2,5"]])
def test_what_fits_two_readings_is_asked_about_with_the_options_to_answer(texts) -> None:
    with pytest.raises(Undecided, match="--map DienTich=FIELD:comma"):
        read(texts)


def test_the_users_word_decides() -> None:
    assert read(["1.234"], reading="comma") == [1234]
    assert read(["1.234"], reading="point") == [1.234]
    assert read(["1,5"], reading="point") == ["bad"]


def test_among_whole_numbers_a_sign_parts_thousands() -> None:
    assert read(["1.234", "5"], whole=True) == [1234, 5]
    assert read(["1,234"], whole=True) == [1234]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from([",", "."]))
def test_what_is_written_in_the_vietnamese_or_english_way_is_read_back(values, mark) -> None:
    thousands = "." if mark == "," else ","
    texts = [f"{v / 100:,.2f}".replace(",", "_").replace(".", mark).replace("_", thousands) for v in values]
    assert read(texts) == [v / 100 for v in values]
