"""What people do with runs: ask what one would cost, confirm it under a cap, pause it, let it go on, end it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.rubrics import judges
from oversight.rubrics.events import RunAsked, RunCancelled, RunPaused, RunStarted
from oversight.rubrics.models import (
    BACKENDS,
    PARALLEL,
    CaseLabel,
    ItemState,
    Result,
    RubricRun,
    RubricVersion,
    RunItem,
    RunKind,
    RunState,
)

ESTIMATE, PLAN, WORK = "rubrics.estimate", "rubrics.plan", "rubrics.work"
MOST_CHOSEN = 20
BENCH_CAP_TOKENS = 400_000
LEAST_CASES = 30
# Sorts after every id of ours.
_LAST_ID = UUID(int=2**128 - 1)


@transaction.atomic
def try_out(*, version: RubricVersion, backend: str, transcript_ids: Sequence[UUID], by: User) -> RubricRun:
    """Put a version to a few transcripts now. The caller has looked them up in the version's project."""
    if not 1 <= len(transcript_ids) <= MOST_CHOSEN:
        raise Invalid(f"Choose from 1 to {MOST_CHOSEN} transcripts.")
    run = _ask(version, RunKind.BENCH, backend, by, state=RunState.RUNNING, cap_tokens=BENCH_CAP_TOKENS)
    RunItem.objects.bulk_create(new_item(run, pk) for pk in transcript_ids)
    RubricRun.objects.filter(pk=run.pk).update(
        n_total=len(transcript_ids), n_planned=len(transcript_ids), is_planned=True, started_at=Now()
    )
    _record_asked(run, {}, [str(pk) for pk in transcript_ids], by)
    ring(run)
    return run


@transaction.atomic
def ask_run(
    *, version: RubricVersion, backend: str, filters: Mapping[str, Any], most: int | None, by: User
) -> RubricRun:
    """Have the cost of a run over a filter estimated; nothing is judged before it is confirmed."""
    run = _ask(version, RunKind.FILTER, backend, by, filters=dict(filters), most=most)
    said = {key: str(value) for key, value in filters.items()} | ({"newest": str(most)} if most else {})
    _record_asked(run, said, [], by)
    audit.ring_after_commit(ESTIMATE, [run.pk], queue="cpu")
    return run


@transaction.atomic
def ask_admission(*, version: RubricVersion, backend: str, by: User) -> RubricRun:
    """Have the cost of an admission estimated, on the set as it stands now."""
    cases = list(CaseLabel.objects.filter(rubric=version.rubric).order_by("pk"))
    n_positive = sum(case.label for case in cases)
    if min(n_positive, len(cases) - n_positive) < LEAST_CASES:
        raise Invalid(
            f"An admission needs at least {LEAST_CASES} positives and {LEAST_CASES} negatives;"
            f" the set has {n_positive} and {len(cases) - n_positive}."
        )
    run = _ask(version, RunKind.ADMISSION, backend, by, set_sha256=set_sha256(cases))
    RunItem.objects.bulk_create(new_item(run, case.transcript_id, label=case.label) for case in cases)
    RubricRun.objects.filter(pk=run.pk).update(n_total=len(cases), n_planned=len(cases), is_planned=True)
    _record_asked(run, {}, [], by)
    audit.ring_after_commit(ESTIMATE, [run.pk], queue="cpu")
    return run


def set_sha256(cases: Sequence[CaseLabel]) -> str:
    """Names a set: which transcripts with which label."""
    said = sorted((str(case.transcript_id), case.label) for case in cases)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def new_item(run: RubricRun, transcript_id: UUID, label: bool | None = None) -> RunItem:
    """Not yet saved."""
    return RunItem(run=run, transcript_id=transcript_id, label=label, run_at=Now())


def _ask(version: RubricVersion, kind: RunKind, backend: str, by: User, **values: Any) -> RubricRun:
    if backend not in BACKENDS:
        raise Invalid("A rubric is asked of the local model or of the model server.", place="backend")
    now = clock.now()
    return RubricRun.objects.create(
        project_id=version.rubric.project_id,
        version=version,
        kind=kind,
        backend=backend,
        below_at=now,
        below_id=_LAST_ID,
        asked_by=by,
        asked_at=now,
        **values,
    )


def _record_asked(run: RubricRun, filters: dict[str, str], transcript_ids: list[str], by: User) -> None:
    audit.record(
        RunAsked(
            object_id=str(run.pk),
            project_id=run.project_id,
            rubric_id=run.version.rubric_id,
            number=run.version.number,
            kind=run.kind,
            backend=run.backend,
            filters=filters,
            transcript_ids=transcript_ids,
        ),
        Actor.of(by),
    )


@transaction.atomic
def start(*, run: RubricRun, cap_tokens: int | None, cap_money: float | None, by: User) -> RubricRun:
    """Confirm an estimated run, or let a paused or capped one go on, under these caps."""
    current = locked(run)
    if current.state not in (RunState.READY, RunState.PAUSED, RunState.CAPPED):
        raise Conflict(f"This run cannot be started: {current.get_state_display().lower()}.")
    if cap_tokens is None and cap_money is None:
        raise Invalid("Set a cap in tokens, in money, or both: no run is without one.")
    if cap_tokens is None and not judges.usd_per_token_at_most(current.backend):
        raise Invalid("No price is set for this judge, so a cap in money would never hold. Set one in tokens.")
    spent_all = (cap_tokens is not None and cap_tokens <= current.spent_tokens) or (
        cap_money is not None and cap_money <= current.spent_money
    )
    if spent_all:
        raise Invalid("The run has spent this much already. It goes on with a higher cap.")
    before = current.state
    current.state, current.note = RunState.RUNNING, ""
    current.cap_tokens, current.cap_money = cap_tokens, cap_money
    current.started_at = current.started_at or clock.now()
    current.save()
    # What the cap, or a judge that did not answer, held back is due at once.
    RunItem.objects.filter(run=current, state=ItemState.QUEUED).update(run_at=Now())
    audit.record(
        RunStarted(
            **_of(current),
            before=before,
            cap_tokens=cap_tokens,
            cap_money=None if cap_money is None else f"{cap_money:.4f}",
        ),
        Actor.of(by),
    )
    if not current.is_planned:
        audit.ring_after_commit(PLAN, [current.pk])
    if current.n_planned:
        ring(current)
    return current


@transaction.atomic
def pause(*, run: RubricRun, note: str = "", actor: Actor) -> RubricRun:
    """Begin no further transcript; those under way end."""
    current = locked(run)
    if current.state != RunState.RUNNING:
        raise Conflict(f"This run is not running: {current.get_state_display().lower()}.")
    current.state, current.note = RunState.PAUSED, note
    current.save(update_fields=["state", "note"])
    audit.record(RunPaused(**_of(current), note=note), actor)
    return current


@transaction.atomic
def cancel(*, run: RubricRun, by: User) -> RubricRun:
    """End a run for good. What is under way ends, and every result stays."""
    current = locked(run)
    if current.has_ended:
        raise Conflict("This run has ended already.")
    current.state, current.finished_at = RunState.CANCELLED, clock.now()
    current.save(update_fields=["state", "finished_at"])
    RunItem.objects.filter(run=current, state=ItemState.QUEUED).update(state=ItemState.CANCELLED)
    audit.record(RunCancelled(**_of(current), n_ended=current.n_ended), Actor.of(by))
    return current


def locked(run: RubricRun) -> RubricRun:
    """The row of now, held until the transaction ends. Always taken before any item of the run."""
    return RubricRun.objects.select_for_update(of=("self",)).select_related("version").get(pk=run.pk)


def _of(run: RubricRun) -> dict[str, Any]:
    return {"object_id": str(run.pk), "project_id": run.project_id, "rubric_id": run.version.rubric_id}


def ring(run: RubricRun) -> None:
    """Tell as many workers as the run may keep busy, once the transaction has committed."""
    audit.ring_after_commit(WORK, [run.pk] * PARALLEL[run.backend], queue=run.queue, chunk=1)


@transaction.atomic
def judge_again(*, run: RubricRun, by: User) -> int:
    """Put back what could not be judged for a reason that may pass; returns how many."""
    current = locked(run)
    if current.state not in (RunState.DONE, RunState.PAUSED, RunState.CAPPED) or current.kind == RunKind.ADMISSION:
        raise Conflict("Only a run that has ended or stands still can take up again what could not be judged.")
    items = RunItem.objects.filter(run=current, result__state="unscored")
    pks = list(items.values_list("pk", flat=True))
    if not pks:
        raise Conflict("Nothing of this run was left without a verdict.")
    failed = items.filter(state=ItemState.FAILED).count()
    Result.objects.filter(item__in=pks).delete()
    RunItem.objects.filter(pk__in=pks).update(state=ItemState.QUEUED, attempt=0, run_at=Now(), error="")
    RubricRun.objects.filter(pk=current.pk).update(
        n_ended=F("n_ended") - len(pks), n_failed=F("n_failed") - failed, state=RunState.PAUSED, finished_at=None
    )
    audit.record(RunPaused(**_of(current), note=f"{len(pks)} without a verdict are to be judged again"), Actor.of(by))
    return len(pks)
