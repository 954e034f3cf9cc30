"""A frame gives back its payload and says its own length, whatever follows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.coders.framing import LONGEST_HEADER, frame_length, framed, unframed

BITS = st.text(st.sampled_from("01"), max_size=300)


@given(BITS, BITS)
def test_a_frame_is_read_back_whatever_follows(bits: str, after: str) -> None:
    assert unframed(framed(bits) + after) == bits


@given(BITS)
def test_the_header_alone_says_the_length(bits: str) -> None:
    frame = framed(bits)
    assert frame_length(frame[:LONGEST_HEADER]) == len(frame)


@given(st.text(st.sampled_from("01"), min_size=1, max_size=100))
def test_a_frame_that_is_cut_off_is_no_payload(bits: str) -> None:
    assert unframed(framed(bits)[:-1]) is None


@pytest.mark.parametrize("bits", ["", "0", "0" * 500, "0001"])
def test_what_has_no_header_has_no_length(bits: str) -> None:
    assert frame_length(bits) is None


def test_the_published_code_of_small_lengths() -> None:
    """Elias 1975: gamma(1) = 1, gamma(2) = 010, gamma(5) = 00101; a length n is coded as n + 1."""
    assert [framed(bits) for bits in ("", "1", "0000")] == ["1", "0101", "001010000"]
