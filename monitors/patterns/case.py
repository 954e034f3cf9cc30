"""Case: capital or small first letters of sentences, lines and words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.layout import Layout
from monitors.patterns.places import Numbers
from monitors.patterns.stream import Stream


def streams(layout: Layout) -> Iterator[Stream]:
    """A capital is 1. A word that opens a sentence is not one of the words."""
    first = layout.sentence_openers
    first = first[first >= 0]
    yield _stream("case.sentences/capital", layout, first)
    opens = np.zeros(len(layout.codes), np.bool_)
    opens[first] = True
    yield _stream("case.words/capital", layout, layout.word_starts[~opens[layout.word_starts]])


def _stream(name: str, layout: Layout, places: Numbers) -> Stream:
    return Stream(name, (layout.narrow[places] < 97).view(np.uint8), places)
