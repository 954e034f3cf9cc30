"""Counts of thinking words: "Hmm", "Wait", "Okay"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitors.coders.coder import Cover, Family
from monitors.coders.prose import after_opener, heads, is_rest, masked, sentences
from monitors.coders.sites import Place, Site, SiteCoder, Stream

_TOKENS = ("hmm", "wait", "okay")
_RUN = re.compile(r"(?i)(?:(?:hmm|wait|okay), )*")
_CAPITALS = {token[0].upper() for token in _TOKENS}
_HEADS = {ord(capital) for capital in _CAPITALS}
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
        read = ((place, _n_tokens(mask, place)) for place in sentences(mask))
        return [Site((place,), n, self.width, 0, _MOST + 1) for place, n in read if n is not None]

    def stream(self, text: str, /) -> Stream:
        mask = masked(text)
        first = heads(mask)
        found = bytearray(len(first))
        places = sentences(mask)
        for at in [at for at, head in enumerate(first) if head in _HEADS][::-1]:
            n_tokens = _n_tokens(mask, places[at])
            if n_tokens is None:
                del found[at]
            else:
                found[at] = n_tokens
        return Stream(bytes(found), bytes(len(found)), self.width, _MOST + 1)

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


def _n_tokens(mask: str, place: Place) -> int | None:
    """How many stand there, up to the most; None where no sentence would be left without them."""
    if mask[place[0]] not in _CAPITALS:
        return 0
    run = _RUN.match(mask, *place)
    rest = run.end() if run else place[0]
    return min(mask.count(",", place[0], rest), _MOST) if is_rest(mask, rest, place[1]) else None
