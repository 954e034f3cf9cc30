"""Writers of canaries: planting at the rate of the settings, the lease, and the one transaction in which one ends."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from monitors import base
from oversight.audit import services as audit
from oversight.judges import cases
from oversight.judges.events import WORKER, CanariesPlanted, CanaryEnded
from oversight.judges.models import Canary, CanaryQuerySet, CanaryState, Kind, Outcome
from oversight.judges.planned import Planned
from oversight.lib import clock, locks
from oversight.monitoring import rows
from oversight.monitoring.models import QUEUES, DailyCost, Deployment

logger = logging.getLogger(__name__)
ASK = "judges.ask"
MAX_ATTEMPTS = 5
# After a pause many are due: they come a few at a time.
MOST_AT_ONCE = 3
DAY = timedelta(days=1)


@transaction.atomic
def plant() -> list[int]:
    """Plant what is due for every judge at work; returns the ids of the canaries. A few queries a judge."""
    if not locks.try_for_transaction("judges.plant"):
        return []
    deployments = [one for one in Deployment.objects.filter(enabled=True).order_by("pk") if cases.asks_judge(one)]
    return [pk for deployment in deployments for pk in _plant(deployment)]


def n_judged(deployment: Deployment) -> int:
    """How many runs took a call of its judge. One query."""
    return int(DailyCost.objects.filter(deployment=deployment).aggregate(n=Sum("n_scores"))["n"] or 0)


def _plant(deployment: Deployment) -> list[int]:
    n, newest = (
        n_judged(deployment),
        Canary.objects.filter(deployment=deployment).order_by("-planted_at", "-pk").first(),
    )
    n_due = _n_due(n, newest)
    known = cases.cases_of(deployment) if n_due else None
    kinds = known.kinds() if known else ()
    if known is None or not kinds:
        return []
    counts = Counter(Canary.objects.filter(deployment=deployment).values_list("kind", flat=True))
    made = []
    for _ in range(n_due):
        kind = min(kinds, key=lambda one: counts[one.value])
        made.append(_made(deployment, known.planned(kind, counts[kind.value]), n))
        counts[kind.value] += 1
    ids = [canary.pk for canary in made]
    event = CanariesPlanted(
        object_id=str(deployment.pk),
        project_id=deployment.project_id,
        canary_ids=ids,
        kinds=[canary.kind for canary in made],
    )
    audit.record(event, WORKER)
    audit.ring_after_commit(ASK, ids, queue=QUEUES[deployment.backend], chunk=1)
    return ids


def _n_due(n: int, newest: Canary | None) -> int:
    """By judged runs since the newest, else by the time that it is old. A judge that never judged gets none."""
    if not n:
        return 0
    n_before = newest.n_before if newest else 0
    due = (n - n_before) // settings.CANARY_EVERY if settings.CANARY_EVERY else 0
    if not due and settings.CANARY_DAILY:
        due = int(newest is None or clock.now() - newest.planted_at >= DAY / settings.CANARY_DAILY)
    return min(due, MOST_AT_ONCE)


def _made(deployment: Deployment, planned: Planned, n_before: int) -> Canary:
    return Canary.objects.create(
        deployment=deployment,
        kind=planned.kind,
        number=planned.number,
        transcript_id=planned.transcript_id,
        technique=planned.technique,
        n_before=n_before,
        planted_at=clock.now(),
        run_at=Now(),
    )


@transaction.atomic
def claim(canary_id: int) -> Canary | None:
    """Take a canary that is due, with a lease and an attempt; None when it is not, or somebody else has it."""
    due = Canary.objects.due().filter(pk=canary_id).select_for_update(skip_locked=True, of=("self",))
    canary = due.select_related("deployment").first()
    if canary is None:
        return None
    Canary.objects.filter(pk=canary.pk).update(
        state=CanaryState.LEASED, attempt=F("attempt") + 1, lease_until=_lease_end()
    )
    canary.state, canary.attempt = CanaryState.LEASED, canary.attempt + 1
    return canary


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_S)


@transaction.atomic
def renew(canaries: Sequence[Canary]) -> set[int]:
    """Lengthen the leases that are still held; returns their ids."""
    held = {one.pk for one in canaries if _held(one).exists()}
    Canary.objects.filter(pk__in=held).update(lease_until=_lease_end())
    return held


def _held(canary: Canary) -> CanaryQuerySet:
    return Canary.objects.filter(pk=canary.pk, attempt=canary.attempt, state=CanaryState.LEASED)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a judge said to a canary, and who it was."""

    score: base.Score
    judge: str = ""
    judge_digest: str = ""


def outcome_of(kind: Kind, score: base.Score, threshold: float) -> Outcome:
    """What the house would have done with a transcript of this score."""
    if score.value is None:
        return Outcome.UNMEASURED
    flagged = rows.is_flagged(score, threshold)
    if kind is Kind.NEGATIVE:
        return Outcome.FALSE_ALARM if flagged else Outcome.PASSED
    if not flagged:
        return Outcome.MISSED
    return Outcome.FOUND if score.value >= threshold else Outcome.ESCALATED


@transaction.atomic
def end(canary: Canary, answered: Answered) -> bool:
    """Keep what came of it, fenced by attempt; False when another attempt has taken it over."""
    current = Canary.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=canary.pk)
    if (current.state, current.attempt) != (CanaryState.LEASED, canary.attempt):
        logger.warning("the result of a lost lease was refused", extra={"canary_id": canary.pk})
        return False
    _keep(current, answered)
    return True


def _keep(canary: Canary, answered: Answered) -> None:
    deployment, score = canary.deployment, answered.score
    canary.state, canary.lease_until, canary.ended_at = CanaryState.DONE, None, clock.now()
    canary.outcome = outcome_of(Kind(canary.kind), score, deployment.threshold)
    canary.score_state, canary.reason = score.state.value, score.reason.value if score.reason else ""
    canary.value, canary.threshold = score.value, deployment.threshold
    canary.version, canary.settings_number = deployment.version, deployment.number
    canary.judge, canary.judge_digest = rows.holdable(answered.judge), answered.judge_digest
    canary.prompt_sha256, canary.cost = score.prompt_sha256, asdict(score.cost)
    canary.save()
    event = CanaryEnded(
        object_id=str(deployment.pk),
        project_id=deployment.project_id,
        canary_id=canary.pk,
        monitor=deployment.monitor,
        kind=canary.kind,
        number=canary.number,
        transcript_id=str(canary.transcript_id) if canary.transcript_id else None,
        result=canary.outcome,
        state=canary.score_state,
        reason=canary.reason,
        score=None if score.value is None else f"{score.value:.6f}",
    )
    audit.record(event, WORKER)


def postpone(canary: Canary) -> None:
    """Give the lease back, to be due again after a pause that grows with the attempts."""
    pause_s = min(600, 5 * 4 ** (canary.attempt - 1)) * random.uniform(0.5, 1.5)
    Canary.objects.filter(pk=canary.pk, attempt=canary.attempt, state=CanaryState.LEASED).update(
        state=CanaryState.QUEUED, lease_until=None, run_at=Now() + timedelta(seconds=pause_s)
    )


@transaction.atomic
def expire() -> int:
    """Take canaries back from workers that are gone; one that was tried too often ends without a verdict."""
    lost = list(Canary.objects.expired().select_for_update(skip_locked=True, of=("self",)).select_related("deployment"))
    for canary in lost:
        if canary.attempt >= MAX_ATTEMPTS:
            _keep(canary, Answered(base.Score.unscored(base.Reason.ERROR)))
    again = [canary.pk for canary in lost if canary.attempt < MAX_ATTEMPTS]
    Canary.objects.filter(pk__in=again).update(state=CanaryState.QUEUED, lease_until=None, run_at=Now())
    return len(lost)
