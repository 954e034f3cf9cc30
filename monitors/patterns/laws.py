"""What clean texts do, from the shipped table: the laws of each stream of bits, and the openers of each of letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.letter_laws import Openers
from monitors.patterns.null import ANYTHING, LOOPS, Law, Mixtures, mixtures, with_anything
from monitors.patterns.tables import tables

Numbers = npt.NDArray[np.int64]


@cache
def known_laws(name: str) -> tuple[Law, ...]:
    """What clean texts do in a stream; laws that know nothing where they gave none."""
    known = tables()["bits"].get(name)
    if not known:
        return ANYTHING
    return tuple(Law(one[0], (one[1], one[2]), (one[3], one[4]) if len(one) > 3 else None) for one in known)


@dataclass(frozen=True, slots=True)
class AllLaws:
    """The row of each stream in `mixtures`, 0 for one that clean texts do not have.

    `known` is what clean texts do, and nothing else: a text that falls into a loop did one of these before. Its last
    row is that of loops.
    """

    rows: dict[str, int]
    mixtures: Mixtures
    known: Mixtures

    def rows_of(self, names: Iterable[str]) -> Numbers:
        return np.array([self.rows.get(name, 0) for name in names], np.int64)


@cache
def all_laws() -> AllLaws:
    """The laws of all streams, in one table."""
    names = [name for name, laws in tables()["bits"].items() if laws]
    fitted = [known_laws(name) for name in names]
    mixed = mixtures([ANYTHING, *map(with_anything, fitted)])
    return AllLaws({name: row for row, name in enumerate(names, 1)}, mixed, mixtures([ANYTHING, *fitted, LOOPS]))


@cache
def noise_gain(name: str) -> float:
    """Mean evidence in nats that one uniform bit adds: KL(1/2 || p) at the mean p of clean texts."""
    known = known_laws(name)
    laws = [law for law in (known if known is ANYTHING else with_anything(known)) if law.after_one is None]
    mean = sum(law.weight * law.after_zero[0] / sum(law.after_zero) for law in laws) / sum(law.weight for law in laws)
    p = min(max(mean, 0.02), 0.98)
    return float(-np.log(2.0) - 0.5 * np.log(p * (1 - p)))


@cache
def openers(name: str) -> Openers:
    """What clean texts have in a stream of letters."""
    known = tables()["openers"].get(name) or tables()["openers"]["acrostic.sentences/all"]
    return Openers(*(np.array(known[part]) for part in ("styles", "style_weights", "law_weights", "shares")))


CACHED = (known_laws, all_laws, noise_gain, openers)
