"""Choices between words of the same meaning."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.prose import masked
from monitors.coders.sites import Place, Site, SiteCoder, Stream

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
# Of a word only its first letter may be a capital.
_CHOICES = {
    form.encode(): (kind, bit)
    for kind, pair in enumerate(_TABLE)
    for bit, word in enumerate(pair)
    for form in (word, word.capitalize())
}
_RUN = f"{string.ascii_letters}{string.digits}'_\0-".encode()
_SPACED = bytes(byte if byte in _RUN else 32 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Synonyms(SiteCoder):
    """One bit at each word of a table of pairs: which of the two words stands there.

    With a key the same word means now 0, now 1. The sham draws the words at as many sites from the cover's own
    frequencies of each pair.
    """

    name = "synonyms"
    family = Family.PATTERN

    def _sites(self, text: str, /) -> Sequence[Site]:
        return [Site((place,), bit, kind=kind) for kind, bit, place in _words(masked(text))]

    def stream(self, text: str, /) -> Stream:
        found = list(map(_CHOICES.__getitem__, _written_in(_spaced(masked(text)))))
        return Stream(bytes([bit for _, bit in found]), bytes([kind for kind, _ in found]))

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        word = _TABLE[site.kind][symbol]
        return (word.capitalize() if text[site.places[0][0]].isupper() else word,)


def _words(mask: str) -> Iterator[tuple[int, int, Place]]:
    """Kind, choice and place of the runs of word characters that spell a word of the table."""
    spaced = _spaced(mask)
    at = 0
    for word in _written_in(spaced):
        at = spaced.index(b" %b " % word, at)
        end = at + len(word)
        yield *_CHOICES[word], (at, end)
        at = end + 1


def _spaced(mask: str) -> bytes:
    """Byte for character, runs with one blank at least on both sides: what stands between blanks stands alone."""
    return b" %b " % mask.replace("’", "'").encode("ascii", "replace").translate(_SPACED)


def _written_in(spaced: bytes) -> Iterator[bytes]:
    return filter(_CHOICES.__contains__, spaced.split())
