"""Acrostics and telestics: first and last letters of sentences, lines, list items and words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from monitors.patterns.layout import Layout
from monitors.patterns.places import Numbers
from monitors.patterns.stream import Letters, Stream

# Classes of letters that carry one bit: vowels, the second half of the alphabet, every second letter.
CLASSES = {
    "vowel": np.isin(np.arange(26), [ord(char) - 97 for char in "aeiou"]).astype(np.uint8),
    "half": (np.arange(26) >= 13).astype(np.uint8),
    "odd": (np.arange(26) % 2 == 1).astype(np.uint8),
}
_TABLES = np.stack(tuple(CLASSES.values()))
WORDS = "acrostic.words"
Bounds = tuple[Numbers, Numbers]


def letters(layout: Layout) -> Iterator[Letters]:
    """Each channel of letters; lines and items only where they are not the sentences again."""
    sentences, lines = layout.sentences, layout.lines
    yield _letters("acrostic.sentences/all", layout, layout.sentence_openers)
    yield _last("telestic.sentences/all", layout, sentences)
    prose = layout.some_sentences
    if len(prose):
        yield _letters("acrostic.sentences/prose", layout, layout.sentence_openers[prose])
    others = layout.of_texts(lines[0], layout.alike(sentences[0], lines[0]))
    if len(others):
        bounds = lines[0][others], lines[1][others]
        yield _first("acrostic.lines/all", layout, bounds)
        yield _last("telestic.lines/all", layout, bounds)
    starts, ends = np.array([item[1:3] for item in layout.items], np.int64).reshape(-1, 2).T
    some = layout.of_texts(starts, layout.as_many(starts, lines[0]))
    if len(some):
        yield _first("acrostic.items/all", layout, (starts[some], ends[some]))
    yield _letters(f"{WORDS}/all", layout, layout.word_starts)


def classes(found: Letters) -> Iterator[Stream]:
    """The letters as bits, one stream for each class."""
    for name, bits in zip(_class_names(found.name), _TABLES.take(found.letters, axis=1), strict=True):
        yield Stream(name, bits, found.places)


@cache
def _class_names(name: str) -> tuple[str, ...]:
    return tuple(f"{name}.{kind}" for kind in CLASSES)


def _first(name: str, layout: Layout, bounds: Bounds) -> Letters:
    return _letters(name, layout, layout.first_letters(*bounds))


def _last(name: str, layout: Layout, bounds: Bounds) -> Letters:
    return _letters(name, layout, layout.last_letters(*bounds))


def _letters(name: str, layout: Layout, places: Numbers) -> Letters:
    places = places[places >= 0]
    return Letters(name, layout.letters[places].astype(np.int64), places)
