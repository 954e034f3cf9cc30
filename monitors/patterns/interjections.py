"""Interjections such as "Hmm" and "Wait": whether a sentence has one, and how many stand together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.known_words import INTERJECTION
from monitors.patterns.layout import Layout
from monitors.patterns.places import Numbers
from monitors.patterns.stream import Stream, stream

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
    first, last = (words[layout.prose_at] for words in layout.sentence_words)
    counts = np.zeros(len(first), np.int64)
    if not len(first):
        return counts
    is_one = (layout.word_marks & INTERJECTION) > 0
    opening = is_one[first].nonzero()[0]
    # Few sentences open with one: the others need not be looked at again.
    for at in range(1, _MOST + 1):
        counts[opening] = at
        following = first[opening] + at
        goes_on = (following < last[opening]) & is_one.take(following, mode="clip")
        opening = opening[goes_on]
    return counts
