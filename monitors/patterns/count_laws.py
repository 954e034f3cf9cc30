"""Clean laws of bits at a few ends of each stream, where counts of ones and of turns say all that they depend on."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.ends import Rows, log_sum
from monitors.patterns.laws import all_laws
from monitors.patterns.null import LOOP_SHARE, Floats, Mixtures

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Logs = npt.NDArray[np.float32]
# Ones and zeros of a stream that is read; a table has a place for each pair of them.
_SIDE = 145
_PLACES = _SIDE * _SIDE
_HALF = float(np.log(0.5))
_PAIRS_AT = 32


class Counts(NamedTuple):
    """Of bits one behind the other: how many ones stand before each site, and how many pairs of them begin there."""

    bits: Bits
    sums: Numbers

    @classmethod
    def of(cls, bits: Bits) -> Counts:
        # Both in one number: what takes time is to go through the sites.
        held = bits.astype(np.int64)
        held[:-1] += (bits[:-1] & bits[1:]).astype(np.int64) << _PAIRS_AT
        sums = np.zeros(len(bits) + 1, np.int64)
        np.cumsum(held, out=sums[1:])
        return cls(bits, sums)

    def ones(self) -> npt.NDArray[np.int32]:
        """How many ones stand before each site."""
        return self.sums.astype(np.int32)


class _Chains(NamedTuple):
    """Of each row of laws: the place of its chains' urns in `urns`, after a zero and after a one; -1 where none is."""

    first: Numbers
    second: Numbers
    logs: Floats
    urns: Logs


def log_rests(found: Counts, rows: Rows, laws: Numbers) -> Floats:
    """(rows, ends) ln P(bits behind each end), as `null.log_rests`; the row of `all_laws().mixtures` of each."""
    return _log_between(found, rows.start[:, None] + rows.ends, (rows.start + rows.n)[:, None], laws)


def log_turns(found: Counts, rows: Rows, laws: Numbers, rests: Floats) -> Floats:
    """(rows,) ln of P0' / P0 as `null.log_turns`, where a loop may begin at an end."""
    at, n = rows.start[:, None] + rows.ends[:, 1:-1], rows.n[:, None]
    begun = _log_between(found, rows.start[:, None], at, laws + len(all_laws().mixtures.logs), is_backwards=False)
    looped = _log_between(found, at, rows.start[:, None] + n, np.full(len(laws), len(_known().logs) - 1))
    shares = np.maximum(rows.ends[:, 2:] - rows.ends[:, :-2], 1) / (2.0 * n)
    return np.asarray(
        np.logaddexp(np.log(1 - LOOP_SHARE), log_sum(begun + looped + np.log(LOOP_SHARE * shares)) - rests[:, 0])
    )


def _log_between(found: Counts, begin: Numbers, end: Numbers, laws: Numbers, *, is_backwards: bool = True) -> Floats:
    """(rows, stretches) ln P of the bits of a stretch, read from its end to its beginning or the other way."""
    n = end - begin
    is_any = n > 0
    last = np.maximum(end - 1, 0)
    first = np.minimum(begin, last)
    ones = (found.sums.take(end) - found.sums.take(begin)) & ((1 << _PAIRS_AT) - 1)
    place = laws[:, None] * _PLACES + ones * _SIDE
    place += n
    place -= ones
    logs: Floats = _tables().take(place).astype(np.float64)
    chains = _chains()
    row, law = (chains.first[laws] >= 0).nonzero()
    if not len(row):
        return logs
    pairs = ((found.sums.take(last) - found.sums.take(first)) >> _PAIRS_AT) * is_any
    # Read from the end: a one after a zero is a one before it in the text.
    edges = (last, first) if is_backwards else (first, last)
    after_zero, before_zero = ((ones - pairs - found.bits.take(edge)) * is_any for edge in edges)
    zeros = n - is_any - pairs - before_zero - after_zero
    zeros += after_zero * _SIDE
    before_zero += pairs * _SIDE
    own = laws[row]
    each = chains.urns.take(zeros[row] + chains.first[own, law][:, None]).astype(np.float64)
    each += chains.urns.take(before_zero[row] + chains.second[own, law][:, None])
    each += chains.logs[own, law][:, None]
    each += _HALF * is_any[row]
    begins = np.concatenate(([0], (row[1:] != row[:-1]).nonzero()[0] + 1))
    chained = row[begins]
    each -= logs[row]
    more = np.add.reduceat(np.exp(each, out=each), begins)
    logs[chained] += np.log1p(more, out=more)
    return logs


@cache
def _known() -> Mixtures:
    """The mixtures of all streams, behind them what clean texts do and nothing else, and that of loops."""
    one, other = all_laws().mixtures, all_laws().known
    wide = ((0, 0), (0, one.logs.shape[1] - other.logs.shape[1]))
    offset = one.urns.shape[1]
    logs = np.concatenate((one.logs, np.pad(other.logs, wide, constant_values=-np.inf)))
    first = np.concatenate((one.first, np.pad(other.first + offset, wide)))
    second = np.pad(np.where(other.second < 0, -1, other.second + offset), wide, constant_values=-1)
    return Mixtures(np.concatenate((one.urns, other.urns), axis=1), logs, first, np.concatenate((one.second, second)))


@cache
def _tables() -> Logs:
    """ln P of so many ones and zeros in some order, by the laws of each row that are no chains."""
    known = _known()
    tables = np.empty((len(known.logs), _PLACES), np.float32)
    for row, laws in enumerate((known.second < 0) & np.isfinite(known.logs)):
        logs = np.stack(
            [_urn(known.urns, int(known.first[row, law])) + known.logs[row, law] for law in laws.nonzero()[0]]
        )
        most = logs.max(axis=0)
        tables[row] = most + np.log(np.exp(np.subtract(logs, most, out=logs), out=logs).sum(axis=0))
    return tables.ravel()


@cache
def _chains() -> _Chains:
    known = _known()
    most = int((known.second >= 0).sum(axis=1).max())
    first, second = np.full((2, len(known.logs), most), -1)
    logs = np.zeros(first.shape)
    urns: dict[int, int] = {}
    for row, laws in enumerate(known.second >= 0):
        for at, law in enumerate(laws.nonzero()[0].tolist()):
            logs[row, at] = known.logs[row, law]
            for side, urn in ((first, known.first[row, law]), (second, known.second[row, law])):
                side[row, at] = urns.setdefault(int(urn), len(urns)) * _PLACES
    return _Chains(first, second, logs, np.concatenate([_urn(known.urns, urn) for urn in urns]))


def _urn(urns: Floats, urn: int) -> Logs:
    """ln P of drawing so many ones and zeros, in their order."""
    a, b, both = urns[:, urn : urn + _SIDE].astype(np.float32)
    number = np.arange(_SIDE)
    return np.asarray((a[:, None] + b - both[np.minimum(number[:, None] + number, _SIDE - 1)]).ravel())
