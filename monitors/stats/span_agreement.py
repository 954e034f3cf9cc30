"""Agreement on marked stretches of text: by steps, beyond chance; and stretch by stretch, without."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from monitors.stats.bootstrap import Weights
from monitors.stats.estimate import Estimate, estimate
from monitors.stats.ratings import Floats, alpha_draws, coding

NO_MARK = "nobody marked anything"
NO_VARIATION = "every step is marked alike: chance cannot be told from agreement"
# Whether either of two raters marked a step: all there is to a unit.
PATTERNS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """`place` names the text; start and end are offsets into it, end exclusive."""

    place: int
    start: int
    end: int
    label: str


def iou(one: Stretch, other: Stretch) -> float:
    """Length of what two stretches share, as a share of what either covers.

    |a and b| / |a or b|; 0 in different texts.

    Parameters
    ----------
    one, other : stretches of at least one character.

    Returns
    -------
    float in [0, 1], higher is more overlap; 1 is the same stretch.

    References
    ----------
    Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11 (1912).
    """
    if one.place != other.place:
        return 0.0
    shared = max(0, min(one.end, other.end) - max(one.start, other.start))
    return shared / (one.end - one.start + other.end - other.start - shared)


def matched(first: Sequence[Stretch], second: Sequence[Stretch], *, at: float = 0.5) -> int:
    """Pairs of stretches of one label that overlap by `at` or more, each used once, the best pairs first.

    Parameters
    ----------
    first, second : stretches of two raters in the same text or texts.
    at : least intersection over union in (0, 1]; 1 asks for the same borders.

    Returns
    -------
    Number of pairs, at most that of the shorter list.

    Notes
    -----
    Greedy by overlap. Above one half a stretch has one partner at most where a rater's own do not overlap, and greedy
    is then the best there is.

    References
    ----------
    Hripcsak and Rothschild, "Agreement, the F-measure, and reliability", J. Am. Med. Inform. Assoc. 12 (2005).
    """
    found = sorted(
        ((iou(a, b), -m, -n) for m, a in enumerate(first) for n, b in enumerate(second) if a.label == b.label),
        reverse=True,
    )
    left, right = set[int](), set[int]()
    for overlap, m, n in found:
        if overlap >= at and m not in left and n not in right:
            left.add(m)
            right.add(n)
    return len(left)


def span_f1(
    n_matched: Sequence[int], n_marked: Sequence[int], groups: Sequence[Hashable], *, n_draws: int = 1000, seed: int = 0
) -> Estimate:
    """F1 of one rater's stretches against another's, with its interval over texts.

    F1 = 2 sum of matched pairs / sum of stretches of both.

    Parameters
    ----------
    n_matched : (texts,) matched pairs of each.
    n_marked : (texts,) stretches of both raters in each.
    groups : (texts,) cluster of each.
    n_draws, seed : of the cluster bootstrap.

    Returns
    -------
    Estimate in [0, 1], higher is more agreement, chance not taken away; a reason where nobody marked anything.

    Notes
    -----
    Symmetric in the raters. With many more places to mark than marks, kappa tends to F1.

    References
    ----------
    Hripcsak and Rothschild, J. Am. Med. Inform. Assoc. 12 (2005).
    """
    pairs, marks = np.asarray(n_matched, dtype=np.float64), np.asarray(n_marked, dtype=np.float64)

    def draws(weights: Weights) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = 2.0 * (weights @ pairs) / (weights @ marks)
        return found

    return estimate(draws, groups, undefined=NO_MARK, n_draws=n_draws, seed=seed)


def step_alpha(
    counts: Sequence[tuple[int, int, int, int]], groups: Sequence[Hashable], *, n_draws: int = 1000, seed: int = 0
) -> Estimate:
    """Krippendorff's nominal alpha over steps that two raters marked or not, with its interval over texts.

    alpha as `krippendorff_alpha` has it, each step a unit with two ratings; texts are resampled whole.

    Parameters
    ----------
    counts : (texts, 4) steps that neither, only the second, only the first, and both marked.
    groups : (texts,) cluster of each.
    n_draws, seed : of the cluster bootstrap.

    Returns
    -------
    Estimate, at most 1, higher is more agreement; 0 is chance. A reason where all steps are marked alike.

    Notes
    -----
    Units of one pattern weigh alike, so four of them stand for all steps: a text of any length costs the same.

    References
    ----------
    Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).
    Field and Welsh, "Bootstrapping clustered data", J. R. Statist. Soc. B 69 (2007).
    """
    coded = coding(PATTERNS, (0, 1))
    table = np.asarray(counts, dtype=np.float64).reshape(-1, len(PATTERNS))
    return estimate(
        lambda weights: alpha_draws(coded, "nominal", weights @ table),
        groups,
        undefined=NO_VARIATION,
        n_draws=n_draws,
        seed=seed,
    )
