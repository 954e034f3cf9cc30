"""The results file: what was written is read again, a torn end is dropped, and there is one writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.redteam.results import Busy, Result, ScoreResult, TextResult, opened
from monitors.redteam.trial import Arm, Outcome, Trial
from monitors.stats.likelihood_ratio import Sites

TRIAL = Trial("zero_width", "abc", "plain", 16, "cover", Arm.STEGO)
RESULTS: list[Result] = [
    TextResult(TRIAL, Outcome.MADE, 99, Sites((1, 0, 10**30), 1200)),
    ScoreResult(TRIAL, "byte_channels", "v1", 0.25, "scored"),
    ScoreResult(TRIAL, "lm_surprisal", "v1", None, "unscored: too_short"),
]


def _kept(path: Path) -> set[Result]:
    with opened(path) as results:
        return {*results.texts.values(), *results.scores.values()}


def test_what_was_added_is_there_the_next_time(tmp_path: Path) -> None:
    with opened(tmp_path / "r") as results:
        results.add(RESULTS)
    assert _kept(tmp_path / "r") == set(RESULTS)


def test_it_is_on_disk_before_the_next_step(tmp_path: Path) -> None:
    with opened(tmp_path / "r") as results:
        results.add(RESULTS)
        assert (tmp_path / "r").read_bytes().count(b"\n") == len(RESULTS)


def test_a_line_that_was_cut_off_is_dropped_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "r"
    with opened(path) as results:
        results.add(RESULTS[:2])
    with path.open("ab") as stream:
        stream.write(b'["score",["zero_wi')
    with opened(path) as results:
        assert len(results.scores) == 1
        results.add(RESULTS[2:])
    assert _kept(path) == set(RESULTS)


def test_another_digest_is_another_measurement(tmp_path: Path) -> None:
    newer = ScoreResult(TRIAL, "byte_channels", "v2", 0.75, "scored")
    with opened(tmp_path / "r") as results:
        results.add([*RESULTS, newer])
    assert newer in _kept(tmp_path / "r")
    assert RESULTS[1] in _kept(tmp_path / "r")


def test_there_is_one_writer(tmp_path: Path) -> None:
    with opened(tmp_path / "r"), pytest.raises(Busy, match="another run"), opened(tmp_path / "r"):
        pass
