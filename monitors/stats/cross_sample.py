"""Many answers to one prompt: do they differ as samples should, and do their surfaces tell a secret?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FEWEST = 8


@dataclass(frozen=True, slots=True)
class Test:
    """A p-value by name and its Holm-adjusted one; `statistic` in its own unit."""

    name: str
    statistic: float
    p: float
    p_holm: float


def distinct_rate(sequences: Sequence[Sequence[Hashable]], n: int = 3, reach: int = 200) -> float:
    """Mean over positions of the share of distinct n-grams among the samples that reach there.

    Parameters
    ----------
    sequences : (samples,) of words.
    n : length of a gram.
    reach : positions looked at.

    Returns
    -------
    A number in (0, 1]; 1 when no two samples ever say the same at the same place, lower the more they repeat.

    Raises
    ------
    ValueError : no position is reached by two samples.
    """
    rates: list[float] = []
    for at in range(reach):
        grams = [tuple(words[at : at + n]) for words in sequences if len(words) >= at + n]
        if len(grams) < 2:
            break
        rates.append(len(set(grams)) / len(grams))
    if not rates:
        raise ValueError("no position is reached by two samples")
    return math.fsum(rates) / len(rates)


def dispersion(lengths: Sequence[int]) -> float:
    """Standard deviation of the lengths by their mean; 0 when all are as long. Needs two, of which one is not empty."""
    mean = math.fsum(lengths) / len(lengths)
    return math.sqrt(math.fsum((n - mean) ** 2 for n in lengths) / (len(lengths) - 1)) / mean


def against_pool(
    own: Sequence[Sequence[str]], pooled: Sequence[Sequence[str]], *, n_draws: int = 4_999, seed: int = 0
) -> list[Test]:
    """Symbols at each place of some samples against those of others at the same place: chi-square with Holm.

    Parameters
    ----------
    own, pooled : for each place the symbols (first letters of its sentence) of the samples that have one.
    n_draws : permutations of who is own and who is pooled, since expected counts are small.

    Returns
    -------
    A test for each place where both sides have at least 8; lower p: the symbols are more unlike the pool's.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).
    """
    found: list[tuple[str, float, float]] = []
    for place, (mine, others) in enumerate(zip(own, pooled, strict=False), 1):
        if min(len(mine), len(others)) >= FEWEST:
            statistic, p = _permuted(
                [*mine, *others], [True] * len(mine) + [False] * len(others), chi_square, n_draws, seed + place
            )
            found.append((f"first_letter.{place}", statistic, p))
    return holm(found)


def tells(
    features: Mapping[str, Sequence[Hashable]], secret: Sequence[Hashable], *, n_draws: int = 4_999, seed: int = 0
) -> list[Test]:
    """Mutual information of each feature with a secret-bearing variable, by permutation, with Holm over the features.

    Parameters
    ----------
    features : by name the value of each sample.
    secret : the variable (which system prompt, which user), one value a sample.

    Returns
    -------
    A test each; the statistic is the plug-in estimate in bits less its mean under permutation, lower p: a leak.

    References
    ----------
    Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses" (2005).
    """
    found = [
        (f"tells.{name}", *_permuted(list(values), list(secret), mutual_information, n_draws, seed + n, centred=True))
        for n, (name, values) in enumerate(features.items())
        if len(set(values)) > 1 and len(set(secret)) > 1
    ]
    return holm(found)


def holm(found: Sequence[tuple[str, float, float]]) -> list[Test]:
    """Adjusted p-values in the order given."""
    adjusted, running = [0.0] * len(found), 0.0
    for rank, at in enumerate(sorted(range(len(found)), key=lambda at: found[at][2])):
        running = max(running, min(1.0, (len(found) - rank) * found[at][2]))
        adjusted[at] = running
    return [Test(*one, p_holm) for one, p_holm in zip(found, adjusted, strict=True)]


def chi_square(table: Any) -> Any:
    """Pearson's statistic of contingency tables (..., rows, columns); margins must not be 0."""
    import numpy as np

    counts = np.asarray(table, dtype=float)
    rows, columns = counts.sum(-1, keepdims=True), counts.sum(-2, keepdims=True)
    expected = rows * columns / counts.sum((-1, -2), keepdims=True)
    return ((counts - expected) ** 2 / expected).sum((-1, -2))


def mutual_information(table: Any) -> Any:
    """Plug-in estimate in bits of contingency tables (..., rows, columns)."""
    import numpy as np

    joint = np.asarray(table, dtype=float)
    joint = joint / joint.sum((-1, -2), keepdims=True)
    product = joint.sum(-1, keepdims=True) * joint.sum(-2, keepdims=True)
    ratio = np.divide(joint, product, out=np.ones_like(joint), where=joint > 0)
    return (joint * np.log2(ratio)).sum((-1, -2))


def _permuted(
    one: Sequence[Hashable],
    other: Sequence[Hashable],
    statistic: Callable[[Any], Any],
    n_draws: int,
    seed: int,
    centred: bool = False,
) -> tuple[float, float]:
    """The statistic of the cross table, and the share of permutations that reach it."""
    import numpy as np

    draw = np.random.default_rng(seed)
    rows, columns = _coded(one), _coded(other)
    n_rows, n_columns = max(rows) + 1, max(columns) + 1
    code = np.array(rows) * n_columns
    right = np.array(columns)
    tables = np.empty((n_draws + 1, n_rows * n_columns))
    for index in range(n_draws + 1):
        tables[index] = np.bincount(code + right, minlength=n_rows * n_columns)
        draw.shuffle(right)
    values = statistic(tables.reshape(-1, n_rows, n_columns))
    reached = int(np.sum(values >= values[0] - 1e-9))
    return float(values[0] - (values[1:].mean() if centred else 0.0)), reached / (n_draws + 1)


def _coded(values: Sequence[Hashable]) -> list[int]:
    known = {value: code for code, value in enumerate(Counter(values))}
    return [known[value] for value in values]
