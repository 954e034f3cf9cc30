"""Two classes of texts told apart within each writer, with intervals by problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitors.stats.bootstrap import percentile_intervals
from monitors.stats.errors import UndefinedMetric
from monitors.stats.roc import metrics

Floats = NDArray[np.float64]

# With fewer negatives of a writer, 5 % of them is not even half a text.
_FEWEST_NEGATIVES = 10


class Text(NamedTuple):
    """One text of a contrast. `stratum` is its writer, `group` the problem that it answers."""

    text: str
    prompt: str
    is_positive: bool
    stratum: str
    group: str


@dataclass(frozen=True, slots=True)
class Contrast:
    """Texts whose strata hold both classes; `n_unpaired` are left out because theirs does not."""

    name: str
    texts: tuple[Text, ...]
    n_unpaired: int

    @classmethod
    def of(cls, name: str, texts: Sequence[Text]) -> Contrast:
        classes = {stratum: {t.is_positive for t in texts if t.stratum == stratum} for stratum in _strata(texts)}
        kept = tuple(text for text in texts if len(classes[text.stratum]) == 2)
        return cls(name, kept, len(texts) - len(kept))


def told_apart(contrast: Contrast, scores: Sequence[float | None]) -> dict[str, Any]:
    """AUROC and TPR at 5 % FPR over pairs of one writer, each with its interval.

    AUROC = sum_w m_w n_w AUROC_w / sum_w m_w n_w and TPR = sum_w m_w TPR_w / sum_w m_w, over writers w with m_w
    positives and n_w negatives; thresholds are set for each writer.

    Parameters
    ----------
    contrast : n texts.
    scores : (n,) floats, higher is more suspicious; None where there is no score: such texts are left out.

    Returns
    -------
    dict of n, positives, problems and writers, `auroc` and `tpr_at_5` with value, low and high; higher is better.

    References
    ----------
    Pepe, "The Statistical Evaluation of Medical Tests", section 6.2 (2003).
    """
    rows = [(text, float(score)) for text, score in zip(contrast.texts, scores, strict=True) if score is not None]
    kept = Contrast.of(contrast.name, [text for text, _ in rows])
    values = [score for text, score in rows if text in set(kept.texts)]
    found: dict[str, Any] = {
        "n": len(kept.texts),
        "positives": sum(text.is_positive for text in kept.texts),
        "problems": len({text.group for text in kept.texts}),
        "writers": _strata(kept.texts),
        "unmeasured": len(scores) - len(rows),
    }
    if not kept.texts:
        return found | {"auroc": None, "tpr_at_5": None}
    return found | _with_intervals(kept, np.array(values))


def _with_intervals(contrast: Contrast, values: Floats) -> dict[str, Any]:
    strata = np.array([text.stratum for text in contrast.texts])
    y_true = np.array([text.is_positive for text in contrast.texts])
    groups = [text.group for text in contrast.texts]

    def statistic(weights: Floats) -> tuple[Floats, Floats]:
        return _statistics(y_true, values, strata, weights)

    points = statistic(np.ones((1, len(values))))
    try:
        intervals: Sequence[Any] = percentile_intervals(statistic, groups)
    except UndefinedMetric as error:
        return {
            name: {"value": _number(point[0]), "low": None, "high": None, "reason": str(error)}
            for name, point in zip(("auroc", "tpr_at_5"), points, strict=True)
        }
    return {
        name: {"value": _number(point[0]), "low": interval.low, "high": interval.high}
        for name, point, interval in zip(("auroc", "tpr_at_5"), points, intervals, strict=True)
    }


def _statistics(
    y_true: NDArray[np.bool_], values: Floats, strata: NDArray[np.str_], weights: Floats
) -> tuple[Floats, Floats]:
    """Each (draws,); NaN where no writer has both classes in a draw."""
    n_draws = len(weights)
    wins, pairs, found, positives = (np.zeros(n_draws) for _ in range(4))
    for stratum in np.unique(strata):
        of = strata == stratum
        own = weights[:, of]
        measured = metrics(y_true[of], values[of], own)
        m, n = own[:, y_true[of]].sum(axis=1), own[:, ~y_true[of]].sum(axis=1)
        has_both = (m > 0) & (n > 0)
        wins += np.where(has_both, np.nan_to_num(measured.auroc) * m * n, 0.0)
        pairs += np.where(has_both, m * n, 0.0)
        if np.count_nonzero(of & ~y_true) >= _FEWEST_NEGATIVES:
            found += np.where(has_both, np.nan_to_num(measured.tpr_at_fpr_5) * m, 0.0)
            positives += np.where(has_both, m, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return wins / pairs, found / positives


def _strata(texts: Sequence[Text]) -> list[str]:
    return sorted({text.stratum for text in texts})


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
