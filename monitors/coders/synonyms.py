"""Choices between words of the same meaning."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.prose import masked
from monitors.coders.sites import Site, SiteCoder

# Our own list. A word stands in one pair only, and words after which "a" or "an" may change are not in it.
_PAIRS = (
    "thus hence|therefore consequently|because since|start begin|starts begins|big large|quick fast|"
    "quickly rapidly|simple plain|simply merely|often frequently|usually typically|each every|maybe perhaps|"
    "but yet|while whereas|finally lastly|roughly approximately|nearly almost|completely fully|difficult hard|"
    "small little|extra additional|specific particular|clearly plainly|obviously evidently|exactly precisely|"
    "moreover furthermore|mainly mostly|remaining leftover|gives yields|give yield|giving yielding|"
    "shows demonstrates|show demonstrate|calculate compute|calculates computes|calculating computing|"
    "calculated computed|obtain get|obtains gets|check verify|checks verifies|checking verifying|use employ|"
    "uses employs|using employing|choose pick|chooses picks|help assist|helps assists|helpful useful|"
    "provide supply|provides supplies|contain hold|contains holds|combine merge|combining merging|buy purchase|"
    "buys purchases|bought purchased|method technique|people persons|kids children|main primary|"
    "different distinct|substitute insert|substituting inserting|rewrite restate|rewriting restating|"
    "suppose assume|common shared|suggests implies|suggest imply|seems appears|seem appear|happens occurs|"
    "happen occur|allows lets|permits enables|keeps retains|keep retain|tries attempts|strong robust|good fine|"
    "bad poor|overall altogether|mistakes errors"
)
_TABLE: tuple[tuple[str, str], ...] = tuple((p.split()[0], p.split()[1]) for p in _PAIRS.split("|"))
_CHOICES = {word: (kind, bit) for kind, pair in enumerate(_TABLE) for bit, word in enumerate(pair)}
_RUN = re.compile(r"[A-Za-z0-9'’_\0-]+")
_IN_RUN = frozenset(f"{string.ascii_letters}{string.digits}'’_\0-")


@dataclass(frozen=True, slots=True)
class Synonyms(SiteCoder):
    """One bit at each word of a table of pairs: which of the two words stands there.

    With a key the same word means now 0, now 1. The sham draws the words at as many sites from the cover's own
    frequencies of each pair.
    """

    name = "synonyms"
    family = Family.PATTERN

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        return [
            Site((place,), bit, kind=kind)
            for word, place in _places(mask)
            for kind, bit in (_CHOICES[word.lower()],)
            if word[1:].islower() and mask[place[0] - 1 : place[0]] != "\\"
        ]

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        word = _TABLE[site.kind][symbol]
        return (word.capitalize() if text[site.places[0][0]].isupper() else word,)


def _places(mask: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Runs of word characters that spell a word of the table: only for those it is asked where they stand."""
    end = 0
    runs = _RUN.findall(mask)
    known = {word for word in set(runs) if word.lower() in _CHOICES}
    for word in runs:
        if word in known:
            start = _start(mask, word, end)
            end = start + len(word)
            yield word, (start, end)


def _start(mask: str, word: str, start: int) -> int:
    """Where the word next stands alone."""
    while True:
        start = mask.index(word, start)
        end = start + len(word)
        if mask[end : end + 1] not in _IN_RUN and (start == 0 or mask[start - 1] not in _IN_RUN):
            return start
        start = end
