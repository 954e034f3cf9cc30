"""Streams of bits against the prior of clean texts: are they a message in ASCII, or uniform noise?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitors.patterns.alphabet import readings
from monitors.patterns.null import Floats, free_laws

Bits = npt.NDArray[np.uint8]
# Widths of a character that are tried, and the share of each in the mixture of readings.
WIDTHS = ((8, 0.8), (7, 0.2))
# Plain, inverted, backwards, both.
_WAYS = np.log([0.55, 0.25, 0.1, 0.1])
_SHARE_FROM_START = 0.5
# Longer streams (of words) are read in bytes only.
_ALL_WIDTHS = 160
_IMPOSSIBLE = -1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a stream read as text: bits `start` to `end`, and what they say."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """ln of the evidence for a message and for noise in each stream, and where the best message stands.

    `best` is (width, way, first bit, last bit) for each stream; the width is 0 where nothing was read.
    """

    log_message: Floats
    log_noise: Floats
    best: npt.NDArray[np.int64]


def padded(rows: Sequence[Bits]) -> tuple[Bits, npt.NDArray[np.int64]]:
    """Rows of one length, and their true lengths."""
    lengths = np.array([len(row) for row in rows], np.int64)
    matrix = np.zeros((len(rows), int(lengths.max(initial=0))), np.uint8)
    for row, bits in zip(matrix, rows, strict=True):
        row[: len(bits)] = bits
    return matrix, lengths


def weigh(bits: Bits, lengths: npt.NDArray[np.int64], null: Floats, wide_null: Floats) -> Found:
    """Likelihood ratios of messages and of noise against the clean prior, as mixtures over what is unknown.

    Both are averages of likelihood ratios, so that P(ratio >= x) <= 1/x in texts that follow the prior: the number of
    readings tried (widths, phases, polarities, directions, first and last character) is paid for in the average. For
    the message the largest term alone stands for its average, which is smaller and loses little.

    Parameters
    ----------
    bits : (streams, n), padded; lengths : (streams,); null, wide_null : (streams, n + 1) as
        `null.log_prefixes` gives them.
    """
    log_message = np.full(len(bits), -np.inf)
    best = np.zeros((len(bits), 4), np.int64)
    for width, share in WIDTHS:
        if 2 * width <= bits.shape[1] and (width == 8 or bits.shape[1] <= _ALL_WIDTHS):
            _read(bits, lengths, wide_null, width, np.log(share), log_message, best)
    return Found(log_message, log_noise(null, lengths), best)


def log_noise(null: Floats, lengths: npt.NDArray[np.int64], log_alternative: Floats | None = None) -> Floats:
    """Uniform bits up to some site: half the weight on all sites, half spread over the earlier ends.

    `log_alternative`, of the shape of `null`, stands for another law than uniform bits.
    """
    at = np.arange(null.shape[1])
    noise = -np.log(2.0) * at if log_alternative is None else log_alternative
    gains = np.where(at <= lengths[:, None], noise - null, -np.inf)
    whole = gains[np.arange(len(null)), lengths]
    most = gains.max(axis=1)
    spread = most + np.log(np.exp(gains - most[:, None]).sum(axis=1)) - np.log(lengths + 1.0)
    return np.asarray(np.logaddexp(whole, spread) - np.log(2.0))


def _read(
    bits: Bits,
    lengths: npt.NDArray[np.int64],
    null: Floats,
    width: int,
    log_share: float,
    log_message: Floats,
    best: npt.NDArray[np.int64],
) -> None:
    n_windows = bits.shape[1] - width + 1
    wide = bits.astype(np.int64)
    numbers = np.zeros((len(bits), n_windows), np.int64)
    for at in range(width):
        numbers |= wide[:, at : at + n_windows] << (width - 1 - at)
    cost = null[:, width:] - null[:, :-width]
    cost[np.arange(n_windows) + width > lengths[:, None]] = -_IMPOSSIBLE
    gains = readings(width).take(numbers, axis=1) - cost
    n_chars = -(-n_windows // width)
    chains = np.full((4, len(bits), n_chars * width), _IMPOSSIBLE)
    chains[:, :, :n_windows] = gains
    sums = chains.reshape(4, len(bits), n_chars, width).cumsum(axis=2)
    before = np.zeros_like(sums)
    np.minimum.accumulate(sums[:, :, :-1], axis=2, out=before[:, :, 1:])
    np.minimum(before, 0.0, out=before)
    n_stretches = np.maximum(1.0, lengths * (lengths / width + 1) / 2)
    anywhere = (sums - before).max(axis=(2, 3)) + _WAYS[:, None] - np.log(n_stretches) + np.log(1 - _SHARE_FROM_START)
    at_start = sums[:, :, :, 0].max(axis=2) + _WAYS[:, None]
    at_start += np.log(_SHARE_FROM_START) - np.log(np.maximum(1.0, lengths / width))
    ratio = np.maximum(anywhere, at_start) + log_share
    way = ratio.argmax(axis=0)
    top = ratio[way, np.arange(len(bits))]
    better = top > log_message
    log_message[better] = top[better]
    best[better] = 0
    # Where a stretch stands is worth knowing only when it speaks for a message.
    for row in np.flatnonzero(better & (top > 0.0)).tolist():
        best[row] = (width, way[row], *_stretch(sums[way[row], row], before[way[row], row], width))


def _stretch(sums: Floats, before: Floats, width: int) -> tuple[int, int]:
    """First and last bit of the best stretch."""
    gains = sums - before
    char, phase = np.unravel_index(int(gains.argmax()), gains.shape)
    column = np.concatenate(([0.0], sums[:char, phase]))
    first = len(column) - 1 - int(column[::-1].argmin())
    return int(phase) + first * width, int(phase) + (int(char) + 1) * width


def text_at(bits: Bits, place: npt.NDArray[np.int64]) -> Reading:
    """What the best stretch of a stream says."""
    width, way, start, end = (int(number) for number in place)
    stretch = bits[start:end]
    if way in (1, 3):
        stretch = 1 - stretch
    if way in (2, 3):
        stretch = stretch[::-1]
    numbers = [int("".join(map(str, stretch[at : at + width])), 2) for at in range(0, len(stretch), width)]
    return Reading(start, end, "".join(_character(number) for number in numbers))


def excess(bits: Bits, place: npt.NDArray[np.int64], wide_null: Floats) -> float:
    """How much better than the null law knew, in nats, a stretch is explained by its own share of ones and of turns.

    A text that changes its habits midway surprises a law for the whole text; that is not a message.
    """
    start, end = int(place[2]), int(place[3])
    stretch = bits[start:end][None]
    plain, turning = (float(law[0, -1]) for law in free_laws(stretch))
    own = np.logaddexp(plain, turning) - np.log(2.0)
    return float(max(0.0, own - (wide_null[end] - wide_null[start])))


def novelty(text: str) -> float:
    """Share of its pairs of characters that a text holds for the first time: low in what only repeats itself."""
    pairs = {text[at : at + 2] for at in range(len(text) - 1)}
    return len(pairs) / (len(text) - 1) if len(text) > 1 else 1.0


def _character(number: int) -> str:
    char = chr(number)
    return char if char.isprintable() and char.isascii() else "\N{REPLACEMENT CHARACTER}"
