"""The book: each pattern coder with the law of clean texts at its sites, which `python -m monitors.codebook` fits."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from monitors.codebook import tail
from monitors.codebook.clean_law import LAWS, CleanLaw, CleanLaws
from monitors.codebook.evidence import LEAST_BITS, MOST_BITS, Evidence, Received, evidence, joined
from monitors.codebook.payload_law import BITS, Characters, byte_law
from monitors.codebook.urns import Floats, Row, Urns
from monitors.coders.coder import Family, coders
from monitors.coders.sites import Place, SiteCoder, Stream

NAME = "clean_law.json"
# Choices of more than so many are all alike likely; of a coder that was not fitted, each begins with half a ball.
MOST_SYMBOLS = 40
_BLANK_BALL = 0.5
_UNFITTED = CleanLaw((0.7, 0.1, 0.1, 0.1, 1e-9), np.zeros(0))
# Below this many nats a bit, noise in a coder's sites differs from clean texts in nothing that could be seen.
LEAST_GAIN = 0.02


@dataclass(frozen=True, slots=True)
class Found:
    """What one coder's sites in a text say; `room` in bits, `gain` in nats a bit."""

    coder: str
    evidence: Evidence
    text: str = field(repr=False)
    room: int
    gain: float

    @property
    def places(self) -> list[Place]:
        """Those within reach; few texts have any that are asked for."""
        sites = pattern_coders()[self.coder].sites(self.text)
        return [place for site in sites[: self.evidence.reach] for place in site.places]


class _Read(NamedTuple):
    """What one coder reads in a text; coders that read the same sites share the row and the law of clean texts."""

    text: int
    coder: str
    room: int
    received: Received


@dataclass(frozen=True, slots=True)
class Book:
    """Of each coder that was fitted the name of its law, and the `gains`.

    A gain is what a bit of noise says on average, in nats; `words` is what a bit of words says. `tails` are as in
    `tail`. `numbers` says which of `laws` is the one of that name; the last one is for all others.
    """

    urns: Urns
    laws: CleanLaws
    numbers: Mapping[str, int]
    names: Mapping[str, str]
    gains: Mapping[str, float]
    words: Mapping[str, float]
    bytes: Floats
    tails: Sequence[tail.Tail]

    def read(self, text: str, names: Sequence[str]) -> list[Found]:
        """What the sites of these coders say, where a text has room for a payload."""
        return self.read_all([text], names)[0]

    def read_all(self, texts: Sequence[str], names: Sequence[str]) -> list[list[Found]]:
        """What `read` says of each text, and sooner."""
        rows: list[Row] = []
        read = [one for at, text in enumerate(texts) for one in self._sites(at, text, names, rows)]
        found: list[list[Found]] = [[] for _ in texts]
        if rows:
            urns = self._with_unfitted(rows)
            choices = urns.choices(rows)
            numbers = [self.numbers.get(row.name, len(self.numbers)) for row in rows]
            clean = self.laws.read(numbers, choices, urns.steps(choices))
            told = evidence([one.received for one in read], choices, clean, self.bytes)
            for one, said in zip(read, told, strict=True):
                gain = self.words.get(one.coder, 0.0)
                found[one.text].append(Found(one.coder, said, texts[one.text], one.room, gain))
        return found

    def _sites(self, at: int, text: str, names: Sequence[str], rows: list[Row]) -> Iterator[_Read]:
        """Where there is room; rows are added for what was not read yet."""
        known: dict[str, tuple[int, int, Stream]] = {}
        for name in names:
            law, coder = self.names.get(name, name), pattern_coders()[name]
            is_uniform = self.gains.get(name, 0.0) >= LEAST_GAIN
            if law in known:
                room, row, stream = known[law]
                yield _Read(at, name, room, Received(row, *coder.received_bits(stream), is_uniform))
            elif (own := coder.stream(text)) is not None:
                if (room := own.width * len(own.symbols)) >= LEAST_BITS:
                    known[law] = room, len(rows), own
                    yield _Read(at, name, room, Received(len(rows), *coder.received_bits(own), is_uniform))
                    rows.append(Row(law, own.kinds, own.n_symbols, own.symbols))
            elif sites := coder.sites(text):
                _, symbols, widths, kinds, sizes = zip(*sites, strict=True)
                if (room := sum(widths)) >= LEAST_BITS:
                    yield _Read(at, name, room, Received(len(rows), *joined(coder.received(sites)), is_uniform))
                    rows.append(Row(law, kinds, sizes, symbols))

    def _with_unfitted(self, rows: Sequence[Row]) -> Urns:
        """The choices of coders that were not fitted are learned from the text alone."""
        blank = {
            (row.name, kind, size)
            for row in rows
            if row.name not in self.numbers
            for kind, size in row.groups()
            if size <= MOST_SYMBOLS
        }
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
        CleanLaws.of([*laws.values(), _UNFITTED]),
        {name: number for number, name in enumerate(laws)},
        {name: own.get("as", name) for name, own in coders.items()},
        {name: float(own["gain"]) for name, own in coders.items()},
        {name: float(own.get("words", 0.0)) for name, own in coders.items()},
        byte_law(characters),
        [tail.Tail.of(one) for one in table["tails"]],
    )


def mean(found: Sequence[Found]) -> float:
    """ln of the mean likelihood ratio over the coders."""
    ratios = [one.evidence.log_ratio for one in found]
    most = max(ratios)
    return most + math.log(sum([math.exp(ratio - most) for ratio in ratios]) / len(ratios))


def fewest_bits(found: Found, n_coders: int, needed: float) -> float | None:
    """Fewest bits, of words, whose mean evidence reaches `needed` nats for all coders; None: none that fit.

    A bit says `gain` nats on average; it pays for the number of coders and for the prior of its reach.
    """
    fewest = _fewest_bytes(found.gain, n_coders, needed)
    return None if fewest is None or fewest > found.room // BITS else float(BITS * fewest)


@lru_cache(maxsize=1024)
def _fewest_bytes(gain: float, n_coders: int, needed: float) -> int | None:
    """None where more would be needed than are read."""
    for n_bytes in range(LEAST_BITS // BITS, MOST_BITS // BITS + 1):
        if BITS * n_bytes * gain >= needed + math.log(n_coders) + math.log(n_bytes * (n_bytes + 1.0)):
            return n_bytes
    return None
