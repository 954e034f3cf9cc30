"""Whether yes and no follow each other as a coin falls: a keyed payload does, and no habit explains it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

_PENALTY = 4.0


def even_bits(symbols: Sequence[bool], least: float, contexts: Sequence[Sequence[Hashable]] = (), /) -> float:
    """max over k of k - 4 max(0, k - L_k), where L_k bits are the shortest code of the first k symbols.

    The codes are those of Krichevsky and Trofimov: one for all symbols, one each by the symbol or the two symbols
    before, and one for each of `contexts`. A fair coin is not shortened: by d bits with probability 2^-d. What a
    habit, a layout or a rule decides is, and the more of it there is the more. As soon as the result cannot be above
    `least` any more, a number that is not above it is returned.
    """
    shortest = [math.inf] * len(symbols)
    bits = float(len(symbols))
    for context in _contexts(symbols, contexts):
        if bits <= least:
            break
        shortest = list(map(min, shortest, _lengths(symbols, context)))
        bits = max(k - _PENALTY * max(0.0, k - length) for k, length in enumerate(shortest, 1))
    return bits


def _contexts(symbols: Sequence[bool], others: Sequence[Sequence[Hashable]]) -> Iterator[Sequence[Hashable]]:
    before = [None, *symbols[:-1]]
    yield [None] * len(symbols)
    yield before
    yield list(zip(before, [None, *before[:-1]], strict=True))
    yield from others


def _lengths(symbols: Sequence[bool], context: Sequence[Hashable]) -> list[float]:
    """The length in bits of the code of the first 1, 2, ... symbols."""
    seen: dict[Hashable, list[float]] = defaultdict(lambda: [0.5, 0.5])
    length, lengths = 0.0, []
    for symbol, by in zip(symbols, context, strict=True):
        counts = seen[by]
        length -= math.log2(counts[symbol] / (counts[0] + counts[1]))
        counts[symbol] += 1
        lengths.append(length)
    return lengths
