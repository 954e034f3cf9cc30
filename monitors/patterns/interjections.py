"""Interjections such as "Hmm" and "Wait": whether a sentence has one, and how many stand together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Stream, stream

_WRITTEN = (
    "hm hmm hmmm hmmmm mm mmm uh uhm um umm er ah aha oh ooh huh ugh eh whoa wow phew wait okay ok alright right "
    "well hold hey yes yeah no actually look see"
)
_WORDS = frozenset(_WRITTEN.split())
_MOST = 3


def streams(layout: Layout) -> Iterator[Stream]:
    """Of sentences of prose: whether one opens with interjections, how many (two bits), and whether with several."""
    starts, ends = layout.prose
    counts = _counts(layout)
    yield stream("interjections/any", counts > 0, starts, ends)
    bits = np.stack((counts >> 1, counts & 1), axis=1).reshape(-1)
    yield stream("interjections/counts", bits, np.repeat(starts, 2), np.repeat(ends, 2))
    some = np.flatnonzero(counts > 0)
    yield stream("interjections/several", counts[some] > 1, starts[some], ends[some])


def _counts(layout: Layout) -> Numbers:
    """Interjections that stand together at the start of each sentence, up to three."""
    starts, ends = layout.prose
    words, found = layout.words, []
    first, last = np.searchsorted(layout.word_starts, starts), np.searchsorted(layout.word_starts, ends)
    for at, end in zip(first.tolist(), np.minimum(last, first + _MOST).tolist(), strict=True):
        n_words = 0
        while at + n_words < end and words[at + n_words] in _WORDS:
            n_words += 1
        found.append(n_words)
    return np.array(found, np.int64)
