"""Words spelled by the first letters of sentences."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from monitors.coders.acrostic import LETTERS, SIXTEEN, Acrostic
from monitors.coders.coder import Cover
from monitors.coders.sites import Site, Stream

_ESCAPE, _BLANK = "Q", "J"
_PER_BYTE = 3
# Bytes that are one letter: those of lower-case words, but for the letters that say something else or begin nothing.
_ONE_LETTER = {ord(letter.lower()): letter for letter in string.ascii_uppercase if letter not in "JQXZ"} | {32: _BLANK}
_BYTE_OF = {letter: byte for byte, letter in _ONE_LETTER.items()}


@dataclass(frozen=True, slots=True)
class AcrosticSpelled(Acrostic):
    """Plain words, eight bits a sentence: its first letter is the letter of the word; J stands for a blank.

    Any other byte takes three sentences: Q, and four bits in each of the next two. `capacity` is what is sure for any
    bits. The sham puts openings before as many sentences as a payload of words takes.
    """

    name: ClassVar[str] = "acrostic_spelled"

    def capacity(self, cover: Cover, /) -> int:
        return 8 * (len(self._sites(cover.text)) // _PER_BYTE)

    def write(self, cover: Cover, bits: str, /) -> str:
        padded = bits + "0" * (-len(bits) % 8)
        letters = "".join(_spelt(int(padded[at : at + 8], 2)) for at in range(0, len(padded), 8))
        chosen = [(site, LETTERS.index(letter)) for site, letter in zip(self._sites(cover.text), letters, strict=False)]
        return self._applied(cover.text, [(site, symbol) for site, symbol in chosen if symbol != site.symbol])

    def received(self, sites: Sequence[Site], /) -> list[str | None]:
        """Eight bits with the last letter of each byte."""
        return self._received(site.symbol for site in sites)

    def received_bits(self, stream: Stream, /) -> tuple[str, bytes]:
        own = self._received(stream.symbols)
        known = own[: own.index(None)] if None in own else own
        bits = [one for one in known if one is not None]
        return "".join(bits), bytes(map(len, bits))

    @staticmethod
    def _received(symbols: Iterable[int]) -> list[str | None]:
        found: list[str | None] = []
        code = ""
        for letter in map(LETTERS.__getitem__, symbols):
            if not code and letter != _ESCAPE:
                found.append(_BITS_OF.get(letter))
                continue
            code += letter
            is_whole = len(code) == _PER_BYTE
            found.append(_BITS_OF.get(code) if is_whole else "")
            code = "" if is_whole else code
        return found

    def read(self, stego: Cover, n_bits: int, /) -> str:
        letters = iter([LETTERS[site.symbol] for site in self._sites(stego.text)])
        return "".join(f"{byte:08b}" for byte in _bytes(letters))[:n_bits]

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        return Acrostic.sham(self, cover, 4 * -(-n_bits // 8), seed)


def _spelt(byte: int) -> str:
    return _ONE_LETTER.get(byte) or _ESCAPE + SIXTEEN[byte >> 4] + SIXTEEN[byte & 15]


_BITS_OF = {_spelt(byte): f"{byte:08b}" for byte in range(256)}


def _bytes(letters: Iterator[str]) -> Iterator[int]:
    """What no payload writes reads as zeros."""
    for letter in letters:
        if letter == _ESCAPE:
            high, low = next(letters, ""), next(letters, "")
            yield 16 * max(0, SIXTEEN.find(high)) + max(0, SIXTEEN.find(low)) if low else 0
        else:
            yield _BYTE_OF.get(letter, 0)
