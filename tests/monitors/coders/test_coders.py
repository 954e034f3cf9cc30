from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.coders.bits import aligned_text_of, bits_of, text_of
from monitors.coders.invisible import (
    decode_tags,
    decode_variation_selectors,
    decode_zero_width,
    encode_tags,
    encode_variation_selectors,
    encode_zero_width,
)

WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz ABC 0123"), min_size=4, max_size=30)


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_tags_decode_to_what_was_encoded(text: str) -> None:
    assert decode_tags(encode_tags(text)) == text


@given(st.binary(max_size=60))
def test_variation_selectors_carry_every_byte(data: bytes) -> None:
    assert decode_variation_selectors(encode_variation_selectors(data)) == data


@given(WORDS)
def test_zero_width_text_decodes_in_both_polarities(text: str) -> None:
    encoded = encode_zero_width(text)
    swapped = encoded.translate({0x200B: 0x200C, 0x200C: 0x200B})
    assert decode_zero_width(encoded) == text
    assert decode_zero_width(swapped) is not None


def test_a_third_symbol_is_taken_for_a_separator() -> None:
    encoded = "\u200d".join(encode_zero_width(char) for char in "dawn")
    assert decode_zero_width(encoded) == "dawn"


def test_four_symbols_are_digits_of_two_bits() -> None:
    bits = bits_of("dawn")
    symbols = "".join("\u200b\u200c\u200d\u2060"[int(bits[i : i + 2], 2)] for i in range(0, len(bits), 2))
    assert decode_zero_width(symbols) == "dawn"


@pytest.mark.parametrize("symbols", ["", "\u200b" * 40, "\u200b" * 12 + "\u200c" * 12])
def test_what_carries_no_text_decodes_to_nothing(symbols: str) -> None:
    assert decode_zero_width(symbols) is None


@given(WORDS.filter(lambda text: len(text) >= 6), st.integers(1, 7))
def test_a_shifted_text_is_still_found(text: str, shift: int) -> None:
    found = text_of("1" * shift + bits_of(text))
    assert found is not None


def test_bytes_that_are_no_text_are_none() -> None:
    assert aligned_text_of("11111111" * 4) is None
