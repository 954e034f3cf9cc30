"""Streams of letters, sketched: are they drawn from an alphabet, or spelt, by counts at a few ends."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import log_pairs
from monitors.patterns.ends import LOG_SHARES, N_ENDS, Rows, log_sum, rising
from monitors.patterns.laws import openers
from monitors.patterns.letter_laws import FLAT, TURN_SHARE
from monitors.patterns.null import Floats

Numbers = npt.NDArray[np.int64]
Logs = npt.NDArray[np.float32]
_MOST = 144
_PLACES = _MOST + 1
_N_STYLES, _STATES = 6, 26
_ONES = np.ones(_STATES, np.float32)
_LOG_WEIGHTS = np.log([weight for _, _, weight in FLAT])
_WAYS = np.log(np.array([0.75, 0.25], np.float32))
_EVERY_LETTER = float(np.log(0.6))
# How many sites the shares of clean texts stand for.
_FIRMNESS = 10.0
# Letters are looked at by so many at a time, and a stretch that begins and ends within them has about so much more.
_STRIDE, _EDGES = 4, 1.0
_STRIDES = np.ones(_STRIDE, np.float32)


class _Known(NamedTuple):
    """Of some streams: ln of the rising factorials of each letter and count, a column for each law, of styles and of
    flatter letters; those of their sums; weights of styles; shares of letters.
    """

    styles: Logs
    flats: Logs
    style_sums: Logs
    flat_sums: Logs
    weights: Floats
    shares: Floats


@cache
def _known(name: str) -> _Known:
    own = openers(name)
    flats = [own.shares**power for power, _, _ in FLAT]
    firm = np.stack([firmness * one / one.sum() for one, (_, firmness, _) in zip(flats, FLAT, strict=True)])
    (styles, style_sums), (drawn, flat_sums) = _rising(own.styles), _rising(firm)
    weights = np.log(own.style_weights * own.law_weights[0])
    return _Known(styles, drawn, style_sums, flat_sums, weights, own.shares)


def _rising(laws: Floats) -> tuple[Logs, Logs]:
    letters, sums = rising(laws, _MOST).astype(np.float32), rising(laws.sum(axis=1), _MOST).astype(np.float32)
    return letters.transpose(1, 2, 0).reshape(-1, len(laws)), np.ascontiguousarray(sums.T)


@lru_cache(maxsize=64)
def _all_known(names: tuple[str, ...]) -> _Known:
    styles, flats, style_sums, flat_sums, weights, shares = zip(*map(_known, names), strict=True)
    # One behind the other they may be turned in memory, where look-ups are slow.
    rows = [np.ascontiguousarray(np.concatenate(part)) for part in (styles, flats, style_sums, flat_sums)]
    return _Known(rows[0], rows[1], rows[2], rows[3], np.stack(weights), np.stack(shares))


class Drawn(NamedTuple):
    """(rows,) ln of the evidence that letters are drawn more evenly than in clean texts, and (rows, ends) ln P of those
    behind each end, and of those before it: by the styles of clean texts alone.
    """

    ratio: Floats
    rests: Floats
    begun: Floats

    def turns(self, rows: Rows) -> Floats:
        """(rows,) ln of P0' / P0 as `letter_laws.log_turns`, where the style may change at an end."""
        shares = np.maximum(rows.ends[:, 2:] - rows.ends[:, :-2], 1) / (2.0 * rows.n[:, None])
        turns = log_sum(self.begun[:, :-1] + self.rests[:, 1:-1] + np.log(TURN_SHARE * shares)) - self.rests[:, 0]
        return np.asarray(np.logaddexp(np.log(1 - TURN_SHARE), turns))


def log_drawn(names: tuple[str, ...], letters: Numbers, rows: Rows) -> Drawn:
    """The letters of each row against the styles of its stream."""
    known = _all_known(names)
    behind = _behind(letters, rows)
    left = rows.n[:, None] - rows.ends
    first = (rows.stream * _PLACES)[:, None]
    letter = first[:, :, None] * _STATES + np.arange(0, _STATES * _PLACES, _PLACES)
    before = behind[:, :1] - behind[:, 1:]
    weights = known.weights[rows.stream][:, None]
    rests = log_sum(_log_p(known.styles, known.style_sums, behind + letter, left + first) + weights)
    before += letter
    ends = rows.ends[:, 1:] + first
    begun = log_sum(_log_p(known.styles, known.style_sums, before, ends) + weights)
    flats = _log_p(known.flats, known.flat_sums, before, ends) + (
        (rests[:, 1:] - rests[:, :1] + LOG_SHARES[1:])[:, :, None] + _LOG_WEIGHTS
    )
    return Drawn(log_sum(flats.reshape(len(rests), N_ENDS * len(FLAT))), rests, begun)


def _log_p(letters: Logs, sums: Logs, counts: Numbers, n: Numbers) -> Logs:
    """(rows, ends, laws) ln P of letters with these counts. A product with ones is a sum, and faster."""
    found: Logs = _ONES @ letters.take(counts, axis=0)
    found -= sums.take(n, axis=0)
    return found


def _behind(letters: Numbers, rows: Rows) -> Numbers:
    """(rows, ends, 26) how often each letter stands behind each end."""
    n_rows, width = len(rows.n), int(rows.n.max())
    held = letters.take(rows.start[:, None] + np.arange(width), mode="clip")
    # What is beyond the last end is no part of the stream.
    held += (np.arange(n_rows)[:, None] * (N_ENDS + 1) + rows.blocks(width)) * _STATES
    blocks = np.bincount(held.ravel(), minlength=n_rows * (N_ENDS + 1) * _STATES).reshape(n_rows, N_ENDS + 1, _STATES)
    blocks[:, N_ENDS] = 0
    for end in range(N_ENDS - 1, -1, -1):
        blocks[:, end] += blocks[:, end + 1]
    return blocks


def log_spelt(letters: Numbers, rows: Rows, costs: Floats) -> Floats:
    """(rows,) ln of the evidence of the stretch that reads best as English, by some letters at a time.

    costs : (rows, sites) ln P of each letter in clean texts.
    """
    n_rows, width = len(rows.n), costs.shape[1]
    held = letters.take(rows.start[:, None] + np.arange(width), mode="clip")
    pairs = _pairs()
    held[:, :-1] += held[:, 1:] * _STATES
    gains = np.zeros((2, n_rows, -(-width // _STRIDE) * _STRIDE), np.float32)
    # Both letters of a pair are held to what clean texts have of the first.
    np.subtract(pairs.take(held, axis=1, mode="clip"), costs, out=gains[:, :, :width], casting="same_kind")
    gains[:, :, :width] *= np.arange(width) < rows.n[:, None] - 1
    sums = (gains.reshape(2, n_rows, -1, _STRIDE) @ _STRIDES).cumsum(axis=2)
    low = np.zeros_like(sums)
    np.minimum.accumulate(sums[:, :, :-1], axis=2, out=low[:, :, 1:])
    np.minimum(low, 0.0, out=low)
    # Without a floor a row would gain by longer ones beside it, behind whose end it has an empty stretch.
    best = ((sums - low).max(axis=2, initial=0.0).T + _WAYS).max(axis=1)
    return np.asarray(best - np.log(rows.n * (rows.n + 1) / 2) + (_EVERY_LETTER + _EDGES))


@cache
def _pairs() -> Logs:
    """(2, 26 * 26) ln P of the second of two letters behind the first, and of the first behind the second."""
    pairs = log_pairs().astype(np.float32)
    return np.stack((pairs.T.ravel(), pairs.ravel()))


def costs_of_shares(names: tuple[str, ...], letters: Numbers, rows: Rows) -> Floats:
    """(rows, sites) ln of the share of each letter in this text, held to what clean texts have."""
    n_rows, width = len(rows.n), int(rows.n.max())
    held = letters.take(rows.start[:, None] + np.arange(width), mode="clip") + _STATES * np.arange(n_rows)[:, None]
    counts = np.bincount(held[np.arange(width) < rows.n[:, None]], minlength=n_rows * _STATES)
    firm = _FIRMNESS * _all_known(names).shares[rows.stream]
    costs = np.log((counts.reshape(n_rows, _STATES) + firm) / (rows.n + _FIRMNESS)[:, None])
    return np.asarray(costs.take(held))


def costs_of_rests(rows: Rows, rests: Floats) -> Floats:
    """(rows, sites) the mean between two ends."""
    means = np.zeros((len(rests), N_ENDS + 1))
    means[:, :-1] = (rests[:, :-1] - rests[:, 1:]) / np.maximum(rows.ends[:, 1:] - rows.ends[:, :-1], 1)
    place = rows.blocks(int(rows.n.max())) + (np.arange(len(rests)) * (N_ENDS + 1))[:, None]
    return means.take(place)
