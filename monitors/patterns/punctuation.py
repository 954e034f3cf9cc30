"""Punctuation and markdown: one mark or another where both would do. Each kind is a stream of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from monitors.patterns import marks
from monitors.patterns.items import Item
from monitors.patterns.known_words import ENUMERATING, JOINING, NUMBERS, OPENING
from monitors.patterns.layout import Layout
from monitors.patterns.places import Flags, Numbers, places_of
from monitors.patterns.stream import Stream, stream

_NUMBER = re.compile(r"\d[\d,]{3,}")
_PERCENT = re.compile(r" percent\b")
# What may stand before and behind the blanks after a sentence, and between words.
_SENTENCE, _INNER = 1, 2
_SIDES, _SIDES_AFTER = np.zeros((2, 256), np.uint8)
_SIDES[[33, 46, 63]], _SIDES_AFTER[65:91] = _SENTENCE, _SENTENCE
_SIDES[97:123] = _SIDES_AFTER[97:123] = _INNER


def streams(layout: Layout) -> Iterator[Stream]:
    """1 for the form that is less common in clean text, by and large."""
    yield from marks.streams(layout)
    yield from _spaces(layout)
    yield from _commas(layout)
    yield _oxford(layout)
    yield from _lists(layout)
    yield from _markup(layout)


def _spaces(layout: Layout) -> Iterator[Stream]:
    """Two blanks or one, after a sentence and between words."""
    text = np.zeros(len(layout.narrow) + 3, np.uint8)
    text[1:-2] = layout.narrow
    blanks = (text[:-2] == 32).nonzero()[0]
    before, following = text[blanks - 1], text[blanks + 1]
    double = following == 32
    if double.any():
        following = np.where(double, text[blanks + 2], following)
    sides = _SIDES.take(before) & _SIDES_AFTER.take(following)
    for name, kind in (("after_sentence", _SENTENCE), ("inner", _INNER)):
        at = (sides & kind).nonzero()[0]
        yield _marks(f"spaces/{name}", blanks[at] - 1, double[at])


def _commas(layout: Layout) -> Iterator[Stream]:
    """A comma before a conjunction or not, and after a word that opens a sentence or not."""
    numbers, starts, ends = layout.word_numbers, layout.word_starts, layout.word_ends
    joining = (layout.word_marks[1:] & JOINING).nonzero()[0] + 1
    gap = starts[joining] - ends[joining - 1]
    mark = layout.codes[ends[joining - 1]]
    kept = (gap == 1) | ((gap == 2) & ((mark == 44) | (mark == 59)))
    sites, mark = joining[kept], mark[kept]
    places, names = starts[sites] - 1, numbers[sites]
    is_marked = mark != 32
    for name in ("and", "but", "so", "because", "which", "while"):
        own = names == NUMBERS[name]
        yield _marks(f"commas/{name}", places[own], is_marked[own])
    yield _marks("commas/semicolon", ends[sites[is_marked] - 1], mark[is_marked] == 59)
    first = _openers(layout)
    opening = first[(layout.word_marks[first] & OPENING) > 0]
    after = layout.codes[ends[opening]]
    kept = (after == 32) | (after == 44)
    yield _marks("commas/opener", ends[opening[kept]], after[kept] == 44)


def _openers(layout: Layout) -> Numbers:
    """The first word of each sentence, but where it is the last one of its text."""
    first = layout.sentence_words[0]
    ends = np.array([*layout.first_words, len(layout.word_starts)])
    at = layout.cuts(layout.sentences[0])
    return first[first + 1 < ends.repeat(np.diff(at))]


def _oxford(layout: Layout) -> Stream:
    """The comma before "and" or "or" in an enumeration: a comma stands before its last item but one."""
    starts, ends, codes = layout.word_starts, layout.word_ends, layout.codes
    at = (layout.word_marks[3:] & ENUMERATING).nonzero()[0] + 3
    if len(first := layout.first_words):
        # The words before it stand in its own text.
        at = at[(at < first[0]) | (at - first[first.searchsorted(at, side="right") - 1] >= 3)]
    gap, behind = starts[at] - ends[at - 1], ends[at - 1]
    has_comma = (gap == 2) & (codes[behind] == 44)
    kept = ((gap == 1) | has_comma) & ((codes[ends[at - 2]] == 44) | (codes[ends[at - 3]] == 44))
    return _marks("commas/oxford", behind[kept], ~has_comma[kept])


def _lists(layout: Layout) -> Iterator[Stream]:
    text, items = layout.text, _listed(layout)
    if not items:
        return
    yield _of_items("glyph", [(glyph != "-", body - 2) for _, body, _, glyph, _ in items if glyph not in "1a"])
    numbered = [(")" in text[start:body], body - 2) for start, body, _, glyph, _ in items if glyph == "1"]
    yield _of_items("bracket", numbered)
    last = [body + max(0, len(text[body:end].rstrip()) - 1) for _, body, end, _, _ in items]
    yield _of_items("stop", [(text[at] == "." and at < item.end, at) for at, item in zip(last, items, strict=True)])
    yield _of_items("bold", [(text.startswith("**", body, end), body) for _, body, end, _, _ in items])


def _listed(layout: Layout) -> list[Item]:
    """Items of texts that have more than one."""
    starts = np.array([item.start for item in layout.items], np.int64)
    spans = pairwise(layout.cuts(starts))
    return [item for start, end in spans if end - start > 1 for item in layout.items[start:end]]


def _of_items(name: str, sites: list[tuple[bool, int]]) -> Stream:
    return stream(f"punctuation.lists/{name}", [bit for bit, _ in sites], [place for _, place in sites])


def _markup(layout: Layout) -> Iterator[Stream]:
    text = layout.text
    colons = [(start, start + 3) for start in _colons(text)]
    yield _of_spans("markup/colon", [text.startswith("**:", start) for start, _ in colons], colons)
    numbers = _where_digits(layout, [match.span() for match in _thousands(layout)])
    yield _of_spans("maths/thousands", ["," in text[start:end] for start, end in numbers], numbers)
    signs = [(place, place + 1) for place in places_of(text, "%")]
    spans = _where_digits(layout, sorted([*signs, *(match.span() for match in _PERCENT.finditer(text))]))
    yield _of_spans("maths/percent", [end - start > 1 for start, end in spans], spans)


def _where_digits(layout: Layout, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those in texts that have digits of ASCII."""
    return [span for span in spans if layout.has_digits[layout.number_of(span[0])]]


def _colons(text: str) -> Iterator[int]:
    """A colon after bold or within it; two of them do not overlap."""
    done = 0
    for at in sorted((*places_of(text, ":**"), *places_of(text, "**:"))):
        if at >= done:
            done = at + 3
            yield at


def _thousands(layout: Layout) -> Iterator[re.Match[str]]:
    """Numbers of at least four digits and commas; those that begin otherwise are too short."""
    starts, ends = layout.digit_runs
    following = layout.codes.take(ends, mode="clip")
    done = 0
    for start in starts[(ends - starts >= 4) | (following == 44)].tolist():
        if start >= done and (match := _NUMBER.match(layout.text, start)):
            done = match.end()
            yield match


def _of_spans(name: str, bits: list[bool], spans: list[tuple[int, int]]) -> Stream:
    pairs = np.array(spans, np.int64).reshape(-1, 2)
    return stream(f"punctuation.{name}", bits, pairs[:, 0], pairs[:, 1])


def _marks(name: str, places: Numbers, bits: Flags) -> Stream:
    return Stream(f"punctuation.{name}", bits.view(np.uint8), places)
