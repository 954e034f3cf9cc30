"""Long texts in overlapping windows, and windows of like length in batches."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WINDOW = 2048
STRIDE = 1792
BATCH_TOKENS = 4096
# Of a batch's tokens at most this share is padding.
MAX_PADDING = 0.08


@dataclass(frozen=True, slots=True)
class Piece:
    """One forward pass: tokens of text number `text` from `start`; those from `scored_from` on are scored."""

    text: int
    start: int
    scored_from: int
    tokens: Sequence[int]


def pieces_of(index: int, context: Iterable[int], ids: Iterable[int]) -> list[Piece]:
    """Overlapping windows over context and text; the first token of all has nothing before it and stays unscored."""
    whole = array("I", context)
    done = max(len(whole), 1)
    whole.extend(ids)
    pieces: list[Piece] = []
    start = 0
    while done < len(whole):
        end = min(start + WINDOW, len(whole))
        pieces.append(Piece(index, start, done - start, whole[start:end]))
        done, start = end, end - (WINDOW - STRIDE)
    return pieces


def batches_of(pieces: Sequence[Piece], n_tokens: int = BATCH_TOKENS) -> list[list[Piece]]:
    """Pieces of like length together, longest first: at most `n_tokens` a batch, of them 8 % padding."""
    batches: list[list[Piece]] = []
    n_filled = 0
    for piece in sorted(pieces, key=lambda piece: -len(piece.tokens)):
        size = (len(batches[-1]) + 1) * len(batches[-1][0].tokens) if batches else 0
        n_filled += len(piece.tokens)
        if batches and size <= n_tokens and size - n_filled <= MAX_PADDING * size:
            batches[-1].append(piece)
        else:
            batches.append([piece])
            n_filled = len(piece.tokens)
    return batches
