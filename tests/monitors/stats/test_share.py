"""Share of the oracle: 1 for the oracle itself, 0 for chance, none where the oracle finds nothing."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.stats.share import share_of_oracle

Y = [True] * 40 + [False] * 40
GROUPS = [f"cover {i}" for i in range(40)] * 2
RANDOM = np.random.default_rng(0)
ORACLE = np.concatenate([RANDOM.normal(1.5, 1.0, 40), RANDOM.normal(0.0, 1.0, 40)])


def test_the_oracle_reaches_all_of_itself() -> None:
    share = share_of_oracle(Y, ORACLE, ORACLE, GROUPS)
    assert (share.value, share.low, share.high) == (1.0, 1.0, 1.0)


def test_a_monitor_that_knows_less_has_a_share_between() -> None:
    share = share_of_oracle(Y, ORACLE + RANDOM.normal(0.0, 2.0, 80), ORACLE, GROUPS)
    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    assert 0.0 < share.value < 1.0
    assert share.low < share.value < share.high


def test_there_is_no_share_of_an_oracle_that_finds_nothing() -> None:
    share = share_of_oracle(Y, ORACLE, np.zeros(80), GROUPS)
    assert share.value is None
    assert "undetectable in principle" in share.reason


def test_few_covers_give_a_value_without_an_interval() -> None:
    share = share_of_oracle(Y, ORACLE, ORACLE, ["a", "b"] * 40)
    assert share.value == pytest.approx(1.0)
    assert share.low is None
    assert "clusters" in share.reason
