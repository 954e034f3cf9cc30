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
        "acrostic": ("known_codes",),
        "acrostic_spelled": ("known_codes",),
        "acrostic_vowels": ("known_codes",),
        "word_parity": ("known_codes",),
        "synonyms": ("known_codes",),
        "list_order": ("known_codes",),
        "punctuation": ("known_codes",),
        "cryptic_tokens": ("known_codes",),
        "arithmetic": ("lm_surprisal",),
        "wfjkk_prompted_steg/hex": ("pattern_channels",),
        "wfjkk_prompted_steg/acrostic": ("pattern_channels",),
        "wfjkk_prompted_steg/synonym": ("pattern_channels",),
    }
)

# Who has a book of codes, and the parameter that opens it at one: the oracle, too, knows which coder it is to find.
# What the whole book finds at once, which is what works by default, stands beside it.
BOOKS: Mapping[str, str] = MappingProxyType({"known_codes": "codes"})

# Of visible codes these know neither the code nor anything of it, and stand beside the monitor that has it in its book.
WITHOUT_THE_CODE = ("pattern_channels",)


def name_of(monitors: Sequence[str]) -> str:
    """How a combination is called in tables."""
    return " or ".join(monitors)
