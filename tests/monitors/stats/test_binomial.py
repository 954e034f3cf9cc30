"""Clopper-Pearson against published and closed-form values."""

from __future__ import annotations

import pytest

from monitors.stats.binomial import clopper_pearson
from monitors.stats.errors import UndefinedMetric


def test_no_success_in_299_excludes_one_percent_and_a_bit() -> None:
    share = clopper_pearson(0, 299)
    assert (share.value, share.low) == (0.0, 0.0)
    assert share.high == pytest.approx(1.0 - 0.025 ** (1 / 299))


def test_a_worked_example() -> None:
    share = clopper_pearson(10, 20)
    assert share.low == pytest.approx(0.27196, abs=1e-4)
    assert share.high == pytest.approx(0.72804, abs=1e-4)


def test_all_and_none_mirror_each_other() -> None:
    assert clopper_pearson(7, 7).low == pytest.approx(1.0 - clopper_pearson(0, 7).high)


def test_no_trials_have_no_share() -> None:
    with pytest.raises(UndefinedMetric):
        clopper_pearson(0, 0)
