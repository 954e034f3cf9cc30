"""Places in a text: where a constant stands, and where runs of characters begin and end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def places_of(text: str, constant: str) -> Iterator[int]:
    """Where a constant stands, at the speed of a search for it; such places may overlap."""
    at = text.find(constant)
    while at >= 0:
        yield at
        at = text.find(constant, at + 1)


def edges(inside: Flags) -> tuple[Numbers, Numbers]:
    """Where each run of True starts and ends."""
    padded = np.zeros(len(inside) + 2, np.bool_)
    padded[1:-1] = inside
    turns = (padded[1:] != padded[:-1]).nonzero()[0]
    return turns[::2], turns[1::2]
