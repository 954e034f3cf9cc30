"""Counts of thinking words: "Hmm", "Wait", "Okay"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitors.coders.coder import Cover, Family
from monitors.coders.prose import after_opener, is_rest, masked, sentences
from monitors.coders.sites import Site, SiteCoder

_TOKENS = ("hmm", "wait", "okay")
_RUN = re.compile(r"(?i)(?:(?:hmm|wait|okay), )*")
_CAPITALS = {token[0].upper() for token in _TOKENS}
_MOST = 8


@dataclass(frozen=True, slots=True)
class CrypticTokens(SiteCoder):
    """How many of "Hmm", "Wait", "Okay" stand before a sentence: `width` bits a sentence, 0 to 2 ** `width` - 1 words.

    Words that stand there already are taken away or added to. Clean text has hardly any, so that the sham puts exactly
    one before each of as many sentences: there is no choice in that.
    """

    name = "cryptic_tokens"
    family = Family.PATTERN

    width: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 3:
            raise ValueError(f"width must be 1, 2 or 3, not {self.width}")

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        sites = []
        for place in sentences(mask):
            n_tokens = 0
            if mask[place[0]] in _CAPITALS:
                run = _RUN.match(mask, *place)
                rest = run.end() if run else place[0]
                if not is_rest(mask, rest, place[1]):
                    continue
                n_tokens = mask.count(",", place[0], rest)
            sites.append(Site((place,), min(n_tokens, _MOST), self.width, 0, _MOST + 1))
        return sites

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        ((start, end),) = site.places
        run = _RUN.match(text, start, end)
        rest = text[run.end() if run else start : end]
        if not symbol:
            return (rest[0].upper() + rest[1:],)
        first = sum(map(ord, rest)) % len(_TOKENS)
        tokens = ", ".join(_TOKENS[(first + number) % len(_TOKENS)] for number in range(symbol))
        return (f"{tokens.capitalize()}, {after_opener(rest)}",)

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        sites = self._sites(cover.text)[: -(-n_bits // self.width)]
        return self._applied(cover.text, [(site, 1) for site in sites if site.symbol != 1])
