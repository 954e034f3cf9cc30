"""What texts without a payload do at a coder's sites: one of a few laws a text, each with its share of the texts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from monitors.codebook.urns import Choices, Floats, Numbers, Steps, log_sum

# One habit all along; a text that repeats itself; two habits, one after the other; one choice held from the first site
# on; and, from the first site on, the edits of coders that hide nothing here.
LAWS = ("steady", "looping", "turning", "held", "edited")
_LAGS = np.arange(1, 13)
_SAME = 0.93


@dataclass(frozen=True, slots=True)
class Clean:
    """`law` is ln P of the whole text; `steady[i]` ln P of all but the first i sites of a text of one habit."""

    law: float
    steady: Floats


@dataclass(frozen=True, slots=True)
class CleanLaw:
    """`weights` in the order of `LAWS`. `edits` are (coders, choices): what edits of others write."""

    weights: tuple[float, ...]
    edits: Floats

    def read(self, choices: Choices, steps: Steps) -> Clean:
        """ln P of the choices of a text; `choices.columns` count from the first choice of the coder."""
        laws, suffix = self.each(choices, steps)
        return Clean(float(log_sum(np.log(self.weights) + laws)), suffix)

    def each(self, choices: Choices, steps: Steps) -> tuple[Floats, Floats]:
        """(laws,) ln P by each law, and (n + 1,) ln P of all but the first i sites in a text of one habit."""
        n = len(choices.columns)
        suffix = np.zeros(n + 1)
        suffix[:n] = np.cumsum(steps.backwards[::-1])[::-1]
        rest = turns(n) + suffix[1:]
        laws = (
            suffix[0],
            _looping(choices.columns, steps.backwards, suffix[0]),
            log_sum(rest + np.cumsum(steps.onwards)),
            log_sum(rest[: _n_held(choices.columns)]) - choices.ln_sizes[0],
            self._edited(choices.columns, steps.onwards, rest) if len(self.edits) else -np.inf,
        )
        return np.array(laws), suffix

    def _edited(self, columns: Numbers, onwards: Floats, rest: Floats) -> float:
        """Every second site as it was, on average, and the others as one of the coders writes them."""
        steps = np.log((np.exp(onwards) + self.edits[:, columns]) / 2.0)
        return float(log_sum(log_sum(rest + np.cumsum(steps, axis=1)))) - math.log(len(steps))


@lru_cache(maxsize=512)
def turns(n: int) -> Floats:
    """(n,) ln of the prior that a prefix ends after site 1, 2, ... n: falls as 1 / i, and sums to 1."""
    places = np.arange(1.0, n + 1)
    found: Floats = -np.log(places * (1.0 / places).sum())
    return found


def _looping(columns: Numbers, steps: Floats, steady: float) -> float:
    """Each choice is mostly that of a few sites later, at one of some lags, which are paid for."""
    n = len(columns)
    later = np.full((n + int(_LAGS[-1]),), np.iinfo(np.int64).min)
    later[:n] = columns
    is_same = later[_LAGS[:, None] + np.arange(n)] == columns
    gains = np.log(_SAME / (1.0 - _SAME) * np.exp(-steps) + 1.0)
    each = is_same @ gains + np.maximum(n - _LAGS, 0) * math.log(1.0 - _SAME)
    return steady + float(log_sum(each)) - math.log(len(_LAGS))


def _n_held(columns: Numbers) -> int:
    """How many of the first sites show one choice."""
    others = np.flatnonzero(columns != columns[0])
    return int(others[0]) if len(others) else len(columns)
