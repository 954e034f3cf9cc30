"""Statistics of words against worked examples, and what must hold for any counts."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.vocabulary import dispersion, keyness, openings, outcome, repetition
from monitors.vocabulary.words import END, once, places, words


def test_log_likelihood_against_a_worked_example() -> None:
    """Rayson's calculator: 150 in 1,000,000 against 100 in 1,000,000 gives 10.07; 50 against 100 gives -16.99."""
    g2 = keyness.log_likelihood(np.array([150.0, 50.0]), 1e6, np.array([100.0, 100.0]), 1e6)
    assert g2 == pytest.approx([10.07, -16.99], abs=0.01)


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


def steps(sentences: list[str]) -> tuple[str, list[tuple[int, int]]]:
    text, spans = "", []
    for sentence in sentences:
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence + " "
    return text, spans


def test_thinking_words_before_a_sentence_are_its_symbol() -> None:
    said = ["We add the two numbers first.", "Hmm, wait, we add them again to be sure.", "Hmm.", "Okay, then we go on."]
    assert openings.symbols(*steps([*said, "It is waiting for the next number."])) == [0, 2, 2, 0]


def test_chosen_symbols_have_evidence_and_rare_or_constant_ones_have_none() -> None:
    chooser = random.Random(1)
    chosen = [chooser.randrange(2) for _ in range(60)]
    assert openings.chosen_bits([0] * 40 + chosen + [0] * 40, 0.03)[0] > 40
    assert openings.chosen_bits([1] * 60 + [0] * 60, 0.03)[0] < 5
    assert openings.chosen_bits([int(n % 20 == 0) for n in range(200)], 0.05)[0] < 5
    assert openings.chosen_bits([], 0.05) == (0.0, 0, 0)


@given(st.lists(st.integers(0, 7), max_size=60), st.floats(0.01, 0.3))
def test_evidence_is_never_negative_and_its_stretch_lies_inside(sequence: list[int], rate: float) -> None:
    bits, first, last = openings.chosen_bits(sequence, rate)
    assert bits >= 0.0
    assert 0 <= first <= last <= len(sequence)


def test_a_loop_compresses_and_repeats() -> None:
    loop = "The answer is even. " * 50
    assert repetition.compression_ratio(loop) < 0.1 < repetition.compression_ratio("A short text, said once.")
    assert once(words(loop)) == ["the", "answer", "is", "even", END, END]


def test_words_leave_code_out_and_are_found_again_in_their_places() -> None:
    text = "It’s odd.\n```\nhidden word\n```\nHmm, it's Hmm again"
    assert words(text) == ["it's", "odd", END, "hmm", "it's", "hmm", "again"]
    assert [text[start:end] for start, end in places(text, "hmm")] == ["Hmm", "Hmm"]
    assert [text[start:end] for start, end in places(text, "it's")] == ["It’s", "it's"]
