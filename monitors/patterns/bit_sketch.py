"""Streams of bits, sketched: noise by counts at a few ends, and the best message that loses its phase once at most."""

from __future__ import annotations

from functools import cache

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
    """(rows,) ln of the evidence of the best message, nearly; between the ends the clean law counts in a line.

    (ways, rows, bytes, phases): a message goes along the bytes of one phase.
    """
    width = -(-int(rows.n.max()) // WIDTH) * WIDTH
    numbers = _numbers(bits, rows, width)
    line = _line(rows, rests, width + WIDTH)
    shape = len(numbers), width // WIDTH, WIDTH
    alone, after = _bytes()
    here = alone.take(numbers, axis=1).reshape(2, *shape)
    total = np.zeros((2, len(numbers), width), np.float32)
    total[:, :, WIDTH:] = after.take(numbers[:, :-WIDTH].astype(np.uint16) << WIDTH | numbers[:, WIDTH:], axis=1)
    gains = total.reshape(2, *shape)
    sums = np.cumsum(gains, axis=2, out=gains)
    starts = _starts()[rows.n, :width].reshape(shape)
    end = np.where(np.arange(WIDTH, width + WIDTH) <= rows.n[:, None], line[:, WIDTH:], _IMPOSSIBLE).reshape(shape)
    # What the clean law says of the sites before is the same for all that follows.
    here -= sums
    here -= line[:, :width].reshape(shape)
    sums += end
    ratios = _ends(here + starts, sums)
    best = (ratios.max(axis=(2, 3)).T + _WAYS).max(axis=1)
    some = (best > 0.0).nonzero()[0]
    if len(some):
        slipped = _slipped(ratios[:, some].reshape(2, len(some), width))
        begun = np.maximum(slipped.reshape(2, len(some), *shape[1:]), starts[some])
        again = _ends(here[:, some] + begun, sums[:, some])
        best[some] = np.maximum(best[some], (again.max(axis=(2, 3)).T + _WAYS).max(axis=1))
    return np.asarray(best - np.log(np.maximum(rows.n / WIDTH, 1.0)))


def _numbers(bits: Bits, rows: Rows, width: int) -> Bits:
    """(rows, width) the byte that begins at each site."""
    at = np.arange(width + WIDTH)
    numbers: Bits = bits.take(rows.start[:, None] + at, mode="clip")
    for shift in (1, 2, 4):
        numbers = (numbers[:, :-shift] << shift | numbers[:, shift:]).astype(np.uint8, copy=False)
    return numbers[:, :width]


def _line(rows: Rows, rests: Floats, width: int) -> Logs:
    """(rows, width) `rests` at every site, in a line between the ends."""
    steps = np.diff(rows.ends)
    slopes = np.diff(rests) / np.maximum(steps, 1)
    found = np.zeros((len(rests), width + 1), np.float32)
    found[:, 0] = rests[:, 0]
    block = np.minimum(rows.blocks(width), N_ENDS - 1)
    found[:, 1:] = np.take_along_axis(slopes, block, axis=1)
    return np.cumsum(found, axis=1, out=found)[:, :width]


def _ends(begun: Logs, total: Logs) -> Logs:
    """What the best message that ends with each byte gains."""
    found = np.maximum.accumulate(begun, axis=2)
    found += total
    return found


def _slipped(ratios: Logs) -> Logs:
    """What a message gained that ended before each site, and goes on there."""
    found = np.full(ratios.shape, _IMPOSSIBLE, np.float32)
    np.maximum.accumulate(ratios[:, :, :-WIDTH], axis=2, out=found[:, :, WIDTH:])
    found -= _SLIP
    return found


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
