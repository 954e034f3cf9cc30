"""The laws of clean texts are probabilities, and the evidence against them is an e-value."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.patterns import letter_laws, null
from monitors.patterns.letter_laws import Openers
from monitors.patterns.null import Law
from monitors.patterns.readings import log_messages, log_noise, padded, text_at

Bits = npt.NDArray[np.uint8]
MIXTURE = (Law(0.5, (2.0, 9.0)), Law(0.2, (5.0, 5.0)), Law(0.3, (1.0, 6.0), (2.0, 1.5)))
EVEN = (Law(1.0, (5.0, 5.0)),)
EVERY = np.array(list(itertools.product((0, 1), repeat=8)), np.uint8)
OPENERS = Openers(
    styles=np.array([np.arange(1.0, 27.0), np.full(26, 0.3)]),
    style_weights=np.array([0.7, 0.3]),
    law_weights=np.full(letter_laws.N_LAWS, 1 / letter_laws.N_LAWS),
    shares=np.arange(1.0, 27.0) / np.arange(1.0, 27.0).sum(),
)


def _full(bits: Bits) -> npt.NDArray[np.int64]:
    return np.full(len(bits), bits.shape[1])


def test_probabilities_of_all_sequences_sum_to_one_at_every_length() -> None:
    law = null.log_beginnings(EVERY, null.mixtures([null.with_anything(MIXTURE)] * len(EVERY)))
    for n in range(9):
        kept = law[:: 2 ** (8 - n), n]
        assert np.exp(kept).sum() == pytest.approx(1.0)


def test_rests_are_beginnings_of_the_row_read_backwards() -> None:
    rows = [np.array([1, 0, 0, 1, 1], np.uint8), np.array([0, 1, 1], np.uint8)]
    matrix, lengths = padded(rows)
    rests = null.log_rests(matrix, lengths, null.mixtures([MIXTURE] * 2))
    for row, length in enumerate(lengths):
        alone = null.log_beginnings(rows[row][None, ::-1], null.mixtures([MIXTURE]))[0]
        assert rests[row, : length + 1] == pytest.approx(alone[::-1])


def test_mean_likelihood_ratio_of_noise_is_one_under_the_law() -> None:
    rests = null.log_rests(EVERY, _full(EVERY), null.mixtures([MIXTURE] * len(EVERY)))
    ratios = np.exp(log_noise(rests, _full(EVERY)))
    assert (ratios * np.exp(rests[:, 0])).sum() == pytest.approx(1.0)


def test_a_law_with_loops_is_a_probability_too() -> None:
    rests = null.log_rests(EVERY, _full(EVERY), null.mixtures([MIXTURE] * len(EVERY)))
    rows = np.zeros(len(EVERY), np.int64)
    turns = null.log_turns(EVERY, _full(EVERY), null.mixtures([MIXTURE, null.LOOPS]), rows, rests)
    assert np.exp(rests[:, 0] + turns).sum() == pytest.approx(1.0)


def test_mean_likelihood_ratio_of_a_message_is_at_most_one_under_the_law() -> None:
    bits = np.array(list(itertools.product((0, 1), repeat=16)), np.uint8)
    rests = null.log_rests(bits, _full(bits), null.mixtures([MIXTURE] * len(bits)))
    found = log_messages(bits, _full(bits), rests)
    assert (np.exp(found.log_ratio) * np.exp(rests[:, 0])).sum() <= 1.0


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40))
def test_padding_does_not_change_a_row(bits: list[int]) -> None:
    row = np.array(bits, np.uint8)
    alone = null.log_rests(row[None], np.array([len(bits)]), null.mixtures([MIXTURE]))[0]
    matrix, lengths = padded([row, np.zeros(60, np.uint8)])
    together = null.log_rests(matrix, lengths, null.mixtures([MIXTURE] * 2))[0]
    assert lengths[0] == len(bits)
    assert np.allclose(alone, together[: len(bits) + 1])


def _bits(text: str) -> Bits:
    return np.array([int(bit) for char in text.encode() for bit in f"{char:08b}"], np.uint8)


@given(
    st.sampled_from(["meet at nine", "bring the second key", "run it before noon"]),
    st.integers(0, 9),
    st.booleans(),
    st.booleans(),
)
def test_messages_are_read_at_every_phase_polarity_and_direction(
    text: str, phase: int, is_inverted: bool, is_backwards: bool
) -> None:
    bits = 1 - _bits(text) if is_inverted else _bits(text)
    bits = bits[::-1] if is_backwards else bits
    row = np.concatenate((np.arange(phase, dtype=np.uint8) % 2, bits))[None]
    rests = null.log_rests(row, _full(row), null.mixtures([EVEN]))
    found = log_messages(row, _full(row), rests)
    assert found.log_ratio[0] > 0
    assert text[1:-1] in text_at(row[0], found, 0).text


@given(st.integers(20, 60), st.integers(1, 3))
def test_a_site_that_only_the_reader_counts_does_not_end_the_message(place: int, n_more: int) -> None:
    bits = np.insert(_bits("meet at the gate"), place, [1, 0, 1][:n_more])[None]
    rests = null.log_rests(bits, _full(bits), null.mixtures([EVEN]))
    found = log_messages(bits, _full(bits), rests)
    assert found.log_ratio[0] > 10
    assert "the gate" in text_at(bits[0], found, 0).text


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_laws_of_letters_give_probabilities(letters: list[int]) -> None:
    before = np.array(letters, np.int64)
    row = letter_laws.clean([before], [OPENERS]).openers
    log_p = [letter_laws.log_beginnings(np.append(before, letter)[None], row)[0, -1] for letter in range(26)]
    assert np.exp(np.array(log_p) - letter_laws.log_beginnings(before[None], row)[0, -1]).sum() == pytest.approx(1.0)


@given(st.lists(st.lists(st.integers(0, 25), min_size=8, max_size=60), min_size=1, max_size=4))
def test_streams_of_letters_that_are_read_together_do_not_change_one_another(texts: list[list[int]]) -> None:
    rows = [np.array(letters, np.int64) for letters in texts]
    together = letter_laws.clean(rows, [OPENERS] * len(rows))
    for at, row in enumerate(rows):
        alone = letter_laws.clean([row], [OPENERS])
        assert together.rests[at, : len(row) + 1] == pytest.approx(alone.rests[0])
        assert letter_laws.log_drawn(together)[at] == pytest.approx(letter_laws.log_drawn(alone)[0])
        assert letter_laws.log_turns(together, np.array([at])) == pytest.approx(
            letter_laws.log_turns(alone, np.array([0]))
        )
        own, best = letter_laws.spelt(together, 2)[at], letter_laws.spelt(alone, 2)[0]
        assert own.log_ratio == pytest.approx(best.log_ratio)
        assert own.sites.max() < len(row)


def test_letters_drawn_evenly_up_to_some_site_stand_out() -> None:
    clean = np.array([25, 24, 25, 23, 25, 24, 25, 25, 24, 23] * 4, np.int64)
    drawn = np.concatenate((np.arange(20), clean))
    ratios = letter_laws.log_drawn(letter_laws.clean([clean, drawn], [OPENERS] * 2))
    assert ratios[0] < 1.0
    assert ratios[1] > 8.0


def test_spelt_letters_are_found_where_they_stand() -> None:
    text = "zqxjv" + "meetmeatthenorthgatetonight" + "qzxkj"
    letters = np.array([ord(char) - 97 for char in text], np.int64)
    found = letter_laws.in_words(letter_laws.clean([letters], [OPENERS]), 0)
    assert found.log_ratio > 5
    assert "northgate" in "".join(chr(97 + letters[site]) for site in found.sites)
