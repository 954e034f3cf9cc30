"""Writers of a run's items: the lease, what an attempt may cost, and the one transaction in which an item ends."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, FloatField, Max, Sum
from django.db.models.functions import Cast, Now

from monitors import base
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock, commits
from oversight.monitoring.rows import MAX_EVIDENCE, MAX_TEXT, holdable
from oversight.rubrics import activation, admissions, at_work, judges, runs
from oversight.rubrics.events import RunCapped, RunFinished, RunPaused, TranscriptJudged
from oversight.rubrics.models import PARALLEL, UNENDED, ItemState, Result, RubricRun, RunItem, RunKind, RunState

logger = logging.getLogger(__name__)
WORKER = Actor.worker("rubrics")
MAX_ATTEMPTS = 5
MOST_REPLY = 20_000
_LEARN_FROM = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """How an attempt ended: the score, what the judge said, and what that took. `error`: it failed for good."""

    item: RunItem
    score: base.Score
    outputs: Mapping[str, str | int] = field(default_factory=dict)
    replies: Sequence[str] = ()
    cost: base.Cost = base.NO_COST
    judge_digest: str = ""
    prompt_chars: int = 0
    bound: int = 0
    error: str = ""


@transaction.atomic
def claim(*, run: RubricRun, worker: str) -> RunItem | None:
    """Lease the next item of a run that is due; None when there is none, or as many are leased as the run may have."""
    # A claim that a crash of the database undoes is refused at the fence, like any lease that was lost.
    commits.need_not_wait()
    if n_free(run) < 1:
        return None
    due = RunItem.objects.due().filter(run=run, attempt__lt=MAX_ATTEMPTS).order_by("run_at", "pk")
    item = due.select_for_update(skip_locked=True, of=("self",)).first()
    if item is None:
        return None
    item.state, item.attempt, item.leased_by = ItemState.LEASED, item.attempt + 1, worker
    RunItem.objects.filter(pk=item.pk).update(
        state=item.state, attempt=item.attempt, leased_by=worker, lease_until=_lease_end()
    )
    return item


def n_free(run: RubricRun) -> int:
    """How many more workers the run may keep busy. One query."""
    held = RunItem.objects.filter(run=run, state=ItemState.LEASED, lease_until__gte=Now())
    return PARALLEL[run.backend] - held.count()


def _waiting(run: RubricRun) -> ItemState:
    """What an item is that was given back."""
    return ItemState.CANCELLED if run.state == RunState.CANCELLED else ItemState.QUEUED


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_S)


@transaction.atomic
def renew(items: Sequence[RunItem]) -> set[int]:
    """Lengthen the leases; returns the ids of those that are still held."""
    attempts = {item.pk: item.attempt for item in items}
    leased = RunItem.objects.filter(pk__in=attempts, state=ItemState.LEASED).order_by("pk").select_for_update()
    held = {pk for pk, attempt in leased.values_list("pk", "attempt") if attempts[pk] == attempt}
    RunItem.objects.filter(pk__in=held).update(lease_until=_lease_end())
    return held


@transaction.atomic
def reserve(*, item: RunItem, tokens: int) -> bool:
    """Set aside what a call may cost; False when that could pass the run's cap, and then the run stops.

    What is under way counts with what it reserved, so that a cap holds however many workers there are.
    """
    run = runs.locked(item.run)
    held = RunItem.objects.filter(pk=item.pk, attempt=item.attempt, state=ItemState.LEASED)
    more = math.ceil(tokens * _learned_share(run))
    money = more * judges.usd_per_token_at_most(run.backend)
    other = RunItem.objects.filter(run=run, state=ItemState.LEASED).aggregate(
        tokens=Sum("reserved_tokens", default=0), money=Sum("reserved_money", default=0.0)
    )
    is_over = (run.cap_tokens is not None and run.spent_tokens + other["tokens"] + more > run.cap_tokens) or (
        run.cap_money is not None and run.spent_money + other["money"] + money > run.cap_money
    )
    if is_over:
        held.update(
            state=_waiting(run), lease_until=None, attempt=item.attempt - 1, reserved_tokens=0, reserved_money=0
        )
        _cap(run)
        return False
    held.update(reserved_tokens=F("reserved_tokens") + more, reserved_money=F("reserved_money") + money)
    return True


def _learned_share(run: RubricRun) -> float:
    """The largest share of its bound that a result of this run took, and a quarter more; 1 while it has few."""
    results = Result.objects.filter(run=run, bound__gt=0)
    share = Cast("tokens", FloatField()) / Cast("bound", FloatField())
    if results[:_LEARN_FROM].count() < _LEARN_FROM:
        return 1.0
    largest = results.aggregate(share=Max(share))["share"] or 1.0
    return float(min(1.0, 1.25 * largest))


def _cap(run: RubricRun) -> None:
    if run.state != RunState.RUNNING:
        return
    run.state = RunState.CAPPED
    run.note = "The next transcript could have taken it over the cap."
    run.save(update_fields=["state", "note"])
    audit.record(RunCapped(**_of(run), spent_tokens=run.spent_tokens, spent_money=f"{run.spent_money:.4f}"), WORKER)


def _of(run: RubricRun) -> dict[str, Any]:
    return {"object_id": str(run.pk), "project_id": run.project_id, "rubric_id": run.version.rubric_id}


@transaction.atomic
def finish(judged: Judged) -> Result | None:
    """End an item with its result, fenced by attempt; None when another attempt has taken it over."""
    run = runs.locked(judged.item.run)
    item = RunItem.objects.filter(pk=judged.item.pk, attempt=judged.item.attempt, state=ItemState.LEASED).first()
    if item is None:
        logger.warning("the result of a lost lease was refused", extra={"item_id": judged.item.pk})
        return None
    item.state = ItemState.FAILED if judged.error else ItemState.DONE
    item.lease_until, item.reserved_tokens, item.reserved_money, item.error = None, 0, 0.0, judged.error
    item.save()
    result = _row(judged, run)
    result.save()
    run.n_ended += 1
    run.n_failed += bool(judged.error)
    run.spent_tokens += result.tokens
    run.spent_money += result.money
    _record_judged(run, result)
    activation.carry(run, judged.item.transcript_id, score=judged.score, judge_digest=judged.judge_digest)
    _end_if_all(run)
    run.save()
    return result


def _row(judged: Judged, run: RubricRun) -> Result:
    score, cost = judged.score, judged.cost
    return Result(
        item=judged.item,
        run=run,
        transcript_id=judged.item.transcript_id,
        attempt=judged.item.attempt,
        state=score.state.value,
        reason=score.reason.value if score.reason else "",
        value=score.value,
        rank=0.0 if score.value is None else 1.0 + score.value,
        raw=score.raw if score.raw is not None and math.isfinite(score.raw) else None,
        coverage=score.coverage,
        evidence=[
            {"part": e.part, "start": e.start, "end": e.end, "quote": holdable(e.quote), "note": holdable(e.note)}
            for e in score.evidence[:MAX_EVIDENCE]
        ],
        outputs={name: holdable(said) if isinstance(said, str) else said for name, said in judged.outputs.items()},
        rationale=holdable(score.rationale)[:MAX_TEXT],
        replies=[holdable(reply)[:MOST_REPLY] for reply in judged.replies],
        judge=holdable(score.judge),
        judge_digest=judged.judge_digest,
        prompt_sha256=score.prompt_sha256 or run.version.prompt_sha256,
        cost=asdict(cost),
        tokens=cost.prompt_tokens + cost.completion_tokens,
        money=cost.money,
        prompt_chars=judged.prompt_chars,
        bound=judged.bound,
        at=clock.now(),
    )


def _record_judged(run: RubricRun, result: Result) -> None:
    event = TranscriptJudged(
        object_id=str(result.transcript_id),
        project_id=run.project_id,
        run_id=run.pk,
        rubric_id=run.version.rubric_id,
        number=run.version.number,
        attempt=result.attempt,
        state=result.state,
        reason=result.reason,
        score=None if result.value is None else f"{result.value:.6f}",
    )
    audit.record(event, WORKER)


def _end_if_all(run: RubricRun) -> None:
    """The caller holds the run's row and saves it."""
    if not run.is_planned or run.has_ended or RunItem.objects.filter(run=run, state__in=UNENDED).exists():
        return
    run.state, run.finished_at, run.note = RunState.DONE, clock.now(), ""
    audit.record(
        RunFinished(
            **_of(run),
            n_ended=run.n_ended,
            n_failed=run.n_failed,
            spent_tokens=run.spent_tokens,
            spent_money=f"{run.spent_money:.4f}",
        ),
        WORKER,
    )
    if run.kind == RunKind.ADMISSION:
        at_work.show(admissions.keep(run, WORKER))


@transaction.atomic
def end_planned(*, run: RubricRun) -> None:
    """All items are made: a run whose last one has ended already ends."""
    current = runs.locked(run)
    current.is_planned = True
    if current.state == RunState.RUNNING:
        _end_if_all(current)
    current.save()


@transaction.atomic
def postpone(*, item: RunItem, error: str, cost: base.Cost = base.NO_COST) -> None:
    """Give the lease back, to be due again after a pause that grows with the attempts. What it took is spent."""
    pause_s = min(600, 5 * 4 ** (item.attempt - 1)) * random.uniform(0.5, 1.5)
    run = runs.locked(item.run)
    held = RunItem.objects.filter(pk=item.pk, attempt=item.attempt, state=ItemState.LEASED)
    changed = held.update(
        state=_waiting(run),
        lease_until=None,
        reserved_tokens=0,
        reserved_money=0.0,
        run_at=Now() + timedelta(seconds=pause_s),
        error=error,
    )
    if changed:
        run.spent_tokens += cost.prompt_tokens + cost.completion_tokens
        run.spent_money += cost.money
        run.save(update_fields=["spent_tokens", "spent_money"])


@transaction.atomic
def put_back(*, item: RunItem, note: str) -> None:
    """There is no judge: the run stands still, and the item counts as not begun."""
    run = runs.locked(item.run)
    RunItem.objects.filter(pk=item.pk, attempt=item.attempt, state=ItemState.LEASED).update(
        state=_waiting(run), lease_until=None, attempt=item.attempt - 1, reserved_tokens=0, reserved_money=0.0
    )
    if run.state == RunState.RUNNING:
        run.state, run.note = RunState.PAUSED, note
        run.save(update_fields=["state", "note"])
        audit.record(RunPaused(**_of(run), note=note), WORKER)


def expire_leases() -> int:
    """Take items back from workers that are gone; one that was tried too often ends as FAILED."""
    lost = RunItem.objects.expired().values_list("run_id", flat=True).order_by().distinct()
    return sum(_expire(run) for run in RubricRun.objects.filter(pk__in=list(lost)))


@transaction.atomic
def _expire(run: RubricRun) -> int:
    run = runs.locked(run)
    items = list(RunItem.objects.expired().filter(run=run).select_for_update(of=("self",)))
    for item in items:
        # A call may have been paid for whose answer nobody kept: it counts at what it could have cost.
        run.lost_tokens += item.reserved_tokens
        run.spent_tokens += item.reserved_tokens
        run.spent_money += item.reserved_money
    run.save(update_fields=["lost_tokens", "spent_tokens", "spent_money"])
    again = [item.pk for item in items if item.attempt < MAX_ATTEMPTS]
    RunItem.objects.filter(pk__in=again).update(
        state=_waiting(run), lease_until=None, reserved_tokens=0, reserved_money=0.0, run_at=Now()
    )
    _give_up(item for item in items if item.attempt >= MAX_ATTEMPTS)
    return len(items)


def _give_up(items: Iterable[RunItem]) -> None:
    error = f"the worker was lost {MAX_ATTEMPTS} times while it judged this"
    for item in items:
        finish(Judged(item, base.Score.unscored(base.Reason.ERROR, error), error=error))
