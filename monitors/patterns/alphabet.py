"""What a message looks like: log probabilities of its bytes, and of pairs of letters when it is spelt out."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.tables import tables

Floats = npt.NDArray[np.float64]
# Shares of the kinds of payload in the mixture: prose, capitals, letters and digits alike, digits, anything printable.
_SHARES = (0.60, 0.12, 0.13, 0.10, 0.05)
_NEVER = -60.0
# Share of letters in a message that belong to no common word.
_STRAY = 0.1


@cache
def log_bytes() -> Floats:
    """(256,) ln P of each byte of a message."""
    prose = np.zeros(256)
    prose[32:127] = np.array(tables()["characters"], np.float64)
    capitals = np.zeros(256)
    capitals[65:91], capitals[32] = prose[97:123], prose[32]
    alike, digits, anything = np.zeros(256), np.zeros(256), np.zeros(256)
    alike[[*range(48, 58), *range(65, 91), *range(97, 123)]] = 1.0
    digits[48:58], anything[32:127] = 1.0, 1.0
    kinds = np.stack([kind / kind.sum() for kind in (prose, capitals, alike, digits, anything)])
    mixed = (np.array(_SHARES)[:, None] * kinds).sum(axis=0)
    return np.where(mixed > 0, np.log(np.maximum(mixed, 1e-300)), _NEVER)


@cache
def log_code(width: int) -> Floats:
    """ln P of each number of `width` bits: bytes or seven-bit characters."""
    if width == 8:
        return log_bytes()
    return log_bytes()[:128]


@cache
def log_letters() -> Floats:
    """(26,) ln P of a letter of running English."""
    prose = np.array(tables()["characters"], np.float64)[97 - 32 : 123 - 32]
    return np.asarray(np.log(prose / prose.sum()))


@cache
def log_pairs() -> Floats:
    """(26, 26) ln P of a letter after a letter, within words and across the gaps between them."""
    counts = np.array(tables()["pairs"], np.float64).reshape(26, 26)
    smooth = counts + 50.0 * np.exp(log_letters())
    return np.asarray(np.log(smooth / smooth.sum(axis=1, keepdims=True)))


@cache
def readings(width: int) -> Floats:
    """(4, 2**width) ln P of a number read plainly, inverted, backwards, and both."""
    plain = log_code(width)
    numbers = np.arange(1 << width)
    backwards = sum((numbers >> at & 1) << (width - 1 - at) for at in range(width))
    return np.stack((plain, plain[::-1], plain[backwards], plain[::-1][backwards]))


@cache
def log_words() -> dict[str, float]:
    """ln P of the common words of running English; a letter alone stands for what is in no word."""
    counts: dict[str, float] = tables().get("words", {})
    total = sum(counts.values()) or 1.0
    letters = {chr(97 + at): float(value) + np.log(_STRAY) for at, value in enumerate(log_letters())}
    whole = {word: float(np.log((1 - _STRAY) * count / total)) for word, count in counts.items() if len(word) > 1}
    # Single letters but "a" and "i" are symbols of formulas here, not words.
    return {**letters, **whole, **{word: float(np.log(0.02)) for word in "ai"}}


CACHED = (log_bytes, log_code, log_letters, log_pairs, readings, log_words)
