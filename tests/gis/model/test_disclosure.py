"""What is published of small counts: nothing, and of others the same number whoever asks how often."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gis.model.disclosure import DOMINANCE, LEAST, SPREAD, Noise, dominated

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


PARTS = st.lists(st.floats(0, 1e5), min_size=1, max_size=40).map(lambda parts: sorted(parts, reverse=True))


def told(secret: bytes, parts: list[float]) -> float | None:
    """What is published of the sum of the parts."""
    largest = (*parts, 0.0)[:2]
    return Noise(secret).total(("cell",), len(parts), sum(parts), (largest[0], largest[1]))


@given(SECRETS, PARTS)
def test_of_a_sum_nobody_who_made_a_part_of_it_learns_another_one_closely(secret: bytes, parts: list[float]) -> None:
    shown = told(secret, parts)
    others = sum(parts) - sum(parts[:2])
    if len(parts) < LEAST or others < parts[0] * DOMINANCE / 100:
        assert shown is None
    else:
        assert shown is not None
        assert abs(shown - sum(parts)) <= SPREAD * max(sum(parts) / len(parts), parts[0] / 4) + 1e-6
        assert shown >= -1e-6
        assert shown == told(secret, parts)


def test_one_part_that_makes_nearly_all_of_a_sum_withholds_it_however_many_there_are() -> None:
    small = [100.0] * 30
    assert not dominated(sum(small), (100.0, 100.0))
    assert told(b"secret", [90_000.0, 10_000.0, *small]) is None
    assert told(b"secret", [20_000.0, 10_000.0, *small]) is not None


def test_a_large_part_that_comes_does_not_show_in_the_difference_of_two_days() -> None:
    """Over many secrets, what the difference says of it is off by more than DOMINANCE % most of the time."""
    small, large = [100.0] * 40, 5_000.0
    off = 0
    for number in range(200):
        secret = b"secret %d" % number
        before, after = told(secret, small), told(secret, [large, *small])
        assert before is not None
        assert after is not None
        off += abs(after - before - large) > large * DOMINANCE / 100
    assert off > 100


def test_no_cell_is_published_for_nothing_but_nought() -> None:
    assert Noise(b"secret").total(("cell",), 0, 0.0, (0.0, 0.0)) == 0


def test_over_many_cells_the_noise_hits_every_step_and_cancels_out() -> None:
    noise = Noise(b"secret of the test")
    drawn = Counter(noise.of((str(number),), "100") for number in range(4_500))
    assert set(drawn) == set(range(-SPREAD, SPREAD + 1))
    assert drawn.most_common(1)[0][0] == 0
    assert abs(sum(step * times for step, times in drawn.items())) < 4_500 * 0.1


def test_who_does_not_know_the_secret_cannot_draw_the_same_noise() -> None:
    ours, theirs = Noise(b"ours"), Noise(b"theirs")
    assert any(ours.of((str(n),), "50") != theirs.of((str(n),), "50") for n in range(50))


def test_one_case_more_or_less_does_not_show_in_the_difference() -> None:
    """Of two published numbers whose truth differs by one, the difference may be anything from -2 to 4 and is often not 1."""
    noise = Noise(b"secret of the test")
    seen = Counter((noise.count((str(cell),), 101) or 0) - (noise.count((str(cell),), 100) or 0) for cell in range(500))
    assert {0, 1, 2} < set(seen)
    assert seen[1] < 250
