"""The law of clean texts is a law: it sums to one, from both ends, and learns from the rest of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from monitors.codebook.clean_law import Clean, CleanLaw
from monitors.codebook.evidence import LEAST, LEAST_BITS, evidence
from monitors.codebook.payload_law import Characters, byte_law
from monitors.codebook.urns import Urns

_TWO, _THREE, _COIN = ("a", 0, 2), ("a", 1, 3), ("coin", 0, 2)
URNS = Urns.of({_TWO: [(0.7, [0.4, 2.0]), (0.3, [3.0, 1.0])], _THREE: [(1.0, [1.0, 0.5, 0.2])]})
COINS = Urns.of({_COIN: [(1.0, [2.0, 2.0])]})
WORDS = byte_law(Characters(np.ones((27, 27)), np.ones(95)))


def read(bits: Sequence[int], weights: tuple[float, ...] = (0.6, 0.1, 0.1, 0.1, 0.1)) -> Clean:
    choices = COINS.choices([(_COIN, bit) for bit in bits])
    return CleanLaw(weights, np.array([[0.3, 0.7]])).read(choices, COINS.steps(choices))


def test_all_texts_together_have_probability_one_from_both_ends() -> None:
    kinds = [_TWO, _THREE, _TWO, _TWO]
    texts = product(*(range(kind[-1]) for kind in kinds))
    steps = [URNS.steps(URNS.choices(list(zip(kinds, text, strict=True)))) for text in texts]
    assert sum(math.exp(one.onwards.sum()) for one in steps) == pytest.approx(1.0)
    assert all(one.onwards.sum() == pytest.approx(one.backwards.sum()) for one in steps)


def test_all_laws_of_a_text_together_sum_to_one() -> None:
    total = sum(math.exp(read(bits).law) for bits in product((0, 1), repeat=7))
    assert total == pytest.approx(1.0)


def test_a_choice_that_a_text_makes_often_becomes_likely() -> None:
    steps = COINS.steps(COINS.choices([(_COIN, 1)] * 30)).onwards
    assert np.all(np.diff(steps) > 0.0)


def test_a_group_that_was_not_fitted_is_even_until_it_is_learned() -> None:
    strange = ("new", 9, 24)
    assert URNS.steps(URNS.choices([(strange, 3)] * 2)).onwards.sum() == pytest.approx(-2 * math.log(24))
    learned = URNS.more({strange: [(1.0, [0.5] * 24)]})
    assert learned.steps(learned.choices([(strange, 3)] * 2)).onwards.sum() > -2 * math.log(24)
    both = [(_TWO, 1), (_THREE, 2), (_TWO, 0)]
    assert np.allclose(learned.steps(learned.choices(both)).onwards, URNS.steps(URNS.choices(both)).onwards)


def test_the_mean_ratio_of_clean_texts_is_at_most_one() -> None:
    """Over texts of 24 sites that the law could make: the ratio is an e-value."""
    draw = np.random.default_rng(5)
    ratios = []
    for _ in range(2000):
        bits = (draw.random(24) < draw.beta(2.0, 2.0)).astype(int).tolist()
        clean = read(bits, (1.0, 1e-12, 1e-12, 1e-12, 1e-12))
        ratios.append(math.exp(evidence([str(bit) for bit in bits], clean, WORDS).log_ratio))
    assert np.mean(ratios) < 1.0 + 4.0 * np.std(ratios) / math.sqrt(len(ratios))
    assert np.mean(np.array(ratios) >= 20.0) <= 0.05


def test_words_are_told_from_coins_and_their_reach_is_found() -> None:
    said = "".join(f"{byte:08b}" for byte in b"at the gate at nine")
    bits = said + "10110011100011110" * 4
    found = evidence(list(bits), read([int(bit) for bit in bits]), WORDS)
    assert found.log_ratio > 20.0
    assert (found.kind, found.bits[: len(said)]) == ("plain", said)
    assert len(found.bits) <= len(said) + 16


def test_a_choice_that_no_payload_makes_ends_what_is_read() -> None:
    received: list[str | None] = ["1"] * 40
    received[LEAST_BITS - 1] = None
    assert evidence(received, read([1] * 40), WORDS).log_ratio == LEAST
