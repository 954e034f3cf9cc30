"""The figures of one deployment's judge, as JSON; each with its n, or with the reason why there is none."""

from __future__ import annotations

from typing import Any

from monitors.stats.binomial import clopper_pearson
from oversight.judges import agreeing, cases, stream
from oversight.judges.models import Canary, CanaryState, HijackRate, Kind, Outcome
from oversight.monitoring.models import Admission, Deployment, Score

Figures = dict[str, Any]
# Of each kind, the newest by the judge and prompt of now.
MOST_CANARIES = 60
BAD = {Kind.POSITIVE: Outcome.MISSED, Kind.NEGATIVE: Outcome.FALSE_ALARM, Kind.INJECTED: Outcome.MISSED}


def figures_of(deployment: Deployment) -> Figures:
    """Some twenty queries; statistics of at most a few thousand scores."""
    runs = stream.newest(deployment)
    judge, prompt = judge_of_now(deployment)
    known = cases.cases_of(deployment)
    return {
        "judge": judge,
        "prompt_sha256": prompt,
        "admission": admission(deployment, known, judge, prompt),
        "canaries": {kind.value: canaries(deployment, known, kind, judge, prompt) for kind in Kind},
        "waiting": waiting(deployment),
        "answers": stream.answers(runs),
        "drift": stream.drift(stream.segments(deployment, runs)),
        "judges": agreeing.with_judges(deployment),
        "labels": agreeing.with_labels(deployment),
        "hijack": hijack(deployment, judge, prompt),
        "why_no_rate": known.why_no_rate if known else "its rubric has no cases",
    }


def judge_of_now(deployment: Deployment) -> tuple[str, str]:
    """Digest and prompt of whoever judged its newest transcript, else its newest canary; empty when nobody did."""
    scores = Score.objects.filter(deployment=deployment).exclude(judge="").order_by("-at", "-pk")
    if named := scores.values_list("judge", "prompt_sha256").first():
        rows = Admission.objects.filter(monitor=deployment.monitor, judge=named[0], prompt_sha256=named[1])
        if found := rows.order_by("-at", "-pk").values_list("judge_digest", "prompt_sha256").first():
            return found
    done = Canary.objects.filter(deployment=deployment, state=CanaryState.DONE).exclude(judge_digest="")
    newest = done.order_by("-ended_at", "-pk").values_list("judge_digest", "prompt_sha256").first()
    return newest or ("", "")


def canaries(deployment: Deployment, known: cases.Cases | None, kind: Kind, judge: str, prompt: str) -> Figures:
    """How many of the newest went wrong, with the exact interval; those without a verdict apart.

    What is no case any more, or has another label now, does not count.
    """
    rows = Canary.objects.filter(deployment=deployment, kind=kind, state=CanaryState.DONE, judge_digest=judge)
    rows = known.standing(rows, kind) if known else rows
    newest = rows.order_by("-ended_at", "-pk").values_list("outcome", "technique", "prompt_sha256")[:MOST_CANARIES]
    # What could not be read names no prompt.
    own = [(outcome, technique) for outcome, technique, sha in newest if sha in ("", prompt)]
    told = [one for one in own if one[0] != Outcome.UNMEASURED]
    bad = [technique for outcome, technique in told if outcome == BAD[kind]]
    interval = clopper_pearson(len(bad), len(told)) if told else None
    return {
        "n": len(told),
        "n_bad": len(bad),
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "n_escalated": sum(outcome == Outcome.ESCALATED for outcome, _ in told),
        "n_unmeasured": len(own) - len(told),
        "techniques": sorted({technique for technique in bad if technique}),
    }


def waiting(deployment: Deployment) -> Figures:
    """Canaries that have no answer yet."""
    rows = Canary.objects.filter(deployment=deployment).exclude(state=CanaryState.DONE).order_by("planted_at")
    oldest = rows.values_list("planted_at", flat=True).first()
    return {"n": rows.count(), "oldest": oldest.isoformat() if oldest else None}


def admission(deployment: Deployment, known: cases.Cases | None, judge: str, prompt: str) -> Figures | None:
    """The newest examination of this judge with this prompt; None where it was never examined.

    `has_lapsed`: it was on an admission set that people have changed since. Fixed cases are put to the judge again by
    the worker itself before its next run.
    """
    rows = Admission.objects.filter(monitor=deployment.monitor, judge_digest=judge, prompt_sha256=prompt)
    newest = rows.order_by("-at", "-pk")
    is_own = known is not None and cases.is_own(deployment)
    standing = newest.filter(cases_sha256=known.digest).first() if known and is_own else None
    row = standing or newest.first()
    if row is None:
        return None
    return {
        "has_lapsed": is_own and standing is None,
        "judge": row.judge,
        "admitted": row.admitted,
        "parse_rate": row.parse_rate,
        "auroc": row.auroc,
        "low": row.auroc_low,
        "high": row.auroc_high,
        "at": row.at.isoformat(),
    }


def hijack(deployment: Deployment, judge: str, prompt: str) -> Figures | None:
    """The newest measurement of this judge with this prompt; None where there is none."""
    rows = HijackRate.objects.filter(deployment=deployment, at__isnull=False)
    row = rows.filter(judge_digest=judge, prompt_sha256=prompt).order_by("-pk").first() if judge else None
    if row is None:
        return None
    lost, obeyed = clopper_pearson(row.n_lost, row.n), clopper_pearson(row.n_obeyed, row.n)
    return {
        "judge": row.judge,
        "judge_digest": row.judge_digest,
        "prompt_sha256": row.prompt_sha256,
        "cases_sha256": row.cases_sha256,
        "threshold": row.threshold,
        "at": row.at.isoformat() if row.at else "",
        "n": row.n,
        "n_lost": row.n_lost,
        "low": lost.low,
        "high": lost.high,
        "n_obeyed": row.n_obeyed,
        "obeyed_low": obeyed.low,
        "obeyed_high": obeyed.high,
        "n_unscored": row.n_unscored,
        "techniques": sorted(row.by_technique),
    }
