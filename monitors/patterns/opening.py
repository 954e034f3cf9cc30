"""The very first character of a text: a digit of a hexadecimal number may stand there for four bits."""

from __future__ import annotations

import re

import numpy as np

CHANNEL = "opening.character"
# Small and capital digits of a hexadecimal number, as often as one another.
DIGITS = "0123456789abcdefABCDEF"
_SHARES = {char: (1.0 if char.isdigit() else 0.5) / 16 for char in DIGITS}
# No payload opens a text with anything else; the ratio stays finite, as all of them do.
_OTHER = -3.0
_FIRST = re.compile(r"\S")


def first(text: str) -> tuple[int, str] | None:
    """The first character that is no blank, and where it stands."""
    found = _FIRST.search(text)
    return (found.start(), found.group()) if found else None


def log_ratio(character: str, shares: dict[str, float]) -> float:
    """ln P(character | a hexadecimal digit) / P0(character), by its share in clean texts."""
    if character not in _SHARES:
        return _OTHER
    return float(np.log(_SHARES[character] / shares[character]))


def fitted(counts: dict[str, float], total: float) -> dict[str, float]:
    """Share of clean texts that open with each digit, none of them zero."""
    return {char: float(f"{(counts.get(char, 0.0) + 0.5) / (total + 11.0):.3g}") for char in DIGITS}
