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

# What the sites of a group have in common; the last number is how many choices they have.
Group = tuple[str, int, int]
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

    def part(self, at: slice) -> Choices:
        return Choices(self.groups[at], self.columns[at], self.ln_sizes[at])


class Steps(NamedTuple):
    """(n,) ln P of each site given those before it, and given those behind it."""

    onwards: Floats
    backwards: Floats

    def part(self, at: slice) -> Steps:
        return Steps(self.onwards[at], self.backwards[at])


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
        ends = np.cumsum([0, *(group[-1] for group in groups)]).tolist()
        log_weights, totals = np.full((len(groups), most), -np.inf), np.ones((len(groups), most))
        balls = np.ones((ends[-1], most))
        for number, group in enumerate(groups):
            for urn, (weight, own) in enumerate(fitted[group]):
                log_weights[number, urn], totals[number, urn] = math.log(weight), sum(own)
                balls[ends[number] : ends[number + 1], urn] = own
        return cls({group: at for at, group in enumerate(groups)}, ends[:-1], log_weights, balls, totals)

    def more(self, fitted: Mapping[Group, Sequence[Urn]]) -> Urns:
        """With further groups behind these."""
        other = Urns.of(fitted)
        n_groups, n_rows, n_urns = len(self.starts), len(self.balls), self.balls.shape[1]
        wide = [(0, 0), (0, n_urns - other.balls.shape[1])]
        return Urns(
            {**self.numbers, **{own: n_groups + at for own, at in other.numbers.items()}},
            [*self.starts, *(n_rows + start for start in other.starts)],
            np.concatenate([self.log_weights, np.pad(other.log_weights, wide, constant_values=-np.inf)]),
            np.concatenate([self.balls, np.pad(other.balls, wide, constant_values=1.0)]),
            np.concatenate([self.totals, np.pad(other.totals, wide, constant_values=1.0)]),
        )

    def choices(self, sites: Iterable[tuple[Group, int]]) -> Choices:
        """From (group, symbol) of each site."""
        groups, columns, ln_sizes = [], [], []
        for group, symbol in sites:
            number = self.numbers.get(group, -1)
            groups.append(number)
            columns.append(self.starts[number] + symbol if number >= 0 else -1 - symbol % _OTHERS)
            ln_sizes.append(_ln(group[-1]))
        return Choices(np.array(groups, np.int64), np.array(columns, np.int64), np.array(ln_sizes, np.float64))

    def steps(self, choices: Choices) -> Steps:
        """Draws from urns are exchangeable, so that a text may as well be drawn from its end."""
        n = len(choices.groups)
        steps = np.concatenate([-choices.ln_sizes, -choices.ln_sizes[::-1]])
        known = np.flatnonzero(choices.groups >= 0)
        if len(known):
            # Both ways at once: read from its end a text has groups and choices of its own.
            groups, columns = _twice(choices.groups[known]), _twice(choices.columns[known])
            places = np.concatenate([known, 2 * n - 1 - known[::-1]])
            is_back = np.repeat([0, 1], len(known))
            before, _ = _ranks(2 * columns + is_back)
            drawn, order = _ranks(2 * groups + is_back)
            ln_p = np.log((self.balls[columns] + before[:, None]) / (self.totals[groups] + drawn[:, None]))[order]
            sums, ranks = np.cumsum(ln_p, axis=0), drawn[order]
            firsts = np.arange(len(order)) - ranks
            together = log_sum(sums - (sums - ln_p)[firsts] + self.log_weights[groups[order]])
            steps[places[order]] = np.where(ranks, np.diff(together, prepend=0.0), together)
        return Steps(steps[:n], steps[n:][::-1])


def _twice(values: Numbers) -> Numbers:
    return np.concatenate([values, values[::-1]])


@cache
def _ln(number: int) -> float:
    return math.log(number)


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
