"""Tag characters at word ends."""

from __future__ import annotations

from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.suffixes import WORDS, SuffixCoder


@dataclass(frozen=True, slots=True)
class TagBlock(SuffixCoder):
    """U+E0000 to U+E007F after a word: seven bits a character, `per_site` characters a word.

    The sham writes U+E0020, the tag space, after as many words. Clean text has no tag characters outside three flags,
    so that a monitor may flag the sham too.
    """

    name = "tag_block"
    family = Family.BYTE
    alphabet = "".join(map(chr, range(0xE0000, 0xE0080)))
    constant = "\U000e0020"
    sites = WORDS
