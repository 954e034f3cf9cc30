from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.characters.choice import choice_bits, placement_bits, surprise_bits


@pytest.mark.parametrize("symbols", ["", "a", "aaaaaaaa", "abababab", "ab"])
def test_a_constant_and_a_strict_alternation_are_no_choice(symbols: str) -> None:
    assert choice_bits(symbols) == pytest.approx(0.0)


def test_one_change_says_only_where_it_is() -> None:
    assert choice_bits("a" * 8 + "b" * 8) == pytest.approx(math.log2(15))


@given(st.integers(0, 2**32), st.sampled_from([2, 4, 16]))
def test_random_symbols_hold_about_their_own_bits(seed: int, kinds: int) -> None:
    symbols = random.Random(seed).choices(range(kinds), k=256)
    assert choice_bits(symbols) == pytest.approx(256 * math.log2(kinds), rel=0.12)


@given(st.integers(1, 200), st.floats(0.01, 0.9))
def test_surprise_bounds_the_tail_of_a_binomial(n: int, share: float) -> None:
    for k in range(n + 1):
        tail = sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))
        assert tail < 1e-300 or surprise_bits(k, n, share) <= -math.log2(min(tail, 1.0)) + 1e-6


@given(st.integers(0, 2**32))
def test_dense_placement_is_choice_and_sparse_is_not(seed: int) -> None:
    rng = random.Random(seed)
    assert placement_bits([rng.random() < 0.5 for _ in range(64)]) > 40
    assert placement_bits([at % 40 == 0 for at in range(400)]) == 0.0
    assert placement_bits([False] * 9) == placement_bits([]) == placement_bits([True] * 50) == 0.0
