"""From a filter to items: which transcripts a run is about, made in steps while workers judge the first of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from oversight.accounts.models import Project
from oversight.dashboard.traces import filtered
from oversight.rubrics import items, runs
from oversight.rubrics.models import RubricRun, RunItem, RunState
from oversight.transcripts.models import Transcript

# One transaction's work, and one message's: other things wait behind neither for long.
STEP, BUDGET_S = 500, 10.0


def found(project: Project, filters: Mapping[str, Any]) -> QuerySet[Transcript]:
    """The transcripts of a filter as a run keeps it (times as text), in no order."""
    rows = filtered(project, dict(filters))
    if since := filters.get("since"):
        rows = rows.filter(received_at__gte=datetime.fromisoformat(since))
    if until := filters.get("until"):
        rows = rows.filter(received_at__lt=datetime.fromisoformat(until))
    return rows


def work(run_id: int) -> bool:
    """Make items for some seconds; True when there are more to make now."""
    ends = time.monotonic() + BUDGET_S
    while time.monotonic() < ends:
        if not _step(run_id):
            return False
    return True


@transaction.atomic
def _step(run_id: int) -> bool:
    """The next transcripts; False when there are none, or the run stands still."""
    waiting = RubricRun.objects.select_for_update(skip_locked=True, of=("self",)).select_related("project", "version")
    run = waiting.filter(pk=run_id, state=RunState.RUNNING, is_planned=False).first()
    if run is None:
        return False
    left = STEP if run.most is None else min(STEP, run.most - run.n_planned)
    seen = list(_to_come(run)[:left])
    RunItem.objects.bulk_create((runs.new_item(run, pk) for pk, _ in seen), ignore_conflicts=True)
    is_first = not run.n_planned
    if seen:
        run.below_id, run.below_at = seen[-1]
        run.n_planned += len(seen)
        run.save(update_fields=["below_id", "below_at", "n_planned"])
        if is_first:
            runs.ring(run)
    if len(seen) == STEP and run.n_planned != run.most:
        return True
    RubricRun.objects.filter(pk=run.pk).update(n_total=run.n_planned)
    items.end_planned(run=run)
    return False


def _to_come(run: RubricRun) -> QuerySet[Transcript, tuple[UUID, datetime]]:
    older = found(run.project, run.filters).filter(received_at__lte=run.below_at)
    older = older.exclude(received_at=run.below_at, pk__gte=run.below_id)
    # `only` of the list's heads and `values_list` do not go together.
    return older.select_related(None).order_by("-received_at", "-pk").values_list("pk", "received_at")
