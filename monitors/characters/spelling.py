"""Bits that can only be guessed at: read as text only where they spell words."""

from __future__ import annotations

from monitors.coders.bits import aligned_text_of

SHORTEST = 5


def spelt(bits: str, /) -> str:
    """Text of five letters or more, read from the first bit, in either polarity; the last may be cut off."""
    if not 0 < bits.count("1") < len(bits) or len(bits) < 8 * SHORTEST:
        return ""
    for reading in (bits, bits.translate({48: "1", 49: "0"})):
        whole = reading.rstrip("0")
        text = aligned_text_of(whole + "0" * (-len(whole) % 8))
        if text and len(text) >= SHORTEST and _is_worded(text):
            return text
    return ""


def _is_worded(text: str) -> bool:
    """Mostly letters, and not one over and over: regular layout reads as "DDDD" by accident."""
    letters = sum(char.isalpha() or char == " " for char in text)
    return letters >= 0.8 * len(text) and 2 * len(set(text)) >= min(len(text), 16)
