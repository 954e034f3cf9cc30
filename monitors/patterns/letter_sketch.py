"""Streams of letters, sketched: are they drawn from an alphabet, or spelt, by counts at a few ends."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import log_letters, log_pairs
from monitors.patterns.ends import LOG_SHARES, N_ENDS, Rows, log_sum, rising
from monitors.patterns.laws import openers
from monitors.patterns.letter_laws import FLAT
from monitors.patterns.null import Floats

Numbers = npt.NDArray[np.int64]
_MOST = 144
_N_STYLES, _STATES = 6, 26
_N_LAWS = _N_STYLES + len(FLAT)
_LOG_WEIGHTS = np.log([weight for _, _, weight in FLAT])
_WAYS = np.log([0.75, 0.25])
_EVERY_LETTER = float(np.log(0.6))
_IMPOSSIBLE = -50.0
# How many sites the shares of clean texts stand for.
_FIRMNESS = 10.0


class _Known(NamedTuple):
    """Of some streams: ln of the rising factorials of each law's letters and of their sums, flat; weights of styles."""

    letters: Floats
    sums: Floats
    weights: Floats
    shares: Floats


@cache
def _known(name: str) -> _Known:
    own = openers(name)
    flats = [own.shares**power for power, _, _ in FLAT]
    firm = [firmness * one / one.sum() for one, (_, firmness, _) in zip(flats, FLAT, strict=True)]
    laws = np.concatenate((own.styles, firm))
    weights = np.log(own.style_weights * own.law_weights[0])
    return _Known(rising(laws, _MOST), rising(laws.sum(axis=1), _MOST), weights, np.log(own.shares))


@lru_cache(maxsize=64)
def _all_known(names: tuple[str, ...]) -> _Known:
    letters, sums, weights, shares = (np.stack(part) for part in zip(*map(_known, names), strict=True))
    return _Known(letters.ravel(), sums.ravel(), weights, shares)


def log_drawn(names: tuple[str, ...], letters: Numbers, rows: Rows) -> tuple[Floats, Floats]:
    """(rows,) ln of the evidence that letters are drawn more evenly than in clean texts, and (rows, ends) ln P of those
    behind each end: by the styles of clean texts alone.
    """
    known = _all_known(names)
    behind = _behind(letters, rows)
    law = rows.stream[:, None] * _N_LAWS + np.arange(_N_LAWS)
    place = ((law * _STATES)[:, :, None] + np.arange(_STATES)) * (_MOST + 1)
    left = rows.n[:, None] - rows.ends
    styles = _drawn(known, law[:, None, :_N_STYLES], place[:, None, :_N_STYLES], behind, left)
    rests = log_sum(styles + known.weights[rows.stream][:, None])
    before = (behind[:, :1] - behind)[:, 1:]
    flats = _drawn(known, law[:, None, _N_STYLES:], place[:, None, _N_STYLES:], before, rows.ends[:, 1:])
    flats += (rests[:, 1:] - rests[:, :1] + LOG_SHARES[1:])[:, :, None]
    flats += _LOG_WEIGHTS
    return log_sum(flats.reshape(len(rests), N_ENDS * len(FLAT))), rests


def _drawn(known: _Known, law: Numbers, place: Numbers, counts: Numbers, n: Numbers) -> Floats:
    """(rows, ends, laws) ln P of letters with these counts."""
    found: Floats = known.letters.take(place + counts[:, :, None]).sum(axis=3)
    found -= known.sums.take(law * (_MOST + 1) + n[:, :, None])
    return found


def _behind(letters: Numbers, rows: Rows) -> Numbers:
    """(rows, ends, 26) how often each letter stands behind each end."""
    n_rows, width = len(rows.n), int(rows.n.max())
    at = np.arange(width)
    held = letters.take(rows.start[:, None] + at, mode="clip")
    cells = (np.arange(n_rows)[:, None] * (N_ENDS + 1) + rows.blocks(width)) * _STATES + held
    blocks = np.bincount(cells.ravel(), minlength=n_rows * (N_ENDS + 1) * _STATES).reshape(n_rows, N_ENDS + 1, _STATES)
    # What is beyond the last end is no part of the stream.
    blocks[:, N_ENDS] = 0
    return np.asarray(blocks[:, ::-1].cumsum(axis=1)[:, ::-1])


def log_spelt(letters: Numbers, rows: Rows, costs: Floats) -> Floats:
    """(rows,) ln of the evidence of the stretch that reads best as English; costs are ln P of each letter, clean."""
    width = int(rows.n.max())
    at = np.arange(width)
    is_inside = at < rows.n[:, None]
    held = letters.take(rows.start[:, None] + at, mode="clip")
    gains = np.empty((2, len(rows.n), width))
    gains[:] = log_letters().take(held)
    pairs = log_pairs().ravel()
    gains[0, :, 1:] = pairs.take(held[:, :-1] * _STATES + held[:, 1:])
    gains[1, :, :-1] = np.where(is_inside[:, 1:], pairs.take(held[:, 1:] * _STATES + held[:, :-1]), gains[1, :, :-1])
    gains -= costs
    gains[:, ~is_inside] = _IMPOSSIBLE
    sums = gains.cumsum(axis=2)
    low = np.zeros_like(sums)
    np.minimum.accumulate(sums[:, :, :-1], axis=2, out=low[:, :, 1:])
    np.minimum(low, 0.0, out=low)
    best = ((sums - low).max(axis=2).T + _WAYS).max(axis=1)
    return np.asarray(best - np.log(rows.n * (rows.n + 1) / 2) + _EVERY_LETTER)


def costs_of_shares(names: tuple[str, ...], letters: Numbers, rows: Rows) -> Floats:
    """(rows, sites) ln of the share of each letter in this text, held to what clean texts have."""
    n_rows, width = len(rows.n), int(rows.n.max())
    held = letters.take(rows.start[:, None] + np.arange(width), mode="clip") + _STATES * np.arange(n_rows)[:, None]
    counts = np.bincount(held[np.arange(width) < rows.n[:, None]], minlength=n_rows * _STATES)
    firm = _FIRMNESS * np.exp(_all_known(names).shares[rows.stream])
    costs = np.log((counts.reshape(n_rows, _STATES) + firm) / (rows.n + _FIRMNESS)[:, None])
    return np.asarray(costs.take(held))


def costs_of_rests(rows: Rows, rests: Floats) -> Floats:
    """(rows, sites) the mean between two ends."""
    slopes = -np.diff(rests) / np.maximum(np.diff(rows.ends), 1)
    block = np.minimum(rows.blocks(int(rows.n.max())), N_ENDS - 1)
    return np.take_along_axis(slopes, block, axis=1)
