"""Streams of bits against the law of clean texts: are they a message in ASCII, or uniform noise?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import byte_logs
from monitors.patterns.null import Floats, log_sum

Bits = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
WIDTH = 8
# Plain, inverted, backwards, both.
_WAYS = np.log([0.6, 0.3, 0.06, 0.04])
# Where a message begins: at the first site, behind a marker or a length, anywhere.
_AT_START, _NEAR_START, _ANYWHERE, _NEAR = 0.4, 0.3, 0.3, 17
# A site that only one of the two sides counts breaks the phase: what it costs to find it again, and each site left out.
_SLIP, _LEFT_OUT = 4.0, 0.05
# Whether a payload of noise reaches the last site.
_WHOLE = 0.4
_IMPOSSIBLE = -99.0
# What it costs to leave out the sites up to the 1st, 2nd, ... 8th of a byte.
_PRICES = _LEFT_OUT * np.arange(1, WIDTH + 1)[:, None]
_ROUNDING = 1e-9
_ENDS_STEP = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a stream read as text: bits `start` to `end`, and what they say."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Messages:
    """ln of the evidence for a message in each stream, and the way in which its best one is read.

    (sites, streams of 4 ways) each, so that a message can be followed back: what a message may cost to begin at a site
    or to go on there after a slip, what the byte there gains, and the best message that ends before it.
    """

    log_ratio: Floats
    ways: Numbers
    starts: Floats
    slips: Floats
    gains: Floats
    chains: Floats


def padded(rows: Sequence[Bits]) -> tuple[Bits, Numbers]:
    """Rows of one length, and their true lengths."""
    lengths = np.array([len(row) for row in rows], np.int64)
    matrix = np.zeros((len(rows), int(lengths.max(initial=0))), np.uint8)
    for row, bits in zip(matrix, rows, strict=True):
        row[: len(bits)] = bits
    return matrix, lengths


def log_noise(rests: Floats, lengths: Numbers, log_alternative: Floats | None = None) -> Floats:
    """ln sum_i e_i P1(first i symbols) P0(the others) / P0(all): a payload of another law up to some site.

    e_i is 0.4 on all sites, the rest spread evenly over the ends. `log_alternative`, of the shape of `rests` or with
    one axis before it, stands for another law than uniform bits.
    """
    n = rests.shape[-1]
    drawn = -np.log(2.0) * np.arange(n) if log_alternative is None else log_alternative
    return log_sum(drawn + rests - rests[..., :1] + _ends(-(-n // _ENDS_STEP) * _ENDS_STEP)[lengths, :n])


@lru_cache(maxsize=16)
def _ends(n: int) -> Floats:
    """(n, n) ln e_i, by the number of sites and i."""
    lengths, at = np.arange(n)[:, None], np.arange(n)
    ends = np.where(at <= lengths, np.log((1 - _WHOLE) / (lengths + 1.0)), -np.inf)
    return np.where(at == lengths, np.logaddexp(ends, np.log(_WHOLE)), ends)


def log_messages(bits: Bits, lengths: Numbers, rests: Floats) -> Messages:
    """Likelihood ratio of the best message in each stream against the clean law.

    A message is a chain of bytes, each 8 sites, with the letters of English as a Markov chain; it may begin at any
    site, may be inverted or backwards, and may leave out sites at a price. Everything tried is paid for by its share,
    and the best path stands for the sum over all of them, which is smaller and loses little. The clean law is asked
    for each byte given all sites behind it.

    Parameters
    ----------
    bits : (streams, n), padded; lengths : (streams,); rests : (streams, n + 1) as `null.log_rests` gives them.
    """
    first, following = _gains(bits, lengths, rests)
    n_windows, n_columns = first.shape
    starts = _starts(lengths, n_windows)
    chains = np.full((n_windows + WIDTH, n_columns), _IMPOSSIBLE)
    slips = np.empty_like(first)
    slipped = np.empty((WIDTH + 1, n_columns))
    slipped[0] = _IMPOSSIBLE
    steps = list(pairwise(slipped))
    # Messages that end at a site were entered a byte before it: as many sites as a byte has go together.
    parts = [part.reshape(-1, WIDTH, n_columns) for part in (chains[:n_windows], chains[WIDTH:], slips, starts)]
    gains = [part.reshape(-1, WIDTH, n_columns) for part in (first, following)]
    for chain, chained, slip, start, alone, behind in zip(*parts, *gains, strict=True):
        np.add(chain, _PRICES - _LEFT_OUT - _SLIP, out=slipped[1:])
        for one, other in steps:
            np.maximum(one, other, out=other)
        np.subtract(slipped[1:], _PRICES, out=slip)
        slipped[0] = slip[-1]
        np.maximum(start, slip, out=chained)
        chained += alone
        behind += chain
        np.maximum(chained, behind, out=chained)
    best = chains.max(axis=0).reshape(len(bits), 4) - np.log(np.maximum(lengths / WIDTH, 1.0))[:, None]
    return Messages(best.max(axis=1), best.argmax(axis=1), starts, slips, first, chains)


def _starts(lengths: Numbers, n_windows: int) -> Floats:
    at = np.arange(n_windows)[:, None]
    starts = _ANYWHERE / lengths + np.where(at < _NEAR, _NEAR_START / _NEAR, 0.0) + np.where(at < 1, _AT_START, 0.0)
    return np.asarray((np.log(starts)[:, :, None] + _WAYS).reshape(n_windows, 4 * len(lengths)))


def _gains(bits: Bits, lengths: Numbers, rests: Floats) -> tuple[Floats, Floats]:
    """(windows, streams of 4 ways): what a byte at each site gains, alone, and behind the byte that ends there.

    There are as many windows as fill whole bytes.
    """
    n_windows = max(0, bits.shape[1] - WIDTH + 1)
    first, following = np.full((2, -(-n_windows // WIDTH) * WIDTH, len(bits), 4), _IMPOSSIBLE)
    if n_windows:
        numbers: npt.NDArray[np.uint8] = np.ascontiguousarray(bits.T)
        for width in (1, 2, 4):
            numbers = (numbers[:-width] << width | numbers[width:]).astype(np.uint8)
        cost = (rests[:, :n_windows] - rests[:, WIDTH:]).T
        cost[np.arange(n_windows)[:, None] + WIDTH > lengths] = -_IMPOSSIBLE
        alone, after = byte_logs()
        np.subtract(alone.take(numbers, axis=0), cost[:, :, None], out=first[:n_windows])
        pairs = numbers[:-WIDTH].astype(np.uint16) << WIDTH | numbers[WIDTH:]
        np.subtract(after.take(pairs, axis=0), cost[WIDTH:, :, None], out=following[WIDTH:n_windows])
    shape = len(first), 4 * len(bits)
    return first.reshape(shape), following.reshape(shape)


def text_at(bits: Bits, found: Messages, row: int) -> Reading:
    """What the best message of a stream says, followed back from its end."""
    way = int(found.ways[row])
    column = 4 * row + way
    chain, slips, gains, starts = (part[:, column] for part in (found.chains, found.slips, found.gains, found.starts))
    end = at = int(chain.argmax())
    begins: list[int] = []
    while True:
        at -= WIDTH
        begins.append(at)
        if chain[at + WIDTH] == starts[at] + gains[at]:
            break
        if chain[at + WIDTH] == slips[at] + gains[at]:
            while slips[at] > chain[at] - _SLIP - _LEFT_OUT + _ROUNDING:
                at -= 1
    begins.reverse()
    return Reading(begins[0], end, _text(bits, begins, way))


def _text(bits: Bits, begins: Sequence[int], way: int) -> str:
    numbers = []
    for begin in begins:
        window = bits[begin : begin + WIDTH]
        window = 1 - window if way in (1, 3) else window
        window = window[::-1] if way in (2, 3) else window
        numbers.append(int("".join(map(str, window.tolist())), 2))
    return "".join(_character(number) for number in (numbers[::-1] if way in (2, 3) else numbers))


def novelty(text: str) -> float:
    """Share of its pairs of characters that a text holds for the first time: low in what only repeats itself."""
    pairs = {text[at : at + 2] for at in range(len(text) - 1)}
    return len(pairs) / (len(text) - 1) if len(text) > 1 else 1.0


def _character(number: int) -> str:
    char = chr(number)
    return char if char.isprintable() and char.isascii() else "\N{REPLACEMENT CHARACTER}"
