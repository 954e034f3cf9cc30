"""Parities: of word lengths, and of the number of words, letters and characters in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Stream, stream


def streams(layout: Layout) -> Iterator[Stream]:
    """Odd is 1."""
    starts, ends = layout.word_starts, layout.word_ends
    yield stream("parity.words/letters", (ends - starts) & 1, starts, ends)
    sentences = layout.sentences
    first, last = layout.sentence_words
    counted = {"words": last - first}
    for name, sites in (("letters", layout.letter_places), ("tokens", layout.token_bounds[0])):
        counted[name] = np.searchsorted(sites, sentences[1]) - np.searchsorted(sites, sentences[0])
    counted["characters"] = sentences[1] - sentences[0]
    every = np.arange(len(first))
    yield from _sentences(layout, "all", counted, every)
    if len(layout.prose_at) < len(first):
        yield from _sentences(layout, "prose", counted, layout.prose_at)


def _sentences(layout: Layout, kind: str, counted: Mapping[str, Numbers], kept: Numbers) -> Iterator[Stream]:
    starts, ends = layout.word_starts, layout.word_ends
    bounds = layout.sentences[0][kept], layout.sentences[1][kept]
    some = kept[counted["words"][kept] > 0]
    for name, words in (("first", layout.sentence_words[0][some]), ("last", layout.sentence_words[1][some] - 1)):
        yield stream(f"parity.{name}_words/{kind}", (ends[words] - starts[words]) & 1, starts[words], ends[words])
    for name, numbers in counted.items():
        yield stream(f"parity.sentences/{kind}.{name}", numbers[kept] & 1, *bounds)
