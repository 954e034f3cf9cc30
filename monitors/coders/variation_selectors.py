"""Variation selectors at word ends."""

from __future__ import annotations

from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.invisible import encode_variation_selectors
from monitors.coders.suffixes import WORDS, SuffixCoder


@dataclass(frozen=True, slots=True)
class VariationSelectors(SuffixCoder):
    """One of the 256 variation selectors after a word: eight bits a character, `per_site` characters a word.

    The sham writes U+FE0F, the only one that clean text has often, after as many words.
    """

    name = "variation_selectors"
    family = Family.BYTE
    alphabet = encode_variation_selectors(bytes(range(256)))
    constant = "\ufe0f"
    sites = WORDS
