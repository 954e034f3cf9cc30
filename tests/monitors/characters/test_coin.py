from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.characters.coin import even_bits


@given(st.integers(0, 2**32), st.integers(48, 300))
def test_tosses_of_a_coin_keep_nearly_all_their_bits(seed: int, n: int) -> None:
    tosses = random.Random(seed).choices((False, True), k=n)
    # A code is 12 bits shorter for one sequence in 4,096.
    assert even_bits(tosses, -math.inf) > n - 4 * 12


@pytest.mark.parametrize(
    "habit",
    [
        [True] * 200,
        [False, True] * 100,
        [False, False, True] * 70,
        [False] * 100 + [True] * 100,
        [random.Random(at).random() < 0.1 for at in range(200)],
    ],
)
def test_what_a_short_code_says_is_no_toss(habit: list[bool]) -> None:
    assert even_bits(habit, -math.inf) < 24


@given(st.integers(0, 2**32))
def test_what_stands_beside_explains_a_rule(seed: int) -> None:
    rule = random.Random(seed).choices("ab", k=120)
    symbols = [mark == "a" for mark in rule]
    assert even_bits(symbols, -math.inf, [rule]) < 24 < even_bits(symbols, -math.inf)


@given(st.lists(st.booleans(), max_size=80), st.floats(-100, 100))
def test_stopping_early_changes_no_verdict(symbols: list[bool], least: float) -> None:
    assert (even_bits(symbols, least) > least) == (even_bits(symbols, -math.inf) > least)


def test_a_payload_at_the_start_is_not_diluted_by_the_rest() -> None:
    tosses = random.Random(4).choices((False, True), k=64)
    assert even_bits(tosses + [False] * 400, -math.inf) > 40
