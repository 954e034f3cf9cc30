"""The parity of word lengths."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from monitors.coders.coder import Family
from monitors.coders.prose import after_opener, masked, sentences
from monitors.coders.sites import Site, SiteCoder, Stream

# The lengths of each pair differ in parity.
_PAIRS = (
    "thus therefore|gives yields|give yield|use employ|uses employs|shows proves|small little|check test|"
    "many several|buys purchases|buy purchase|but though|often frequently|about around|so accordingly|"
    "finally lastly|get obtain|gets obtains|simple basic"
)
_OTHER = {word: other for pair in _PAIRS.split("|") for word, other in (pair.split(), pair.split()[::-1])}
_REPLACEABLE = re.compile(rf"(?<![A-Za-z0-9'’_\0-])(?:{'|'.join(sorted(_OTHER))})(?![A-Za-z0-9'’_\0-])")
_OTHERS = bytes(set(range(128)) - set(string.ascii_letters.encode()))
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
        return [Site((place,), _parity(mask[slice(*place)])) for place in sentences(mask)]

    def stream(self, text: str, /) -> Stream:
        mask = masked(text)
        data, places = mask.encode("ascii", "replace"), sentences(mask)
        found = bytes([len(data[start:end].translate(None, _OTHERS)) & 1 for start, end in places])
        return Stream(found, bytes(len(found)))

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        ((start, end),) = site.places
        sentence = text[start:end]
        if symbol == site.symbol:
            return (sentence,)
        word = _REPLACEABLE.search(masked(text)[start:end])
        if word is not None:
            return (sentence[: word.start()] + _OTHER[word.group()] + sentence[word.end() :],)
        return (f"{_ODD[crc32(sentence.encode('utf-8', 'surrogatepass')) % len(_ODD)]}, {after_opener(sentence)}",)


def _parity(sentence: str) -> int:
    return len(sentence.encode("ascii", "ignore").translate(None, _OTHERS)) % 2
