"""Windows score each token once; batches stay small."""

from __future__ import annotations

from monitors.backends.token_windows import BATCH_TOKENS, Piece, batches_of, pieces_of


def test_windows_score_each_token_once_with_context_before_it() -> None:
    pieces = pieces_of(0, list(range(300)), list(range(300, 9000)))
    scored = [piece.start + i for piece in pieces for i in range(piece.scored_from, len(piece.tokens))]
    assert scored == list(range(300, 9000))
    assert all(piece.scored_from >= 300 for piece in pieces)


def test_batches_stay_small_and_hold_every_piece() -> None:
    pieces = [Piece(i, 0, 1, (0,) * n) for i, n in enumerate([5, 2048, 2000, 100, 90, 1, 2048, 95])]
    batches = batches_of(pieces)
    assert sorted(piece.text for batch in batches for piece in batch) == list(range(8))
    assert all(len(batch) * len(batch[0].tokens) <= BATCH_TOKENS for batch in batches)
