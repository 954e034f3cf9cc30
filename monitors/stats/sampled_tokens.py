"""Honest sampling as a hypothesis: what each token's choice should have cost, and whether the sum of choices fits.

A provider reports the few likeliest tokens of each step. All others are one outcome here, "the rest", whose probability
is what is left: at temperature 1 that lumped distribution is known exactly, so that nothing has to be assumed about
the tail. At other temperatures, or where a nucleus ends within the rest, the mass of the rest is only bounded; each
step is then kept twice, with the least and the most that the rest can have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitors.logprobs import Entry
from monitors.sampler import Sampler

VOCABULARY = 262_144
# Cumulative probability, and nats between two tokens, within which servers' arithmetic is allowed to disagree.
EDGE, TIE = 0.02, 0.05
GREEDY = 0.02
_LOG2 = math.log(2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lumped distribution of one step (probabilities that sum to 1) and which outcome was drawn."""

    probabilities: tuple[float, ...]
    drawn: int

    @property
    def surprise(self) -> float:
        """-log2 of the probability of what was drawn, in bits."""
        return -math.log2(self.probabilities[self.drawn])

    @property
    def entropy(self) -> float:
        return -sum(p * math.log2(p) for p in self.probabilities)

    @property
    def variance(self) -> float:
        """Of the surprise, in bits squared."""
        return max(0.0, sum(p * math.log2(p) ** 2 for p in self.probabilities) - self.entropy**2)


@dataclass(frozen=True, slots=True)
class Step:
    """One token: `least` and `most` differ in what the rest may have. None: the sampler could not have drawn it."""

    index: int
    least: Outcome | None
    most: Outcome | None

    @property
    def is_impossible(self) -> bool:
        return self.least is None and self.most is None


def steps_of(entries: Iterable[Entry], sampler: Sampler) -> Iterator[Step]:
    """Steps of the tokens that have alternatives; raw log-probabilities (temperature 1, nothing cut) are expected.

    Parameters
    ----------
    entries : tokens with natural-log probabilities of themselves and of alternatives.
    sampler : the temperature must be known.
    """
    for index, entry in enumerate(entries):
        listed = sorted({token: value for token, value in entry.alternatives if value > -1e30}.items(), key=_rank)
        if len(listed) < 2 or math.isnan(entry.logprob):
            continue
        tokens, values = [token for token, _ in listed], [value for _, value in listed]
        at = tokens.index(entry.token) if entry.token in tokens else None
        if (sampler.temperature or 0.0) < GREEDY:
            chosen = entry.logprob if at is None else values[at]
            sure = Outcome((1.0,), 0)
            yield Step(index, *((sure, sure) if chosen >= values[0] - TIE else (None, None)))
            continue
        ends = tuple(_outcome(values, at, sampler, is_most=is_most) for is_most in (False, True))
        known = [outcome for outcome in ends if isinstance(outcome, Outcome)]
        if len(known) == 2:
            yield Step(index, *known)
        elif not known and all(outcome is None for outcome in ends):
            yield Step(index, None, None)


def _rank(pair: tuple[bytes, float]) -> tuple[float, bytes]:
    return -pair[1], pair[0]


class _Unsure:
    """The token lies so near the sampler's edge that nothing follows from it."""


_UNSURE = _Unsure()


def _outcome(values: Sequence[float], at: int | None, sampler: Sampler, *, is_most: bool) -> Outcome | _Unsure | None:
    temperature = sampler.temperature or 1.0
    weights = [math.exp(value / temperature) for value in values]
    rest = _rest([math.exp(value) for value in values], temperature, is_most=is_most)
    if 0 < sampler.top_k <= len(weights):
        edge = values[sampler.top_k - 1]
        if at is None or at >= sampler.top_k:
            return _UNSURE if at is not None and values[at] >= edge - TIE else None
        weights, rest = weights[: sampler.top_k], 0.0
    elif sampler.top_k:
        rest = min(rest, (sampler.top_k - len(weights)) * weights[-1])
    total = sum(weights) + rest
    shares, rest = [weight / total for weight in weights], rest / total
    if sampler.min_p:
        kept = [share for share in shares if share >= sampler.min_p * shares[0]]
        if len(kept) < len(shares):
            if at is None or at >= len(kept):
                return _UNSURE if at is not None and shares[at] >= 0.9 * sampler.min_p * shares[0] else None
            shares, rest = kept, 0.0
    if sampler.top_p < 1.0:
        kept, rest, before = _nucleus(shares, rest, sampler.top_p, is_most=is_most)
        if len(kept) < len(shares) and (at is None or at >= len(kept)):
            mass = before if at is None else sum(shares[:at])
            return _UNSURE if mass < sampler.top_p + EDGE else None
        shares = kept
    return _lumped(shares, rest, at)


def _rest(known: Sequence[float], temperature: float, *, is_most: bool) -> float:
    """Bounds of the sum of p ** (1 / temperature) over the tokens that were not listed."""
    mass, largest = max(0.0, 1.0 - sum(known)), min(known)
    if mass <= 0.0 or largest <= 0.0:
        return 0.0
    power = 1.0 / temperature
    packed = mass * largest ** (power - 1.0)
    if temperature == 1.0:
        return mass
    if power > 1.0:
        return packed if is_most else 0.0
    return float(mass**power * VOCABULARY ** (1.0 - power)) if is_most else packed


def _nucleus(shares: Sequence[float], rest: float, top_p: float, *, is_most: bool) -> tuple[list[float], float, float]:
    """The smallest set of likeliest tokens that holds `top_p`; the rest's part in it; the listed mass."""
    total = 0.0
    for n, share in enumerate(shares, 1):
        total += share
        if total >= top_p:
            return list(shares[:n]), 0.0, total
    return list(shares), min(rest, top_p - total + (shares[-1] if is_most else 0.0)), total


def _lumped(shares: Sequence[float], rest: float, at: int | None) -> Outcome | _Unsure:
    total = sum(shares) + rest
    found = [share / total for share in shares]
    if rest > 1e-9 * total:
        found.append(rest / total)
    elif at is None:
        return _UNSURE
    drawn = len(found) - 1 if at is None else at
    return Outcome(tuple(found), drawn) if min(found) > 0.0 else _UNSURE


@dataclass(frozen=True, slots=True)
class Consistency:
    """What a series of choices looks like beside honest sampling.

    `z`: (sum of surprises - sum of entropies) / sqrt(sum of variances), bounded towards 0; `p_sum` two-sided.
    `z_normalised`: sum of (s_t - H_t)/sd_t over steps with sd_t > 0.05 bits, by sqrt(their number).
    `p_drift`: of the largest CUSUM of either sign; `onset`, `peak` are its steps' token indexes.
    `impossible`: token indexes that the sampler could not draw; `p_impossible` against a rate of accidents.
    """

    n: int
    z: float
    z_normalised: float
    p_sum: float
    p_drift: float
    onset: int
    peak: int
    impossible: tuple[int, ...]
    p_impossible: float

    @property
    def p(self) -> float:
        """Of the three together, Bonferroni."""
        return min(1.0, 3.0 * min(self.p_sum, self.p_drift, self.p_impossible))


def consistency(steps: Sequence[Step], *, accidents: float = 0.002, n_draws: int = 2_000, seed: int = 0) -> Consistency:
    """Test a series of steps against honest sampling.

    Parameters
    ----------
    steps : at least one that is possible.
    accidents : share of tokens outside the sampler's support that differing arithmetic may bring about.
    n_draws : honest series that are drawn from the same distributions for the p-values of sum and drift.

    Returns
    -------
    Consistency; its p is in (0, 1], lower is less like honest sampling.

    References
    ----------
    Page, "Continuous inspection schemes", Biometrika 41 (1954).
    """
    import numpy as np
    from scipy.stats import binom, norm

    kept = [(step, step.least, step.most) for step in steps if step.least is not None and step.most is not None]
    impossible = tuple(step.index for step in steps if step.is_impossible)
    p_impossible = float(binom.sf(len(impossible) - 1, len(steps), accidents)) if impossible else 1.0
    low = [min(a.surprise - a.entropy, b.surprise - b.entropy) for _, a, b in kept]
    high = [max(a.surprise - a.entropy, b.surprise - b.entropy) for _, a, b in kept]
    variance = sum(max(a.variance, b.variance) for _, a, b in kept)
    if variance <= 0.0:
        return Consistency(len(kept), 0.0, 0.0, 1.0, 1.0, 0, 0, impossible, p_impossible)
    # Where the bounds of a step enclose 0, it counts as honest.
    excess = np.array([a if a > 0 else min(b, 0.0) for a, b in zip(low, high, strict=True)])
    outcomes = [a if abs(a.surprise - a.entropy) <= abs(b.surprise - b.entropy) else b for _, a, b in kept]
    z = float(_nearest_zero(sum(low), sum(high)) / math.sqrt(variance))
    slack = 0.25 * math.sqrt(variance / len(kept))
    drift, onset, peak = _largest_drift(excess, slack)
    sums, drifts = _honest(outcomes, slack, n_draws, np.random.default_rng(seed))
    rank = float((1 + np.sum(np.abs(sums) >= abs(z) * math.sqrt(variance))) / (n_draws + 1))
    normal = [(o.surprise - o.entropy) / math.sqrt(o.variance) for o in outcomes if o.variance > 0.05**2]
    return Consistency(
        n=len(kept),
        z=z,
        z_normalised=sum(normal) / math.sqrt(len(normal)) if normal else 0.0,
        # Beyond what so many draws can tell, the central limit theorem speaks.
        p_sum=rank if rank > 2 / (n_draws + 1) else min(rank, float(2 * norm.sf(abs(z)))),
        p_drift=float((1 + np.sum(drifts >= drift)) / (n_draws + 1)),
        onset=kept[onset][0].index,
        peak=kept[peak][0].index,
        impossible=impossible,
        p_impossible=p_impossible,
    )


def _nearest_zero(low: float, high: float) -> float:
    return low if low > 0 else min(high, 0.0)


def _largest_drift(excess: Iterable[float], slack: float) -> tuple[float, int, int]:
    """The largest CUSUM of either sign, and where it began and peaked."""
    best, place = 0.0, (0, 0)
    for sign in (1.0, -1.0):
        total, start = 0.0, 0
        for index, value in enumerate(excess):
            if total <= 0.0:
                total, start = 0.0, index
            total += sign * value - slack
            if total > best:
                best, place = total, (start, index)
    return best, *place


def _honest(outcomes: Sequence[Outcome], slack: float, n_draws: int, draw: Any) -> tuple[Any, Any]:
    """Sums of excess surprise, and largest drifts, of honest series: (n_draws,) each."""
    import numpy as np

    total, up, down, largest = (np.zeros(n_draws) for _ in range(4))
    for outcome in outcomes:
        p = np.array(outcome.probabilities)
        chosen = np.minimum(np.searchsorted(np.cumsum(p), draw.random(n_draws), side="right"), len(p) - 1)
        excess = (-np.log2(p) - outcome.entropy)[chosen]
        total += excess
        up, down = np.maximum(up, 0) + excess - slack, np.maximum(down, 0) - excess - slack
        largest = np.maximum(largest, np.maximum(up, down))
    return total, largest
