"""What a clean text does with a stream of bits: ln P of each prefix under a mixture of overdispersed laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]

# A law of the mixture: its weight and the beta parameters of a one, or of a one after a zero and after a one.
_STEADY, _TURNS = (0.5, 0.03), (0.3, 6.0)
_WEIGHTS = np.log([0.41, 0.41, 0.05, 0.05, 0.08])
# What a text may do that is of no known style: for messages only, which such a law does not resemble.
_ANY = (0.5, 0.5)
_ANY_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Prior:
    """Beta parameters that clean texts gave: of a one, of a one after a zero, of a one after a one."""

    one: tuple[float, float]
    after_zero: tuple[float, float]
    after_one: tuple[float, float]


def log_prefixes(bits: Bits, priors: Sequence[Prior]) -> tuple[Floats, Floats]:
    """ln P(first i bits), i = 0..n, of each row under its prior: to hold against noise, and against messages.

    P = sum over laws k of w_k times the beta-binomial probability of that very sequence: independent bits with the
    fitted beta, a chain with fitted betas, two laws of texts that keep to one habit, and a chain that seldom turns.
    The habits are there so that a text that is merely unusual in its style is not taken for a message.

    Parameters
    ----------
    bits : (streams, n) of 0 and 1; rows may be padded at their end.
    """
    n = bits.shape[1]
    ones, n00, n01, n10, n11 = _counts(bits)
    zeros = np.arange(n + 1) - ones
    tables = _Tables(priors, _rounded(n))
    first = np.where(np.arange(n + 1) == 0, 0.0, np.log(0.5))
    laws = np.stack(
        (
            tables.beta(0, ones, zeros),
            tables.beta(1, n01, n00) + tables.beta(2, n11, n10) + first,
            _fixed(_STEADY, ones, zeros),
            _fixed(_STEADY[::-1], ones, zeros),
            _fixed(_TURNS, n01, n00) + _fixed(_TURNS, n10, n11) + first,
        )
    )
    known = _mixed(laws + _WEIGHTS[:, None, None])
    anything = np.logaddexp(*free_laws(bits)) + np.log(_ANY_SHARE / 2)
    return known, np.logaddexp(known + np.log(1 - _ANY_SHARE), anything)


def free_laws(bits: Bits) -> tuple[Floats, Floats]:
    """ln P(first i bits) under laws that know nothing beforehand: of independent bits, and of a chain."""
    ones, n00, n01, n10, n11 = _counts(bits)
    chain = _fixed(_ANY, n01, n00) + _fixed(_ANY, n11, n10)
    chain[:, 1:] += np.log(0.5)
    return _fixed(_ANY, ones, np.arange(bits.shape[1] + 1) - ones), chain


def _mixed(laws: Floats) -> Floats:
    most = laws.max(axis=0)
    total: Floats = most + np.log(np.exp(laws - most).sum(axis=0))
    return total


def _counts(bits: Bits) -> tuple[npt.NDArray[np.int64], ...]:
    """Ones of each prefix, and its turns 00, 01, 10 and 11."""
    n = np.arange(bits.shape[1] + 1)
    ones = _prefix_counts(bits)
    n11 = _prefix_counts(bits[:, :-1] & bits[:, 1:], 1)
    before = np.concatenate((np.zeros_like(ones[:, :1]), ones[:, :-1]), axis=1)
    n10 = before - n11
    n01 = ones - bits[:, :1] * (n > 0) - n11
    return ones, np.maximum(n - 1, 0) - n11 - n10 - n01, n01, n10, n11


def _prefix_counts(flags: npt.NDArray[np.generic], shift: int = 0) -> npt.NDArray[np.int64]:
    counts = np.zeros((flags.shape[0], flags.shape[1] + 1 + shift), np.int64)
    np.cumsum(flags, axis=1, out=counts[:, 1 + shift :])
    return counts


def _rounded(n: int) -> int:
    return max(128, 1 << int(n).bit_length())


@cache
def _log_rising(start: float, n: int) -> Floats:
    """ln of start (start + 1) ... (start + j - 1), j = 0..n."""
    rising = np.zeros(n + 1)
    np.cumsum(np.log(start + np.arange(n)), out=rising[1:])
    return rising


def _fixed(beta: tuple[float, float], ones: npt.NDArray[np.int64], zeros: npt.NDArray[np.int64]) -> Floats:
    n = _rounded(ones.shape[1])
    a, b = beta
    rising = _log_rising(a, n), _log_rising(b, n), _log_rising(a + b, n)
    result: Floats = rising[0].take(ones) + rising[1].take(zeros) - rising[2].take(ones + zeros)
    return result


class _Tables:
    """Rising factorials of each row's parameters, so that a probability is three look-ups."""

    def __init__(self, priors: Sequence[Prior], n: int) -> None:
        self._rising = np.stack([_rising_of(prior, n) for prior in priors], axis=1)
        self._rows = np.arange(len(priors))[:, None] * (n + 1)

    def beta(self, which: int, ones: npt.NDArray[np.int64], zeros: npt.NDArray[np.int64]) -> Floats:
        """Of the parameters `which`: 0 of a one, 1 after a zero, 2 after a one."""
        a, b, both = (self._rising[3 * which + at].reshape(-1) for at in range(3))
        rows = self._rows
        result: Floats = a.take(ones + rows) + b.take(zeros + rows) - both.take(ones + zeros + rows)
        return result


@cache
def _rising_of(prior: Prior, n: int) -> Floats:
    """(9, n + 1) of the two parameters of each law and their sum."""
    pairs = (prior.one, prior.after_zero, prior.after_one)
    return np.stack([_log_rising(value, n) for a, b in pairs for value in (a, b, a + b)])
