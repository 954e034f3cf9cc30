"""Was the number of marks at each sentence of a text chosen anew, or is it a habit, a rule, or the text's own doing?

Compared are the probabilities of the counts x of one mark under

chosen : over a stretch of sentences of one kind, symbols of m = 2, 4 or 8 values, equally likely (or, from the first
         sentence on, the bits of ASCII text); before and after it, the ordinary law: a mark with the set's rate, and
         geometrically many;
habit : marks with the text's own rate, of all or of late, a priori like a beta law about the set's rate;
rule : each sentence of one kind has as many marks as the one before, seldom another number; others have none;
edited : over the same stretch, numbers of marks of any frequencies (Krichevsky and Trofimov), or as many as before.

The evidence is log2 P(chosen) - log2 max(P(habit), P(rule)), which says that the text is not as it would be, plus
log2 P(chosen) - log2 P(edited), which says that its marks hold something: edits that are all alike lose by that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.vocabulary import marks
from monitors.vocabulary.marks import Streams

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.bool_]
# How firm the set's rate is, in sentences, against the whole text and against its last sentences.
_FIRM, _FIRM_LATE, _LATE = 6.0, 2.0, 12
# How often another mark follows one; how often a rule is kept, as if seen so often before.
_NEXT, _KEPT, _SEEN = 0.15, 9.0, 10.0
_WIDEST = 3
# What a number that is no symbol costs, which stands among symbols all the same.
_NO_SYMBOL = 6.0
# Shares of symbols that are tried first; what does not gain so much then is not looked at by kinds of sentences.
_SPARSE, _LEAST, _LEAST_FEW = (0.5, 0.25, 0.12), 8.0, 0.0
_THINKING_RATES, _OTHER_RATE = (0.06, 0.12, 0.25), 4.0
_HALF = math.lgamma(0.5)


class Chosen(NamedTuple):
    """Evidence in bits (0 where there is none), not yet paid for the number of marks; the stretch of sentences."""

    bits: float
    first: int
    last: int


NOTHING = Chosen(0.0, 0, 0)


class _Kinds(NamedTuple):
    """Kinds of sentences as rows, and for each sentence the one of its kind before it, if there is one."""

    masks: Masks
    before: Counts
    follows: Masks

    @classmethod
    def of(cls, masks: Masks) -> _Kinds:
        at = np.where(masks, np.arange(masks.shape[1]), -1)
        before = np.concatenate((np.full((len(masks), 1), -1), np.maximum.accumulate(at, 1)[:, :-1]), 1)
        return cls(masks, before, masks & (before >= 0))


def chosen(streams: Streams, /) -> list[Chosen]:
    """The evidence for each mark of a text."""
    x, rates = streams.counts, streams.rates[:, None]
    habit = _habit(x, rates)
    ordinary = _ordinary(x, rates)
    few = np.isin(streams.sorts, (marks.THINKING, marks.HESITATING))
    least = np.where(few, _LEAST_FEW, _LEAST + np.log2(len(x)))
    may_be = ordinary.sum(1) - habit + _sparse(x, ordinary) > least
    kinds = _Kinds.of(streams.masks)
    found = []
    for at in range(len(x)):
        natural = max(float(habit[at]), _rule(x[at], kinds, ordinary[at])) if may_be[at] else 0.0
        tried = _rates(float(rates[at, 0]), is_thought=bool(few[at])) if may_be[at] else ()
        found.append(max((_best(x[at], kinds, rate, natural + price) for rate, price in tried), default=NOTHING))
    return found


def _rates(usual: float, *, is_thought: bool) -> Iterator[tuple[float, float]]:
    """The set's rate; a model of the set may also think aloud more than the others, at a price in bits."""
    yield usual, 0.0
    if is_thought:
        yield from ((rate, _OTHER_RATE) for rate in _THINKING_RATES if rate > 1.5 * usual)


def _ordinary(x: Counts, rates: Numbers) -> Numbers:
    several = np.log2(rates * (1.0 - _NEXT)) + (x - 1) * np.log2(_NEXT)
    found: Numbers = np.where(x > 0, several, np.log2(1.0 - rates))
    return found


def _sparse(x: Counts, ordinary: Numbers) -> Numbers:
    """What a stretch gains at most when few of its sentences hold a symbol: cheap, and nearly as much as by kinds."""
    best = np.zeros(len(x))
    widths = np.maximum(1, np.ceil(np.log2(x + 1.0)))
    for share in _SPARSE:
        gains = np.where(x > 0, np.log2(share) - widths + 1.0, np.log2(1.0 - share)) - ordinary
        sums = np.concatenate((np.zeros((len(x), 1)), np.cumsum(gains, 1)), 1)
        best = np.maximum(best, (sums - np.minimum.accumulate(sums, 1)).max(1))
    return best


def _best(x: Counts, kinds: _Kinds, rate: float, natural: float) -> Chosen:
    ordinary = _ordinary(x[None], np.array([[rate]]))[0]
    against = float(ordinary.sum()) - natural
    best = NOTHING
    known: dict[tuple[int, int], float] = {}
    for gain, first, last in _stretches(x, kinds.masks, ordinary):
        if against + gain <= 0:
            continue
        if (first, last) not in known:
            known[first, last] = _edited(x[first:last], kinds.masks[:, first:last], ordinary[first:last])
        bits = against + gain + gain - known[first, last]
        if bits > best.bits:
            best = Chosen(bits, first, last)
    return best


def _stretches(x: Counts, masks: Masks, ordinary: Numbers) -> Iterator[tuple[float, int, int]]:
    """For each kind of sentences and number of symbols the stretch that gains most against the ordinary law."""
    anywhere = (2.0 * np.log2(masks.sum(1) + 1.0)).tolist()
    for y, width in _symbols(x):
        gains = np.where(masks, np.where(y < 2**width, -width - ordinary, -_NO_SYMBOL), 0.0)
        sums = np.zeros((len(masks), len(x) + 1))
        np.cumsum(gains, 1, out=sums[:, 1:])
        rise = sums - np.minimum.accumulate(sums, 1)
        for row, (begun, risen) in enumerate(zip(sums.argmax(1).tolist(), rise.argmax(1).tolist(), strict=True)):
            # From the beginning, or from anywhere, which is paid for.
            if begun:
                yield float(sums[row, begun]), 0, begun
                yield from _spelled(y, masks[row], sums[row], width)
            if risen:
                first = int(sums[row, : risen + 1].argmin())
                yield float(rise[row, risen]) - anywhere[row], first, risen


def _symbols(x: Counts) -> Iterator[tuple[Counts, int]]:
    """What the counts may stand for, and its bits: the numbers themselves, or the same few marks or none."""
    for width in range(1, min(_WIDEST, max(1, int(x.max()).bit_length())) + 1):
        yield x, width
    usual = int(np.bincount(x[x > 0]).argmax())
    if usual > 1:
        yield np.where(x == usual, 1, np.where(x > 0, 2, 0)), 1


def _letters() -> Numbers:
    """log2 of how likely a byte is in ASCII text."""
    bits = np.full(256, -22.0)
    weights = {" ": 0.16, **dict.fromkeys("etaoinshrdlu", 0.045), **dict.fromkeys("cmfwygpbvk", 0.016)}
    weights |= {**dict.fromkeys("jqxz", 0.002), **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0.0025)}
    weights |= {**dict.fromkeys("0123456789", 0.004), **dict.fromkeys(".,-:_!?/'", 0.004)}
    for letter, weight in weights.items():
        bits[ord(letter)] = math.log2(weight)
    return bits


_LETTERS = _letters()
_PLACES = 1 << np.arange(7, -1, -1)
# What the reading of bits as letters costs.
_READING = 3.0


def _spelled(x: Counts, mask: Mask, sums: Numbers, width: int) -> Iterator[tuple[float, int, int]]:
    """Symbols from the first one on as the bits of letters."""
    places = np.flatnonzero(mask)
    bits = ((x[places, None] >> np.arange(width - 1, -1, -1)) & 1).reshape(-1)
    n = len(bits) // 8
    if n < 2:
        return
    gains = np.cumsum(8.0 + _LETTERS[bits[: 8 * n].reshape(-1, 8) @ _PLACES]) - _READING
    lasts = places[-(-8 * np.arange(1, n + 1) // width) - 1] + 1
    totals = gains + sums[lasts]
    best = int(totals.argmax())
    yield float(totals[best]), 0, int(lasts[best])


def _habit(x: Counts, rates: Numbers) -> Numbers:
    """log2 P by Polya urns: one for whether there is a mark, one for whether another follows."""
    some = (x > 0).astype(np.float64)
    seen = np.concatenate((np.zeros((len(x), 1)), np.cumsum(some, 1)), 1)
    at = np.arange(x.shape[1])
    late = np.maximum(at - _LATE, 0)
    overall = (_FIRM * rates + seen[:, :-1]) / (_FIRM + at)
    lately = (_FIRM_LATE * rates + seen[:, :-1] - seen[:, late]) / (_FIRM_LATE + at - late)
    bits = np.max([np.log2(np.where(some > 0, p, 1.0 - p)).sum(1) for p in (overall, lately)], 0)
    more = np.maximum(x - 1, 0).astype(np.float64)
    again = (4.0 * _NEXT + np.cumsum(more, 1) - more) / (4.0 + np.cumsum(more, 1) - more + seen[:, :-1])
    found: Numbers = bits + np.where(x > 0, more * np.log2(again) + np.log2(1.0 - again), 0.0).sum(1)
    return found


def _rule(x: Counts, kinds: _Kinds, ordinary: Numbers) -> float:
    """The largest log2 P over kinds of sentences."""
    m = max(2, int(x.max()) + 1)
    same = kinds.follows & (x == x[kinds.before])
    other = kinds.follows & ~same
    kept: Counts = np.cumsum(same, 1) - same
    seen: Counts = np.cumsum(kinds.follows, 1) - kinds.follows
    p = (_KEPT + kept) / (_SEEN + seen)
    bits = np.log2(np.where(same, p, np.where(other, (1.0 - p) / (m - 1), 1.0))).sum(1)
    return float((bits + np.where(kinds.masks, 0.0, ordinary).sum(1)).max()) - math.log2(m)


def _edited(x: Counts, masks: Masks, ordinary: Numbers) -> float:
    """What a stretch gains against the ordinary law when its marks follow frequencies or a rule of its own."""
    best = 0.0
    for mask in masks:
        y = x[mask]
        if not len(y):
            continue
        n_same = int(np.count_nonzero(y[1:] == y[:-1]))
        n_other = len(y) - 1 - n_same
        m = max(2, int(y.max()) + 1)
        ruled = _urn((n_same, n_other)) - n_other * math.log2(m - 1) - math.log2(m)
        best = max(best, max(_urn(np.bincount(y, minlength=m).tolist()), ruled) - float(ordinary[mask].sum()))
    return best


def _urn(counts: Sequence[int]) -> float:
    """log2 P of symbols of unknown frequencies, of which each was seen half a time before."""
    n, m = sum(counts), len(counts)
    nats = math.lgamma(m / 2) - math.lgamma(n + m / 2) + sum(math.lgamma(count + 0.5) - _HALF for count in counts)
    return nats / math.log(2.0)
