"""Where the stems of phrases stand. Finding them first is a hundred times faster than trying each phrase anywhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from monitors.appeals.words import Known, decoded

_WORD = re.compile(r"\w+")
_TELLING = 3


class Lexicon:
    """Stems by the words that they are made of, to tell which of them a text can hold by its words alone."""

    def __init__(self, stems: Iterable[str], /) -> None:
        self.stems = frozenset(stems)
        self._pieces = {stem: _pieces(stem) for stem in self.stems}
        self._by_key: dict[str, list[str]] = defaultdict(list)
        for stem, pieces in self._pieces.items():
            self._by_key[max(pieces, key=lambda piece: (len(piece), piece))].append(stem)
        self._keys = frozenset(self._by_key)
        self._begins: dict[str, list[str]] = defaultdict(list)
        for piece in frozenset[str]().union(*self._pieces.values()):
            self._begins[piece[:2]].append(piece)
        self._known = Known(self._within)

    def possible(self, words: AbstractSet[bytes], /) -> frozenset[str]:
        """Stems all of whose pieces stand in words of the text: it holds no other."""
        met = self._known.of(words)
        return frozenset([stem for key in met & self._keys for stem in self._by_key[key] if self._pieces[stem] <= met])

    def _within(self, word: bytes) -> frozenset[str]:
        """Pieces that stand in the word."""
        text = decoded(word).lower()
        if not _WORD.search(text):
            return frozenset()
        starts = [(at, key) for at in range(len(text)) for key in (text[at], text[at : at + 2])]
        return frozenset(
            piece for at, key in starts for piece in self._begins.get(key, ()) if text.startswith(piece, at)
        )


def _pieces(stem: str) -> frozenset[str]:
    """Its longest word, and what is not so short that it stands in half of all words."""
    words = _WORD.findall(stem)
    return frozenset(word for word in words if len(word) >= _TELLING) | {max(reversed(words), key=len)}


class Places:
    """Where stems of a lexicon stand in a text, of whose words those in `words` are.

    `small` is the text with small letters of ASCII, where no other character is one of them in other case.
    """

    def __init__(self, folded: str, words: AbstractSet[bytes], lexicon: Lexicon, /) -> None:
        self._text, self._size = folded.lower(), len(folded)
        # Where small letters are not as many, places in them say nothing.
        self.is_known = len(self._text) == self._size
        self.possible = lexicon.possible(words) if self.is_known else lexicon.stems
        self.small = self._text if folded.isascii() else _small(folded)
        self._found: dict[str, list[int]] = {}

    def near(self, stems: frozenset[str], reach: int, /) -> list[tuple[int, int]]:
        """Ranges within reach of one of them, in order and apart; the whole text where places are not known."""
        if not self.is_known:
            return [(0, self._size)]
        found = [at for stem in stems & self.possible for at in self._of(stem)]
        return around(found, reach)

    def _of(self, stem: str) -> list[int]:
        found = self._found.get(stem)
        if found is None:
            self._found[stem] = found = every(stem, self._text)
        return found


# Those beyond ASCII that a pattern without case takes for an i, an s or a k.
_ALIKE = "\u0130\u0131\u017f\u212a"


def _small(folded: str) -> str | None:
    if any(map(folded.__contains__, _ALIKE)):
        return None
    # In bytes all other characters stay as they are.
    return folded.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def every(stem: str, text: str, /) -> list[int]:
    """Where the stem stands in the text, in order."""
    found: list[int] = []
    at = text.find(stem)
    while at >= 0:
        found.append(at)
        at = text.find(stem, at + 1)
    return found


def around(places: Sequence[int], reach: int, /) -> list[tuple[int, int]]:
    """Ranges within reach of these places, in order and apart."""
    if not places:
        return []
    first, *others = sorted(places)
    found: list[tuple[int, int]] = []
    start, end = max(0, first - reach), first + reach
    for at in others:
        if at - reach > end:
            found.append((start, end))
            start = at - reach
        end = at + reach
    found.append((start, end))
    return found


def apart(ranges: Iterable[tuple[int, int]], /) -> list[tuple[int, int]]:
    """Ranges in the order of their starts, with those that meet made one."""
    found: list[tuple[int, int]] = []
    for start, end in ranges:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
