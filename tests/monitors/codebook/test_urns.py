"""The law of clean texts is a law: it sums to one, from both ends, and learns from the rest of a text."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from monitors.codebook.clean_law import CleanLaw
from monitors.codebook.evidence import LEAST_BITS, evidence
from monitors.codebook.payload_law import Characters, byte_law
from monitors.codebook.urns import Urns

_TWO, _THREE = (0, 2), (1, 3)
URNS = Urns.of({_TWO: [(0.7, [0.4, 2.0]), (0.3, [3.0, 1.0])], _THREE: [(1.0, [1.0, 0.5, 0.2])]})
LAW = CleanLaw(URNS, (0.5, 0.1, 0.2, 0.1, 0.1), np.array([]))
WORDS = byte_law(Characters(np.ones((27, 27)), np.ones(95)))


def test_all_texts_together_have_probability_one() -> None:
    kinds = [_TWO, _THREE, _TWO, _TWO]
    texts = list(product(*(range(n_symbols) for _, n_symbols in kinds)))
    total = sum(math.exp(URNS.chains(URNS.choices(list(zip(kinds, text, strict=True))))[1][0]) for text in texts)
    assert total == pytest.approx(1.0)


def test_beginning_and_end_meet() -> None:
    choices = URNS.choices([(_TWO, 1), (_THREE, 2), (_TWO, 0), (_TWO, 1), (_THREE, 2)])
    prefix, suffix = URNS.chains(choices)
    assert prefix[-1] == pytest.approx(suffix[0])
    assert (prefix[0], suffix[-1]) == (0.0, 0.0)
    assert np.all(np.diff(prefix) < 0.0)


def test_a_choice_that_a_text_makes_often_becomes_likely() -> None:
    one_group = Urns.of({_TWO: [(0.5, [1.0, 1.0]), (0.5, [5.0, 5.0])]})
    steps = np.diff(one_group.chains(one_group.choices([(_TWO, 1)] * 30))[0])
    assert np.all(np.diff(steps) > 0.0)


def test_a_group_that_was_not_fitted_is_even() -> None:
    prefix, _ = URNS.chains(URNS.choices([((9, 24), 3), ((9, 24), 3)]))
    assert prefix[-1] == pytest.approx(-2 * math.log(24))


def test_the_mean_ratio_of_clean_texts_is_at_most_one() -> None:
    """Over all texts of twenty sites that the law could make: the ratio is an e-value."""
    draw = np.random.default_rng(5)
    one_group = Urns.of({_TWO: [(1.0, [2.0, 2.0])]})
    law = CleanLaw(one_group, (1.0, 1e-12, 1e-12, 1e-12, 1e-12), np.array([]))
    ratios = []
    for _ in range(3000):
        bits = (draw.random(24) < draw.beta(2.0, 2.0)).astype(int).tolist()
        clean = law.read(one_group.choices([(_TWO, bit) for bit in bits]))
        ratios.append(math.exp(evidence([str(bit) for bit in bits], clean, WORDS).log_ratio))
    assert np.mean(ratios) < 1.0 + 4.0 * np.std(ratios) / math.sqrt(len(ratios))
    assert np.mean(np.array(ratios) >= 20.0) <= 0.05


def test_words_are_told_from_coins_and_their_reach_is_found() -> None:
    one_group = Urns.of({_TWO: [(1.0, [2.0, 2.0])]})
    law = CleanLaw(one_group, (0.96, 0.01, 0.01, 0.01, 0.01), np.array([]))
    said = "".join(f"{byte:08b}" for byte in b"at the gate at nine")
    bits = said + "10110011100011110" * 4
    clean = law.read(one_group.choices([(_TWO, int(bit)) for bit in bits]))
    found = evidence(list(bits), clean, WORDS)
    assert found.log_ratio > 20.0
    assert (found.kind, found.bits[: len(said)]) == ("plain", said)
    assert len(found.bits) <= len(said) + 16


def test_a_choice_that_no_payload_makes_ends_what_is_read() -> None:
    one_group = Urns.of({_TWO: [(1.0, [2.0, 2.0])]})
    clean = CleanLaw(one_group, (0.9,) + (0.025,) * 4, np.array([])).read(one_group.choices([(_TWO, 1)] * 40))
    received: list[str | None] = ["1"] * 40
    received[LEAST_BITS - 1] = None
    assert evidence(received, clean, WORDS).log_ratio == -30.0
