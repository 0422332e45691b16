"""What is published of small counts: nothing, and of others the same number whoever asks how often."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gis.model.disclosure import LEAST, SPREAD, Noise

CELLS = st.tuples(st.text(max_size=8), st.text(max_size=8))
COUNTS = st.integers(min_value=0, max_value=5_000)
SECRETS = st.binary(min_size=16, max_size=32)


@given(SECRETS, CELLS, COUNTS)
def test_no_count_from_one_to_nine_is_ever_published(secret: bytes, cell: tuple[str, ...], count: int) -> None:
    shown = Noise(secret).count(cell, count)
    assert (shown is None) == (0 < count < LEAST)
    assert shown is None or shown == 0 or shown >= LEAST


@given(SECRETS, CELLS, COUNTS)
def test_the_noise_is_small_and_the_same_each_time(secret: bytes, cell: tuple[str, ...], count: int) -> None:
    first = Noise(secret).count(cell, count)
    assert first == Noise(secret).count(cell, count)
    assert first is None or abs(first - count) <= SPREAD


@given(SECRETS, CELLS, st.integers(0, 500), st.integers(0, 500), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_share_is_told_only_where_neither_side_has_few(
    secret: bytes, cell: tuple[str, ...], some: int, others: int, part: float, rest: float
) -> None:
    parts = part if some else 0.0, rest if others else 0.0
    shown = Noise(secret).share(cell, (some, others), parts)
    if some + others < LEAST or 0 < some < LEAST or 0 < others < LEAST:
        assert shown is None
    elif shown is not None:
        assert 0 <= shown <= 100


@given(SECRETS, CELLS, st.integers(1, 500), st.floats(0, 1e6))
def test_a_sum_is_told_where_its_cases_are_and_bends_as_they_do(
    secret: bytes, cell: tuple[str, ...], count: int, total: float
) -> None:
    noise = Noise(secret)
    cases, shown = noise.count(cell, count), noise.total(cell, count, total)
    assert (shown is None) == (cases is None)
    if shown is not None and cases is not None:
        assert abs(shown * count - total * cases) <= 1e-6 * max(1.0, total * cases)


def test_over_many_cells_the_noise_hits_every_step_and_cancels_out() -> None:
    noise = Noise(b"secret of the test")
    drawn = Counter(noise.of((str(number),), 100) for number in range(4_500))
    assert set(drawn) == set(range(-SPREAD, SPREAD + 1))
    assert drawn.most_common(1)[0][0] == 0
    assert abs(sum(step * times for step, times in drawn.items())) < 4_500 * 0.1


def test_who_does_not_know_the_secret_cannot_draw_the_same_noise() -> None:
    ours, theirs = Noise(b"ours"), Noise(b"theirs")
    assert any(ours.of((str(n),), 50) != theirs.of((str(n),), 50) for n in range(50))


def test_one_case_more_or_less_does_not_show_in_the_difference() -> None:
    """Of two published numbers whose truth differs by one, the difference may be anything from -2 to 4 and is often not 1."""
    noise = Noise(b"secret of the test")
    seen = Counter((noise.count((str(cell),), 101) or 0) - (noise.count((str(cell),), 100) or 0) for cell in range(500))
    assert {0, 1, 2} < set(seen)
    assert seen[1] < 250
