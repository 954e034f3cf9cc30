"""Long texts in overlapping windows, and windows of like length in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 2048
STRIDE = 1536
BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """One forward pass: tokens of text number `text` from `start`; those from `scored_from` on are scored."""

    text: int
    start: int
    scored_from: int
    tokens: tuple[int, ...]


def pieces_of(index: int, context: list[int], ids: list[int]) -> list[Piece]:
    """Overlapping windows over context and text; the first token of all has nothing before it and stays unscored."""
    whole = [*context, *ids]
    pieces: list[Piece] = []
    done = max(len(context), 1)
    start = 0
    while done < len(whole):
        end = min(start + WINDOW, len(whole))
        pieces.append(Piece(index, start, done - start, tuple(whole[start:end])))
        done, start = end, end - (WINDOW - STRIDE)
    return pieces


def batches_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces of like length together, so that little is padded; at most BATCH_TOKENS padded tokens a batch."""
    batches: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -len(piece.tokens)):
        widest = len(batches[-1][0].tokens) if batches else 0
        is_alike = len(piece.tokens) * 10 >= widest * 8
        if batches and is_alike and widest * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(piece)
        else:
            batches.append([piece])
    return batches
