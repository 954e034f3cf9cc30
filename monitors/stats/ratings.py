"""Ratings of units as counts, and the coefficients of agreement under many weightings of the units at once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The difference between two ratings: all alike, by rank, or by number.
Level = Literal["nominal", "ordinal", "interval"]
# How much agreement a near miss is: none, or falling with the distance in ranks, or with its square.
Weighting = Literal["identity", "linear", "quadratic"]

Ratings = Sequence[Sequence[Hashable | None]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coded:
    """Ratings as counts: (units, categories) of each category, and (units, categories, categories) of rater pairs."""

    categories: tuple[Hashable, ...]
    counts: Floats
    both: Floats
    raters: int

    @property
    def paired(self) -> NDArray[np.bool_]:
        enough: NDArray[np.bool_] = self.counts.sum(axis=1) >= 2
        return enough


def raw_draws(coded: Coded, drawn: Floats | None = None) -> Floats:
    """`raw_agreement` under weights (draws, units); NaN where no weighted unit has two ratings."""
    return _weighted_agreement(coded, np.eye(len(coded.categories)), _drawn(coded, drawn))


def ac_draws(coded: Coded, weights: Weighting | ArrayLike = "identity", drawn: Floats | None = None) -> Floats:
    """`gwet_ac` under weights (draws, units)."""
    table, weighted = _weight_table(coded, weights), _drawn(coded, drawn)
    n_categories = len(coded.categories)
    if n_categories < 2:
        return np.full(len(weighted), np.nan)
    rated = coded.counts.sum(axis=1)
    share = np.divide(coded.counts, rated[:, None], out=np.zeros_like(coded.counts), where=rated[:, None] > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        prevalence = weighted @ share / (weighted @ (rated > 0).astype(np.float64))[:, None]
        chance = table.sum() * (prevalence * (1.0 - prevalence)).sum(axis=1) / (n_categories * (n_categories - 1))
        return _beyond(_weighted_agreement(coded, table, weighted), chance)


def kappa_draws(coded: Coded, weights: Weighting | ArrayLike = "identity", drawn: Floats | None = None) -> Floats:
    """`cohen_kappa` under weights (draws, units)."""
    table, weighted = _weight_table(coded, weights), _drawn(coded, drawn)
    size = len(coded.categories)
    joint = (weighted @ coded.both.reshape(len(coded.both), size * size)).reshape(len(weighted), size, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        joint = joint / joint.sum(axis=(1, 2), keepdims=True)
        product = joint.sum(axis=2)[:, :, None] * joint.sum(axis=1)[:, None, :]
        return _beyond((joint * table).sum(axis=(1, 2)), (product * table).sum(axis=(1, 2)))


def alpha_draws(coded: Coded, level: Level = "nominal", drawn: Floats | None = None) -> Floats:
    """`krippendorff_alpha` under weights (draws, units)."""
    weighted, size = _drawn(coded, drawn), len(coded.categories)
    counts = coded.counts * coded.paired[:, None]
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(size)
    pairs = pairs / np.maximum(counts.sum(axis=1) - 1.0, 1.0)[:, None, None]
    observed = (weighted @ pairs.reshape(len(pairs), size * size)).reshape(len(weighted), size, size)
    frequency = observed.sum(axis=2)
    distance = _distances(coded.categories, level, frequency)
    expected = (frequency[:, :, None] * frequency[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (frequency.sum(axis=1) - 1.0) * (observed * distance).sum(axis=(1, 2)) / expected
        return np.where(expected > 0.0, 1.0 - ratio, np.nan)


def _weighted_agreement(coded: Coded, table: Floats, weighted: Floats) -> Floats:
    rated = coded.counts.sum(axis=1)
    near = (coded.counts * (coded.counts @ table - np.diag(table))).sum(axis=1)
    within = np.divide(near, rated * (rated - 1.0), out=np.zeros_like(near), where=coded.paired)
    with np.errstate(invalid="ignore", divide="ignore"):
        agreed: Floats = weighted @ within / (weighted @ coded.paired.astype(np.float64))
    return agreed


def _beyond(observed: Floats, chance: Floats) -> Floats:
    # Chance agreement of 1 up to rounding: all is one category, and the quotient of two roundings would be noise.
    return np.where(chance < 1.0 - 1e-12, (observed - chance) / (1.0 - chance), np.nan)


def _distances(categories: tuple[Hashable, ...], level: Level, frequency: Floats) -> Floats:
    size = len(categories)
    if level == "nominal":
        return np.broadcast_to(1.0 - np.eye(size), (len(frequency), size, size))
    if level == "interval":
        value = np.array([_number(category) for category in categories])
        return np.broadcast_to((value[:, None] - value[None, :]) ** 2, (len(frequency), size, size))
    # Between the middles of two categories lie all that is between, and half of each.
    middle = np.cumsum(frequency, axis=1) - frequency / 2.0
    ordinal: Floats = (middle[:, :, None] - middle[:, None, :]) ** 2
    return ordinal


def _weight_table(coded: Coded, weights: Weighting | ArrayLike) -> Floats:
    size = len(coded.categories)
    if not isinstance(weights, str):
        table = np.asarray(weights, dtype=np.float64)
        if table.shape != (size, size):
            raise ValueError(f"weights {table.shape} for {size} categories")
        return table
    gap = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    tables = {"identity": np.eye(size), "linear": 1.0 - gap, "quadratic": 1.0 - gap**2}
    return tables[weights]


def coding(ratings: Ratings, categories: Sequence[Hashable] | None = None) -> Coded:
    seen = {value for row in ratings for value in row if value is not None}
    known = tuple(categories) if categories is not None else tuple(sorted(seen, key=order))
    if not seen <= set(known):
        raise ValueError(f"{len(seen - set(known))} ratings are of no known category")
    place = {category: number for number, category in enumerate(known)}
    size, raters = len(known), max((len(row) for row in ratings), default=0)
    counts, both = np.zeros((len(ratings), size)), np.zeros((len(ratings), size, size) if raters == 2 else (0, 0, 0))
    for unit, row in enumerate(ratings):
        given = [place[value] for value in row if value is not None]
        np.add.at(counts[unit], given, 1.0)
        if raters == 2 and len(given) == 2:
            both[unit, given[0], given[1]] = 1.0
    return Coded(known, counts, both, raters)


def _drawn(coded: Coded, drawn: Floats | None) -> Floats:
    return np.ones((1, len(coded.counts))) if drawn is None else drawn


def _number(category: Hashable) -> float:
    if isinstance(category, bool | int | float):
        return float(category)
    raise ValueError("the interval level needs numbers as ratings")


def order(value: Any) -> tuple[int, Any]:
    """Numbers by size before words by alphabet."""
    return (0, value) if isinstance(value, bool | int | float) else (1, str(value))
