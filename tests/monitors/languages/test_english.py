"""The model of English: what it says of prose, ciphers and word order."""

from __future__ import annotations

import codecs

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitors.languages.english import BLANK, FOREIGN, Reading, readings, symbols

PROSE = "I think that we should first check whether the sum of the two numbers is even."


def test_prose_costs_fewer_bits_than_another_language_and_that_fewer_than_a_cipher() -> None:
    spanish = "Creo que el usuario quiere una respuesta corta, pero debemos revisar los cálculos."
    rated = [Reading(text).bits(0, len(text)) for text in (PROSE, spanish, codecs.encode(PROSE, "rot13"))]
    assert rated == sorted(rated)
    assert rated[0] < 3.2 < 4.2 < rated[1] < 6 < rated[2]


def test_words_are_counted_where_they_stand() -> None:
    reading = Reading(PROSE)
    assert len(reading.starts) == 16
    assert reading.n_letters(0, 7) == 6
    assert reading.n_common(0, len(PROSE)) >= 12
    assert reading.n_common(2, 2) == 0


def test_order_is_forward_in_prose_and_backward_in_reversed_words() -> None:
    backward = " ".join(reversed(PROSE.rstrip(".").split()))
    assert Reading(PROSE).forward().sum() > 10
    assert Reading(backward).forward().sum() < -10


def test_symbols_fold_case_and_know_letters_beyond_ascii() -> None:
    assert symbols("aZé中 9\U0001d400\ud800").tolist() == [0, 25, FOREIGN, FOREIGN, BLANK, BLANK, BLANK, BLANK]


@given(st.text(max_size=60))
def test_any_text_can_be_read_and_sums_agree(text: str) -> None:
    reading = Reading(text)
    assert len(reading.codes) == len(text)
    assert reading.n_letters(0, len(text)) == sum(reading.ends - reading.starts)
    middle = len(text) // 2
    starts, ends = np.array([0, 0, middle]), np.array([len(text), middle, len(text)])
    rated, bits = reading.rated(starts, ends)
    assert rated[0] == rated[1] + rated[2] == sum(text_is_rated(text))
    assert bits[0] == bits[1] + bits[2] >= 0.0
    assert reading.bits(0, len(text)) == (bits[0] / rated[0] if rated[0] else 0.0)
    assert reading.n_letters(middle, len(text)) == sum(symbols(text[middle:]) != BLANK)


def text_is_rated(text: str) -> list[bool]:
    """Letters, and the place behind one."""
    is_letter = (symbols(text) != BLANK).tolist()
    return [one or before for one, before in zip(is_letter, [False, *is_letter], strict=False)]


@given(st.lists(st.text("ab, é漢.", max_size=12), max_size=6))
def test_texts_that_are_read_together_read_as_each_alone(texts: list[str]) -> None:
    for text, read in zip(texts, readings(texts), strict=True):
        alone = Reading(text)
        for name in Reading.__slots__:
            assert np.array_equal(getattr(read, name), getattr(alone, name)), name
