"""What a clean text does with a stream of bits: ln P of each beginning under a fitted mixture of overdispersed laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_MOST, _HALF = 192, float(np.log(0.5))
# Weights of what a text may do that is of no fitted style, and of a text that falls into a loop or a table midway.
_ANY_SHARE, LOOP_SHARE = 0.08, 0.1


@dataclass(frozen=True, slots=True)
class Law:
    """One law of a mixture and its weight: beta parameters of a one; of a one after a zero and after a one."""

    weight: float
    after_zero: tuple[float, float]
    after_one: tuple[float, float] | None = None


ANYTHING = (Law(0.5, (0.5, 0.5)), Law(0.5, (0.5, 0.5), (0.5, 0.5)))
LOOPS = (
    Law(0.3, (0.2, 20.0)),
    Law(0.2, (20.0, 0.2)),
    Law(0.25, (0.3, 10.0), (10.0, 0.3)),
    Law(0.25, (10.0, 0.3), (0.3, 10.0)),
)


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Mixtures as numbers: (rows, laws) ln of weights, -inf where a row has fewer laws, and the urns of each law.

    `first` are places in `urns` of the only urn of a law, or of the one after zeros; `second` of the one after ones, or
    -1. `urns` are (3, 192 urns): ln of the rising factorials of a, b and a + b.
    """

    urns: Floats
    logs: Floats
    first: Numbers
    second: Numbers

    def of(self, rows: Numbers) -> Mixtures:
        """These rows, as often as they are named."""
        return Mixtures(self.urns, self.logs[rows], self.first[rows], self.second[rows])


def mixtures(found: Sequence[Sequence[Law]]) -> Mixtures:
    """One row for each mixture, in this order."""
    places: dict[tuple[float, float], int] = {}
    shape = len(found), max(map(len, found), default=0)
    logs, first, second = np.full(shape, -np.inf), np.zeros(shape, np.int64), np.full(shape, -1)
    for row, laws in enumerate(found):
        for at, law in enumerate(laws):
            logs[row, at] = np.log(law.weight)
            first[row, at] = places.setdefault(law.after_zero, len(places) * _MOST)
            if law.after_one is not None:
                second[row, at] = places.setdefault(law.after_one, len(places) * _MOST)
    urns = [_urn(a, b) for a, b in places] or [np.zeros((3, 0))]
    return Mixtures(np.concatenate(urns, axis=1), logs, first, second)


def log_beginnings(bits: Bits, own: Mixtures) -> Floats:
    """ln P(first i bits), i = 0..n, of each row under its mixture.

    P = sum over laws k of w_k times the probability of that very sequence: beta-binomial for independent bits, or a
    chain whose ones after zeros and after ones are beta-binomial.

    Parameters
    ----------
    bits : (streams, n) of 0 and 1; rows may be padded at their end; n at most 191. own : a row for each stream.
    """
    counts = _counts(bits)
    laws = np.empty((*own.logs.shape, bits.shape[1] + 1))
    rows, at = (own.second < 0).nonzero()
    laws[rows, at] = _drawn(own.urns, own.first[rows, at], counts[0][rows], counts[1][rows])
    rows, at = (own.second >= 0).nonzero()
    chains = _drawn(own.urns, own.first[rows, at], counts[2][rows], counts[3][rows])
    chains += _drawn(own.urns, own.second[rows, at], counts[4][rows], counts[5][rows])
    chains[:, 1:] += _HALF
    laws[rows, at] = chains
    laws += own.logs[:, :, None]
    most = laws.max(axis=1)
    laws -= most[:, None]
    return np.asarray(most + np.log(np.exp(laws, out=laws).sum(axis=1)))


def log_rests(bits: Bits, lengths: Numbers, own: Mixtures) -> Floats:
    """ln P(bits t, t + 1, ... to the end), t = 0..n, of each row: the law that reads from the end to the start.

    What stands behind a payload says what the text is like without it, and is therefore read first.
    """
    reversed_ = log_beginnings(backwards(bits, lengths), own)
    return turned(reversed_, lengths)


def turned(beginnings: Floats, lengths: Numbers) -> Floats:
    """What was read from the end to the start, by site."""
    n_rows, n = beginnings.shape
    at = lengths[:, None] - np.arange(n)
    np.maximum(at, 0, out=at)
    at += np.arange(n_rows)[:, None] * n
    return beginnings.take(at)


def log_turns(bits: Bits, lengths: Numbers, known: Mixtures, rows: Numbers, rests: Floats) -> Floats:
    """ln of P0' / P0 of each row: P0' = (1 - w) P0 + w mean_i P0(first i bits) P(the others are a loop).

    rows : the mixture of each stream in `known`, whose last row holds the `LOOPS`.
    """
    at = np.arange(bits.shape[1] + 1)
    own = known.of(np.concatenate((rows, np.full(len(rows), -1))))
    begun, looped = np.split(log_beginnings(np.concatenate((bits, backwards(bits, lengths))), own), 2)
    turns = np.where((at > 0) & (at < lengths[:, None]), begun + turned(looped, lengths), -np.inf)
    mean = log_sum(turns) - np.log(np.maximum(lengths - 1, 1))
    return np.asarray(np.logaddexp(np.log(1 - LOOP_SHARE), np.log(LOOP_SHARE) + mean - rests[:, 0]))


def with_anything(fitted: Sequence[Law]) -> tuple[Law, ...]:
    """A fitted mixture with a share of laws that know nothing beforehand."""
    shares = ((fitted, 1 - _ANY_SHARE), (ANYTHING, _ANY_SHARE))
    return tuple(Law(law.weight * share, law.after_zero, law.after_one) for laws, share in shares for law in laws)


def backwards(bits: Bits, lengths: Numbers) -> Bits:
    """Each padded row from its end to its start, padded with zeros."""
    n_rows, n = bits.shape
    # The first column is the padding.
    held = np.zeros((n_rows, n + 1), np.uint8)
    held[:, 1:] = bits
    found: Bits = held.take(np.maximum(lengths[:, None] - np.arange(n), 0) + np.arange(n_rows)[:, None] * (n + 1))
    return found


def log_sum(values: Floats) -> Floats:
    """ln of the sum of exp over the last axis."""
    most = np.maximum(values.max(axis=-1, keepdims=True), -1e300)
    total: Floats = (most + np.log(np.exp(values - most).sum(axis=-1, keepdims=True) + 1e-300))[..., 0]
    return total


def _counts(bits: Bits) -> tuple[Numbers, ...]:
    """Ones and zeros of each beginning, and its turns 01, 00, 11 and 10."""
    n = np.arange(bits.shape[1] + 1)
    ones = _sums(bits)
    n11 = _sums(bits[:, :-1] & bits[:, 1:], 1)
    before = np.concatenate((np.zeros_like(ones[:, :1]), ones[:, :-1]), axis=1)
    n10 = before - n11
    n01 = ones - bits[:, :1] * (n > 0) - n11
    return ones, n - ones, n01, np.maximum(n - 1, 0) - n11 - n10 - n01, n11, n10


def _sums(flags: npt.NDArray[np.generic], shift: int = 0) -> Numbers:
    counts = np.zeros((flags.shape[0], flags.shape[1] + 1 + shift), np.int64)
    np.cumsum(flags, axis=1, out=counts[:, 1 + shift :])
    return counts


def _drawn(urns: Floats, places: Numbers, ones: Numbers, zeros: Numbers) -> Floats:
    """ln P of drawing so many ones and zeros, in their order, from each urn."""
    ones = ones + places[:, None]
    found: Floats = urns[0].take(ones)
    ones += zeros
    found -= urns[2].take(ones)
    found += urns[1].take(zeros + places[:, None])
    return found


def _urn(a: float, b: float) -> Floats:
    """(3, 192): ln of the rising factorials of a, b and a + b."""
    rising = np.zeros((3, _MOST))
    steps = np.arange(_MOST - 1)
    np.cumsum(np.log(np.array([[a], [b], [a + b]]) + steps), axis=1, out=rising[:, 1:])
    return rising
