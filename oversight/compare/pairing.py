"""Which of the steps that are gone became which of those that are new: the best pairing that keeps their order."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from oversight.compare.matching import Allowance
from oversight.compare.units import Unit
from oversight.compare.wording import tokens

# Steps less alike than this are one that is gone and one that is new.
LEAST_ALIKE = 0.35
# A longer stretch is cut into as many pieces as this asks for, at the same shares of both sides.
MOST_STEPS = 4_000
_DIMENSIONS = 512
Vectors = npt.NDArray[np.float32]


def paired(a: Sequence[Unit], b: Sequence[Unit], allowance: Allowance) -> Iterator[tuple[int, int]]:
    """Places of the pairs, both rising. None once there is no time left."""
    n_pieces = -(-(len(a) + len(b)) // MOST_STEPS)
    for piece in range(n_pieces):
        if not allowance.is_left():
            return
        a0, a1 = (len(a) * at // n_pieces for at in (piece, piece + 1))
        b0, b1 = (len(b) * at // n_pieces for at in (piece, piece + 1))
        if a0 < a1 and b0 < b1:
            yield from ((a0 + i, b0 + j) for i, j in _best(_alike(a[a0:a1], b[b0:b1])))


def _alike(a: Sequence[Unit], b: Sequence[Unit]) -> Vectors:
    """Cosine of counts of words, hashed; 0 between channels."""
    cosine = _vectors(a) @ _vectors(b).T
    same = np.array([one.channel for one in a])[:, None] == np.array([one.channel for one in b])[None, :]
    return np.where(same & (cosine >= LEAST_ALIKE), cosine, 0).astype(np.float32)


def _vectors(units: Sequence[Unit]) -> Vectors:
    found = np.zeros((len(units), _DIMENSIONS), np.float32)
    for row, unit in enumerate(units):
        for token in tokens(unit.text[:20_000].lower()):
            if not token.isspace():
                found[row, zlib.crc32(token.encode("utf-8", "surrogatepass")) % _DIMENSIONS] += 1
    np.sqrt(found, out=found)
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    np.divide(found, norms, out=found, where=norms > 0)
    return found


def _best(alike: Vectors) -> list[tuple[int, int]]:
    """The rising pairs whose likeness sums to the most."""
    n, m = alike.shape
    best = np.zeros((n + 1, m + 1), np.float32)
    for i in range(n):
        np.maximum(best[i, 1:], best[i, :-1] + alike[i], out=best[i + 1, 1:])
        np.maximum.accumulate(best[i + 1], out=best[i + 1])
    pairs, i, j = [], n, m
    while i and j:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
