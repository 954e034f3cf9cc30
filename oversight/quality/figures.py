"""The figures of a report, as JSON: all by `monitors.stats`, each with its interval, its n, or why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.stats.agreement import Agreement, agreement
from monitors.stats.bands import Band, precision_recall_band, roc_band
from monitors.stats.bootstrap import Weights
from monitors.stats.claims import claim, n_for_bound
from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate, estimates
from monitors.stats.paired import mcnemar
from monitors.stats.roc import Metrics, auroc, metrics
from oversight.quality.calibration import calibration
from oversight.quality.labels import LEAST_OF_CLASS, Source
from oversight.quality.rows import Rows

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Figures = dict[str, Any]

N_BINS = 20
MOST_SLICES = 12
# As on the quality page of the library: a rate needs so many negatives to be more than a handful of texts.
LEAST_NEGATIVES = {"tpr_at_fpr_1": 300, "tpr_at_fpr_5": 20}
TITLES = {"auroc": "AUROC", "auprc": "Average precision", "tpr_at_fpr_1": "TPR at 1 %", "tpr_at_fpr_5": "TPR at 5 %"}


@dataclass(frozen=True, slots=True)
class Other:
    """Another score of the same transcripts: NaN where there is none. `flags` where it has a threshold."""

    name: str
    title: str
    score: Floats
    note: str = ""
    flags: Flags | None = None


def figures_of(
    rows: Rows, source: Source, flags: Flags, *, baselines: Sequence[Other] = (), versus: Other | None = None
) -> Figures:
    """Everything that the page shows of one selection but for its operating table, which depends on a budget."""
    why_not = too_few(rows.positive)
    length = length_of(rows)
    others = [*([length] if length else []), *baselines]
    return {
        **counts(rows),
        "why_not": why_not,
        "metrics": said_all(discrimination(rows, rows.score)),
        "curves": {} if why_not else curves(rows, others),
        "calibration": calibration(rows, source),
        "histogram": histogram(rows),
        "baselines": [beside(rows, other) for other in others],
        "slices": {"source": slices(rows, rows.sources, length), "model": slices(rows, rows.models, length)},
        "versus": against(rows, flags, versus) if versus else None,
        "agreement": None if source.is_truth else agreed(rows, flags),
        "claims": claims(rows, flags),
    }


def counts(rows: Rows) -> Figures:
    """How many there are of what."""
    return {
        "n": rows.n,
        "n_positive": rows.n_positive,
        "n_groups": len(set(rows.groups)),
        "n_audit": rows.n_audit,
        "n_blind": rows.n_blind,
        "excluded": dict(rows.excluded),
        "is_capped": rows.is_capped,
        "judges": sorted(rows.judges),
    }


def too_few(positive: Flags) -> str:
    """Why nothing can be estimated from these labels; empty when something can."""
    n_positive, n = int(positive.sum()), int(positive.size)
    if min(n_positive, n - n_positive) >= LEAST_OF_CLASS:
        return ""
    return f"{n_positive} positive, {n - n_positive} negative; {LEAST_OF_CLASS} of each are the fewest"


def discrimination(rows: Rows, score: Floats) -> dict[str, Estimate]:
    """Each metric of `roc.Metrics`, weighted by inclusion probability, resampling groups."""

    def draws(weights: Weights) -> Metrics:
        return metrics(rows.positive, score, weights * rows.weights)

    return _metrics(rows, draws)


def difference(rows: Rows, first: Floats, second: Floats) -> dict[str, Estimate]:
    """First less second on the same resampled groups, as `paired.compare` has it."""

    def draws(weights: Weights) -> list[Floats]:
        drawn = weights * rows.weights
        pairs = zip(metrics(rows.positive, first, drawn), metrics(rows.positive, second, drawn), strict=True)
        return [one - other for one, other in pairs]

    return _metrics(rows, draws)


def _metrics(rows: Rows, draws: Callable[[Weights], Sequence[Floats]]) -> dict[str, Estimate]:
    if why_not := too_few(rows.positive):
        return dict.fromkeys(Metrics._fields, Estimate(None, reason=why_not))
    found = {
        name: _spread(estimate) for name, estimate in zip(Metrics._fields, estimates(draws, rows.groups), strict=True)
    }
    n_negative = rows.n - rows.n_positive
    for name, least in LEAST_NEGATIVES.items():
        if n_negative < least:
            found[name] = Estimate(None, reason=f"{n_negative} negatives; {least} are the fewest")
    return found


def _spread(estimate: Estimate) -> Estimate:
    """Where all draws are the same, as with classes that do not overlap, resampling says nothing of uncertainty."""
    if estimate.low is None or estimate.low != estimate.high:
        return estimate
    return Estimate(estimate.value, reason="every resampling of these labels gives the same")


def said(estimate: Estimate) -> Figures:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "reason": estimate.reason}


def said_all(found: dict[str, Estimate]) -> Figures:
    return {name: said(estimate) for name, estimate in found.items()}


def curves(rows: Rows, others: Sequence[Other]) -> Figures:
    """The monitor's with its bands, and each other score's that all of the transcripts have."""
    weights = rows.weights
    return {
        "roc": _band(roc_band(rows.positive, rows.score, rows.groups, weights=weights)),
        "pr": _band(precision_recall_band(rows.positive, rows.score, rows.groups, weights=weights)),
        "others": [
            {
                "title": one.title,
                "roc": _line(roc_band(rows.positive, one.score, _together(rows), weights=weights)),
                "pr": _line(precision_recall_band(rows.positive, one.score, _together(rows), weights=weights)),
            }
            for one in others
            if not np.isnan(one.score).any()
        ],
        "prevalence": float(np.average(rows.positive, weights=rows.weights)),
    }


def _together(rows: Rows) -> Sequence[int]:
    """All in one group: a curve without a band, which a chart of several could not show."""
    return [0] * rows.n


def _band(band: Band) -> Figures:
    return {**_line(band), "low": band.low.tolist(), "high": band.high.tolist(), "reason": band.reason}


def _line(band: Band) -> Figures:
    return {"x": band.x.tolist(), "y": band.value.tolist()}


def histogram(rows: Rows) -> Figures:
    """How many of each label lie in each twentieth of [0, 1]."""
    edges = np.linspace(0.0, 1.0, N_BINS + 1)
    return {
        "positive": np.histogram(rows.score[rows.positive], edges)[0].tolist(),
        "negative": np.histogram(rows.score[~rows.positive], edges)[0].tolist(),
    }


def length_of(rows: Rows) -> Other | None:
    """Characters of the whole transcript, in the direction that suits these labels better: a floor that is too high.

    None where there is no direction: nothing can be estimated.
    """
    if too_few(rows.positive):
        return None
    longer = auroc(rows.positive, rows.n_chars) >= 0.5
    note = f"{'longer' if longer else 'shorter'} is more suspicious, the better direction on these labels"
    return Other("length", "Length", rows.n_chars if longer else -rows.n_chars, note)


def beside(rows: Rows, other: Other) -> Figures:
    """A baseline's own figures, and by how much the monitor is better on the transcripts that both scored."""
    common = of(rows, ~np.isnan(other.score))
    score = other.score[~np.isnan(other.score)]
    return {
        "name": other.name,
        "title": other.title,
        "note": other.note,
        "n": common.n,
        "n_positive": common.n_positive,
        "metrics": said_all(discrimination(common, score)),
        "difference": said_all(difference(common, common.score, score)),
    }


def of(rows: Rows, chosen: Flags) -> Rows:
    """Some of the rows."""
    places = np.flatnonzero(chosen)
    return replace(
        rows,
        ids=tuple(rows.ids[i] for i in places),
        positive=rows.positive[chosen],
        score=rows.score[chosen],
        groups=tuple(rows.groups[i] for i in places),
        inclusion=rows.inclusion[chosen],
        models=tuple(rows.models[i] for i in places),
        sources=tuple(rows.sources[i] for i in places),
        n_chars=rows.n_chars[chosen],
    )


def slices(rows: Rows, names: Sequence[str], length: Other | None) -> Figures:
    """AUROC by model or by data set, the largest first, with that of the length beside it."""
    by = Counter(names).most_common()
    listed = np.array(names, dtype=object)
    found = [_slice(rows, name, listed == name, length) for name, _ in by[:MOST_SLICES]]
    return {"rows": found, "n_more": len(by) - len(found)}


def _slice(rows: Rows, name: str, chosen: Flags, length: Other | None) -> Figures:
    part = of(rows, chosen)
    floor = discrimination(part, length.score[chosen])["auroc"] if length else Estimate(None, reason="")
    return {
        "name": name,
        "n": part.n,
        "n_positive": part.n_positive,
        "auroc": said(discrimination(part, part.score)["auroc"]),
        "length": said(floor),
    }


def against(rows: Rows, flags: Flags, other: Other) -> Figures:
    """Another version on the same transcripts: differences of each metric, and of the flags at each one's threshold."""
    found = beside(rows, other)
    both = ~np.isnan(other.score)
    if other.flags is None:
        return {**found, "flags": None}
    first = _one_a_group(rows, both)
    ours, theirs = flags[first], other.flags[first]
    result = {"n": len(first), "ours": int(flags[both].sum()), "theirs": int(other.flags[both].sum())}
    try:
        split = mcnemar(rows.positive[first], ours, theirs)
    except UndefinedMetric as error:
        return {**found, "flags": {**result, "reason": str(error)}}
    test = {"only_ours": split.only_first, "only_theirs": split.only_second, "p": split.p, "reason": ""}
    return {**found, "flags": {**result, **test}}


def _one_a_group(rows: Rows, chosen: Flags) -> list[int]:
    """The first of each group: an exact test is of independent texts."""
    first: dict[str, int] = {}
    for place in np.flatnonzero(chosen):
        first.setdefault(rows.groups[place], int(place))
    return sorted(first.values())


def agreed(rows: Rows, flags: Flags) -> Figures:
    """Flags and labels as two raters, what chance gives taken off; beside it the share of the larger class."""
    try:
        found: Agreement = agreement(list(zip(flags.tolist(), rows.positive.tolist(), strict=True)))
    except UndefinedMetric as error:
        return {"reason": str(error)}
    figures = {name: said(getattr(found, name)) for name in ("raw", "kappa", "ac", "alpha")}
    return {**figures, "dominant": found.dominant.share, "n": found.n_paired, "reason": ""}


def claims(rows: Rows, flags: Flags) -> list[Figures]:
    """What 0, or k, of n independent texts exclude: false alarms among negatives, misses among positives."""
    found = []
    for name, of_class, is_error in (
        ("false alarms", ~rows.positive, flags),
        ("missed", rows.positive, ~flags),
    ):
        first = _one_a_group(rows, of_class)
        n, k = len(first), int(is_error[first].sum())
        needed = n_for_bound(0.01)
        text = claim(k, n) if n else ""
        found.append({"name": name, "n": n, "k": k, "claim": text, "needed": needed, "reason": "" if n else "no text"})
    return found
