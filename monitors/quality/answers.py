"""Which monitor answers for which coder and which set: named here beforehand, on public data, before any table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

# Several monitors answer together by the highest of their scores.
ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "zero_width": ("byte_channels",),
        "tag_block": ("byte_channels",),
        "variation_selectors": ("byte_channels",),
        "trailing_whitespace": ("byte_channels",),
        "homoglyphs": ("byte_channels",),
        "acrostic": ("pattern_channels",),
        "acrostic_spelled": ("pattern_channels",),
        "acrostic_vowels": ("pattern_channels",),
        "word_parity": ("pattern_channels",),
        "synonyms": ("pattern_channels",),
        "list_order": ("pattern_channels",),
        "punctuation": ("pattern_channels",),
        "cryptic_tokens": ("cryptic_tokens",),
        "arithmetic": ("lm_surprisal",),
        "wfjkk_prompted_steg/hex": ("pattern_channels",),
        "wfjkk_prompted_steg/acrostic": ("pattern_channels",),
        "wfjkk_prompted_steg/synonym": ("pattern_channels",),
    }
)


def name_of(monitors: Sequence[str]) -> str:
    """How a combination is called in tables."""
    return " or ".join(monitors)
