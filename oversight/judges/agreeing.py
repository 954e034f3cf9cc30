"""A judge beside other judges, and beside labels, on the same transcripts: all coefficients of `monitors.stats`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitors import registry
from monitors.stats.agreement import agreement
from monitors.stats.errors import UndefinedMetric
from monitors.stats.estimate import Estimate
from oversight.monitoring.models import Deployment, Score
from oversight.quality import labels, rows
from oversight.quality.figures import agreed
from oversight.quality.labels import HUMAN, JUDGE, Source

Figures = dict[str, Any]
MOST_COMPARED = 5_000
MOST_SOURCES = 6
GRADES = tuple(range(11))
_BACKENDS = {"local": "the local model", "server": "the model server", "recorded": "recorded verdicts"}


def with_judges(deployment: Deployment) -> list[Figures]:
    """Each other deployment of the same rubric that scored some of the same transcripts. Two queries, and one each."""
    others = Deployment.objects.filter(project_id=deployment.project_id, monitor=deployment.monitor)
    others = others.exclude(pk=deployment.pk).order_by("pk")
    own = _scores(deployment)
    found = [(other, _scores(other, set(own))) for other in others] if own else []
    return [
        {"title": _title(other), "deployment": other.pk, **_pair(own, deployment.threshold, theirs, other.threshold)}
        for other, theirs in found
        if theirs
    ]


def _title(other: Deployment) -> str:
    changed = ", ".join(f"{name} = {value}" for name, value in sorted(other.params.items()))
    return f"{_BACKENDS.get(other.backend, other.backend)}{f' ({changed})' if changed else ''}"


def _scores(deployment: Deployment, among: set[Any] | None = None) -> dict[Any, float]:
    """The newest complete score of each transcript by the parameters of now."""
    found = Score.objects.filter(deployment=deployment, params_digest=deployment.params_digest, state="scored")
    if among is not None:
        found = found.filter(transcript_id__in=among)
    newest = found.order_by("-at", "-pk").values_list("transcript_id", "value")[:MOST_COMPARED]
    return {transcript_id: value for transcript_id, value in reversed(list(newest)) if value is not None}


def _pair(own: dict[Any, float], own_from: float, theirs: dict[Any, float], their_from: float) -> Figures:
    both = sorted(own.keys() & theirs.keys())
    flags = [(own[one] >= own_from, theirs[one] >= their_from) for one in both]
    grades = [(round(10 * own[one]), round(10 * theirs[one])) for one in both]
    try:
        by_flag = agreement(flags, categories=(False, True))
        by_grade = agreement(grades, categories=GRADES, weights="quadratic")
    except UndefinedMetric as error:
        return {"n": len(both), "reason": str(error)}
    return {
        "n": len(both),
        "reason": "",
        "raw": said(by_flag.raw),
        "kappa": said(by_flag.kappa),
        "ac": said(by_flag.ac),
        "ac2": said(by_grade.ac),
        "weighted_kappa": said(by_grade.kappa),
        "dominant": by_flag.dominant.share,
    }


def said(estimate: Estimate) -> Figures:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "reason": estimate.reason}


def with_labels(deployment: Deployment) -> list[Figures]:
    """Labels that are about what the rubric asks: by people and programs first, then those of other judges."""
    return [_with(deployment, source) for source in _sources(deployment)]


def _sources(deployment: Deployment) -> list[Source]:
    found = [one for one in labels.sources(deployment.project_id) if is_about(one, deployment.monitor)]
    return found[:MOST_SOURCES]


def is_about(source: Source, monitor: str) -> bool:
    """Verdicts of people are about anything; other labels by their name."""
    entry = registry.entries().get(monitor)
    about = labels.ABOUT.get(entry.axis, ()) if entry else ()
    if source.kind == "recorded":
        return source.name == monitor
    return source.kind == "review" or ((source.provenance != JUDGE or source.name == monitor) and source.name in about)


def _with(deployment: Deployment, source: Source) -> Figures:
    positive = source.true_is_positive
    found = rows.labelled(deployment.pk, deployment.params_digest, source, positive=positive)
    figures = agreed(found, found.score >= deployment.threshold) if found.n else {"reason": "no transcript has both"}
    return {
        "title": source.title,
        "made_by": source.made_by,
        "is_truth": source.is_truth,
        "is_human": source.provenance == HUMAN,
        "positive": positive,
        "n": found.n,
        "n_positive": found.n_positive,
        **figures,
    }


def pairs(figures: Figures) -> Iterator[Figures]:
    """All comparisons of a report."""
    yield from figures["judges"]
    yield from figures["labels"]
