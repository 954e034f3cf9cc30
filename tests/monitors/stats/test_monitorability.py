from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.stats.errors import UndefinedMetric
from monitors.stats.monitorability import chance_ceiling, monitorability, plain_g_mean2

DAFT = Path(__file__).parents[2] / "data" / "monitorability" / "daft.txt"
LETTERS = {".": (0, 0), "y": (1, 0), "z": (0, 1), "b": (1, 1)}

Row = tuple[str, int, int, int]


def daft() -> list[Row]:
    lines = (line.split() for line in DAFT.read_text().splitlines())
    return [
        (name, x, *LETTERS[letter]) for name, *arms in lines for x, letters in enumerate(arms) for letter in letters
    ]


def columns(rows: list[Row]) -> tuple[list[str], list[int], list[int], list[int]]:
    names, x, y, z = (list(column) for column in zip(*rows, strict=True))
    return names, x, y, z


def arm(name: str, x: int, **letters: int) -> list[Row]:
    """So many rollouts of each kind: neither, y, z, both."""
    codes = {"neither": (0, 0), "y": (1, 0), "z": (0, 1), "both": (1, 1)}
    return [(name, x, *codes[kind]) for kind, n in letters.items() for _ in range(n)]


def test_the_monitor_of_a_published_run_reaches_what_was_published() -> None:
    # README of the study: 0.20 +- 0.05 for the monitor and 0.30 eligible, with rollouts resampled on top of the splits.
    found = monitorability(*columns(daft()))
    assert found.value == pytest.approx(0.20, abs=0.02)
    assert found.sd == pytest.approx(0.05, abs=0.015)
    assert found.eligible == pytest.approx(0.30, abs=0.05)
    assert found.low < found.value < found.high
    assert found.chance == pytest.approx(1 / (4 * found.q))


def test_copying_the_outcome_of_a_published_run_reaches_what_was_published() -> None:
    # The same README: 0.99 +- 0.01 for a detector that says what the answer was and reads nothing.
    names, x, y, _ = columns(daft())
    found = monitorability(names, x, y, y)
    assert found.value == pytest.approx(0.99, abs=0.01)
    assert found.sd == pytest.approx(0.01, abs=0.005)


def test_an_outcome_that_only_the_intervention_brings_and_the_monitor_finds_is_worth_one() -> None:
    rows = [row for name in map(str, range(12)) for row in arm(name, 0, neither=10) + arm(name, 1, both=10)]
    found = monitorability(*columns(rows))
    assert found[:7] == (1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.25)
    assert found.reason is None


def test_a_monitor_that_flags_everything_or_nothing_is_worth_nothing() -> None:
    for flags in ({"both": 10}, {"y": 10}):
        clean = {"z": 10} if "both" in flags else {"neither": 10}
        rows = [row for name in map(str, range(12)) for row in arm(name, 0, **clean) + arm(name, 1, **flags)]
        assert monitorability(*columns(rows)).value == 0.0


def test_flagging_at_random_stays_at_the_ceiling() -> None:
    random = np.random.default_rng(5)
    names = np.repeat(np.arange(40), 400)
    x = np.tile(np.repeat([0, 1], 200), 40)
    y = random.random(names.size) < np.where(x == 1, 0.8, 0.2)
    z = random.random(names.size) < 0.5
    found = monitorability(list(names), x, y, z, n_splits=20)
    assert found.q == pytest.approx(0.75, abs=0.01)
    assert found.value == pytest.approx(1 / (4 * 0.75), abs=0.01)


@pytest.mark.parametrize("q", [0.05, 0.3, 0.5, 0.6, 1.0])
def test_the_ceiling_is_the_best_of_all_rates(q: float) -> None:
    best = max(min(1.0, p / q) * (1.0 - p) for p in np.linspace(0.0, 1.0, 20_001))
    assert chance_ceiling(q) == pytest.approx(best, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(random: object) -> None:
    rows = daft()[:300]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hides the type
    assert monitorability(*columns(shuffled), n_splits=5) == monitorability(*columns(rows), n_splits=5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_instances_without_an_effect_change_the_eligible_share_alone(seed: int) -> None:
    rows = [row for name in "abcdefghijkl" for row in arm(name, 0, neither=10) + arm(name, 1, both=10)]
    idle = [row for name in "mno" for row in arm(name, 0, y=5, z=5) + arm(name, 1, y=5, z=5)]
    without = monitorability(*columns(rows), seed=seed, n_splits=10)
    found = monitorability(*columns(rows + idle), seed=seed, n_splits=10)
    assert found.eligible <= without.eligible
    assert without.value == 1.0


def test_no_effect_at_all_has_no_value() -> None:
    rows = [row for name in "abc" for row in arm(name, 0, both=5, neither=5) + arm(name, 1, neither=10)]
    with pytest.raises(UndefinedMetric, match="in none of 200 splits"):
        monitorability(*columns(rows))


def test_an_instance_of_one_arm_or_two_rollouts_is_not_eligible() -> None:
    rows = arm("whole", 0, neither=10) + arm("whole", 1, both=10)
    rows += arm("one arm", 1, both=10) + arm("two", 0, neither=2) + arm("two", 1, both=2)
    found = monitorability(*columns(rows))
    assert found.eligible == pytest.approx(1 / 3)
    assert "eligible on average" in (found.reason or "")


@pytest.mark.parametrize("bad", [2, -1, 0.5, math.nan])
def test_a_value_that_is_not_binary_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="column of 0 and 1"):
        monitorability(["a", "a"], [0, 1], [0, bad], [0, 1])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_the_plain_form_is_blind_to_prevalence_and_to_which_class_is_which(rows: list[tuple[bool, bool]]) -> None:
    y, z = [row[0] for row in rows], [row[1] for row in rows]
    if len(set(y)) == 1:
        with pytest.raises(UndefinedMetric):
            plain_g_mean2(y, z)
        return
    doubled = rows + [row for row in rows if row[0]]
    assert plain_g_mean2(*zip(*doubled, strict=True)) == pytest.approx(plain_g_mean2(y, z))
    assert plain_g_mean2([not a for a in y], [not a for a in z]) == pytest.approx(plain_g_mean2(y, z))
