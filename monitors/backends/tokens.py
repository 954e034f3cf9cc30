"""Text to tokens: no text ever becomes a control token, and offsets are code points of the text as it was given."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from monitors.backends.token_windows import WINDOW, Piece, pieces_of
from monitors.spans import Spans

# A text is tokenised in slabs of about this many characters, cut before the blank of a word, where tokenisers part.
SLAB = 40_000
_CUT = re.compile(r"(?<=[^\s]) (?=[^\W\d_])")


def encode(tokenizer: Any, text: str, *, special: bool = False) -> list[int]:
    """Token ids; only with `special` (for templates, never for texts) are control tokens recognised."""
    text = replace_surrogates(text)
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=not special)["input_ids"])


class Text(NamedTuple):
    """Token ids of a text, and for each the characters that it stands for, or is a part of."""

    ids: array[int]
    offsets: Spans


def encode_with_offsets(tokenizer: Any, text: str) -> Text:
    """A text's tokens; what a tokeniser needs for each is held for one slab only."""
    ids, flat = array("I"), array("I")
    for start, slab in _slabs(replace_surrogates(text)):
        encoding = tokenizer(slab, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True)
        ids.extend(encoding["input_ids"])
        flat.extend(start + int(edge) for pair in encoding["offset_mapping"] for edge in pair)
    return Text(ids, Spans.from_flat(flat))


def _slabs(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    while at + SLAB < len(text):
        found = _CUT.search(text, at + SLAB, at + 2 * SLAB)
        end = found.start() if found else min(at + 2 * SLAB, len(text))
        yield at, text[at:end]
        at = end
    if at < len(text):
        yield at, text[at:]


@dataclass(frozen=True, slots=True)
class Tokens:
    """(context, text) pairs as windows of tokens, and where a value of each scored token belongs."""

    offsets: Sequence[Spans]
    pieces: Sequence[Piece]
    _n_context: Sequence[int]

    @classmethod
    def of(cls, tokenizer: Any, texts: Sequence[tuple[str, str]]) -> Tokens:
        """Of a context that is longer than half a window the end is kept."""
        encoded = [encode_with_offsets(tokenizer, text) for _, text in texts]
        contexts = [encode(tokenizer, context)[-WINDOW // 2 :] for context, _ in texts]
        pieces = [
            piece
            for index, (text, context) in enumerate(zip(encoded, contexts, strict=True))
            for piece in pieces_of(index, context, text.ids)
        ]
        return cls([text.offsets for text in encoded], pieces, [len(context) for context in contexts])

    def column(self) -> list[array[float]]:
        """An unknown number (NaN) for each token of each text."""
        return [array("f", [math.nan]) * len(offsets) for offsets in self.offsets]

    def put(self, column: Sequence[array[float]], piece: Piece, values: Sequence[float]) -> None:
        first = piece.start + piece.scored_from - self._n_context[piece.text]
        column[piece.text][first : first + len(values)] = array("f", values)


def replace_surrogates(text: str) -> str:
    """Lone surrogates to U+FFFD one for one: tokenizers refuse them, and offsets must not move."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
