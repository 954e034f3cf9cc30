"""Acrostics and telestics: first and last letters of sentences, lines, list items and words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Letters, Stream

# Classes of letters that carry one bit: vowels, the second half of the alphabet, every second letter.
CLASSES = {
    "vowel": np.isin(np.arange(26), [ord(char) - 97 for char in "aeiou"]).astype(np.uint8),
    "half": (np.arange(26) >= 13).astype(np.uint8),
    "odd": (np.arange(26) % 2 == 1).astype(np.uint8),
}
_TABLES = np.stack(tuple(CLASSES.values()))
WORDS = "acrostic.words"


def letters(layout: Layout) -> Iterator[Letters]:
    """Each channel of letters; lines and items only where they are not the sentences again."""
    sentences, lines = layout.sentences, layout.lines
    yield _letters("acrostic.sentences/all", layout, layout.sentence_openers)
    yield _last("telestic.sentences/all", layout, sentences)
    if len(layout.prose_at) < len(sentences[0]):
        yield _letters("acrostic.sentences/prose", layout, layout.sentence_openers[layout.prose_at])
    if not np.array_equal(sentences[0], lines[0]):
        yield _first("acrostic.lines/all", layout, lines)
        yield _last("telestic.lines/all", layout, lines)
    if 0 < len(layout.items) < len(lines[0]):
        bodies = np.array([item.body for item in layout.items]), np.array([item.end for item in layout.items])
        yield _first("acrostic.items/all", layout, bodies)
    yield _letters(f"{WORDS}/all", layout, layout.word_starts)


def classes(found: Letters) -> Iterator[Stream]:
    """The letters as bits, one stream for each class."""
    ends = found.places + 1
    for name, bits in zip(CLASSES, _TABLES[:, found.letters], strict=True):
        yield Stream(f"{found.name}.{name}", bits, found.places, ends)


def _first(name: str, layout: Layout, bounds: tuple[Numbers, Numbers]) -> Letters:
    return _letters(name, layout, layout.first_letters(*bounds))


def _last(name: str, layout: Layout, bounds: tuple[Numbers, Numbers]) -> Letters:
    return _letters(name, layout, layout.last_letters(*bounds))


def _letters(name: str, layout: Layout, places: Numbers) -> Letters:
    places = places[places >= 0]
    return Letters(name, layout.letters[places].astype(np.int64), places)
