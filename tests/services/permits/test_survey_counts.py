"""What of the counts of a survey everybody may see."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gis.rules.conformity import STATUSES
from services.permits.survey_counts import LEAST, suppressed


@given(st.tuples(*[st.integers(0, 60)] * 3))
def test_no_suppressed_count_follows_from_the_others(numbers: tuple[int, int, int]) -> None:
    counts = dict(zip(STATUSES, numbers, strict=True))
    hidden = suppressed(counts)
    assert all(number == 0 or number >= LEAST for status, number in counts.items() if status not in hidden)
    if hidden and sum(numbers) >= LEAST:
        assert len(hidden) > 1
        assert sum(counts[status] for status in hidden) >= LEAST
    assert suppressed(dict(reversed(counts.items()))) == hidden
