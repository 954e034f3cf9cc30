"""Parities: of word lengths, and of the number of words, letters and characters in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Stream


def streams(layout: Layout) -> Iterator[Stream]:
    """Odd is 1."""
    starts, ends = layout.word_starts, layout.word_ends
    yield _stream("parity.words/letters", ends - starts, starts, ends)
    sentences = layout.sentences
    first, last = layout.sentence_words
    counted = {"words": last - first}
    for name, sites in (("letters", layout.letter_places), ("tokens", layout.token_bounds[0])):
        counted[name] = sites.searchsorted(sentences[1]) - sites.searchsorted(sentences[0])
    counted["characters"] = sentences[1] - sentences[0]
    yield from _sentences(layout, "all", counted, np.arange(len(first)))
    if len(layout.prose_at) < len(first):
        yield from _sentences(layout, "prose", counted, layout.prose_at)


def _sentences(layout: Layout, kind: str, counted: Mapping[str, Numbers], kept: Numbers) -> Iterator[Stream]:
    starts, ends = layout.word_starts, layout.word_ends
    bounds = layout.sentences[0][kept], layout.sentences[1][kept]
    some = kept[counted["words"][kept] > 0]
    for name, words in (("first", layout.sentence_words[0][some]), ("last", layout.sentence_words[1][some] - 1)):
        yield _stream(f"parity.{name}_words/{kind}", ends[words] - starts[words], starts[words], ends[words])
    for name, numbers in counted.items():
        yield _stream(f"parity.sentences/{kind}.{name}", numbers[kept], *bounds)


def _stream(name: str, numbers: Numbers, starts: Numbers, ends: Numbers) -> Stream:
    return Stream(name, (numbers & 1).astype(np.uint8), starts, ends)
