"""What was found in one text: one finding a kind of character, with all its places."""

from __future__ import annotations

import math
from dataclasses import dataclass

from monitors.characters.kinds import Kind

CERTAIN = 1.0
FORM_LIMIT = 0.4
CHOICE_LIMIT = 0.9
# What is hidden and cannot be a habit, but carries no choice: flagged, below everything that carries one.
PRESENCE = 0.6
CERTAIN_BITS = 6.0

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """`suspicion` is 1 for content that can only be meant to hide, at most 0.9 for the rest; `bits` is its capacity."""

    kind: Kind
    spans: tuple[Span, ...]
    suspicion: float
    bits: float
    payload: str = ""
    remark: str = ""


def soft(bits: float, limit: float, /) -> float:
    """min(limit, 1 - exp(-bits / 8))."""
    return min(limit, 1.0 - math.exp(-max(bits, 0.0) / 8.0))


def graded(choice: float, form: float, /) -> float:
    """Certain by choice, else by form alone and below every threshold."""
    if choice >= CERTAIN_BITS:
        return CERTAIN
    return max(soft(choice, CHOICE_LIMIT), soft(form, FORM_LIMIT))


def form_bits(symbols: str, /) -> float:
    """n log2(m + 1) for n characters of m kinds; absence counts as a symbol."""
    return len(symbols) * math.log2(len(set(symbols)) + 1)
