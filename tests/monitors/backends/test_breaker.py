"""The circuit breaker by its own clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.backends.breaker import Breaker, Circuit, CircuitOpen


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def state(breaker: Breaker) -> Circuit:
    return breaker.state


def failing(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.enter()
        breaker.fail()


def test_it_opens_after_ten_failures_and_lets_one_try_after_thirty_seconds() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    failing(breaker, 9)
    assert state(breaker) is Circuit.CLOSED
    failing(breaker, 1)
    assert state(breaker) is Circuit.OPEN
    clock.now += 29
    with pytest.raises(CircuitOpen, match="asked again in 1 s") as caught:
        breaker.enter()
    assert caught.value.reason == "error"
    clock.now += 1
    breaker.enter()
    with pytest.raises(CircuitOpen, match="one question is trying it now"):
        breaker.enter()


def test_the_one_that_tries_closes_it_or_opens_it_again() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    failing(breaker, 10)
    clock.now += 30
    failing(breaker, 1)
    assert state(breaker) is Circuit.OPEN
    clock.now += 30
    breaker.enter()
    breaker.leave()
    breaker.enter()
    breaker.succeed()
    assert state(breaker) is Circuit.CLOSED
    failing(breaker, 9)
    assert state(breaker) is Circuit.CLOSED


@given(st.lists(st.booleans(), max_size=60))
def test_it_is_open_exactly_after_ten_failures_in_a_row(answers: list[bool]) -> None:
    breaker = Breaker(clock=Clock())
    in_a_row = 0
    for is_good in answers:
        if in_a_row >= 10:
            assert state(breaker) is Circuit.OPEN
            return
        breaker.enter()
        breaker.succeed() if is_good else breaker.fail()
        in_a_row = 0 if is_good else in_a_row + 1
    assert (state(breaker) is Circuit.OPEN) == (in_a_row >= 10)
