"""Whether yes and no follow each other as a coin falls: a keyed payload does, and no habit explains it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache

_PENALTY = 4.0
_STRIDE = 8
_ROUNDING = 1e-6


def even_bits(symbols: Sequence[bool], least: float, contexts: Iterable[Sequence[Hashable]] = (), /) -> float:
    """max over k of k - 4 max(0, k - L_k), where L_k bits are the shortest code of the first k symbols.

    k is all, or a multiple of eight. The codes are those of Krichevsky and Trofimov: one for all symbols, one each by
    the symbol or the two symbols before, and one for each of `contexts`. A fair coin is not shortened: by d bits with
    probability 2^-d. What a habit, a layout or a rule decides is, and the more of it there is the more. As soon as the
    result cannot be above `least` any more, a number that is not above it is returned.
    """
    if not (n := len(symbols)):
        return 0.0
    sizes = [*range(_STRIDE, n, _STRIDE), n]
    tried: list[Sequence[Hashable]] = []
    alive = [k for k in sizes if k > least]
    for context in _contexts(symbols, contexts):
        if not alive:
            return min(float(n), least)
        alive = [
            k
            for k, length in zip(alive, _counted(symbols, context, alive), strict=True)
            if k - _PENALTY * max(0.0, k - length) > least - _ROUNDING
        ]
        tried.append(context)
    shortest = [math.inf] * len(sizes)
    for context in tried:
        shortest = list(map(min, shortest, _lengths(symbols, context)))
    bits: float = max(k - _PENALTY * max(0.0, k - length) for k, length in zip(sizes, shortest, strict=True))
    return bits


def _counted(symbols: Sequence[bool], context: Sequence[Hashable], sizes: Sequence[int]) -> Iterator[float]:
    """The lengths of `_lengths` for some sizes, from counts alone and so but for rounding."""
    counts: Counter[tuple[Hashable, bool]] = Counter()
    at = 0
    for k in sizes:
        counts.update(zip(context[at:k], symbols[at:k], strict=True))
        at = k
        yield sum(_length(counts.get((by, False), 0), counts.get((by, True), 0)) for by in {by for by, _ in counts})


@lru_cache(maxsize=1 << 16)
def _length(zeros: int, ones: int) -> float:
    """The length in bits of the code of so many symbols, in whatever order."""
    nats = math.lgamma(zeros + ones + 1) - math.lgamma(zeros + 0.5) - math.lgamma(ones + 0.5) + math.log(math.pi)
    return nats / math.log(2)


def _contexts(symbols: Sequence[bool], others: Iterable[Sequence[Hashable]]) -> Iterator[Sequence[Hashable]]:
    before = [None, *symbols[:-1]]
    yield [None] * len(symbols)
    yield before
    yield list(zip(before, [None, *before[:-1]], strict=True))
    yield from others


def _lengths(symbols: Sequence[bool], context: Sequence[Hashable]) -> Iterator[float]:
    """The length in bits of the code of the first 8, 16, ... symbols, and of all."""
    seen: dict[Hashable, list[float]] = {}
    odds, n = 1.0, len(symbols)
    length = 0.0
    for k, (symbol, by) in enumerate(zip(symbols, context, strict=True), 1):
        counts = seen.get(by) or seen.setdefault(by, [0.5, 0.5])
        odds *= counts[symbol] / (counts[0] + counts[1])
        counts[symbol] += 1
        if not k % _STRIDE or k == n:
            length -= math.log2(odds)
            odds = 1.0
            yield length
