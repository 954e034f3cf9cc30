"""The schedule of the standard."""

from __future__ import annotations

import pytest

from oversight.alerts.schedule import DELAYS_S, MAX_ATTEMPTS, pause_s


def test_ten_attempts_take_75_hours() -> None:
    assert MAX_ATTEMPTS == 10
    assert sum(DELAYS_S) == pytest.approx(75.6 * 3600, rel=0.002)


@pytest.mark.parametrize("attempt", range(1, 10))
def test_a_pause_lies_within_a_fifth_of_its_step(attempt: int) -> None:
    pauses = [pause_s(attempt) or 0 for _ in range(50)]
    assert all(0.8 * DELAYS_S[attempt] <= pause <= 1.2 * DELAYS_S[attempt] for pause in pauses)
    assert len(set(pauses)) > 1


def test_after_the_tenth_attempt_there_is_none() -> None:
    assert pause_s(10) is None


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("7", 7),
        ("1", 5),
        ("3600", 10),
        ("99999999999999999999", None),
        ("-5", None),
        ("Wed, 21 Oct", None),
        ("٣", None),
    ],
)
def test_retry_after_stretches_a_pause_to_twice_its_length_at_most(retry_after: str, expected: float | None) -> None:
    pause = pause_s(1, retry_after=retry_after)
    assert pause is not None
    if expected is None:
        assert 4 <= pause <= 6
    else:
        assert pause == expected
