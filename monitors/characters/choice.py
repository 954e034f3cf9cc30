"""How many bits a sequence of symbols can have chosen, and how surprising a count is under a habit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def choice_bits(symbols: Sequence[object], /) -> float:
    """log2 C(n - 1, c) + c log2(m - 1) for n symbols of m kinds that change c times.

    That is what it takes to say where the sequence changes and to what. One constant, and a strict alternation of two,
    give 0: whoever repeats one character everywhere has made no choice.
    """
    n, m = len(symbols), len(set(symbols))
    changes = sum(before != after for before, after in pairwise(symbols))
    return _log2_choose(n - 1, changes) + changes * math.log2(m - 1) if m > 1 else 0.0


def surprise_bits(k: int, n: int, share: float, /) -> float:
    """A lower bound of -log2 P(at least k of n) where each has probability `share` (Chernoff)."""
    observed = k / n if n else 0.0
    if observed <= share:
        return 0.0
    rest = (1 - observed) * math.log2((1 - observed) / (1 - share)) if observed < 1 else 0.0
    return n * (observed * math.log2(observed / share) + rest)


def placement_bits(has_one: Sequence[bool], /) -> float:
    """The choice in which of consecutive words hold a character, from the first to the last that does.

    Sparse characters (fewer than one word in eight, or fewer than four) are typography or a copied page: 0.
    """
    if True not in has_one:
        return 0.0
    first, last = has_one.index(True), len(has_one) - 1 - list(reversed(has_one)).index(True)
    region = has_one[first : last + 1]
    is_dense = sum(region) >= max(4, len(region) / 8)
    return choice_bits(region) if is_dense else 0.0


def _log2_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
