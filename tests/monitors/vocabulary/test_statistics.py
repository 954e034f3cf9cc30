"""Statistics of words against worked examples, and what must hold for any counts."""

from __future__ import annotations

import random

import numpy as np
import pytest

from monitors.vocabulary import dispersion, keyness, outcome, repetition
from monitors.vocabulary.words import END, once, places, words


def test_log_odds_are_zero_where_nothing_differs_and_shrink_with_the_prior() -> None:
    rate = np.array([0.01, 0.01])
    z = keyness.log_odds_z(np.array([10.0, 40.0]), 1000.0, rate)
    assert z[0] == pytest.approx(0.0, abs=0.05)
    assert z[1] > 2.0
    assert keyness.log_odds_z(np.array([10.0, 40.0]), 1000.0, rate, prior=100.0)[1] < z[1]


def test_dispersion_is_one_for_poisson_and_katz_counts_where_a_word_is() -> None:
    counts = np.random.default_rng(0).poisson(4.0, (20_000, 1)).astype(float)
    assert dispersion.fano(counts)[0] == pytest.approx(1.0, abs=0.05)
    assert dispersion.katz(np.array([[0.0], [3.0], [1.0]]))[0] == 2.0
    assert dispersion.fano(np.zeros((3, 2))).tolist() == [0.0, 0.0]


def test_the_excess_of_a_count_is_the_tail_of_its_distribution() -> None:
    """Geometric: with spread 1 and mean m, P(X >= k) = (m / (m + 1))^k."""
    bits = dispersion.excess_bits(np.array([3.0, 0.0]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    assert bits == pytest.approx([3.0, 0.0])


def test_information_is_one_bit_for_a_word_that_is_the_outcome() -> None:
    outcomes = [n % 2 == 0 for n in range(60)]
    chooser = random.Random(0)
    present = np.array([[own, chooser.random() < 0.5, True] for own in outcomes])
    found = outcome.information(present, outcomes)
    assert found.bits[0] == pytest.approx(1.0)
    assert found.bits[2] == pytest.approx(0.0)
    assert found.p[0] == 0.001
    assert found.p[1] > 0.05
    with pytest.raises(ValueError, match="60 transcripts have 59 outcomes"):
        outcome.information(present, outcomes[1:])


def test_a_loop_compresses_and_repeats() -> None:
    loop = "The answer is even. " * 50
    assert repetition.compression_ratio(loop) < 0.1 < repetition.compression_ratio("A short text, said once.")
    assert once(words(loop)) == ["the", "answer", "is", "even", END, END]


def test_words_leave_code_out_and_are_found_again_in_their_places() -> None:
    text = "It’s odd.\n```\nhidden word\n```\nHmm, it's Hmm again"
    assert words(text) == ["it's", "odd", END, "hmm", "it's", "hmm", "again"]
    assert [text[start:end] for start, end in places(text, "hmm")] == ["Hmm", "Hmm"]
    assert [text[start:end] for start, end in places(text, "it's")] == ["It’s", "it's"]
