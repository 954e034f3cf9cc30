"""A payload that says its own length, in Elias gamma code, so that the receiver need not know it."""

from __future__ import annotations

# Lengths up to 2**24 - 1 bits: the longest header has 23 zeros, then 24 digits.
LONGEST_HEADER = 47


def framed(bits: str, /) -> str:
    """The bits behind their length; 64 bits get a header of 13.

    References
    ----------
    Elias, "Universal codeword sets and representations of the integers", IEEE Trans. Inf. Theory 21 (1975).
    """
    digits = f"{len(bits) + 1:b}"
    if 2 * len(digits) - 1 > LONGEST_HEADER:
        raise ValueError(f"{len(bits)} bits are more than a frame can say")
    return "0" * (len(digits) - 1) + digits + bits


def frame_length(bits: str, /) -> int | None:
    """How many bits header and payload have together; None when these bits do not begin with a header."""
    n_zeros = len(bits) - len(bits.lstrip("0"))
    header = 2 * n_zeros + 1
    if header > min(len(bits), LONGEST_HEADER):
        return None
    return header + int(bits[n_zeros:header], 2) - 1


def unframed(bits: str, /) -> str | None:
    """The payload of a frame; None when the bits hold no whole frame."""
    length = frame_length(bits)
    if length is None or length > len(bits):
        return None
    header = 2 * (len(bits) - len(bits.lstrip("0"))) + 1
    return bits[header:length]
