"""Streams of letters: is a text spelt out, or are the letters drawn from an alphabet, against clean texts' openers?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import log_letters, log_pairs, log_words
from monitors.patterns.null import Floats
from monitors.patterns.readings import log_noise

Numbers = npt.NDArray[np.int64]
# Laws of a clean text beside its styles: the letter so many sites back comes again, with so much chance; and a chain
# of letters with so many sites of prior.
COPIES = ((1, 0.5), (2, 0.5), (3, 0.5), (1, 0.85), (2, 0.85), (3, 0.85))
_LOOPS, _CHAIN_SITES = slice(4, 7), 3.0
N_LAWS = len(COPIES) + 2
# A text that changes its style midway, and one that falls into a loop.
_TURN_SHARE, _LOOP_SHARE = 0.05, 0.05
# Alternatives: how much flatter than clean openers letters are (power of their share), the firmness in sites, weight.
_FLAT = ((0.5, 40.0, 0.30), (0.5, 8.0, 0.15), (0.25, 15.0, 0.30), (0.0, 1e9, 0.05))
_PAIRED_SITES, _PAIRED_SHARE, _ENGLISH_SHARE = 4.0, 0.10, 0.10
PERIODS = 5
_PERIOD_SHARES = np.log([0.6, 0.1, 0.1, 0.1, 0.1])
_WAYS = np.log([0.75, 0.25])
_IMPOSSIBLE = -1e6
_LONGEST_WORD = 11


@dataclass(frozen=True)
class Openers:
    """What clean texts gave for one channel: styles (Dirichlet parameters) with weights, weights of laws, shares."""

    styles: Floats
    style_weights: Floats
    law_weights: Floats
    shares: Floats


@dataclass(frozen=True, slots=True)
class Spelt:
    """The best word or phrase: its letters at `sites` (indices into the stream), and ln of the evidence for it."""

    log_ratio: float
    sites: Numbers


def log_rests(letters: Numbers, openers: Openers) -> Floats:
    """ln P(letters t, t + 1, ... to the end), t = 0..n, of a clean text, read from the end to the start."""
    return log_beginnings(letters[::-1], openers)[::-1]


def log_beginnings(letters: Numbers, openers: Openers) -> Floats:
    """ln P(first i letters), i = 0..n: a mixture of Dirichlet-multinomial styles, copies of letters, and a chain."""
    laws = _sums(law_steps(letters, openers.styles, openers.style_weights))
    return np.asarray(np.logaddexp.reduce(laws + np.log(openers.law_weights)[:, None], axis=0))


def law_steps(letters: Numbers, styles: Floats, style_weights: Floats) -> Floats:
    """(laws, n) ln P of each letter given those before it."""
    seen, at = _seen(letters), np.arange(len(letters))
    steps = np.log((styles[:, letters] + seen) / (styles.sum(axis=1)[:, None] + at))
    base = np.diff(np.logaddexp.reduce(_sums(steps) + np.log(style_weights)[:, None], axis=0))
    p = np.exp(base)
    laws = [base]
    for back, chance in COPIES:
        copied = p.copy()
        copied[back:] = chance * (letters[back:] == letters[:-back]) + (1 - chance) * p[back:]
        laws.append(np.log(copied))
    before = np.concatenate(([26], letters[:-1]))[: len(letters)]
    chained = _seen(before * 26 + letters)
    laws.append(np.log((_CHAIN_SITES * p + chained) / (_CHAIN_SITES + _seen(before))))
    return np.array(laws)


def log_turns(letters: Numbers, openers: Openers, rests: Floats) -> float:
    """ln of P0' / P0, where P0' allows for a change of style and for a loop behind any site."""
    n = len(letters)
    begun = log_beginnings(letters, openers)
    loops = _sums(law_steps(letters[::-1], openers.styles, openers.style_weights)[_LOOPS])[:, ::-1]
    looped = np.logaddexp.reduce(loops, axis=0) - np.log(len(loops))
    parts = [np.log(1 - _TURN_SHARE - _LOOP_SHARE) + rests[0]]
    for share, rest in ((_TURN_SHARE, rests), (_LOOP_SHARE, looped)):
        parts.append(np.log(share / max(1, n - 1)) + np.logaddexp.reduce((begun + rest)[1:n]))
    return float(np.logaddexp.reduce(parts) - rests[0])


def log_drawn(letters: Numbers, rests: Floats, openers: Openers) -> float:
    """ln of the evidence that letters are drawn more evenly than in clean texts, from one alphabet or from two in turn
    (a byte in two letters of four bits), or as English has them.
    """
    seen, at = _seen(letters), np.arange(len(letters))
    steps, weights = [], []
    for power, firmness, weight in _FLAT:
        flat = openers.shares**power
        steps.append((firmness * (flat / flat.sum())[letters] + seen) / (firmness + at))
        weights.append(weight)
    flat = np.sqrt(openers.shares) / np.sqrt(openers.shares).sum()
    paired = _seen(letters * 2 + at % 2)
    steps.append((_PAIRED_SITES * flat[letters] + paired) / (_PAIRED_SITES + at // 2))
    english = np.exp(log_letters()[letters])
    english[1:] = np.exp(log_pairs()[letters[:-1], letters[1:]])
    steps.append(english)
    laws = _sums(np.log(np.array(steps)))
    ratios = log_noise(np.broadcast_to(rests, laws.shape), np.full(len(laws), len(letters)), laws)
    return float(np.logaddexp.reduce(ratios + np.log([*weights, _PAIRED_SHARE, _ENGLISH_SHARE])))


def spelt(letters: Numbers, rests: Floats, n_periods: int) -> Spelt:
    """The stretch that reads best as English, at every first to `n_periods`-th letter, forwards or backwards."""
    n, pairs, cost = len(letters), log_pairs(), -np.diff(rests)
    best = Spelt(-np.inf, letters[:0])
    for period in range(1, n_periods + 1):
        if n < 4 * period:
            break
        gains = np.repeat(log_letters()[letters][None] - cost, 2, axis=0)
        gains[0, period:] = pairs[letters[:-period], letters[period:]] - cost[period:]
        gains[1, :-period] = pairs[letters[period:], letters[:-period]] - cost[:-period]
        n_chars = -(-n // period)
        chains = np.full((2, n_chars * period), _IMPOSSIBLE)
        chains[:, :n] = gains
        sums = chains.reshape(2, n_chars, period).cumsum(axis=1)
        before = np.zeros_like(sums)
        np.minimum.accumulate(sums[:, :-1], axis=1, out=before[:, 1:])
        np.minimum(before, 0.0, out=before)
        price = np.log(max(1.0, n * (n / period + 1) / 2)) - _PERIOD_SHARES[period - 1]
        ratios = (sums - before).max(axis=(1, 2)) + _WAYS - price
        way = int(ratios.argmax())
        if ratios[way] > best.log_ratio:
            best = Spelt(float(ratios[way]), _sites(sums[way], before[way], period, backwards=way == 1))
    return best


def in_words(letters: Numbers, rests: Floats, shares: Floats) -> Spelt:
    """The stretch that reads best as common words one after another: dynamic programming over where words end.

    What is shown is the best stretch against `shares` alone: a law that learns from the letters behind a message takes
    to it, and is surprised by its end only.
    """
    ratio, sites = _best_words(letters, -rests)
    if ratio > 0.0:
        _, sites = _best_words(letters, np.concatenate(([0.0], np.cumsum(np.log(shares[letters])))))
    return Spelt(ratio, sites)


def _best_words(letters: Numbers, costs: Floats) -> tuple[float, Numbers]:
    text, known, n = bytes((letters + 97).astype(np.uint8)).decode(), log_words(), len(letters)
    cost: list[float] = costs.tolist()
    best, begins = [0.0] * (n + 1), list(range(n + 1))
    for end in range(1, n + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            if (log_word := known.get(text[start:end])) is not None:
                total = best[start] + log_word - cost[end] + cost[start]
                if total > best[end]:
                    best[end], begins[end] = total, begins[start]
    end = max(range(n + 1), key=best.__getitem__)
    return best[end] - float(np.log(n * (n + 1) / 2)), np.arange(begins[end], end)


def _sites(sums: Floats, before: Floats, period: int, *, backwards: bool) -> Numbers:
    char, phase = np.unravel_index(int((sums - before).argmax()), sums.shape)
    column = np.concatenate(([0.0], sums[:char, phase]))
    first = len(column) - 1 - int(column[::-1].argmin())
    sites = np.arange(first, int(char) + 1) * period + int(phase)
    return sites[::-1] if backwards else sites


def _seen(symbols: Numbers) -> Numbers:
    """How often each symbol stood there before."""
    same = symbols[:, None] == symbols
    same &= _earlier(len(symbols))
    return np.asarray(same.sum(axis=1))


@lru_cache(maxsize=64)
def _earlier(n: int) -> npt.NDArray[np.bool_]:
    return np.tri(n, k=-1, dtype=np.bool_)


def _sums(steps: Floats) -> Floats:
    return np.concatenate((np.zeros((len(steps), 1)), steps.cumsum(axis=1)), axis=1)
