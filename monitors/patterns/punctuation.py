"""Punctuation and markdown: one mark or another where both would do. Each kind is a stream of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from monitors.patterns.known_words import ENUMERATING, JOINING, NUMBERS, OPENING
from monitors.patterns.layout import Flags, Layout, Numbers, places_of
from monitors.patterns.stream import Stream, stream

_NUMBER = re.compile(r"\d[\d,]{3,}")
_PERCENT = re.compile(r" percent\b")
# Every mark that some stream looks at, numbered by its code point.
_MARKS = "—–-\"“”'‘’….;,!*_=+×−%"
_KIND_OF = {mark: kind for kind, mark in enumerate(_MARKS, 1)}
_KINDS = np.zeros(max(map(ord, _MARKS)) + 2, np.uint8)
_KINDS[[ord(mark) for mark in _MARKS]] = list(_KIND_OF.values())
_EDGES = np.arange(1, len(_MARKS) + 2, dtype=np.uint8)
_NOWHERE = np.zeros(0, np.int64)
_NO_BITS = np.zeros(0, np.uint8)
Codes = npt.NDArray[np.uint32]


def streams(layout: Layout) -> Iterator[Stream]:
    """1 for the form that is less common in clean text, by and large."""
    around = _Around(layout)
    yield from around.dashes()
    yield from around.quotes()
    yield from around.marks()
    yield from around.markup()
    yield from around.spaces()
    yield from around.maths()
    yield from _commas(layout)
    yield _oxford(layout)
    yield from _lists(layout)
    yield from _markup(layout, around.at("%"))


class _Around:
    """Single characters, each with its neighbours."""

    def __init__(self, layout: Layout) -> None:
        codes = layout.codes
        padded = np.zeros(len(codes) + 4, np.uint32)
        padded[2:-2] = codes
        self._padded, self._narrow, self._layout = padded, layout.narrow, layout
        # Letters and blanks are most of a text: all marks are found once, and sorted by kind.
        others = (~layout.is_letter & (layout.narrow != 32)).nonzero()[0]
        kinds = _KINDS.take(codes[others], mode="clip")
        order = kinds.argsort(kind="stable")
        self._places = others[order]
        self._bounds = kinds[order].searchsorted(_EDGES).tolist()

    def at(self, characters: str) -> Numbers:
        """Where one of these stands, in order."""
        found = []
        for character in characters:
            kind = _KIND_OF[character]
            start, end = self._bounds[kind - 1 : kind + 1]
            if end > start:
                found.append(self._places[start:end])
        return found[0] if len(found) == 1 else np.sort(np.concatenate(found)) if found else _NOWHERE

    def near(self, places: Numbers, by: int) -> Codes:
        return self._padded[2 + by :][places]

    def dashes(self) -> Iterator[Stream]:
        places = self.at("—–-")
        if not len(places):
            yield from _none("dashes/long", "dashes/short", "dashes/spaced", "dashes/range")
            return
        before, here, after = self.near(places, -1), self.near(places, 0), self.near(places, 1)
        spaced = (before == 32) & (after == 32)
        em, en = here == ord("—"), here == ord("–")
        yield _kept("dashes/long", places, em, em | spaced)
        yield _kept("dashes/short", places, en, spaced)
        yield _kept("dashes/spaced", places, before == 32, em)
        yield _kept("dashes/range", places, en, _is_digit(before) & _is_digit(after))

    def quotes(self) -> Iterator[Stream]:
        double, single = self.at('"“”'), self.at("'’")
        if not len(double) + len(single) + len(self.at("‘")):
            yield from _none("quotes/curly", "quotes/apostrophe", "quotes/single")
            return
        yield _marks("quotes/curly", double, self.near(double, 0) != 34)
        places = single
        inside = _is_letter(self.near(places, -1)) & _is_letter(self.near(places, 1))
        yield _kept("quotes/apostrophe", places, self.near(places, 0) != 39, inside)
        places = self.at("\"“'‘")
        opening = ~_is_letter(self.near(places, -1)) & _is_letter(self.near(places, 1))
        here = self.near(places, 0)
        yield _kept("quotes/single", places, (here == 39) | (here == ord("‘")), opening)

    def marks(self) -> Iterator[Stream]:
        stops, places = self.at("."), self.at("….")
        after, before = self.near(stops, 1), self.near(stops, -1)
        three = stops[(after == 46) & (self.near(stops, 2) == 46) & (before != 46)]
        if len(places) > len(stops):
            three = np.sort(np.concatenate((three, self.at("…"))))
        yield _marks("marks/ellipsis", three, self.near(three, 0) != 46)
        places = self.at(";,")
        yield _kept("marks/semicolon", places, self.near(places, 0) == ord(";"), self.near(places, 1) == 32)
        places = self.at("!.")
        after = self.near(places, 1)
        kept = ((after == 32) | (after == 10) | (after == 0)) & (self.near(places, -1) != 46)
        yield _kept("marks/bang", places, self.near(places, 0) == ord("!"), kept)

    def markup(self) -> Iterator[Stream]:
        places = self.at("*_")
        if not len(places):
            yield from _none("markup/underscore")
            return
        before, here, after = self.near(places, -1), self.near(places, 0), self.near(places, 1)
        opening = ((before == 32) | (before == 10) | (before == 0)) & (_is_letter(after) | (after == here))
        yield _kept("markup/underscore", places, here == ord("_"), opening)

    def spaces(self) -> Iterator[Stream]:
        text = np.zeros(len(self._narrow) + 3, np.uint8)
        text[1:-2] = self._narrow
        before, blank, after = text[:-3], text[1:-2] == 32, text[2:-1]
        double = after == 32
        following = np.where(double, text[3:], after) if "  " in self._layout.text else after
        ends = blank & ((before == 33) | (before == 46) | (before == 63)) & (following - 65 < 26)
        inner = blank & (before - 97 < 26) & (following - 97 < 26)
        for name, sites in (("after_sentence", ends), ("inner", inner)):
            places = sites.nonzero()[0]
            yield _marks(f"spaces/{name}", places, double[places])

    def maths(self) -> Iterator[Stream]:
        for name, char in (("equals", "="), ("plus", "+")):
            places = self.at(char)
            yield _marks(f"maths/{name}", places, self.near(places, -1) == 32)
        yield from self._times(self.at("×*"))
        yield from self._minus(self.at("−-"))

    def _times(self, places: Numbers) -> Iterator[Stream]:
        if not len(places):
            yield from _none("maths/times")
            return
        before = self.near(places, -1)
        kept = _is_digit(before) | (_is_digit(self.near(places, 2)) & (before == 32))
        yield _kept("maths/times", places, self.near(places, 0) == ord("×"), kept)

    def _minus(self, places: Numbers) -> Iterator[Stream]:
        if not len(places):
            yield from _none("maths/minus")
            return
        kept = (self.near(places, -1) == 32) & (self.near(places, 1) == 32)
        yield _kept("maths/minus", places, self.near(places, 0) == ord("−"), kept)


def _is_digit(codes: Codes) -> Flags:
    # Unsigned numbers wrap around.
    return (codes - 48) < 10


def _is_letter(codes: Codes) -> Flags:
    return ((codes | 32) - 97) < 26


def _none(*names: str) -> Iterator[Stream]:
    """Streams of marks that the text does not have."""
    for name in names:
        yield Stream(f"punctuation.{name}", _NO_BITS, _NOWHERE, _NOWHERE)


def _marks(name: str, places: Numbers, bits: Flags) -> Stream:
    return Stream(f"punctuation.{name}", bits.view(np.uint8), places, places + 1)


def _kept(name: str, places: Numbers, bits: Flags, kept: Flags) -> Stream:
    """Of the places that are kept."""
    at = kept.nonzero()[0]
    return _marks(name, places[at], bits[at])


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
    first = layout.sentence_words[0]
    first = first[first + 1 < len(numbers)]
    opening = first[(layout.word_marks[first] & OPENING) > 0]
    after = layout.codes[ends[opening]]
    kept = (after == 32) | (after == 44)
    yield _marks("commas/opener", ends[opening[kept]], after[kept] == 44)


def _oxford(layout: Layout) -> Stream:
    """The comma before "and" or "or" in an enumeration: a comma stands before its last item but one."""
    starts, ends, codes = layout.word_starts, layout.word_ends, layout.codes
    at = (layout.word_marks[3:] & ENUMERATING).nonzero()[0] + 3
    gap, behind = starts[at] - ends[at - 1], ends[at - 1]
    has_comma = (gap == 2) & (codes[behind] == 44)
    kept = ((gap == 1) | has_comma) & ((codes[ends[at - 2]] == 44) | (codes[ends[at - 3]] == 44))
    return _marks("commas/oxford", behind[kept], ~has_comma[kept])


def _lists(layout: Layout) -> Iterator[Stream]:
    items = layout.items
    if len(items) < 2:
        return
    glyphs = [item for item in items if item.glyph not in "1a"]
    yield _of_items("glyph", [(item.glyph != "-", item.body - 2) for item in glyphs])
    numbered = [item for item in items if item.glyph == "1"]
    yield _of_items("bracket", [(")" in layout.text[item.start : item.body], item.body - 2) for item in numbered])
    bodies = [(layout.text[item.body : item.end].rstrip(), item) for item in items]
    yield _of_items("stop", [(body.endswith("."), item.body + max(0, len(body) - 1)) for body, item in bodies])
    yield _of_items("bold", [(body.startswith("**"), item.body) for body, item in bodies])


def _of_items(name: str, sites: list[tuple[bool, int]]) -> Stream:
    places = [place for _, place in sites]
    return stream(f"punctuation.lists/{name}", [bit for bit, _ in sites], places, [place + 1 for place in places])


def _markup(layout: Layout, percents: Numbers) -> Iterator[Stream]:
    text = layout.text
    if "*" in text or "_" in text:
        colons = [(start, start + 3) for start in _colons(text)]
        yield _of_spans("markup/colon", [text.startswith("**:", start) for start, _ in colons], colons)
    if any(digit in text for digit in "0123456789"):
        numbers = [match.span() for match in _thousands(layout)]
        yield _of_spans("maths/thousands", ["," in text[start:end] for start, end in numbers], numbers)
        signs = [(place, place + 1) for place in percents.tolist()]
        spans = sorted([*signs, *(match.span() for match in _PERCENT.finditer(text))])
        yield _of_spans("maths/percent", [end - start > 1 for start, end in spans], spans)


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
