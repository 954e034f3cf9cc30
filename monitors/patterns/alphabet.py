"""What a message looks like: log probabilities of its bytes, and of pairs of letters when it is spelt out."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.tables import tables

Floats = npt.NDArray[np.float64]
# Shares of the kinds of payload in the mixture: prose, capitals, letters and digits alike, digits, anything printable.
_SHARES = (0.60, 0.12, 0.13, 0.10, 0.05)
_NEVER = 1e-11
# Share of letters in a message that belong to no common word.
_STRAY = 0.1
# How much a byte of a message hangs on the one before it.
_CHAINED = 0.8
# Classes of characters: 26 letters, the blank, digits, marks, all else.
_BLANK, _DIGIT, _MARK, _OTHER = 26, 27, 28, 29
_MARKS = b".,;:!?'\"-()/\n"
# What follows a letter or a blank that is neither; a digit; a mark: (letters, blank, digit, mark).
_LOOSE = {_DIGIT: 0.02, _MARK: 0.035, _OTHER: 0.005}
_AFTER = {_DIGIT: (0.05, 0.25, 0.6, 0.1), _MARK: (0.1, 0.7, 0.1, 0.1)}
_SMALL = 0.93


@cache
def shares_of_bytes() -> Floats:
    """(256,) P of each byte of a message."""
    prose = np.zeros(256)
    prose[32:127] = np.array(tables()["characters"], np.float64)
    capitals = np.zeros(256)
    capitals[65:91], capitals[32] = prose[97:123], prose[32]
    alike, digits, anything = np.zeros(256), np.zeros(256), np.zeros(256)
    alike[[*range(48, 58), *range(65, 91), *range(97, 123)]] = 1.0
    digits[48:58], anything[32:127] = 1.0, 1.0
    kinds = np.stack([kind / kind.sum() for kind in (prose, capitals, alike, digits, anything)])
    return np.asarray((np.array(_SHARES)[:, None] * kinds).sum(axis=0))


@cache
def byte_logs() -> tuple[Floats, Floats]:
    """(256, 4) ln P of a byte and (65536, 4) of a byte behind another: read plainly, inverted, backwards, and both."""
    alone = shares_of_bytes()
    after = _CHAINED * _chain() + (1 - _CHAINED) * alone
    before = (alone[:, None] * after).T + 0.03 * np.outer(alone, alone)
    before /= np.maximum(before.sum(axis=1, keepdims=True), _NEVER)
    numbers = np.arange(256)
    turned = ((numbers[:, None] >> np.arange(8) & 1) << np.arange(7, -1, -1)).sum(axis=1)
    ways = ((numbers, after), (255 - numbers, after), (turned, before), ((255 - numbers)[turned], before))
    alone_by_way = np.stack([_logs(alone[read]) for read, _ in ways], axis=1)
    return alone_by_way, np.stack([_logs(table[np.ix_(read, read)]).reshape(-1) for read, table in ways], axis=1)


def _logs(shares: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(shares, _NEVER)))


def _chain() -> Floats:
    """(256, 256) P of a byte after a byte: letters of common words and blanks as a Markov chain."""
    classes, shown = _classes()
    steps = np.full((30, 30), 1 / 30)
    letters = _letter_steps()
    steps[:27] = 0.0
    steps[:27, :27] = (1 - sum(_LOOSE.values())) * letters
    for to, share in _LOOSE.items():
        steps[:27, to] = share
    for of, (letter, blank, digit, mark) in _AFTER.items():
        steps[of] = 0.0
        steps[of, :26], steps[of, [_BLANK, _DIGIT, _MARK]] = letter / 26, (blank, digit, mark)
    return np.asarray(steps[classes][:, classes] * shown)


def _letter_steps() -> Floats:
    """(27, 27) P of a letter or blank after another in common words."""
    counts = np.full((27, 27), 1e-6)
    words: dict[str, float] = tables().get("words", {})
    total = sum(words.values()) or 1.0
    for word, count in words.items():
        codes = [_BLANK, *(ord(char) - 97 for char in word if "a" <= char <= "z"), _BLANK]
        np.add.at(counts, (codes[:-1], codes[1:]), count / total)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _classes() -> tuple[npt.NDArray[np.int64], Floats]:
    """(256,) class of each byte, and its share within the class."""
    classes, shown = np.full(256, _OTHER), np.zeros(256)
    for at in range(26):
        classes[[65 + at, 97 + at]] = at
        shown[97 + at], shown[65 + at] = _SMALL, 1 - _SMALL
    classes[32], shown[32] = _BLANK, 1.0
    classes[48:58], shown[48:58] = _DIGIT, 0.1
    marks = np.frombuffer(_MARKS, np.uint8)
    classes[marks], shown[marks] = _MARK, 1 / len(marks)
    others = [code for code in range(33, 127) if classes[code] == _OTHER]
    shown[others] = 1 / len(others)
    return classes, shown


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
def log_words() -> dict[str, float]:
    """ln P of the common words of running English; a letter alone stands for what is in no word."""
    counts: dict[str, float] = tables().get("words", {})
    total = sum(counts.values()) or 1.0
    letters = {chr(97 + at): float(value) + np.log(_STRAY) for at, value in enumerate(log_letters())}
    whole = {word: float(np.log((1 - _STRAY) * count / total)) for word, count in counts.items() if len(word) > 1}
    # Single letters but "a" and "i" are symbols of formulas here, not words.
    return {**letters, **whole, **{word: float(np.log(0.02)) for word in "ai"}}


@cache
def log_prefixes() -> dict[str, float]:
    """As `log_words`, with their beginnings, which are no words."""
    words = log_words()
    return {word[:end]: -math.inf for word in words for end in range(1, len(word))} | words


CACHED = (shares_of_bytes, byte_logs, log_letters, log_pairs, log_words, log_prefixes)
