"""What texts without a payload do at a coder's sites: one of a few laws a text, each with its share of the texts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from monitors.codebook.urns import Choices, Floats, Numbers, Urns, log_sum

# One habit all along; a text that repeats itself; two habits, one after the other; one choice held from the first site
# on; and, from the first site on, the edits of coders that hide nothing here.
LAWS = ("steady", "looping", "turning", "held", "edited")
_LAGS = np.arange(1, 13)
_SAME = 0.93


@dataclass(frozen=True, slots=True)
class CleanLaw:
    """`weights` in the order of `LAWS`. `edits` are (coders, choices): what edits of others write."""

    urns: Urns
    weights: tuple[float, ...]
    edits: Floats

    def read(self, choices: Choices) -> Clean:
        """ln P of the choices of a text."""
        laws, suffix = self.each(choices)
        return Clean(float(log_sum(np.log(self.weights) + laws)), suffix)

    def each(self, choices: Choices) -> tuple[Floats, Floats]:
        """(laws,) ln P by each law, and (n + 1,) ln P of all but the first i sites in a text of one habit."""
        prefix, suffix = self.urns.chains(choices)
        rest = turns(len(choices.groups)) + suffix[1:]
        laws = (
            suffix[0],
            _looping(choices.columns, suffix),
            log_sum(rest + prefix[1:]),
            log_sum(rest + _held(choices)),
            self._edited(choices, prefix, rest) if len(self.edits) else -np.inf,
        )
        return np.array(laws), suffix

    def _edited(self, choices: Choices, prefix: Floats, rest: Floats) -> float:
        """Every second site as it was, on average, and the others as one of the coders writes them."""
        steps = np.logaddexp(np.diff(prefix), np.log(self.edits[:, choices.columns])) - math.log(2.0)
        each = log_sum(rest + np.cumsum(steps, axis=1))
        return float(log_sum(each)) - math.log(len(each))


@dataclass(frozen=True, slots=True)
class Clean:
    """`law` is ln P of the whole text; `steady[i]` ln P of all but the first i sites of a text of one habit."""

    law: float
    steady: Floats


def turns(n: int) -> Floats:
    """(n,) ln of the prior that a prefix ends after site 1, 2, ... n: falls as 1 / i, and sums to 1."""
    places = np.arange(1.0, n + 1)
    found: Floats = -np.log(places * (1.0 / places).sum())
    return found


def _looping(columns: Numbers, suffix: Floats) -> float:
    """Each choice is mostly that of a few sites later, at one of some lags, which are paid for."""
    n = len(columns)
    steps = suffix[:-1] - suffix[1:]
    later = np.concatenate([columns, np.full(_LAGS[-1], np.iinfo(np.int64).min)])
    is_same = later[_LAGS[:, None] + np.arange(n)] == columns
    gains = np.log(_SAME / (1.0 - _SAME) * np.exp(-steps) + 1.0)
    n_paired = np.maximum(n - _LAGS, 0)
    each = suffix[0] + is_same @ gains + n_paired * math.log(1.0 - _SAME)
    return float(log_sum(each)) - math.log(len(_LAGS))


def _held(choices: Choices) -> Floats:
    """(n,) ln P of the first 1, 2, ... n sites: the first is any choice, the others the same."""
    broken = np.maximum.accumulate(choices.columns != choices.columns[0])
    return np.where(broken, -np.inf, -choices.ln_sizes[0])
