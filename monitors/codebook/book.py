"""The book: each pattern coder with the law of clean texts at its sites, which `python -m monitors.codebook` fits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from monitors.codebook import tail
from monitors.codebook.clean_law import LAWS, Clean, CleanLaw
from monitors.codebook.evidence import LEAST_BITS, Evidence, evidence
from monitors.codebook.payload_law import BITS, Characters, byte_law
from monitors.codebook.urns import Floats, Group, Urns
from monitors.coders.coder import Family, coders
from monitors.coders.sites import Place, Site, SiteCoder

NAME = "clean_law.json"
# Choices of more than so many are all alike likely; of a coder that was not fitted, each begins with half a ball.
MOST_SYMBOLS = 40
_BLANK_BALL = 0.5
_UNFITTED = (0.7, 0.1, 0.1, 0.1, 1e-9)
# Below this many nats a bit, noise in a coder's sites differs from clean texts in nothing that could be seen.
LEAST_GAIN = 0.02
# Nats a bit that words of English are better known than noise: 8 ln 2 less 2.9 nats a character.
_SAVED = 0.33


@dataclass(frozen=True, slots=True)
class Found:
    """What one coder's sites in a text say. `places` are those of the sites in order, `room` is in bits."""

    coder: str
    evidence: Evidence
    places: tuple[tuple[Place, ...], ...]
    room: int
    gain: float


@dataclass(frozen=True, slots=True)
class Book:
    """`laws` and `gains` (nats a bit of noise) of the coders that were fitted; `tails` are as in `tail`."""

    laws: Mapping[str, CleanLaw]
    gains: Mapping[str, float]
    bytes: Floats
    tails: Sequence[tail.Tail]

    def read(self, text: str, names: Sequence[str]) -> list[Found]:
        """What the sites of these coders say, where a text has room for a payload."""
        found: list[Found] = []
        read: list[tuple[Sequence[Site], CleanLaw | None, Clean]] = []
        known = pattern_coders()
        for name in names:
            sites = known[name].sites(text)
            received = known[name].received(sites)
            room = sum(site.width for site in sites)
            if room < LEAST_BITS:
                continue
            law = self.laws.get(name)
            # Coders that read the same choices share the law of clean texts.
            clean = next((one for same, of, one in read if of is law is not None and same == sites), None)
            if clean is None:
                clean = self._clean(law, sites)
                read.append((sites, law, clean))
            gain = self.gains.get(name, 0.0)
            told = evidence(received, clean, self.bytes, is_uniform=gain >= LEAST_GAIN)
            found.append(Found(name, told, tuple(site.places for site in sites), room, gain))
        return found

    @staticmethod
    def _clean(law: CleanLaw | None, sites: Sequence[Site]) -> Clean:
        pairs = [(group(site), site.symbol) for site in sites]
        if law is None:
            blank = {own: [(1.0, [_BLANK_BALL] * own[1])] for own, _ in pairs if own[1] <= MOST_SYMBOLS}
            law = CleanLaw(Urns.of(blank), _UNFITTED, np.zeros(0))
        return law.read(law.urns.choices(pairs))


def group(site: Site) -> Group:
    return site.kind, site.n_symbols


@cache
def pattern_coders() -> Mapping[str, SiteCoder]:
    """Those of the red team's coders that make visible choices."""
    return {
        name: coder
        for name, coder in coders().items()
        if coder.family is Family.PATTERN and isinstance(coder, SiteCoder)
    }


@cache
def book() -> Book:
    """As shipped."""
    return book_of(json.loads(files("monitors.codebook").joinpath(NAME).read_text()))


def book_of(table: Mapping[str, Any]) -> Book:
    coders = table["coders"]
    own = {name: _law(of) for name, of in coders.items() if "as" not in of}
    laws = {name: own[of.get("as", name)] for name, of in coders.items()}
    gains = {name: float(of["gain"]) for name, of in coders.items()}
    characters = Characters(
        np.array(table["pairs"], np.float64).reshape(27, 27), np.array(table["printable"], np.float64)
    )
    return Book(laws, gains, byte_law(characters), [tail.Tail.of(one) for one in table["tails"]])


def _law(own: Mapping[str, Any]) -> CleanLaw:
    fitted = {(kind, n_symbols): urns for kind, n_symbols, urns in own["groups"]}
    weights = tuple(own["weights"][law] for law in LAWS)
    return CleanLaw(Urns.of(fitted), weights, np.array(own["edits"], np.float64))


def mean(found: Sequence[Found]) -> float:
    """ln of the mean likelihood ratio over the coders."""
    return float(np.logaddexp.reduce([one.evidence.log_ratio for one in found])) - math.log(len(found))


def fewest_bits(found: Found, n_coders: int, needed: float) -> float | None:
    """Fewest bits, of words, whose mean evidence reaches `needed` nats for all coders; None: none that fit.

    A bit of noise says `gain` nats, and one of words so much more as the law of letters saves; it pays for the
    number of coders and for the prior of its reach.
    """
    for n_bytes in range(LEAST_BITS // BITS, found.room // BITS + 1):
        price = needed + math.log(n_coders) + math.log(n_bytes * (n_bytes + 1.0))
        if BITS * n_bytes * (found.gain + _SAVED) >= price:
            return float(BITS * n_bytes)
    return None
