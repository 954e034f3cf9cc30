"""Punctuation and markdown: one mark or another where both would do. Each kind is a stream of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Stream, stream

_OPENING = (
    "so then now thus therefore hence first second third next finally however also but and still instead here perhaps "
    "maybe again similarly overall additionally furthermore moreover actually alternatively otherwise meanwhile"
)
_JOINING = "and but so yet or because which while although since whereas though"
_OPENERS, _CONJUNCTIONS = frozenset(_OPENING.split()), frozenset(_JOINING.split())
_COLON = re.compile(r":\*\*|\*\*:")
_NUMBER = re.compile(r"\d[\d,]{3,}")
_PERCENT = re.compile(r"%| percent\b")


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
    yield from _oxford(layout)
    yield from _lists(layout)
    yield from _markup(layout)


class _Around:
    """Single characters, each with its neighbours."""

    def __init__(self, layout: Layout) -> None:
        padded = np.zeros(len(layout.codes) + 4, np.uint32)
        padded[2:-2] = layout.codes
        self.padded = padded
        # Letters and spaces are most of a text: all other places are found once.
        self.others = np.flatnonzero((layout.letters < 0) & (layout.codes != 32))
        self.codes = layout.codes[self.others]
        self.spaces_at = np.flatnonzero(layout.codes == 32)

    def at(self, characters: str) -> Numbers:
        found = self.codes == ord(characters[0])
        for char in characters[1:]:
            found |= self.codes == ord(char)
        places: Numbers = self.others[found]
        return places

    def near(self, places: Numbers, by: int) -> npt.NDArray[np.uint32]:
        return self.padded[places + 2 + by]

    def dashes(self) -> Iterator[Stream]:
        places = self.at("—–-")
        before, here, after = self.near(places, -1), self.near(places, 0), self.near(places, 1)
        spaced = (before == 32) & (after == 32)
        break_ = (here == ord("—")) | spaced
        yield _marks("dashes/long", places[break_], here[break_] == ord("—"))
        yield _marks("dashes/short", places[spaced], here[spaced] == ord("–"))
        em = here == ord("—")
        yield _marks("dashes/spaced", places[em], before[em] == 32)
        numbers = _is_digit(before) & _is_digit(after)
        yield _marks("dashes/range", places[numbers], here[numbers] == ord("–"))

    def quotes(self) -> Iterator[Stream]:
        places = self.at('"“”')
        yield _marks("quotes/curly", places, self.near(places, 0) != 34)
        places = self.at("'’")
        inside = _is_letter(self.near(places, -1)) & _is_letter(self.near(places, 1))
        yield _marks("quotes/apostrophe", places[inside], self.near(places[inside], 0) != 39)
        places = self.at("\"“'‘")
        opening = ~_is_letter(self.near(places, -1)) & _is_letter(self.near(places, 1))
        single = np.isin(self.near(places[opening], 0), (39, 0x2018))
        yield _marks("quotes/single", places[opening], single)

    def marks(self) -> Iterator[Stream]:
        places = self.at("….")
        here = self.near(places, 0)
        three = (self.near(places, 1) == 46) & (self.near(places, 2) == 46) & (self.near(places, -1) != 46)
        kept = (here != 46) | three
        yield _marks("marks/ellipsis", places[kept], here[kept] != 46)
        places = self.at(";,")
        kept = self.near(places, 1) == 32
        yield _marks("marks/semicolon", places[kept], self.near(places[kept], 0) == ord(";"))
        places = self.at("!.")
        kept = np.isin(self.near(places, 1), (0, 10, 32)) & (self.near(places, -1) != 46)
        yield _marks("marks/bang", places[kept], self.near(places[kept], 0) == ord("!"))

    def markup(self) -> Iterator[Stream]:
        places = self.at("*_")
        before, after = self.near(places, -1), self.near(places, 1)
        opening = ((before == 32) | (before == 10) | (before == 0)) & (
            _is_letter(after) | (after == self.near(places, 0))
        )
        yield _marks("markup/underscore", places[opening], self.near(places[opening], 0) == ord("_"))

    def spaces(self) -> Iterator[Stream]:
        places = self.spaces_at
        before, after, third = self.near(places, -1), self.near(places, 1), self.near(places, 2)
        double = after == 32
        following = np.where(double, third, after)
        ends = np.isin(before, (33, 46, 63)) & (following >= 65) & (following <= 90)
        yield _marks("spaces/after_sentence", places[ends], double[ends])
        inner = (before >= 97) & (before <= 122) & (following >= 97) & (following <= 122)
        yield _marks("spaces/inner", places[inner], double[inner])

    def maths(self) -> Iterator[Stream]:
        for name, char in (("equals", "="), ("plus", "+")):
            places = self.at(char)
            yield _marks(f"maths/{name}", places, self.near(places, -1) == 32)
        places = self.at("×*")
        kept = _is_digit(self.near(places, -1)) | (_is_digit(self.near(places, 2)) & (self.near(places, -1) == 32))
        yield _marks("maths/times", places[kept], self.near(places[kept], 0) == ord("×"))
        places = self.at("−-")
        kept = (self.near(places, -1) == 32) & (self.near(places, 1) == 32)
        yield _marks("maths/minus", places[kept], self.near(places[kept], 0) == ord("−"))


def _is_digit(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return (codes >= 48) & (codes <= 57)


def _is_letter(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return ((codes | 32) >= 97) & ((codes | 32) <= 122)


def _marks(name: str, places: Numbers, bits: npt.NDArray[np.bool_]) -> Stream:
    return Stream(f"punctuation.{name}", bits.astype(np.uint8), places, places + 1)


def _commas(layout: Layout) -> Iterator[Stream]:
    """A comma before a conjunction or not, and after a word that opens a sentence or not."""
    words, starts, ends = layout.words, layout.word_starts, layout.word_ends
    conjunctions = np.array([at for at, word in enumerate(words) if word in _CONJUNCTIONS], np.int64)
    conjunctions = conjunctions[conjunctions > 0]
    gap = starts[conjunctions] - ends[conjunctions - 1]
    comma = layout.codes[ends[conjunctions - 1]] if len(conjunctions) else np.zeros(0, np.uint32)
    kept = (gap == 1) | ((gap == 2) & np.isin(comma, (44, 59)))
    sites, is_comma = conjunctions[kept], comma[kept]
    names = np.array([words[at] for at in sites.tolist()], dtype="U8")
    for name in ("and", "but", "so", "because", "which", "while"):
        own = names == name
        yield _stream(f"commas/{name}", is_comma[own] != 32, starts[sites[own]] - 1)
    marked = is_comma != 32
    yield _stream("commas/semicolon", is_comma[marked] == 59, ends[sites[marked] - 1])
    first = np.searchsorted(starts, layout.sentences[0])
    opening = np.array([at for at in first.tolist() if at + 1 < len(words) and words[at] in _OPENERS], np.int64)
    after = layout.codes[ends[opening]] if len(opening) else np.zeros(0, np.uint32)
    kept = np.isin(after, (32, 44))
    yield _stream("commas/opener", after[kept] == 44, ends[opening[kept]])


def _oxford(layout: Layout) -> Iterator[Stream]:
    """The comma before "and" or "or" in an enumeration: a comma stands before its last item but one."""
    words, starts, ends, codes = layout.words, layout.word_starts, layout.word_ends, layout.codes
    sites, bits = [], []
    for at, word in enumerate(words):
        if word not in ("and", "or") or at < 3:
            continue
        gap = int(starts[at] - ends[at - 1])
        has_comma = gap == 2 and codes[ends[at - 1]] == 44
        if (gap == 1 or has_comma) and any(codes[ends[at - back]] == 44 for back in (2, 3)):
            sites.append(int(ends[at - 1]))
            bits.append(not has_comma)
    yield stream("punctuation.commas/oxford", bits, sites, [site + 1 for site in sites])


def _stream(name: str, bits: npt.NDArray[np.bool_], places: Numbers) -> Stream:
    return Stream(f"punctuation.{name}", bits.astype(np.uint8), places, places + 1)


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


def _markup(layout: Layout) -> Iterator[Stream]:
    text = layout.text
    if "*" in text or "_" in text:
        yield _of_matches("markup/colon", list(_COLON.finditer(text)), "**:")
    if any(digit in text for digit in "0123456789"):
        yield _of_matches("maths/thousands", list(_NUMBER.finditer(text)), ",")
        yield _of_matches("maths/percent", list(_PERCENT.finditer(text)), "p")


def _of_matches(name: str, found: list[re.Match[str]], mark: str) -> Stream:
    bits = [mark in match.group() for match in found]
    return stream(f"punctuation.{name}", bits, [match.start() for match in found], [match.end() for match in found])
