"""Streams of bits, sketched: noise by counts at a few ends, and the best message that loses its phase once at most."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import byte_logs
from monitors.patterns.ends import N_ENDS, Rows
from monitors.patterns.null import Floats, Mixtures

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Logs = npt.NDArray[np.float32]
_HALF = float(np.log(0.5))
# Messages: read plainly or inverted; shorter streams hold none that tells.
_WAYS = np.log(np.array([0.6, 0.3], np.float32))
SHORTEST = 16
WIDTH = 8
_MOST = 144
_AT_START, _NEAR_START, _ANYWHERE, _NEAR = 0.4, 0.3, 0.3, 17
_SLIP, _IMPOSSIBLE = 4.2, -99.0


def log_rests(bits: Bits, rows: Rows, own: Mixtures) -> Floats:
    """(rows, ends) ln P(bits behind each end), as `null.log_rests`; `own` has a row for each."""
    counts = np.zeros((2, len(bits) + 1), np.int64)
    np.cumsum(bits, out=counts[0, 1:])
    np.cumsum(bits[:-1] & bits[1:], out=counts[1, 1:-1])
    ones, pairs = counts
    at, left = rows.start[:, None] + rows.ends, rows.n[:, None] - rows.ends
    stop = (rows.start + rows.n)[:, None]
    before = np.minimum(at, stop - 1)
    own_ones, n11 = ones[stop] - ones[at], pairs[stop - 1] - pairs[before]
    laws = np.empty((*own.logs.shape, rows.ends.shape[1]))
    row, law = (own.second < 0).nonzero()
    zeros = left - own_ones
    laws[row, law] = _drawn(own.urns, own.first[row, law], own_ones[row], zeros[row])
    row, law = (own.second >= 0).nonzero()
    # Read from the end: a one after a zero is a one before it in the text.
    n01, n10 = ones[stop - 1] - ones[before] - n11, ones[stop] - ones[np.minimum(at + 1, stop)] - n11
    n00 = np.maximum(left - 1, 0) - n11 - n01 - n10
    chains = _drawn(own.urns, own.first[row, law], n01[row], n00[row])
    chains += _drawn(own.urns, own.second[row, law], n11[row], n10[row])
    chains[:, :-1] += _HALF
    laws[row, law] = chains
    laws += own.logs[:, :, None]
    most = laws.max(axis=1)
    laws -= most[:, None]
    return np.asarray(most + np.log(np.exp(laws, out=laws).sum(axis=1)))


def _drawn(urns: Floats, places: Numbers, ones: Numbers, zeros: Numbers) -> Floats:
    ones = ones + places[:, None]
    found: Floats = urns[0].take(ones)
    ones += zeros
    found -= urns[2].take(ones)
    found += urns[1].take(zeros + places[:, None])
    return found


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
        now = np.maximum(best[:, None, :n] - _SLIP, starts[:, begin:end])
        now += alone[:, :, begin:end]
        behind[:, :, begin:end] += chain[:, :, :n]
        chain = np.maximum(now, behind[:, :, begin:end], out=now)
        np.maximum(best[:, :n], chain.max(axis=1), out=best[:, :n])
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
        n_bytes = n // WIDTH
        byte, row = (np.arange(int(n_bytes[0]))[:, None] < n_bytes).nonzero()
        cuts = byte.searchsorted(np.arange(int(n_bytes[0]) + 1)).tolist()
        return cls(row, byte * WIDTH + np.arange(WIDTH)[:, None], cuts)


def _gains(bits: Bits, rows: Rows, windows: _Windows, rests: Floats) -> tuple[Logs, Logs, Logs]:
    """(phases, bytes) what it costs to begin at a site, (2, phases, bytes) what a byte gains alone and behind one."""
    row, sites = windows.row, windows.sites
    n = rows.n[row]
    numbers = bits.astype(np.uint16)
    for shift in (1, 2, 4):
        numbers[:-shift] = numbers[:-shift] << shift | numbers[shift:]
    numbers &= 255
    at = rows.start[row] + sites
    here = numbers.take(at, mode="clip")
    cost = _costs(rows, rests)[row, sites]
    # Bytes that are not whole.
    cost[sites + WIDTH > n] = -_IMPOSSIBLE
    alone, after = _bytes()
    pairs = numbers.take(at - WIDTH, mode="clip") << WIDTH | here
    return _starts()[n, sites], alone.take(here, axis=1) - cost, after.take(pairs, axis=1) - cost


def _costs(rows: Rows, rests: Floats) -> Logs:
    """(rows, sites) what the clean law says of the byte that begins there, in a line between the ends."""
    slopes = (rests[:, 1:] - rests[:, :-1]) / np.maximum(rows.ends[:, 1:] - rows.ends[:, :-1], 1)
    held = np.concatenate((slopes, np.zeros((len(slopes), 1))), axis=1).astype(np.float32)
    width = int(rows.n[0])
    each = held.take(rows.blocks(width) + (np.arange(len(held)) * (N_ENDS + 1))[:, None])
    line = np.zeros((len(held), width + WIDTH + 1), np.float32)
    np.cumsum(each, axis=1, out=line[:, 1 : width + 1])
    line[:, width + 1 :] = line[:, width : width + 1]
    return line[:, :-WIDTH] - line[:, WIDTH:]


@cache
def _starts() -> Logs:
    """(sites + 1, sites) what it costs to begin at a site, by the sites of a stream."""
    at, n = np.arange(_MOST + WIDTH), np.maximum(np.arange(_MOST + 1), 1)[:, None]
    starts = _ANYWHERE / n + np.where(at < _NEAR, _NEAR_START / _NEAR, 0.0) + np.where(at < 1, _AT_START, 0.0)
    return np.log(starts).astype(np.float32)


@cache
def _bytes() -> tuple[Logs, Logs]:
    """(2, 256) ln P of a byte, (2, 65536) behind another, plain and inverted."""
    alone, after = (np.ascontiguousarray(table[:, :2].T, np.float32) for table in byte_logs())
    return alone, after
