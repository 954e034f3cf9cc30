"""Thresholds from clean data: set on one half of a model's clean scores, reported on the other."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from monitors.stats.errors import UndefinedMetric
from monitors.stats.threshold import AlertRate, alert_rate, conformal_threshold, half, least_n
from oversight.monitoring.models import Deployment, MonitorRun, Score
from oversight.review.models import Verdict, VerdictLabel

ALPHAS = (0.05, 0.02, 0.01, 0.005, 0.001)
DEFAULT_ALPHA = 0.01
# The newest scores; more would not fit a page's patience, and are not needed for any of the shares above.
MOST_SCORES = 20_000
MOST_MODELS = 200
# What a dataset calls the unit that several texts share.
GROUPS = ("group", "problem_id")
POSITIVE = (VerdictLabel.SUSPICIOUS, VerdictLabel.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Half:
    """Clean scores of one model, the two halves apart."""

    to_set: tuple[float, ...]
    to_check: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.to_set) + len(self.to_check)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold for one model, or for all that have none of their own (`is_common`); `why_not` when there is none."""

    model: str
    is_common: bool
    n_set: int
    n_check: int
    now: float
    rate_now: AlertRate | None
    threshold: float | None
    rate: AlertRate | None
    why_not: str

    @property
    def key(self) -> str:
        """What a form calls it."""
        return "common" if self.is_common else f"model:{self.model}"

    @property
    def changes(self) -> bool:
        return self.threshold is not None and self.threshold != self.now

    @property
    def is_degenerate(self) -> bool:
        """Every clean score of the first half is next to nothing: the data does not say where to put a threshold."""
        return self.threshold is not None and self.threshold <= 0.0002


@dataclass(frozen=True, slots=True)
class Clean:
    """Which scores count as clean, and how many were left out for what reason."""

    by_model: dict[str, Half]
    n: int
    n_planted: int
    n_positive: int
    n_incomplete: int
    is_capped: bool
    until: int


@dataclass(frozen=True, slots=True)
class ThresholdPage:
    """What the page shows for one share of alerts."""

    alpha: float
    needed: int
    clean: Clean
    common: Proposal
    models: tuple[Proposal, ...]
    digest: str

    @property
    def rows(self) -> tuple[Proposal, ...]:
        return (self.common, *self.models)

    @property
    def can_apply(self) -> bool:
        return any(row.threshold is not None for row in self.rows)


def threshold_page(deployment: Deployment, alpha: float, until: int = 0) -> ThresholdPage:
    """Three queries. `until`: the newest score to read, so that a page and its answer read the same."""
    clean = clean_scores(deployment, until)
    everything = Half(*(_flat(clean.by_model, side) for side in ("to_set", "to_check")))
    common = _proposal("", everything, deployment.threshold, alpha, is_common=True)
    models = tuple(
        _proposal(model, found, deployment.model_thresholds.get(model, deployment.threshold), alpha)
        for model, found in sorted(clean.by_model.items(), key=lambda one: (-one[1].n, one[0]))[:MOST_MODELS]
    )
    said = repr([(row.key, row.threshold, row.n_set, row.n_check) for row in (common, *models)])
    digest = hashlib.sha256(f"{alpha} {clean.until} {said}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return ThresholdPage(alpha, least_n(alpha), clean, common, models, digest)


def clean_scores(deployment: Deployment, until: int = 0) -> Clean:
    """Complete, newest scores by the parameters and the formula of now, of transcripts that nobody holds to be bad.

    Left out: what we planted, and what has a standing verdict of "suspicious" or "confirmed concern". Labels that came
    with the data are not read.
    """
    scores = _scores(deployment, until)
    rows = list(_rows(scores.filter(state="scored"))[: MOST_SCORES + 1])
    halves: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    n_planted = n_positive = 0
    for _, value, model, transcript_id, meta, is_planted, is_positive in rows[:MOST_SCORES]:
        if is_planted or is_positive:
            n_planted, n_positive = n_planted + is_planted, n_positive + (is_positive and not is_planted)
        else:
            halves[model][half(group_of(meta, transcript_id))].append(value)
    by_model = {model: Half(tuple(first), tuple(second)) for model, (first, second) in halves.items()}
    return Clean(
        by_model=by_model,
        n=sum(one.n for one in by_model.values()),
        n_planted=n_planted,
        n_positive=n_positive,
        n_incomplete=scores.exclude(state="scored").exclude(reason="sampled_out").count(),
        is_capped=len(rows) > MOST_SCORES,
        until=max((row[0] for row in rows), default=0),
    )


def _scores(deployment: Deployment, until: int) -> QuerySet[Score]:
    scores = Score.objects.filter(deployment=deployment, params_digest=deployment.params_digest)
    scores = scores.filter(run__in=MonitorRun.objects.newest())
    return scores.filter(pk__lte=until) if until else scores


def _rows(scores: QuerySet[Score]) -> QuerySet[Score, tuple[int, float, str, UUID, Any, bool, bool]]:
    bad = Verdict.objects.standing().filter(item__transcript=OuterRef("transcript"), label__in=POSITIVE)
    found: QuerySet[Score, tuple[int, float, str, UUID, Any, bool, bool]] = (
        scores.annotate(is_positive=Exists(bad))
        .order_by("-at", "-pk")
        .values_list(
            *("pk", "value", "transcript__model_run__model", "transcript_id", "transcript__metadata__meta"),
            *("transcript__planted", "is_positive"),
        )
    )
    return found


def group_of(meta: Any, transcript_id: UUID) -> str:
    """What must not stand in both halves: the data's own group, else the transcript alone."""
    said = next((meta[name] for name in GROUPS if meta.get(name)), None) if isinstance(meta, Mapping) else None
    return f"group:{said}" if isinstance(said, str | int) else f"transcript:{transcript_id}"


def _flat(by_model: Mapping[str, Half], side: str) -> tuple[float, ...]:
    return tuple(value for found in by_model.values() for value in getattr(found, side))


def _proposal(model: str, found: Half, now: float, alpha: float, *, is_common: bool = False) -> Proposal:
    threshold, why_not = None, ""
    try:
        threshold = conformal_threshold(found.to_set, alpha)
        if not found.to_check:
            threshold, why_not = None, "no clean score in the half that reports"
    except UndefinedMetric as error:
        why_not = f"not enough: {error}" if len(found.to_set) < least_n(alpha) else f"not possible: {error}"
    return Proposal(
        model=model,
        is_common=is_common,
        n_set=len(found.to_set),
        n_check=len(found.to_check),
        now=now,
        rate_now=alert_rate(found.to_check, now) if found.to_check else None,
        threshold=threshold,
        rate=alert_rate(found.to_check, threshold) if threshold is not None else None,
        why_not=why_not,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """What `services.change_deployment` is given."""

    threshold: float | None
    model_thresholds: dict[str, float] | None
    basis: dict[str, Any]


def chosen(deployment: Deployment, page: ThresholdPage, keys: Sequence[str]) -> Chosen:
    """The proposals with these keys, with what they rest on. Those without a threshold are left out."""
    rows = [row for row in page.rows if row.key in keys and row.threshold is not None]
    own = {row.model: row.threshold for row in rows if not row.is_common and row.threshold is not None}
    common = next((row.threshold for row in rows if row.is_common), None)
    return Chosen(
        threshold=common,
        model_thresholds={**deployment.model_thresholds, **own} if own else None,
        basis={"models": list(_basis(page.alpha, rows))},
    )


def _basis(alpha: float, rows: Sequence[Proposal]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row.rate is not None:
            rate = row.rate
            yield {
                "model": "all models" if row.is_common else row.model,
                "alpha": alpha,
                "n_set": row.n_set,
                "n_checked": row.n_check,
                **{"per_10000": rate.per_10000, "low": rate.low, "high": rate.high},
            }
