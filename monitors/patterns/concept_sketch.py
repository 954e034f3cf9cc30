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
    # A concept that a row does not name says nothing of it.
    present, number = np.unique(row * int(first[-1]) + concepts[sites], return_inverse=True)
    cells = number * (N_ENDS + 1) + rows.blocks(_MOST)[row, at]
    shape = len(present), N_ENDS + 1
    size = shape[0] * shape[1]
    counts = np.bincount(np.concatenate((cells, cells[bits[sites] > 0] + size)), minlength=2 * size).reshape(2, *shape)
    n, ones = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    own, concept = np.divmod(present, int(first[-1]))
    place = (concept * (_MOST + 1))[:, None]
    each = known[0].take(ones + place) + known[1].take(n - ones + place) - known[2].take(n + place)
    gains = each - each[:, :1] - LOG_2 * (n[:, :1] - n)
    begins = own.searchsorted(np.arange(len(rows.n)))
    ratios = np.add.reduceat(np.log((1 - CODED) + CODED * np.exp(gains[:, 1:])), begins)
    return np.add.reduceat(each, begins), log_sum(ratios) - np.log(N_ENDS)
