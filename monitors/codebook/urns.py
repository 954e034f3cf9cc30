"""Urn laws of choices that differ from text to text: mixtures of Polya urns, group by group."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

# What the sites of a group have in common: the coder's name, the kind, and how many choices they have.
Group = tuple[str, int, int]
Urn = tuple[float, Sequence[float]]
# Far above every row of urns, and far below what a number of 64 bits holds.
_OTHERS = 1 << 40


class Row(NamedTuple):
    """What one text chose at the sites of one coder, in order; each has a kind, a number of choices, and a choice.

    Where all have the same number of choices, `sizes` is this number, and kinds and symbols may be bytes.
    """

    name: str
    kinds: Sequence[int]
    sizes: Sequence[int] | int
    symbols: Sequence[int]

    def groups(self) -> Iterable[tuple[int, int]]:
        """Kind and number of choices of each site."""
        sizes = repeat(self.sizes, len(self.kinds)) if isinstance(self.sizes, int) else self.sizes
        return zip(self.kinds, sizes, strict=True)


class Choices(NamedTuple):
    """The choices of some rows, one row behind the other.

    starts : (rows,) where each row begins; no row is empty.
    rows : (n,) the row of each site.
    groups : (n,) number of the site's group; -1: none that was fitted, and all its choices are alike likely.
    columns : (n,) the choice: a row of `Urns.balls`, or below 0 where there is no group.
    symbols : (n,) the choice, counted from the first one of its site; small where choices are many.
    ln_sizes : (n,) ln of how many choices the site has.
    """

    starts: Numbers
    rows: Numbers
    groups: Numbers
    columns: Numbers
    symbols: Numbers
    ln_sizes: Floats

    @property
    def ends(self) -> Numbers:
        return np.append(self.starts[1:], len(self.rows))


class Steps(NamedTuple):
    """(n,) ln P of each site given those before it in its row, and given those behind it."""

    onwards: Floats
    backwards: Floats


@dataclass(frozen=True, slots=True)
class Urns:
    """For each group of sites a mixture of urns: `log_weights` (urns, groups), and the first `balls` (urns, choices).

    The choices of group g are those from `starts[g]` on; urns that a group does not have weigh nothing.
    """

    numbers: Mapping[str, Mapping[tuple[int, int], int]]
    starts: Numbers
    ln_sizes: Floats
    log_weights: Floats
    balls: Floats
    totals: Floats

    @classmethod
    def of(cls, fitted: Mapping[Group, Sequence[Urn]]) -> Urns:
        """From (weight, balls) of each urn of each group."""
        groups = sorted(fitted)
        most = max((len(urns) for urns in fitted.values()), default=1)
        ends = np.cumsum([0, *(group[-1] for group in groups)])
        log_weights, totals = np.full((most, len(groups)), -np.inf), np.ones((most, len(groups)))
        balls = np.ones((most, int(ends[-1])))
        numbers: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
        for number, group in enumerate(groups):
            numbers[group[0]][group[1:]] = number
            for urn, (weight, own) in enumerate(fitted[group]):
                log_weights[urn, number], totals[urn, number] = math.log(weight), sum(own)
                balls[urn, ends[number] : ends[number + 1]] = own
        ln_sizes = np.log([float(group[-1]) for group in groups])
        return cls(dict(numbers), ends[:-1], ln_sizes, log_weights, balls, totals)

    def more(self, fitted: Mapping[Group, Sequence[Urn]]) -> Urns:
        """With further groups, of other coders, behind these."""
        other = Urns.of(fitted)
        n_groups, (n_urns, n_choices) = len(self.starts), self.balls.shape
        wide = [(0, n_urns - len(other.balls)), (0, 0)]
        behind = {name: {own: n_groups + at for own, at in numbers.items()} for name, numbers in other.numbers.items()}
        return Urns(
            {**self.numbers, **behind},
            np.concatenate([self.starts, n_choices + other.starts]),
            np.concatenate([self.ln_sizes, other.ln_sizes]),
            np.concatenate([self.log_weights, np.pad(other.log_weights, wide, constant_values=-np.inf)], axis=1),
            np.concatenate([self.balls, np.pad(other.balls, wide, constant_values=1.0)], axis=1),
            np.concatenate([self.totals, np.pad(other.totals, wide, constant_values=1.0)], axis=1),
        )

    def choices(self, rows: Sequence[Row]) -> Choices:
        """No row may be empty."""
        lengths = np.array([len(row.symbols) for row in rows], np.int64)
        starts = np.cumsum(lengths) - lengths
        groups = np.concatenate([self._groups(row) for row in rows])
        symbols = np.concatenate([_symbols(row) for row in rows])
        known = groups >= 0
        if known.all():
            columns, ln_sizes = self.starts[groups] + symbols, self.ln_sizes[groups]
        else:
            columns, ln_sizes = np.empty(len(groups), np.int64), np.empty(len(groups))
            columns[known] = self.starts[groups[known]] + symbols[known]
            ln_sizes[known] = self.ln_sizes[groups[known]]
            columns[~known] = -1 - symbols[~known]
            sizes = [size for row in rows for _, size in row.groups()]
            ln_sizes[~known] = [math.log(sizes[at]) for at in np.flatnonzero(~known)]
        return Choices(starts, np.repeat(np.arange(len(rows)), lengths), groups, columns, symbols, ln_sizes)

    def _groups(self, row: Row) -> Numbers:
        numbers = self.numbers.get(row.name, {})
        n = len(row.kinds)
        if row.kinds.count(first := row.kinds[0]) == n and isinstance(row.sizes, int):
            return np.array([numbers.get((first, row.sizes), -1)]).repeat(n)
        return np.array([numbers.get(own, -1) for own in row.groups()], np.int64)

    def steps(self, choices: Choices) -> Steps:
        """Draws from urns are exchangeable, so that a text may as well be drawn from its end."""
        steps = np.concatenate([-choices.ln_sizes, -choices.ln_sizes])
        known = np.flatnonzero(choices.groups >= 0)
        if len(known):
            groups, columns, rows = choices.groups[known], choices.columns[known], choices.rows[known]
            before, behind, _ = _ranks(rows * self.balls.shape[1] + columns)
            drawn, left, order = _ranks(rows * len(self.starts) + groups)
            # Both ways at once, the sites of a group together: from its end a text has the same groups the other way.
            both = np.concatenate([order, order[::-1]])
            groups, columns = groups[both], columns[both]
            ranks = np.concatenate([drawn[order], left[order[::-1]]])
            balls = self.balls.take(columns, axis=1) + np.concatenate([before[order], behind[order[::-1]]])
            ln_p = np.log(balls / (self.totals.take(groups, axis=1) + ranks))
            sums = np.cumsum(ln_p, axis=1)
            firsts = np.arange(len(both)) - ranks
            sums -= (sums - ln_p).take(firsts, axis=1)
            together = log_sum(sums + self.log_weights.take(groups, axis=1), axis=0)
            places = known[both]
            places[len(known) :] += len(choices.groups)
            # The first site of a group is given nothing; others are given those before them.
            together[1:] -= np.where(ranks[1:], together[:-1], 0.0)
            steps[places] = together
        return Steps(steps[: len(choices.groups)], steps[len(choices.groups) :])


def _symbols(row: Row) -> Numbers:
    if isinstance(row.symbols, bytes):
        return np.frombuffer(row.symbols, np.uint8).astype(np.int64)
    if not isinstance(row.sizes, int) and max(row.sizes) > _OTHERS:
        return np.array([symbol % _OTHERS for symbol in row.symbols], np.int64)
    return np.array(row.symbols, np.int64)


def _ranks(keys: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """How often each key stood before, and how often behind, and the order that puts equal keys together."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    bounds = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, [len(keys)]])
    lengths = bounds[1:] - bounds[:-1]
    sorted_ranks = np.arange(len(keys)) - bounds[:-1].repeat(lengths)
    before, behind = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    before[order] = sorted_ranks
    behind[order] = (lengths - 1).repeat(lengths) - sorted_ranks
    return before, behind, order


def log_sum(values: Floats, axis: int = -1) -> Floats:
    """ln of the sum of exp over an axis, -inf where all are."""
    most = np.maximum(values.max(axis=axis, keepdims=True), _LEAST_LOG)
    with np.errstate(divide="ignore"):
        found: Floats = np.log(np.exp(values - most).sum(axis=axis)) + most.squeeze(axis)
    return found


def log_sums(values: Floats, starts: Numbers, lengths: Numbers) -> Floats:
    """ln of the sum of exp over each row along the last axis; rows stand behind each other, and none is empty."""
    most = np.maximum(np.maximum.reduceat(values, starts, axis=-1), _LEAST_LOG)
    with np.errstate(divide="ignore"):
        logs = np.log(np.add.reduceat(np.exp(values - np.repeat(most, lengths, axis=-1)), starts, axis=-1))
    found: Floats = logs + most
    return found


# A finite number stands in where all are -inf: the difference of two infinities is none.
_LEAST_LOG = -1e300
