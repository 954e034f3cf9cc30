"""Choices of words, sketched: by how often each concept is named behind a few ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.choices import Concepts
from monitors.patterns.concepts import CODED, concept_table
from monitors.patterns.ends import LOG_2, N_ENDS, Rows, log_sum, rising
from monitors.patterns.null import Floats

Numbers = npt.NDArray[np.int64]
_MOST = 144


@cache
def _known(names: tuple[str, ...]) -> tuple[Floats, Numbers]:
    """(3, concepts and draws) ln of the rising factorials of a, b and a + b, and the first concept of each name."""
    tables = [concept_table(name).T for name in names]
    a, b = np.concatenate(tables, axis=1)
    first = np.cumsum([0, *(table.shape[1] for table in tables)])
    return rising(np.stack((a, b, a + b)), _MOST).reshape(3, -1), first


def log_choices(named: Sequence[Concepts], rows: Rows) -> tuple[Floats, Floats]:
    """(rows, ends) ln P of the choices behind each end, and (rows,) ln of the evidence of any subset of concepts."""
    known, first = _known(tuple([one.name for one in named]))
    concepts = np.concatenate([one.concepts + begin for one, begin in zip(named, first.tolist(), strict=False)])
    bits = np.concatenate([one.bits for one in named])
    row = np.repeat(np.arange(len(rows.n)), rows.n)
    at = np.arange(len(row)) - (rows.n.cumsum() - rows.n)[row]
    sites = rows.start[row] + at
    present, number = np.unique(concepts[sites], return_inverse=True)
    block = rows.blocks(_MOST)[row, at]
    cells = (row * (N_ENDS + 1) + block) * len(present) + number
    shape = len(rows.n), N_ENDS + 1, len(present)
    size = shape[0] * shape[1] * shape[2]
    counts = np.bincount(np.concatenate((cells, cells[bits[sites] > 0] + size)), minlength=2 * size).reshape(2, *shape)
    n, ones = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    place = present * (_MOST + 1)
    each = known[0].take(ones + place) + known[1].take(n - ones + place) - known[2].take(n + place)
    gains = each - each[:, :1] - LOG_2 * (n[:, :1] - n)
    ratios = np.log((1 - CODED) + CODED * np.exp(gains[:, 1:])).sum(axis=2)
    return each.sum(axis=2), log_sum(ratios) - np.log(N_ENDS)
