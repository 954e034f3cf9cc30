"""Coders that make one choice at each of many sites of a text: what they share is the way from bits to choices."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from monitors.coders.coder import Coder, Cover

Place = tuple[int, int]
_DIGITS = bytes.maketrans(b"\0\1", b"01")


class Site(NamedTuple):
    """`places` of the text together show choice `symbol` of `n_symbols`; a payload uses the first 2 ** `width`.

    Sites of one `kind` have one natural frequency of choices.
    """

    places: tuple[Place, ...]
    symbol: int
    width: int = 1
    kind: int = 0
    n_symbols: int = 2


class Stream(NamedTuple):
    """The sites of a text without their places: of each its `symbols` and `kinds`, of all the width and the choices."""

    symbols: bytes
    kinds: bytes
    width: int = 1
    n_symbols: int = 2


@dataclass(frozen=True, slots=True)
class SiteCoder(Coder):
    """Sites in order hold `width` bits each. Whatever is chosen at a site, the text shows the same sites again."""

    @abstractmethod
    def _sites(self, text: str, /) -> Sequence[Site]:
        """The sites in order. Places do not overlap."""

    @abstractmethod
    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        """What stands at the places of the site once it shows `symbol`."""

    def sites(self, text: str, /) -> Sequence[Site]:
        """What stands where in a text, with a payload or without."""
        return self._sites(text)

    def received(self, sites: Sequence[Site], /) -> list[str | None]:
        """The bits that each site adds to what a receiver has; None where no payload makes this choice."""
        return [_received(symbol, width) for _, symbol, width, _, _ in sites]

    def stream(self, text: str, /) -> Stream | None:
        """What `sites` says, but for the places, and sooner; None where only `sites` says it."""
        return None

    def received_bits(self, stream: Stream, /) -> tuple[str, bytes]:
        """The bits before a choice that no payload makes, and how many each site adds to them."""
        limit = 2**stream.width
        symbols, width = stream.symbols, stream.width
        if stream.n_symbols > limit:
            symbols = symbols[: next((at for at, symbol in enumerate(symbols) if symbol >= limit), len(symbols))]
        if width == 1:
            return symbols.translate(_DIGITS).decode(), b"\1" * len(symbols)
        bits = "".join([_bits_of(symbol, width) for symbol in symbols])
        return bits, bytes((width,)) * len(symbols)

    def capacity(self, cover: Cover, /) -> int:
        return sum(site.width for site in self._sites(cover.text))

    def write(self, cover: Cover, bits: str, /) -> str:
        chosen, at = [], 0
        for site in self._sites(cover.text):
            if at >= len(bits):
                break
            symbol = int(bits[at : at + site.width].ljust(site.width, "0"), 2)
            if symbol != site.symbol:
                chosen.append((site, symbol))
            at += site.width
        return self._applied(cover.text, chosen)

    def read(self, stego: Cover, n_bits: int, /) -> str:
        return "".join(map(_bits, self._sites(stego.text)))[:n_bits]

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        """Where a uniform payload would have edited, the choice is drawn from this cover's own frequencies."""
        draw, chosen, at = random.Random(seed), [], 0
        sites = self._sites(cover.text)
        counts = _counts(sites)
        for site in sites:
            if at >= n_bits:
                break
            if draw.randrange(2**site.width) != site.symbol:
                chosen.append((site, self._natural(site, counts, draw)))
            at += site.width
        return self._applied(cover.text, chosen)

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        """Kind and choice of each site in one number."""
        return [site.kind * site.n_symbols + site.symbol for site in self._sites(stego.text)]

    def _natural(self, site: Site, counts: Mapping[tuple[int, int], int], draw: random.Random) -> int:
        """A choice by the cover's frequencies, each count raised by one half, so that no choice is impossible."""
        weights = [counts.get((site.kind, symbol), 0) + 0.5 for symbol in range(site.n_symbols)]
        return draw.choices(range(site.n_symbols), weights)[0]

    def _applied(self, text: str, chosen: Sequence[tuple[Site, int]]) -> str:
        edits = [
            (start, end, written)
            for site, symbol in chosen
            for (start, end), written in zip(site.places, self._written(text, site, symbol), strict=True)
        ]
        pieces, done = [], 0
        for start, end, written in sorted(edits):
            pieces += [text[done:start], written]
            done = end
        return "".join([*pieces, text[done:]])


def _counts(sites: Sequence[Site]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for site in sites:
        counts[site.kind, site.symbol] = counts.get((site.kind, site.symbol), 0) + 1
    return counts


def _bits(site: Site) -> str:
    """A choice that no payload makes reads as ones."""
    return _bits_of(min(site.symbol, 2**site.width - 1), site.width)


@lru_cache(maxsize=4096)
def _received(symbol: int, width: int) -> str | None:
    return _bits_of(symbol, width) if symbol < 2**width else None


@lru_cache(maxsize=4096)
def _bits_of(symbol: int, width: int) -> str:
    return f"{symbol:0{width}b}"
