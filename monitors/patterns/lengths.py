"""Parities: of word lengths, and of the number of words, letters and characters in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.layout import Layout
from monitors.patterns.places import Numbers
from monitors.patterns.stream import Bits, Stream

_COUNTED = ("words", "letters", "tokens", "characters")


def streams(layout: Layout) -> Iterator[Stream]:
    """Odd is 1."""
    starts, ends = layout.word_starts, layout.word_ends
    words = _parity(ends - starts)
    yield Stream("parity.words/letters", words, starts, ends)
    counted = _counted(layout)
    every = np.arange(counted.shape[1])
    yield from _sentences(layout, "all", words, counted, every)
    if len(layout.some_sentences):
        yield from _sentences(layout, "prose", words, counted, layout.some_sentences)


def _counted(layout: Layout) -> Bits:
    """The parities of what is counted in each sentence, a row for each kind."""
    starts, ends = layout.sentences
    first, last = layout.sentence_words
    sites = layout.letter_places, layout.token_bounds[0]
    letters, tokens = (places.searchsorted(ends) - places.searchsorted(starts) for places in sites)
    return _parity(np.array((last - first, letters, tokens, ends - starts)))


def _sentences(layout: Layout, kind: str, words: Bits, counted: Bits, kept: Numbers) -> Iterator[Stream]:
    starts, ends = layout.word_starts, layout.word_ends
    first, last = layout.sentence_words[0][kept], layout.sentence_words[1][kept]
    some = (last > first).nonzero()[0]
    for name, which in (("first", first[some]), ("last", last[some] - 1)):
        yield Stream(f"parity.{name}_words/{kind}", words[which], starts[which], ends[which])
    bounds = layout.sentences[0][kept], layout.sentences[1][kept]
    for name, bits in zip(_COUNTED, counted[:, kept], strict=True):
        yield Stream(f"parity.sentences/{kind}.{name}", bits, *bounds)


def _parity(numbers: Numbers) -> Bits:
    return (numbers & 1).astype(np.uint8)
