"""What of the counts of a survey everybody may see."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from gis.model.disclosure import LEAST
from gis.rules.conformity import CONFORMS, EXCEEDS, STATUSES, UNKNOWN
from services.permits.survey_counts import Counts, suppressed, told


@given(st.tuples(*[st.integers(0, 60)] * 3))
def test_no_suppressed_count_follows_from_the_others(numbers: tuple[int, int, int]) -> None:
    counts = dict(zip(STATUSES, numbers, strict=True))
    hidden = suppressed(counts)
    assert all(number == 0 or number >= LEAST for status, number in counts.items() if status not in hidden)
    if hidden and sum(numbers) >= LEAST:
        assert len(hidden) > 1
        assert sum(counts[status] for status in hidden) >= LEAST
    if 0 < sum(numbers) < LEAST:
        assert hidden == set(STATUSES)
    assert suppressed(dict(reversed(counts.items()))) == hidden


@given(st.tuples(*[st.integers(0, 60)] * 3), st.dictionaries(st.sampled_from("abc"), st.integers(1, 60)))
def test_what_is_lacking_is_told_of_many_and_where_many_or_none_are_left(
    numbers: tuple[int, int, int], lacking: dict[str, int]
) -> None:
    lacking = {name: min(number, numbers[2]) for name, number in lacking.items() if numbers[2]}
    statuses = dict(zip((CONFORMS, EXCEEDS, UNKNOWN), numbers, strict=True))
    counts = Counts(
        sum(numbers),
        Counter({("far", status): number for status, number in statuses.items()}),
        Counter({("far", name): number for name, number in lacking.items()}),
    )
    everybody, agency = (cast("Any", told(counts, public=public))["aspects"]["far"] for public in (True, False))
    assert agency["lacking"] == lacking
    open_ = {} if everybody["unknown"] is None else lacking
    rests = {name: numbers[2] - number for name, number in lacking.items()}
    expected = {name: n for name, n in open_.items() if n >= LEAST and (rests[name] == 0 or rests[name] >= LEAST)}
    assert everybody["lacking"] == expected
