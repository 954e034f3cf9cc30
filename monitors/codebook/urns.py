"""Urn laws of choices that differ from text to text: mixtures of Polya urns, group by group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

# The kind of a site, and how many choices it has.
Group = tuple[int, int]
Urn = tuple[float, Sequence[float]]
_OTHERS = 1 << 40


class Choices(NamedTuple):
    """What was chosen at each site, in order.

    groups : (n,) number of the site's group; -1: none that was fitted, and all its choices are alike likely.
    columns : (n,) the choice: a row of `Urns.balls`, or below 0 where there is no group.
    ln_sizes : (n,) ln of how many choices the site has.
    """

    groups: Numbers
    columns: Numbers
    ln_sizes: Floats


@dataclass(frozen=True, slots=True)
class Urns:
    """For each group of sites a mixture of urns: `log_weights` (groups, urns), and the first `balls` (choices, urns).

    The choices of group g are the rows from `starts[g]` on; urns that a group does not have weigh nothing.
    """

    numbers: Mapping[Group, int]
    starts: Sequence[int]
    log_weights: Floats
    balls: Floats
    totals: Floats

    @classmethod
    def of(cls, fitted: Mapping[Group, Sequence[Urn]]) -> Urns:
        """From (weight, balls) of each urn of each group."""
        groups = sorted(fitted)
        most = max((len(urns) for urns in fitted.values()), default=1)
        ends = np.cumsum([0, *(n_symbols for _, n_symbols in groups)]).tolist()
        log_weights, totals = np.full((len(groups), most), -np.inf), np.ones((len(groups), most))
        balls = np.ones((ends[-1], most))
        for number, group in enumerate(groups):
            for urn, (weight, own) in enumerate(fitted[group]):
                log_weights[number, urn], totals[number, urn] = math.log(weight), sum(own)
                balls[ends[number] : ends[number + 1], urn] = own
        return cls({group: at for at, group in enumerate(groups)}, ends[:-1], log_weights, balls, totals)

    def choices(self, sites: Iterable[tuple[Group, int]]) -> Choices:
        """From (group, symbol) of each site."""
        groups, columns, ln_sizes = [], [], []
        for group, symbol in sites:
            number = self.numbers.get(group, -1)
            groups.append(number)
            columns.append(self.starts[number] + symbol if number >= 0 else -1 - symbol % _OTHERS)
            ln_sizes.append(_ln(group[1]))
        return Choices(np.array(groups, np.int64), np.array(columns, np.int64), np.array(ln_sizes, np.float64))

    def chains(self, choices: Choices) -> tuple[Floats, Floats]:
        """ln P(the first i sites) and ln P(all but the first i), each (n + 1,).

        Draws from urns are exchangeable, so that a text may as well be drawn from its end.
        """
        n = len(choices.groups)
        steps = np.concatenate([-choices.ln_sizes, -choices.ln_sizes[::-1]])
        known = np.flatnonzero(choices.groups >= 0)
        if len(known):
            groups, columns = choices.groups[known], choices.columns[known]
            steps[np.concatenate([known, 2 * n - 1 - known[::-1]])] = np.concatenate(
                [self._steps(groups, columns), self._steps(groups[::-1], columns[::-1])]
            )
        prefix, suffix = np.zeros(n + 1), np.zeros(n + 1)
        np.cumsum(steps[:n], out=prefix[1:])
        suffix[:n] = np.cumsum(steps[n:])[::-1]
        return prefix, suffix

    def _steps(self, groups: Numbers, columns: Numbers) -> Floats:
        """(n,) ln P of each site given those before it, the urns of its group mixed."""
        if len(self.starts) == 1:
            ln_p = np.log(self.balls[columns] + _earlier(columns)[:, None])
            ln_p -= np.log(self.totals + np.arange(len(groups))[:, None])
            return np.diff(log_sum(np.cumsum(ln_p, axis=0) + self.log_weights), prepend=0.0)
        ranks, order = _ranks(groups)
        ln_p = np.log(self.balls[columns] + _earlier(columns)[:, None])
        ln_p -= np.log(self.totals[groups] + ranks[:, None])
        ln_p, ranks = ln_p[order], ranks[order]
        sums = np.cumsum(ln_p, axis=0)
        firsts = np.arange(len(groups)) - ranks
        together = log_sum(sums - (sums[firsts] - ln_p[firsts]) + self.log_weights[groups[order]])
        before = np.concatenate([[0.0], together[:-1]])
        before[ranks == 0] = 0.0
        steps = np.empty(len(groups))
        steps[order] = together - before
        return steps


@cache
def _ln(number: int) -> float:
    return math.log(number)


def _earlier(keys: Numbers) -> Numbers:
    """How often each key stood before."""
    return _ranks(keys)[0]


def _ranks(keys: Numbers) -> tuple[Numbers, Numbers]:
    """How often each key stood before, and the order that puts equal keys together."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    places = np.arange(len(keys))
    firsts = np.where(ordered != np.concatenate([ordered[:1] - 1, ordered[:-1]]), places, 0)
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = places - np.maximum.accumulate(firsts)
    return ranks, order


def log_sum(values: Floats) -> Floats:
    """ln of the sum of exp over the last axis, -inf where all are."""
    found: Floats = np.logaddexp.reduce(values, axis=-1)
    return found
