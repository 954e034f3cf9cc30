"""The laws of clean texts are probabilities, and the evidence against them is an e-value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.patterns import letter_laws, null
from monitors.patterns.null import Prior
from monitors.patterns.readings import log_noise, padded, text_at, weigh

PRIOR = Prior((2.0, 9.0), (1.0, 6.0), (2.0, 1.5))
EVERY = np.array(list(itertools.product((0, 1), repeat=8)), np.uint8)


@pytest.mark.parametrize("which", [0, 1])
def test_probabilities_of_all_sequences_sum_to_one_at_every_length(which: int) -> None:
    law = null.log_prefixes(EVERY, [PRIOR] * len(EVERY))[which]
    for n in range(9):
        kept = law[:: 2 ** (8 - n), n]
        assert np.exp(kept).sum() == pytest.approx(1.0)


def test_mean_likelihood_ratio_of_noise_is_one_under_the_law() -> None:
    law, _ = null.log_prefixes(EVERY, [PRIOR] * len(EVERY))
    ratios = np.exp(log_noise(law, np.full(len(EVERY), 8)))
    assert (ratios * np.exp(law[:, -1])).sum() == pytest.approx(1.0)


def test_mean_likelihood_ratio_of_a_message_is_at_most_one_under_the_law() -> None:
    bits = np.array(list(itertools.product((0, 1), repeat=16)), np.uint8)
    law, wide = null.log_prefixes(bits, [PRIOR] * len(bits))
    found = weigh(bits, np.full(len(bits), 16), law, wide)
    assert (np.exp(found.log_message) * np.exp(wide[:, -1])).sum() <= 1.0


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40))
def test_padding_does_not_change_a_row(bits: list[int]) -> None:
    row = np.array(bits, np.uint8)
    alone = null.log_prefixes(row[None], [PRIOR])[0][0]
    matrix, lengths = padded([row, np.zeros(60, np.uint8)])
    together = null.log_prefixes(matrix, [PRIOR, PRIOR])[0][0]
    assert lengths[0] == len(bits)
    assert np.allclose(alone, together[: len(bits) + 1])


@given(
    st.sampled_from(["meet at nine", "bring the second key", "run it before noon"]),
    st.integers(0, 9),
    st.booleans(),
    st.booleans(),
)
def test_messages_are_read_at_every_phase_polarity_and_direction(
    text: str, phase: int, is_inverted: bool, is_backwards: bool
) -> None:
    bits = np.array([int(bit) for char in text.encode() for bit in f"{char:08b}"], np.uint8)
    bits = 1 - bits if is_inverted else bits
    bits = bits[::-1] if is_backwards else bits
    row = np.concatenate((np.arange(phase, dtype=np.uint8) % 2, bits))[None]
    law, wide = null.log_prefixes(row, [Prior((5.0, 5.0), (3.0, 3.0), (3.0, 3.0))])
    found = weigh(row, np.array([row.shape[1]]), law, wide)
    assert found.log_message[0] > 0
    reading = text_at(row[0], found.best[0])
    assert text[1:-1] in reading.text


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_laws_of_letters_give_probabilities(letters: list[int]) -> None:
    prior = np.arange(1.0, 27.0) / np.arange(1.0, 27.0).sum()
    before = np.array(letters, np.int64)
    log_p = [letter_laws.log_null(np.append(before, letter), prior)[-1] for letter in range(26)]
    assert np.exp(np.array(log_p) - letter_laws.log_null(before, prior)[-1]).sum() == pytest.approx(1.0)


def test_spelt_letters_are_found_where_they_stand() -> None:
    prior = np.full(26, 1 / 26)
    text = "zqxjv" + "meetmeatthenorthgatetonight" + "qzxkj"
    letters = np.array([ord(char) - 97 for char in text], np.int64)
    law = letter_laws.log_null(letters, prior)
    found = letter_laws.in_words(letters, law)
    assert found.log_ratio > 5
    assert "northgate" in "".join(chr(97 + letters[site]) for site in found.sites)
