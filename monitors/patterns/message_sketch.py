"""Messages in streams of bits, sketched: the best one of whole bytes, plain or inverted, that may lose its phase."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import byte_logs
from monitors.patterns.count_laws import Counts
from monitors.patterns.ends import N_ENDS, Rows
from monitors.patterns.null import Floats

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Logs = npt.NDArray[np.float32]
# Read plainly or inverted; shorter streams hold none that tells.
_WAYS = np.log(np.array([0.6, 0.3], np.float32))
SHORTEST = 16
WIDTH = 8
MOST = 144
_AT_START, _NEAR_START, _ANYWHERE, _NEAR = 0.4, 0.3, 0.3, 17
_SLIP, _IMPOSSIBLE = 4.2, -99.0
# A message is looked for in the first sites: twelve characters of it tell as much as eighteen.
_READ = 96
# Two characters of any message have at least so many ones, and so many zeros.
_FEWEST = 4
_SITES = MOST + WIDTH


def can_hold(found: Counts, rows: Rows) -> npt.NDArray[np.bool_]:
    """Which rows have two bytes in a line that are neither nearly empty nor nearly full."""
    can = rows.n >= SHORTEST
    ones = found.ones()
    windows = ones[SHORTEST:] - ones[:-SHORTEST]
    # Unsigned numbers wrap around, so that one comparison is a range.
    mixed = (windows - _FEWEST).astype(np.uint32) <= SHORTEST - 2 * _FEWEST
    long = can.nonzero()[0]
    if len(long):
        bounds = np.stack((rows.start[long], rows.start[long] + rows.n[long] - SHORTEST + 1), axis=1).ravel()
        can[long] = np.logical_or.reduceat(np.append(mixed, False), bounds)[::2]
    return can


def log_messages(bits: Bits, rows: Rows, rests: Floats) -> Floats:
    """(rows,) ln of the evidence of the best message, nearly; between the ends the clean law counts in a line."""
    order = (-rows.n).argsort(kind="stable")
    read, windows = rows.some(order), _Windows.of(rows.n[order])
    starts, alone, behind = _gains(bits, read, windows, rests[order])
    best = np.full((2, len(order)), _IMPOSSIBLE, np.float32)
    chain = np.full((2, WIDTH, len(order)), _IMPOSSIBLE, np.float32)
    for begin, end in pairwise(windows.cuts):
        n = end - begin
        # A message goes on at its own phase, or behind a slip at any.
        now = np.maximum((best[:, :n] - _SLIP)[:, None], starts[:, begin:end])
        now += alone[:, :, begin:end]
        after = behind[:, :, begin:end]
        after += chain[:, :, :n]
        chain = np.maximum(now, after, out=now)
        np.maximum(best[:, :n], np.maximum.reduce(chain, axis=1), out=best[:, :n])
    found = np.empty(len(order))
    found[order] = (best.T + _WAYS).max(axis=1) - np.log(read.n / WIDTH)
    return found


class _Windows(NamedTuple):
    """Bytes of streams that are sorted by their length: all first bytes, all second bytes, ..., at each phase.

    `sites` (phases, bytes) are those of the stream in `row` where each byte begins; `cuts` part the first bytes from
    the second, and so on.
    """

    row: Numbers
    sites: Numbers
    cuts: list[int]

    @classmethod
    def of(cls, n: Numbers) -> _Windows:
        n_bytes = np.minimum(n, _READ) // WIDTH
        byte, row = (np.arange(int(n_bytes[0]))[:, None] < n_bytes).nonzero()
        cuts = byte.searchsorted(np.arange(int(n_bytes[0]) + 1)).tolist()
        return cls(row, byte * WIDTH + np.arange(WIDTH)[:, None], cuts)


def _gains(bits: Bits, rows: Rows, windows: _Windows, rests: Floats) -> tuple[Logs, Logs, Logs]:
    """(phases, bytes) what it costs to begin at a site, (2, phases, bytes) what a byte gains alone and behind one."""
    row, sites = windows.row, windows.sites
    numbers = bits.astype(np.uint16)
    for shift in (1, 2, 4):
        numbers[:-shift] = numbers[:-shift] << shift | numbers[shift:]
    numbers &= 255
    at = sites + rows.start[row]
    here = numbers.take(at, mode="clip")
    numbers[WIDTH:] |= numbers[:-WIDTH] << WIDTH
    pairs = numbers.take(at, mode="clip")
    place = sites + (rows.n * _SITES)[row]
    clean = _clean(rows, rests).take(_blocks().take(place) + row * (N_ENDS + 1))
    alone, after = _bytes()
    first, following = alone.take(here, axis=1), after.take(pairs, axis=1)
    first -= clean
    following -= clean
    return _starts().take(place), first, following


def _clean(rows: Rows, rests: Floats) -> Logs:
    """(rows, ends + 1) ln P of a byte between two ends in clean texts; the last one is for bytes that are not whole."""
    found = np.full((len(rows.n), N_ENDS + 1), -_IMPOSSIBLE, np.float32)
    found[:, :-1] = (rests[:, :-1] - rests[:, 1:]) * (WIDTH / np.maximum(rows.ends[:, 1:] - rows.ends[:, :-1], 1))
    return found


@cache
def _blocks() -> npt.NDArray[np.int64]:
    """By the sites of a stream and the site of a byte: between which ends its middle stands."""
    found = np.full((MOST + 1, _SITES), N_ENDS)
    n = np.arange(MOST + 1)
    sites = Rows.of(np.stack((np.zeros_like(n), n), axis=1), np.zeros_like(n), np.full(MOST + 1, MOST))
    middle = sites.blocks(MOST)[:, WIDTH // 2 :]
    found[:, : middle.shape[1]] = middle
    found[np.arange(_SITES) + WIDTH > n[:, None]] = N_ENDS
    return found.ravel()


@cache
def _starts() -> Logs:
    """By the sites of a stream: what it costs to begin at a site."""
    at, n = np.arange(_SITES), np.maximum(np.arange(MOST + 1), 1)[:, None]
    starts = _ANYWHERE / n + np.where(at < _NEAR, _NEAR_START / _NEAR, 0.0) + np.where(at < 1, _AT_START, 0.0)
    return np.log(starts).astype(np.float32).ravel()


@cache
def _bytes() -> tuple[Logs, Logs]:
    """(2, 256) ln P of a byte, (2, 65536) behind another, plain and inverted."""
    alone, after = (np.ascontiguousarray(table[:, :2].T, np.float32) for table in byte_logs())
    return alone, after
