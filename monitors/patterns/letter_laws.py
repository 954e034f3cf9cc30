"""Streams of letters: is a text spelt out, or are the letters drawn from an alphabet, against clean texts' openers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import log_letters, log_pairs, log_prefixes
from monitors.patterns.null import Floats, log_sum, turned
from monitors.patterns.readings import log_noise

Numbers = npt.NDArray[np.int64]
# Laws of a clean text beside its styles: the letter so many sites back comes again, with so much chance; and a chain
# of letters with so many sites of prior.
COPIES = ((1, 0.5), (2, 0.5), (3, 0.5), (1, 0.85), (2, 0.85), (3, 0.85))
_LOOPS, _CHAIN_SITES = slice(4, 7), 3.0
N_LAWS = len(COPIES) + 2
# A text that changes its style midway, and one that falls into a loop.
TURN_SHARE, _LOOP_SHARE = 0.05, 0.05
# Alternatives: how much flatter than clean openers letters are (power of their share), the firmness in sites, weight.
FLAT = ((0.5, 40.0, 0.30), (0.5, 8.0, 0.15), (0.25, 15.0, 0.30), (0.0, 1e9, 0.05))
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


@dataclass(frozen=True, slots=True)
class Clean:
    """Streams of letters under the law of clean texts, a row each, padded at their ends.

    `rests` are (rows, n + 1) ln P(letters t, t + 1, ... to the end) of a clean text, read from the end to the start;
    `laws` (rows, laws, n) are the steps of that, in the order of reading.
    """

    letters: Numbers
    lengths: Numbers
    openers: Openers
    rests: Floats
    laws: Floats


def clean(rows: Sequence[Numbers], openers: Sequence[Openers]) -> Clean:
    """Each stream with its own openers."""
    own = Openers(*(np.stack([getattr(one, part.name) for one in openers]) for part in fields(Openers)))
    lengths = np.array([len(row) for row in rows])
    letters, backwards = np.zeros((2, len(rows), int(lengths.max(initial=0))), np.int64)
    for at, row in enumerate(rows):
        letters[at, : len(row)], backwards[at, : len(row)] = row, row[::-1]
    laws = law_steps(backwards, own.styles, own.style_weights)
    return Clean(letters, lengths, own, turned(_mixed(laws, own), lengths), laws)


def log_beginnings(letters: Numbers, openers: Openers) -> Floats:
    """(rows, n + 1) ln P(first i letters): a mixture of Dirichlet-multinomial styles, copies of letters, and a chain.

    letters : (rows, n); the openers have one axis more than those of one channel, for the rows.
    """
    return _mixed(law_steps(letters, openers.styles, openers.style_weights), openers)


def law_steps(letters: Numbers, styles: Floats, style_weights: Floats) -> Floats:
    """(rows, laws, n) ln P of each letter given those before it; letters (rows, n), styles (rows, styles, 26)."""
    n_rows, n = letters.shape
    seen, at = _seen(letters), np.arange(n)
    places = (np.arange(n_rows * styles.shape[1]) * 26).reshape(n_rows, -1, 1)
    steps = styles.take(letters[:, None] + places)
    steps += seen[:, None]
    steps /= styles.sum(axis=2)[:, :, None] + at
    sums = _sums(np.log(steps, out=steps))
    sums += np.log(style_weights)[:, :, None]
    base = np.diff(_log_total(sums))
    p = np.exp(base)
    laws = np.empty((n_rows, N_LAWS, n))
    laws[:, 0] = p
    for law, (back, chance) in enumerate(COPIES, 1):
        laws[:, law, :back] = p[:, :back]
        laws[:, law, back:] = chance * (letters[:, back:] == letters[:, :-back]) + (1 - chance) * p[:, back:]
    before, seen_before = np.full_like(letters, 26), np.zeros_like(seen)
    before[:, 1:], seen_before[:, 1:] = letters[:, :-1], seen[:, :-1]
    laws[:, -1] = (_CHAIN_SITES * p + _seen(before * 26 + letters)) / (_CHAIN_SITES + seen_before)
    return np.log(laws, out=laws)


def log_turns(found: Clean, rows: Numbers) -> Floats:
    """ln of P0' / P0 of some rows, where P0' allows for a change of style and for a loop behind any site."""
    lengths, rests = found.lengths[rows], found.rests[rows]
    begun = log_beginnings(found.letters[rows], _of(found.openers, rows))
    loops = _log_total(_sums(found.laws[rows, _LOOPS])) - np.log(_LOOPS.stop - _LOOPS.start)
    at = np.arange(rests.shape[1])
    begun[(at == 0) | (at >= lengths[:, None])] = -np.inf
    parts = [np.log(1 - TURN_SHARE - _LOOP_SHARE) + rests[:, 0]]
    for share, rest in ((TURN_SHARE, rests), (_LOOP_SHARE, turned(loops, lengths))):
        parts.append(np.log(share / np.maximum(1, lengths - 1)) + log_sum(begun + rest))
    return np.asarray(np.logaddexp.reduce(parts) - rests[:, 0])


def log_drawn(found: Clean) -> Floats:
    """(rows,) ln of the evidence that letters are drawn more evenly than in clean texts, from one alphabet or from two
    in turn (a byte in two letters of four bits), or as English has them.
    """
    letters, shares = found.letters, found.openers.shares
    seen, at = _seen(letters), np.arange(letters.shape[1])
    steps = np.empty((len(FLAT) + 2, *letters.shape))
    for step, (power, firmness, _) in zip(steps, FLAT, strict=False):
        np.divide(firmness * _at(_flat(shares, power), letters) + seen, firmness + at, out=step)
    paired = _seen(letters * 2 + at % 2)
    steps[-2] = (_PAIRED_SITES * _at(_flat(shares, 0.5), letters) + paired) / (_PAIRED_SITES + at // 2)
    np.log(steps[:-1], out=steps[:-1])
    english = steps[-1]
    english[:, :1] = log_letters()[letters[:, :1]]
    english[:, 1:] = log_pairs()[letters[:, :-1], letters[:, 1:]]
    weights = np.log([*(weight for _, _, weight in FLAT), _PAIRED_SHARE, _ENGLISH_SHARE])
    ratios = log_noise(found.rests, found.lengths, _sums(steps))
    return log_sum((ratios + weights[:, None]).T)


def _flat(shares: Floats, power: float) -> Floats:
    flat = shares**power
    return np.asarray(flat / flat.sum(axis=1, keepdims=True))


def _at(shares: Floats, letters: Numbers) -> Floats:
    return shares.take(letters + 26 * np.arange(len(letters))[:, None])


def spelt(found: Clean, n_periods: int) -> list[Spelt]:
    """The stretch of each row that reads best as English, at every first to `n_periods`-th letter, either way."""
    letters, (n_rows, n) = found.letters, found.letters.shape
    best = [Spelt(-np.inf, letters[0, :0])] * n_rows
    cost = -np.diff(found.rests)
    cost[np.arange(n) >= found.lengths[:, None]] = -_IMPOSSIBLE
    for period in range(1, n_periods + 1):
        n_chars = -(-n // period)
        chains = np.full((n_rows, 2, n_chars * period), _IMPOSSIBLE)
        gains = chains[:, :, :n]
        gains[:] = _english(letters, found.lengths, period)
        gains -= cost[:, None]
        sums = chains.reshape(n_rows, 2, n_chars, period).cumsum(axis=2)
        rises = np.zeros_like(sums)
        np.minimum.accumulate(sums[:, :, :-1], axis=2, out=rises[:, :, 1:])
        np.minimum(rises, 0.0, out=rises)
        np.subtract(sums, rises, out=rises)
        readings = found.lengths * (found.lengths / period + 1) / 2
        price = np.log(np.maximum(1.0, readings)) - _PERIOD_SHARES[period - 1]
        ratios = rises.max(axis=(2, 3)) + _WAYS - price[:, None]
        for row, way in enumerate(ratios.argmax(axis=1).tolist()):
            if found.lengths[row] >= 4 * period and ratios[row, way] > best[row].log_ratio:
                sites = _sites(sums[row, way], rises[row, way], period, backwards=way == 1)
                best[row] = Spelt(float(ratios[row, way]), sites)
    return best


def _english(letters: Numbers, lengths: Numbers, period: int) -> Floats:
    """(rows, 2, n) ln P of each letter behind the one `period` sites before it, and behind the one after it."""
    gains = np.repeat(log_letters()[letters][:, None], 2, axis=1)
    one, other = letters[:, :-period], letters[:, period:]
    gains[:, 0, period:] = log_pairs()[one, other]
    is_inside = np.arange(period, letters.shape[1]) < lengths[:, None]
    gains[:, 1, :-period] = np.where(is_inside, log_pairs()[other, one], gains[:, 1, :-period])
    return gains


def in_words(found: Clean, row: int) -> Spelt:
    """The stretch that reads best as common words one after another: dynamic programming over where words end.

    What is shown is the best stretch against the shares of letters alone: a law that learns from the letters behind a
    message takes to it, and is surprised by its end only.
    """
    n = int(found.lengths[row])
    letters = found.letters[row, :n]
    ratio, sites = _best_words(letters, -found.rests[row, : n + 1])
    if ratio > 0.0:
        shares = found.openers.shares[row]
        _, sites = _best_words(letters, np.concatenate(([0.0], np.cumsum(np.log(shares[letters])))))
    return Spelt(ratio, sites)


def _best_words(letters: Numbers, costs: Floats) -> tuple[float, Numbers]:
    text, known, n = bytes((letters + 97).astype(np.uint8)).decode(), log_prefixes(), len(letters)
    cost: list[float] = costs.tolist()
    best, begins = [0.0] * (n + 1), list(range(n + 1))
    for start in range(n):
        so_far = best[start] + cost[start]
        for end in range(start + 1, min(n, start + _LONGEST_WORD) + 1):
            log_word = known.get(text[start:end])
            if log_word is None:
                break
            total = so_far + log_word - cost[end]
            if total > best[end]:
                best[end], begins[end] = total, begins[start]
    end = max(range(n + 1), key=best.__getitem__)
    return best[end] - float(np.log(n * (n + 1) / 2)), np.arange(begins[end], end)


def _sites(sums: Floats, rises: Floats, period: int, *, backwards: bool) -> Numbers:
    char, phase = np.unravel_index(int(rises.argmax()), sums.shape)
    column = np.concatenate(([0.0], sums[:char, phase]))
    first = len(column) - 1 - int(column[::-1].argmin())
    sites = np.arange(first, int(char) + 1) * period + int(phase)
    return sites[::-1] if backwards else sites


def _seen(symbols: Numbers) -> Numbers:
    """How often each symbol stood before in its row."""
    n_rows, n = symbols.shape
    if not n:
        return symbols
    at, base = np.arange(n), np.arange(n_rows)[:, None] * n
    # Numbers of 16 bits are sorted by counting.
    order = symbols.astype(np.uint16).argsort(axis=1, kind="stable") + base
    turns = symbols.take(order)
    begins = np.zeros((n_rows, n), np.int64)
    begins[:, 1:] = np.where(turns[:, 1:] != turns[:, :-1], at[1:], 0)
    seen = np.empty(n_rows * n, np.int64)
    seen[order] = at - np.maximum.accumulate(begins, axis=1)
    return seen.reshape(n_rows, n)


def _of(openers: Openers, rows: Numbers) -> Openers:
    return Openers(*(getattr(openers, part.name)[rows] for part in fields(Openers)))


def _mixed(laws: Floats, openers: Openers) -> Floats:
    sums = _sums(laws)
    sums += np.log(openers.law_weights)[:, :, None]
    return _log_total(sums)


def _log_total(logs: Floats) -> Floats:
    """ln of the sum over the laws, the axis in the middle."""
    most = logs.max(axis=1)
    return np.asarray(most + np.log(np.exp(logs - most[:, None]).sum(axis=1)))


def _sums(steps: Floats) -> Floats:
    sums = np.zeros((*steps.shape[:-1], steps.shape[-1] + 1))
    np.cumsum(steps, axis=-1, out=sums[..., 1:])
    return sums
