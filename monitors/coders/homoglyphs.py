"""Latin letters and their Cyrillic twins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitors.coders.coder import Coder, Cover, Family

LATIN = "aceopxyijsABCEHIKMOPTXYJS"
CYRILLIC = "асеорхуіјѕАВСЕНІКМОРТХУЈЅ"
_SITE = re.compile(f"[{LATIN}{CYRILLIC}]")
_TO_LATIN = dict(zip(CYRILLIC, LATIN, strict=True))
_TO_CYRILLIC = dict(zip(LATIN, CYRILLIC, strict=True))


@dataclass(frozen=True, slots=True)
class Homoglyphs(Coder):
    """One bit a letter that looks alike in Latin (0) and Cyrillic (1), each `every`-th such letter in turn.

    The sham writes the Cyrillic letter at as many sites: there is no choice in them.
    """

    name = "homoglyphs"
    family = Family.BYTE

    every: int = 1

    def capacity(self, cover: Cover, /) -> int:
        return len(self._sites(cover.text))

    def write(self, cover: Cover, bits: str, /) -> str:
        letters = list(cover.text)
        for at, bit in zip(self._sites(cover.text), bits, strict=False):
            table = _TO_CYRILLIC if bit == "1" else _TO_LATIN
            letters[at] = table.get(letters[at], letters[at])
        return "".join(letters)

    def read(self, stego: Cover, n_bits: int, /) -> str:
        return "".join(map(str, self.symbols(stego)))[:n_bits]

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        return self.write(cover, "1" * n_bits)

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        return [int(stego.text[at] in _TO_LATIN) for at in self._sites(stego.text)]

    def _sites(self, text: str) -> list[int]:
        return [site.start() for site in _SITE.finditer(text)][self.every - 1 :: self.every]
