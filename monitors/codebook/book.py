"""The book: each pattern coder with the law of clean texts at its sites, which `python -m monitors.codebook` fits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from monitors.codebook import tail
from monitors.codebook.clean_law import LAWS, Clean, CleanLaw
from monitors.codebook.evidence import LEAST_BITS, Evidence, evidence
from monitors.codebook.payload_law import BITS, Characters, byte_law
from monitors.codebook.urns import Choices, Floats, Group, Steps, Urns
from monitors.coders.coder import Family, coders
from monitors.coders.sites import Place, Site, SiteCoder

NAME = "clean_law.json"
# Choices of more than so many are all alike likely; of a coder that was not fitted, each begins with half a ball.
MOST_SYMBOLS = 40
_BLANK_BALL = 0.5
_UNFITTED = CleanLaw((0.7, 0.1, 0.1, 0.1, 1e-9), np.zeros(0))
# Below this many nats a bit, noise in a coder's sites differs from clean texts in nothing that could be seen.
LEAST_GAIN = 0.02


@dataclass(frozen=True, slots=True)
class Found:
    """What one coder's sites in a text say. `places` are those within reach; `room` in bits, `gain` in nats a bit."""

    coder: str
    evidence: Evidence
    places: tuple[tuple[Place, ...], ...]
    room: int
    gain: float


class _Read(NamedTuple):
    """What one coder reads in a text; coders that read the same choices share `choices` and the law of clean texts."""

    coder: str
    sites: Sequence[Site]
    room: int
    choices: slice


@dataclass(frozen=True, slots=True)
class Book:
    """Of each coder that was fitted the law, where its choices begin among those of `urns`, and the `gains`.

    A gain is what a bit of noise says on average, in nats. `tails` are as in `tail`.
    """

    urns: Urns
    laws: Mapping[str, CleanLaw]
    names: Mapping[str, str]
    gains: Mapping[str, float]
    words: Mapping[str, float]
    bytes: Floats
    tails: Sequence[tail.Tail]

    def read(self, text: str, names: Sequence[str]) -> list[Found]:
        """What the sites of these coders say, where a text has room for a payload."""
        known = pattern_coders()
        found: list[Found] = []
        pairs: list[tuple[Group, int]] = []
        read: list[_Read] = []
        for name in names:
            sites = known[name].sites(text)
            room = sum([site.width for site in sites])
            if room < LEAST_BITS:
                continue
            law = self.names.get(name, name)
            same = next((one.choices for one in read if self.names.get(one.coder, one.coder) == law), None)
            if same is None:
                same = slice(len(pairs), len(pairs) + len(sites))
                pairs += [((law, site.kind, site.n_symbols), site.symbol) for site in sites]
            read.append(_Read(name, sites, room, same))
        urns = self._with_unfitted(pairs)
        choices = urns.choices(pairs)
        steps = urns.steps(choices)
        clean: dict[int, Clean] = {}
        for name, sites, room, at in read:
            if at.start not in clean:
                clean[at.start] = self._clean(urns, name, choices.part(at), steps.part(at))
            received, gain = known[name].received(sites), self.gains.get(name, 0.0)
            told = evidence(received, clean[at.start], self.bytes, is_uniform=gain >= LEAST_GAIN)
            places = tuple([site.places for site in sites[: told.reach]])
            found.append(Found(name, told, places, room, self.words.get(name, 0.0)))
        return found

    def _clean(self, urns: Urns, name: str, choices: Choices, steps: Steps) -> Clean:
        law = self.laws.get(self.names.get(name, name), _UNFITTED)
        if len(law.edits):
            first = urns.starts[int(choices.groups[0])]
            choices = choices._replace(columns=choices.columns - first)
        return law.read(choices, steps)

    def _with_unfitted(self, pairs: Sequence[tuple[Group, int]]) -> Urns:
        """The choices of coders that were not fitted are learned from the text alone."""
        blank = {own for own, _ in pairs if own[0] not in self.laws and own[-1] <= MOST_SYMBOLS}
        return self.urns.more({own: [(1.0, [_BLANK_BALL] * own[-1])] for own in blank}) if blank else self.urns


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
    fitted = {
        (name, kind, n_symbols): urns for name, own in coders.items() for kind, n_symbols, urns in own.get("groups", ())
    }
    laws = {
        name: CleanLaw(tuple(own["weights"][law] for law in LAWS), np.array(own["edits"], np.float64))
        for name, own in coders.items()
        if "as" not in own
    }
    characters = Characters(
        np.array(table["pairs"], np.float64).reshape(27, 27), np.array(table["printable"], np.float64)
    )
    return Book(
        Urns.of(fitted),
        laws,
        {name: own.get("as", name) for name, own in coders.items()},
        {name: float(own["gain"]) for name, own in coders.items()},
        {name: float(own.get("words", 0.0)) for name, own in coders.items()},
        byte_law(characters),
        [tail.Tail.of(one) for one in table["tails"]],
    )


def mean(found: Sequence[Found]) -> float:
    """ln of the mean likelihood ratio over the coders."""
    return float(np.logaddexp.reduce([one.evidence.log_ratio for one in found])) - math.log(len(found))


def fewest_bits(found: Found, n_coders: int, needed: float) -> float | None:
    """Fewest bits, of words, whose mean evidence reaches `needed` nats for all coders; None: none that fit.

    A bit says `gain` nats on average; it pays for the number of coders and for the prior of its reach.
    """
    for n_bytes in range(LEAST_BITS // BITS, found.room // BITS + 1):
        price = needed + math.log(n_coders) + math.log(n_bytes * (n_bytes + 1.0))
        if BITS * n_bytes * found.gain >= price:
            return float(BITS * n_bytes)
    return None
