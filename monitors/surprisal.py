"""Bits of surprise of each token of a transcript's parts: what a score may keep beside its value, and a page may draw.

Packed: a head, then for each part its number and packed offsets, and one byte a token, all compressed. A byte counts
eighths of a bit, up to 31.75; 255 stands for a token that has no surprise (the first of all).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import zstandard

from monitors.errors import InvalidTranscript
from monitors.spans import Spans

_MAGIC = b"sp1"
_PART = struct.Struct("<II")
_STEPS, _MOST, _UNKNOWN = 8, 254, 255
_MAX_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class PartSurprisal:
    """Tokens of part `part`: where each stands (code points), and its surprise in eighths of a bit."""

    part: int
    offsets: Spans
    eighths: bytes

    @classmethod
    def of(cls, part: int, offsets: Iterable[tuple[int, int]], bits: Sequence[float | None]) -> PartSurprisal:
        levels = bytes(_UNKNOWN if value is None else min(_MOST, max(0, round(value * _STEPS))) for value in bits)
        return cls(part, offsets if isinstance(offsets, Spans) else Spans(offsets), levels)

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        """(start, end, bits) of the tokens whose surprise is known."""
        for (start, end), level in zip(self.offsets, self.eighths, strict=True):
            if level != _UNKNOWN:
                yield start, end, level / _STEPS


@dataclass(frozen=True, slots=True)
class Surprisal:
    """The surprise of all tokens that a monitor scored, part by part."""

    parts: tuple[PartSurprisal, ...]

    @property
    def n_tokens(self) -> int:
        return sum(len(part.eighths) for part in self.parts)

    def pack(self) -> bytes:
        body = b"".join(
            _PART.pack(part.part, len(part.eighths)) + part.offsets.pack() + part.eighths for part in self.parts
        )
        return _MAGIC + zstandard.ZstdCompressor(level=3).compress(body)

    @classmethod
    def unpack(cls, packed: bytes, /) -> Surprisal:
        """What `pack` was called on. Raises InvalidTranscript when these are no such bytes."""
        if not packed.startswith(_MAGIC):
            raise InvalidTranscript("this is no packed surprisal")
        try:
            body = zstandard.ZstdDecompressor().decompress(packed[len(_MAGIC) :], max_output_size=_MAX_BYTES)
            return cls(tuple(_parts(body)))
        except (struct.error, zstandard.ZstdError, ValueError, OverflowError) as error:
            raise InvalidTranscript("this is no packed surprisal") from error


def _parts(body: bytes) -> Iterator[PartSurprisal]:
    at = 0
    while at < len(body):
        part, n_tokens = _PART.unpack_from(body, at)
        offsets, at = Spans.unpack(body, at + _PART.size)
        eighths = body[at : at + n_tokens]
        if len(offsets) != n_tokens or len(eighths) != n_tokens:
            raise ValueError("too short")
        at += n_tokens
        yield PartSurprisal(part, offsets, eighths)
