"""What a clean text does with a stream of bits: ln P of each beginning under a fitted mixture of overdispersed laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_MOST = 192
# Weights of what a text may do that is of no fitted style, and of a text that falls into a loop or a table midway.
_ANY_SHARE, _LOOP_SHARE = 0.08, 0.1


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


def log_beginnings(bits: Bits, mixtures: Sequence[tuple[Law, ...]]) -> Floats:
    """ln P(first i bits), i = 0..n, of each row under its mixture.

    P = sum over laws k of w_k times the probability of that very sequence: beta-binomial for independent bits, or a
    chain whose ones after zeros and after ones are beta-binomial.

    Parameters
    ----------
    bits : (streams, n) of 0 and 1; rows may be padded at their end; n at most 191.
    """
    counts = _counts(bits)
    logs = [_law_logs(counts, mixtures, is_chain=is_chain) for is_chain in (False, True)]
    rows = np.concatenate([found[0] for found in logs])
    laws = np.concatenate([found[1] for found in logs])
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    laws = laws[order]
    most = np.maximum.reduceat(laws, starts, axis=0)
    n_laws = np.diff(np.append(starts, len(rows)))
    sums = np.add.reduceat(np.exp(laws - np.repeat(most, n_laws, axis=0)), starts, axis=0)
    return np.asarray(most + np.log(sums))


def log_rests(bits: Bits, lengths: Numbers, mixtures: Sequence[tuple[Law, ...]]) -> Floats:
    """ln P(bits t, t + 1, ... to the end), t = 0..n, of each row: the law that reads from the end to the start.

    What stands behind a payload says what the text is like without it, and is therefore read first.
    """
    reversed_ = log_beginnings(backwards(bits, lengths), mixtures)
    at = np.arange(bits.shape[1] + 1)
    return np.take_along_axis(reversed_, np.maximum(lengths[:, None] - at, 0), axis=1)


def log_turns(bits: Bits, lengths: Numbers, mixtures: Sequence[tuple[Law, ...]], rests: Floats) -> Floats:
    """ln of P0' / P0 of each row: P0' = (1 - w) P0 + w mean_i P0(first i bits) P(the others are a loop)."""
    begun = log_beginnings(bits, mixtures)
    looped = log_rests(bits, lengths, [LOOPS] * len(bits))
    at = np.arange(bits.shape[1] + 1)
    turns = np.where((at > 0) & (at < lengths[:, None]), begun + looped, -np.inf)
    mean = log_sum(turns) - np.log(np.maximum(lengths - 1, 1))
    return np.asarray(np.logaddexp(np.log(1 - _LOOP_SHARE), np.log(_LOOP_SHARE) + mean - rests[:, 0]))


def with_anything(fitted: Sequence[Law]) -> tuple[Law, ...]:
    """A fitted mixture with a share of laws that know nothing beforehand."""
    shares = ((fitted, 1 - _ANY_SHARE), (ANYTHING, _ANY_SHARE))
    return tuple(Law(law.weight * share, law.after_zero, law.after_one) for laws, share in shares for law in laws)


def backwards(bits: Bits, lengths: Numbers) -> Bits:
    """Each padded row from its end to its start, padded with zeros."""
    at = lengths[:, None] - 1 - np.arange(bits.shape[1])
    turned: Bits = np.take_along_axis(bits, np.maximum(at, 0), axis=1) * (at >= 0)
    return turned


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


@dataclass(frozen=True, slots=True)
class _Stack:
    """The laws of one kind of a mixture: ln of their weights, and (laws, 192) tables for each urn."""

    logs: Floats
    urns: tuple[Floats, ...]


@cache
def _stack(laws: tuple[Law, ...], is_chain: bool) -> _Stack:
    own = [law for law in laws if (law.after_one is not None) is is_chain]
    pairs = [[law.after_zero for law in own], [law.after_one for law in own if law.after_one is not None]]
    tables = [np.stack([_urn(*pair) for pair in found]) for found in pairs if found]
    return _Stack(np.log([law.weight for law in own]), tuple(table[:, at] for table in tables for at in range(3)))


def _law_logs(
    counts: tuple[Numbers, ...], mixtures: Sequence[tuple[Law, ...]], *, is_chain: bool
) -> tuple[Numbers, Floats]:
    """The rows of all laws of one kind, and ln of their weight times P of each beginning."""
    stacks = [_stack(laws, is_chain) for laws in mixtures]
    rows = np.repeat(np.arange(len(stacks)), [len(stack.logs) for stack in stacks])
    if not len(rows):
        return rows, np.zeros((0, counts[0].shape[1]))
    held = [stack.urns for stack in stacks if stack.urns]
    urns = [np.concatenate(parts).reshape(-1) for parts in zip(*held, strict=True)]
    logs = np.concatenate([stack.logs for stack in stacks])[:, None]
    logs = logs + _drawn(urns[:3], counts, rows, 2 if is_chain else 0)
    if is_chain:
        logs += _drawn(urns[3:], counts, rows, 4)
        logs[:, 1:] += np.log(0.5)
    return rows, logs


def _drawn(urns: Sequence[Floats], counts: tuple[Numbers, ...], rows: Numbers, which: int) -> Floats:
    """ln P of drawing counts[which] ones and counts[which + 1] zeros, in their order, from each urn."""
    base = np.arange(len(rows))[:, None] * _MOST
    ones, zeros = counts[which][rows], counts[which + 1][rows]
    drawn = ones + zeros + base
    ones += base
    zeros += base
    found: Floats = urns[0].take(ones) + urns[1].take(zeros) - urns[2].take(drawn)
    return found


@cache
def _urn(a: float, b: float) -> Floats:
    """(3, 192): ln of the rising factorials of a, b and a + b."""
    rising = np.zeros((3, _MOST))
    steps = np.arange(_MOST - 1)
    np.cumsum(np.log(np.array([[a], [b], [a + b]]) + steps), axis=1, out=rising[:, 1:])
    return rising
