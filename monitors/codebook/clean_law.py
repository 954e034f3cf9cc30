"""What texts without a payload do at a coder's sites: one of a few laws a text, each with its share of the texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitors.codebook.urns import Choices, Floats, Numbers, Steps, log_sum, log_sums

# One habit all along; a text that repeats itself; two habits, one after the other; one choice held from the first site
# on; and, from the first site on, the edits of coders that hide nothing here.
LAWS = ("steady", "looping", "turning", "held", "edited")
_LAGS = np.arange(1, 13)
_SAME = 0.93
# Above every choice's number: choices of different rows are different.
_APART = 1 << 42


@dataclass(frozen=True, slots=True)
class Clean:
    """Of each row of choices: `laws` is ln P of it all, (rows,); `behind` ln P of all behind each site, (n,), where it
    has one habit.
    """

    laws: Floats
    behind: Floats


@dataclass(frozen=True, slots=True)
class CleanLaw:
    """`weights` in the order of `LAWS`. `edits` are (coders, choices): what edits of others write."""

    weights: tuple[float, ...]
    edits: Floats


@dataclass(frozen=True, slots=True)
class CleanLaws:
    """Some laws together: `ln_weights` (laws, 5), `edits` (coders, laws, choices) and ln of each edit's share of those,
    -inf where there is none, (coders, laws).
    """

    ln_weights: Floats
    edits: Floats
    ln_shares: Floats

    @classmethod
    def of(cls, laws: Sequence[CleanLaw]) -> CleanLaws:
        most = max((len(law.edits) for law in laws), default=0)
        widest = max((law.edits.shape[1] for law in laws if len(law.edits)), default=1)
        edits, ln_shares = np.ones((most, len(laws), widest)), np.full((most, len(laws)), -np.inf)
        for at, law in enumerate(laws):
            if len(law.edits):
                edits[: len(law.edits), at, : law.edits.shape[1]] = law.edits
                ln_shares[: len(law.edits), at] = -math.log(len(law.edits))
        return cls(np.log([law.weights for law in laws]), edits, ln_shares)

    def read(self, laws: Sequence[int], choices: Choices, steps: Steps) -> Clean:
        """ln P of the choices of each row, by the law that is its own."""
        each, behind = self.each(laws, choices, steps)
        return Clean(log_sum(self.ln_weights[list(laws)] + each), behind)

    def each(self, laws: Sequence[int], choices: Choices, steps: Steps) -> tuple[Floats, Floats]:
        """(rows, laws) ln P by each law, and (n,) ln P of all behind each site in a text of one habit."""
        lengths = choices.ends - choices.starts
        sums = steps.backwards.cumsum()
        totals = sums[choices.ends - 1]
        behind = totals[choices.rows] - sums
        steady = totals - np.concatenate([[0.0], totals[:-1]])
        turning = turns_of(lengths) + behind
        own = np.array(laws)
        log_ps = np.empty((2 + len(self.edits), len(sums)))
        log_ps[0] = _from_start(steps.onwards, choices)
        log_ps[1] = np.where(_is_held(choices), 0.0, -np.inf)
        log_ps[2:] = self._edited(own, choices, steps.onwards)
        log_ps += turning
        turned, held, *edited = log_sums(log_ps, choices.starts, lengths)
        by_edits = log_sum(np.array(edited) + self.ln_shares[:, own], axis=0) if edited else np.full(len(own), -np.inf)
        looped = steady + _looping(choices, steps.backwards, lengths)
        by_law = [steady, looped, turned, held - choices.ln_sizes[choices.starts], by_edits]
        return np.array(by_law).T, behind

    def _edited(self, laws: Numbers, choices: Choices, onwards: Floats) -> Floats:
        """Every second site as it was, on average, and the others as one of the coders writes them: (coders, n)."""
        symbols = np.minimum(choices.symbols, self.edits.shape[2] - 1)
        written = self.edits[:, laws[choices.rows], symbols]
        written += np.exp(onwards)
        written /= 2.0
        return _from_start(np.log(written, out=written), choices)


def _from_start(steps: Floats, choices: Choices) -> Floats:
    """Sums from each row's first site to each site, along the last axis."""
    sums = steps.cumsum(axis=-1)
    before = sums.take(choices.starts, axis=-1) - steps.take(choices.starts, axis=-1)
    found: Floats = sums - before.take(choices.rows, axis=-1)
    return found


def turns_of(lengths: Numbers) -> Floats:
    """For each row of so many sites, `turns`."""
    return np.concatenate([turns(length) for length in lengths.tolist()])


@lru_cache(maxsize=512)
def turns(n: int) -> Floats:
    """(n,) ln of the prior that a prefix ends after site 1, 2, ... n: falls as 1 / i, and sums to 1."""
    places = np.arange(1.0, n + 1)
    found: Floats = -np.log(places * (1.0 / places).sum())
    return found


def _looping(choices: Choices, steps: Floats, lengths: Numbers) -> Floats:
    """Each choice is mostly that of a few sites later, at one of some lags, which are paid for; beside one habit."""
    n, longest = len(steps), int(_LAGS[-1])
    keys = np.full(n + longest, np.iinfo(np.int64).min)
    keys[:n] = choices.columns + _APART * choices.rows
    later = keys.take(_LAGS[:, None] + np.arange(n))
    gains = np.log(_SAME / (1.0 - _SAME) * np.exp(-steps) + 1.0)
    sums = np.add.reduceat((later == keys[:n]) * gains, choices.starts, axis=1)
    each = sums + np.maximum(lengths - _LAGS[:, None], 0) * math.log(1.0 - _SAME)
    return log_sum(each, axis=0) - math.log(len(_LAGS))


def _is_held(choices: Choices) -> npt.NDArray[np.bool_]:
    """Which sites show the choice of their row's first site, as all before them do."""
    n = len(choices.columns)
    others = (choices.columns != choices.columns[choices.starts][choices.rows]).nonzero()[0]
    until = np.concatenate([others, [n]])[others.searchsorted(choices.starts)]
    held: npt.NDArray[np.bool_] = np.arange(n) < until[choices.rows]
    return held
