"""Streams of bits against the law of clean texts: are they a message in ASCII, or uniform noise?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a stream read as text: bits `start` to `end`, and what they say."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Messages:
    """ln of the evidence for a message in each stream, and the way in which its best one is read.

    (sites, 4 streams) each, so that a message can be followed back: what a message may cost to begin at a site or to go
    on there after a slip, what the byte there gains, and the best message that ends before it.
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
    at = np.arange(rests.shape[-1])
    drawn = -np.log(2.0) * at if log_alternative is None else log_alternative
    ends = np.where(at <= lengths[:, None], np.log((1 - _WHOLE) / (lengths[:, None] + 1.0)), -np.inf)
    ends = np.where(at == lengths[:, None], np.logaddexp(ends, np.log(_WHOLE)), ends)
    return log_sum(drawn + rests - rests[:, :1] + ends)


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
    n_windows = len(first)
    starts = _starts(lengths, max(n_windows, 1))
    chains = np.full((n_windows + WIDTH, first.shape[1] if n_windows else 4 * len(bits)), _IMPOSSIBLE)
    slips = np.full_like(chains, _IMPOSSIBLE)
    slipped = slips[0].copy()
    for at in range(n_windows):
        np.maximum(slipped, chains[at] - _SLIP, out=slipped)
        slipped -= _LEFT_OUT
        slips[at] = slipped
        entered = np.maximum(starts[at], slipped) + first[at]
        chains[at + WIDTH] = np.maximum(entered, chains[at] + following[at])
    best = chains.max(axis=0).reshape(4, len(bits)) - np.log(np.maximum(lengths / WIDTH, 1.0))
    return Messages(best.max(axis=0), best.argmax(axis=0), starts, slips, first, chains)


def _starts(lengths: Numbers, n_windows: int) -> Floats:
    starts = np.repeat(_ANYWHERE / lengths[None].astype(np.float64), n_windows, axis=0)
    starts[:_NEAR] += _NEAR_START / _NEAR
    starts[0] += _AT_START
    return np.asarray((np.log(starts)[:, None] + _WAYS[:, None]).reshape(n_windows, -1))


def _gains(bits: Bits, lengths: Numbers, rests: Floats) -> tuple[Floats, Floats]:
    """(windows, 4 streams): what a byte at each site gains, alone, and behind the byte that ends there."""
    n_windows = bits.shape[1] - WIDTH + 1
    if n_windows < 1:
        empty = np.zeros((0, 4 * len(bits)))
        return empty, empty
    numbers = np.zeros((len(bits), n_windows), np.int64)
    for at in range(WIDTH):
        numbers |= bits[:, at : at + n_windows].astype(np.int64) << (WIDTH - 1 - at)
    cost = rests[:, :n_windows] - rests[:, WIDTH:]
    cost[np.arange(n_windows) + WIDTH > lengths[:, None]] = -_IMPOSSIBLE
    alone, after = byte_logs()
    first = (alone.take(numbers, axis=1) - cost).transpose(2, 0, 1)
    following = np.full(first.shape, _IMPOSSIBLE)
    if n_windows > WIDTH:
        pairs = numbers[:, :-WIDTH] * 256 + numbers[:, WIDTH:]
        following[WIDTH:] = (after.take(pairs, axis=1) - cost[:, WIDTH:]).transpose(2, 0, 1)
    return first.reshape(n_windows, -1), following.reshape(n_windows, -1)


def text_at(bits: Bits, found: Messages, row: int) -> Reading:
    """What the best message of a stream says, followed back from its end."""
    way = int(found.ways[row])
    column = way * len(found.ways) + row
    chain, slips, gains, starts = (part[:, column] for part in (found.chains, found.slips, found.gains, found.starts))
    end = at = int(chain.argmax())
    begins: list[int] = []
    while True:
        at -= WIDTH
        begins.append(at)
        if chain[at + WIDTH] == starts[at] + gains[at]:
            break
        if chain[at + WIDTH] == slips[at] + gains[at]:
            while slips[at] != chain[at] - _SLIP - _LEFT_OUT:
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
