"""Each address is let through so many times at once and then evenly, in memory that does not grow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.throttle import Throttle, network_of


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_address_is_let_through_as_often_as_it_may_and_then_told_how_long_to_wait(clock: Clock) -> None:
    throttle = Throttle(3, 60.0, clock=clock)
    assert [throttle.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert throttle.wait("a") == pytest.approx(20.0)
    assert throttle.wait("a") == pytest.approx(20.0)  # asking in vain costs nothing
    clock.now += 20.0
    assert throttle.wait("a") == 0.0
    assert throttle.wait("a") == pytest.approx(20.0)


def test_one_address_does_not_hold_up_another(clock: Clock) -> None:
    throttle = Throttle(1, 60.0, clock=clock)
    assert throttle.wait("a") == 0.0
    assert throttle.wait("a") > 0.0
    assert throttle.wait("b") == 0.0


def test_no_more_addresses_are_remembered_than_may_be_and_those_that_owe_nothing_are_forgotten(clock: Clock) -> None:
    throttle = Throttle(2, 60.0, most=100, clock=clock)
    for number in range(1_000):
        throttle.wait(str(number))
    assert len(throttle) == 100
    clock.now += 60.0
    for number in range(100):
        throttle.wait(f"later {number % 2}")
    assert len(throttle) == 2


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=200), st.integers(1, 10))
def test_in_no_minute_more_than_twice_the_rate_gets_through(asked: list[tuple[float, str]], rate: int) -> None:
    """So many at once, and as many again at the even pace while the minute lasts."""
    clock = Clock()
    throttle = Throttle(rate, 60.0, clock=clock)
    through: dict[str, list[float]] = {"a": [], "b": []}
    for pause, who in asked:
        clock.now += pause
        wait = throttle.wait(who)
        if wait == 0.0:
            through[who].append(clock.now)
        else:
            clock.now += wait + 1e-6
            assert throttle.wait(who) == 0.0
            through[who].append(clock.now)
    for times in through.values():
        for start in times:
            assert sum(start <= time < start + 60.0 for time in times) <= 2 * rate + 1


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_whoever_has_one_address_of_a_network_has_all_of_it(client: str, network: str) -> None:
    assert network_of(client) == network
