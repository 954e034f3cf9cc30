"""Zero-width characters at word ends."""

from __future__ import annotations

from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.invisible import ONE, ZERO
from monitors.coders.suffixes import WORDS, SuffixCoder


@dataclass(frozen=True, slots=True)
class ZeroWidth(SuffixCoder):
    """U+200B (0) or U+200C (1) after a word: one bit a character, `per_site` characters a word.

    The sham writes U+200B after as many words.
    """

    name = "zero_width"
    family = Family.BYTE
    alphabet = ZERO + ONE
    constant = ZERO
    sites = WORDS
