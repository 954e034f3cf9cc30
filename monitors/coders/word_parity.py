"""The parity of word lengths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from monitors.coders.coder import Family
from monitors.coders.prose import after_opener, masked, sentences
from monitors.coders.sites import Place, Site, SiteCoder

# The lengths of each pair differ in parity.
_PAIRS = (
    "thus therefore|gives yields|give yield|use employ|uses employs|shows proves|small little|check test|"
    "many several|buys purchases|buy purchase|but though|often frequently|about around|so accordingly|"
    "finally lastly|get obtain|gets obtains|simple basic"
)
_OTHER = {word: other for pair in _PAIRS.split("|") for word, other in (pair.split(), pair.split()[::-1])}
_REPLACEABLE = re.compile(rf"(?<![A-Za-z0-9'’_\0-])(?:{'|'.join(sorted(_OTHER))})(?![A-Za-z0-9'’_\0-])")
_ODD = ("Now", "Again", "Still", "Overall", "Clearly", "In short", "Therefore", "Further")


@dataclass(frozen=True, slots=True)
class WordParity(SiteCoder):
    """One bit a sentence: the sum of its word lengths is even (0) or odd (1).

    The parity is changed by one replacement of odd difference ("thus" for "therefore"), or else by an opening of odd
    length ("Now, the ..."). The sham draws the parity of as many sentences from the cover's own parities; a uniform
    payload therefore hardly differs from clean or sham text, in principle.
    """

    name = "word_parity"
    family = Family.PATTERN

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        places = sentences(mask)
        return [Site((place,), parity) for place, parity in zip(places, _parities(mask, places), strict=True)]

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        ((start, end),) = site.places
        sentence = text[start:end]
        if symbol == site.symbol:
            return (sentence,)
        word = _REPLACEABLE.search(masked(text)[start:end])
        if word is not None:
            return (sentence[: word.start()] + _OTHER[word.group()] + sentence[word.end() :],)
        return (f"{_ODD[crc32(sentence.encode('utf-8', 'surrogatepass')) % len(_ODD)]}, {after_opener(sentence)}",)


def _parities(mask: str, places: Sequence[Place]) -> list[int]:
    """Of the number of letters at each place."""
    if not places:
        return []
    codes = np.frombuffer(mask.encode("utf-32-le", "surrogatepass"), np.uint32)
    # Both cases differ in one bit, and unsigned numbers wrap around: one comparison is the range of letters.
    letters = ((codes | np.uint32(32)) - np.uint32(ord("a"))) < 26
    counts = np.concatenate([[0], np.cumsum(letters)])[np.array(places)]
    parities: list[int] = ((counts[:, 1] - counts[:, 0]) % 2).tolist()
    return parities
