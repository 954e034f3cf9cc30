"""Windows score each token once; batches stay small and are hardly padded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.backends.token_windows import BATCH_TOKENS, MAX_PADDING, WINDOW, Piece, batches_of, pieces_of


def test_windows_score_each_token_once_with_context_before_it() -> None:
    pieces = pieces_of(0, list(range(300)), list(range(300, 9000)))
    scored = [piece.start + i for piece in pieces for i in range(piece.scored_from, len(piece.tokens))]
    assert scored == list(range(300, 9000))
    assert all(piece.scored_from >= 256 for piece in pieces)


def test_windows_read_a_long_text_little_more_than_once() -> None:
    pieces = pieces_of(0, (), range(200_000))
    assert sum(len(piece.tokens) for piece in pieces) < 1.15 * 200_000


@given(st.lists(st.integers(1, WINDOW), max_size=60))
def test_batches_stay_small_and_hardly_padded_and_hold_every_piece(lengths: list[int]) -> None:
    batches = batches_of([Piece(i, 0, 1, (0,) * n) for i, n in enumerate(lengths)])
    assert sorted(piece.text for batch in batches for piece in batch) == list(range(len(lengths)))
    for batch in batches:
        size = len(batch) * max(len(piece.tokens) for piece in batch)
        assert size <= BATCH_TOKENS
        assert size - sum(len(piece.tokens) for piece in batch) <= MAX_PADDING * size
