"""Streams of letters: is a text spelt out, or are the letters drawn from an alphabet, against clean texts' openers?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import log_letters, log_pairs, log_words
from monitors.patterns.null import Floats
from monitors.patterns.readings import log_noise

Numbers = npt.NDArray[np.int64]
# How firmly a text keeps to the common letters, and how often a letter follows itself.
_CONCENTRATIONS, _STICKY = (1.0, 20.0, 8.0, 32.0, 100.0), 0.12
_LAWS = np.log([0.12, 0.10, 0.15, 0.25, 0.25, 0.13])
_PERIODS = 5
_PERIOD_SHARES = np.log([0.6, 0.1, 0.1, 0.1, 0.1])
_WAYS = np.log([0.75, 0.25])
_IMPOSSIBLE = -1e6
_LONGEST_WORD = 11


@dataclass(frozen=True, slots=True)
class Spelt:
    """The best word or phrase: its letters at `sites` (indices into the stream), and ln of the evidence for it."""

    log_ratio: float
    sites: Numbers


def log_null(letters: Numbers, prior: Floats) -> Floats:
    """ln P(first i letters), i = 0..n: a mixture of Dirichlet-multinomial laws, one of which repeats itself."""
    seen, at = _seen(letters), np.arange(len(letters))
    steps = [np.log((c * prior[letters] + seen) / (c + at)) for c in _CONCENTRATIONS]
    same = np.concatenate(([False], letters[1:] == letters[:-1]))[: len(letters)]
    steps.append(np.log(_STICKY * same + (1 - _STICKY) * np.exp(steps[1])))
    return _mixture(np.array(steps), _LAWS)


def log_drawn(letters: Numbers, null: Floats, prior: Floats) -> tuple[float, float]:
    """ln of the evidence that letters are drawn evenly, from all or from some, or more evenly than in clean texts; and
    that some stand at every second site and others between (a byte in two letters of four bits).
    """
    seen, at = _seen(letters), np.arange(len(letters))
    pairs = _seen(letters * 2 + at % 2)
    flat = np.sqrt(prior)
    flat /= flat.sum()
    steps = np.log(
        np.array(
            (
                np.full(len(letters), 1 / 26),
                flat[letters],
                (8 / 26 + seen) / (8 + at),
                (3 * flat[letters] + pairs) / (3 + at // 2),
            )
        )
    )
    laws = np.concatenate((np.zeros((len(steps), 1)), steps.cumsum(axis=1)), axis=1)
    ratios = log_noise(np.broadcast_to(null, laws.shape), np.full(len(laws), len(letters)), laws)
    return float(np.logaddexp.reduce(ratios[:-1]) - np.log(len(laws) - 1)), float(ratios[-1])


def spelt(letters: Numbers, null: Floats) -> Spelt:
    """The stretch that reads best as English, at every first to fifth letter, forwards or backwards."""
    n, pairs, cost = len(letters), log_pairs(), np.diff(null)
    best = Spelt(-np.inf, letters[:0])
    for period in range(1, _PERIODS + 1):
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


def in_words(letters: Numbers, null: Floats) -> Spelt:
    """The stretch that reads best as common words one after another: dynamic programming over where words end."""
    text, known, n = bytes((letters + 97).astype(np.uint8)).decode(), log_words(), len(letters)
    cost: list[float] = null.tolist()
    best, begins = [0.0] * (n + 1), list(range(n + 1))
    for end in range(1, n + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            if (log_word := known.get(text[start:end])) is not None:
                total = best[start] + log_word - cost[end] + cost[start]
                if total > best[end]:
                    best[end], begins[end] = total, begins[start]
    end = max(range(n + 1), key=best.__getitem__)
    return Spelt(best[end] - float(np.log(n * (n + 1) / 2)), np.arange(begins[end], end))


def _sites(sums: Floats, before: Floats, period: int, *, backwards: bool) -> Numbers:
    char, phase = np.unravel_index(int((sums - before).argmax()), sums.shape)
    column = np.concatenate(([0.0], sums[:char, phase]))
    first = len(column) - 1 - int(column[::-1].argmin())
    sites = np.arange(first, int(char) + 1) * period + int(phase)
    return sites[::-1] if backwards else sites


def _seen(symbols: Numbers) -> Numbers:
    """How often each symbol stood there before."""
    order = np.argsort(symbols, kind="stable")
    ordered = symbols[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    seen = np.empty(len(symbols), np.int64)
    seen[order] = np.arange(len(symbols)) - np.repeat(starts, np.diff(np.append(starts, len(symbols))))
    return seen


def _mixture(steps: Floats, log_weights: Floats) -> Floats:
    laws = np.concatenate((np.zeros((len(steps), 1)), steps.cumsum(axis=1)), axis=1) + log_weights[:, None]
    return np.asarray(np.logaddexp.reduce(laws, axis=0))
