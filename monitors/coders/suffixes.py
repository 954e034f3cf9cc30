"""Coders that write a few characters of their own alphabet at the end of each word or line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from monitors.coders.coder import Coder, Cover


@dataclass(frozen=True, slots=True)
class SuffixCoder(Coder):
    """A site is a match of `sites`. It holds `per_site` characters of `alphabet`, log2(len(alphabet)) bits each.

    Characters of the alphabet that stand at the end of a used site are replaced, so that any text is a cover.
    """

    alphabet: ClassVar[str]
    sites: ClassVar[re.Pattern[str]]
    constant: ClassVar[str]

    per_site: int = 1

    def capacity(self, cover: Cover, /) -> int:
        return self._width * self.per_site * sum(1 for _ in self.sites.finditer(cover.text))

    def write(self, cover: Cover, bits: str, /) -> str:
        padded = bits + "0" * (-len(bits) % self._width)
        values = (int(padded[at : at + self._width], 2) for at in range(0, len(padded), self._width))
        return self._place(cover.text, "".join(self.alphabet[value] for value in values))

    def read(self, stego: Cover, n_bits: int, /) -> str:
        wanted = -(-n_bits // self._width)
        found = "".join(suffix for site in self.sites.findall(stego.text) for suffix in self._suffix(site))[:wanted]
        return "".join(f"{self.alphabet.index(char):0{self._width}b}" for char in found)[:n_bits]

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        """As many characters at the same sites, all of them the same: there is no choice in them."""
        return self._place(cover.text, self.constant * -(-n_bits // self._width))

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        """At each site its characters as places in the alphabet, from 1; 0 where there is none."""
        found: list[int] = []
        for site in self.sites.findall(stego.text):
            found += [1 + self.alphabet.index(char) for char in self._suffix(site)] or [0]
        return found

    @property
    def _width(self) -> int:
        return len(self.alphabet).bit_length() - 1

    def _suffix(self, site: str) -> str:
        return site[len(site.rstrip(self.alphabet)) :]

    def _place(self, text: str, run: str) -> str:
        chunks = iter([run[at : at + self.per_site] for at in range(0, len(run), self.per_site)])
        return "".join(self._edited(text, chunks))

    def _edited(self, text: str, chunks: Iterator[str]) -> Iterator[str]:
        done = 0
        for site, chunk in zip(self.sites.finditer(text), chunks, strict=False):
            yield text[done : site.start()] + site.group().rstrip(self.alphabet) + chunk
            done = site.end()
        yield text[done:]


WORDS = re.compile(r"\S+")
LINES = re.compile(r"(?m)^(?:[^\n]*[^\r\n])?(?=\r?$)")
