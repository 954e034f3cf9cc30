"""The closing summary: what was scored, what was not, and what the calls cost."""

from __future__ import annotations

import pytest

from monitors.base import Cost, Reason, Score
from monitors.commands.progress import Tally

CALLED = Score(0.1, cost=Cost(calls=2, prompt_tokens=1500, completion_tokens=40, cached_tokens=900, money=0.0125))


def test_calls_are_added_up_by_monitor_and_together(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for scores in ({"a": CALLED, "b": CALLED, "c": Score(0.2)}, {"a": CALLED, "b": Score.unscored(Reason.TIMEOUT)}):
        tally.add(scores)
    tally.write(n_read=2, n_unreadable=0)
    told = capsys.readouterr().err
    assert "a: 4 model calls, 3,000 prompt tokens (1,800 of them cached) and 80 of answers, 0.0250 USD\n" in told
    assert (
        "together: 6 model calls, 4,500 prompt tokens (2,700 of them cached) and 120 of answers, 0.0375 USD\n" in told
    )
    assert "c: 0 model" not in told


def test_without_calls_nothing_is_said_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    tally.add({"a": Score(0.1)})
    tally.write(n_read=1, n_unreadable=0)
    assert "model calls" not in capsys.readouterr().err
