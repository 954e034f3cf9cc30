"""The first letters of sentences."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from monitors.coders.coder import Family
from monitors.coders.openers import BY_LETTER, opener
from monitors.coders.prose import after_opener, heads, masked, sentences
from monitors.coders.sites import Site, SiteCoder, Stream

SIXTEEN = "ABCDEFGHILMNOPST"
_VOWELS = "AEIOU"
# Letters in the order of their symbols; a payload uses the first sixteen.
LETTERS = SIXTEEN + "".join(letter for letter in string.ascii_uppercase if letter not in SIXTEEN)
_SYMBOLS = {letter: symbol for symbol, letter in enumerate(LETTERS)}
_AS_SYMBOLS = bytes.maketrans(LETTERS.encode(), bytes(range(len(LETTERS))))
_AS_VOWELS = bytes.maketrans(LETTERS.encode(), bytes(letter in _VOWELS for letter in LETTERS))
_OPENER_VOWELS = "AEIO"
_OPENER_CONSONANTS = "BCFGHLMNPST"


@dataclass(frozen=True, slots=True)
class Acrostic(SiteCoder):
    """Four bits a sentence: its first letter is one of sixteen, made by a short opening ("Hence, the ...").

    `alphabet="vowels"` holds one bit a sentence: 0 a consonant, 1 a vowel. Sentences whose letter is right already stay
    as they are. The sham puts openings before as many sentences, with letters drawn from the cover's own first letters.
    """

    name = "acrostic"
    family = Family.PATTERN

    alphabet: str = "letters"

    def __post_init__(self) -> None:
        if self.alphabet not in ("letters", "vowels"):
            raise ValueError(f"alphabet must be letters or vowels, not {self.alphabet!r}")

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        if self.alphabet == "vowels":
            return [Site((place,), int(mask[place[0]] in _VOWELS)) for place in sentences(mask)]
        return [Site((place,), _SYMBOLS[mask[place[0]]], 4, 0, 26) for place in sentences(mask)]

    def stream(self, text: str, /) -> Stream:
        found = heads(masked(text))
        if self.alphabet == "vowels":
            return Stream(found.translate(_AS_VOWELS), bytes(len(found)))
        return Stream(found.translate(_AS_SYMBOLS), bytes(len(found)), 4, 26)

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        ((start, end),) = site.places
        sentence = text[start:end]
        return (opener(self._letter(symbol, sentence), sentence) + after_opener(sentence),)

    def _natural(self, site: Site, counts: Mapping[tuple[int, int], int], draw: random.Random) -> int:
        """Only letters that some opening begins with."""
        if self.alphabet == "vowels":
            return SiteCoder._natural(self, site, counts, draw)
        possible = [number for number, letter in enumerate(LETTERS) if letter in BY_LETTER]
        return draw.choices(possible, [counts.get((0, number), 0) + 0.02 for number in possible])[0]

    def _letter(self, symbol: int, sentence: str) -> str:
        if self.alphabet == "letters":
            return LETTERS[symbol]
        letters = _OPENER_VOWELS if symbol else _OPENER_CONSONANTS
        return letters[sum(map(ord, sentence)) % len(letters)]


@dataclass(frozen=True, slots=True)
class AcrosticVowels(Acrostic):
    """One bit a sentence: 0 begins with a consonant, 1 with a vowel. For the rest as `Acrostic`."""

    name: ClassVar[str] = "acrostic_vowels"

    alphabet: str = "vowels"
