"""Offset pairs as one flat array: 8 bytes a pair, where a tuple of tuples takes about 130."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, overload

import numpy as np

Pair = tuple[int, int]
_HEAD = struct.Struct("<cI")
# Type codes of unsigned numbers of 1, 2 and 4 bytes; "A" stands for pairs that are not in order, kept as they are.
_WIDTHS = (("B", 0xFF), ("H", 0xFFFF), ("I", 0xFFFFFFFF))
_PACKED: Mapping[str, np.dtype[Any]] = {"B": np.dtype("<u1"), "H": np.dtype("<u2"), "I": np.dtype("<u4")}


class Spans(Sequence[Pair]):
    """An immutable sequence of (start, end), equal to any tuple of the same pairs."""

    __slots__ = ("_flat",)

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._flat = array("I", chain.from_iterable(pairs))

    @classmethod
    def from_flat(cls, flat: array[int], /) -> Spans:
        """From start, end, start, end...; the array must not be changed afterwards."""
        made = cls.__new__(cls)
        made._flat = flat
        return made

    @property
    def flat(self) -> array[int]:
        """start, end, start, end...; for reading only."""
        return self._flat

    def __len__(self) -> int:
        return len(self._flat) // 2

    def __iter__(self) -> Iterator[Pair]:
        numbers = iter(self._flat)
        return zip(numbers, numbers, strict=True)

    @overload
    def __getitem__(self, index: int, /) -> Pair: ...
    @overload
    def __getitem__(self, index: slice, /) -> Spans: ...
    def __getitem__(self, index: int | slice, /) -> Pair | Spans:
        if isinstance(index, int):
            at = range(len(self))[index] * 2
            return self._flat[at], self._flat[at + 1]
        start, stop, step = index.indices(len(self))
        if step == 1:
            return Spans.from_flat(self._flat[2 * start : 2 * max(start, stop)])
        return Spans(self[at] for at in range(start, stop, step))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Spans):
            return self._flat == other._flat
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Spans({list(self)!r})"

    def pack(self) -> bytes:
        """Kind, number of pairs, and the steps from one number to the next in 1, 2 or 4 bytes each."""
        flat = np.asarray(self._flat, np.int64)
        deltas = flat.copy()
        deltas[1:] -= flat[:-1]
        if deltas.min(initial=0) < 0:
            return _HEAD.pack(b"A", len(self)) + flat.astype("<u4").tobytes()
        most = deltas.max(initial=0)
        code = next(code for code, limit in _WIDTHS if most <= limit)
        return _HEAD.pack(code.encode(), len(self)) + deltas.astype(_PACKED[code]).tobytes()

    @classmethod
    def unpack(cls, packed: bytes, /, at: int = 0) -> tuple[Spans, int]:
        """What was packed at a place of some bytes, and the place after it."""
        code, n_pairs = _HEAD.unpack_from(packed, at)
        numbers = array("I" if code == b"A" else code.decode())
        end = at + _HEAD.size + 2 * n_pairs * numbers.itemsize
        numbers.frombytes(packed[at + _HEAD.size : end])
        if sys.byteorder == "big":
            numbers.byteswap()
        return cls.from_flat(numbers if code == b"A" else array("I", accumulate(numbers))), end

    def __reduce__(self) -> tuple[object, ...]:
        return Spans.from_flat, (self._flat,)
