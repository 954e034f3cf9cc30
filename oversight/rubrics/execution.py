"""Work on a run: claim a transcript, put the judge to it outside any transaction, commit what it said."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from monitors import base
from monitors.backends.base import Judge
from monitors.errors import BackendUnavailable, JudgeUnparseable
from monitors.judging.contract import Answer, parse
from monitors.judging.rubric import Field, Rubric
from oversight.lib import failures
from oversight.monitoring.leases import LeaseKeeper
from oversight.rubrics import items, judges, wording
from oversight.rubrics.items import MAX_ATTEMPTS, Judged
from oversight.rubrics.judges import Metered, RubricMonitor
from oversight.rubrics.models import RubricRun, RunItem
from oversight.transcripts import selectors as transcripts

logger = logging.getLogger(__name__)
# A message gives way to others after this long.
BUDGET_S = 20.0
TRANSIENT = frozenset({base.Reason.TIMEOUT, base.Reason.ERROR})


class Capped(Exception):
    """The call could take the run over its cap."""


def work(run_id: int) -> bool:
    """Judge transcripts of a run for some seconds; True when there are more to judge now."""
    run = RubricRun.objects.select_related("version").filter(pk=run_id).first()
    if run is None:
        return False
    rubric, worker = wording.rubric_of(run.version), f"{socket.gethostname()}:{os.getpid()}"
    ends = time.monotonic() + BUDGET_S
    while time.monotonic() < ends:
        item = items.claim(run=run, worker=worker)
        if item is None:
            return False
        item.run = run
        with LeaseKeeper([item], items.renew):
            _judge(item, rubric)
    return True


def _judge(item: RunItem, rubric: Rubric) -> None:
    try:
        judge = Metered(judges.judge_for(item.run.backend), partial(_ask, item))
    except BackendUnavailable as error:
        items.put_back(item=item, note=f"No judge answered: {error}")
        return
    try:
        _end(item, rubric, judge, _measured(item, rubric, judge))
    except Capped:
        logger.info("a run has come to its cap", extra={"run_id": item.run_id})
    except Exception as error:
        what = failures.describe(error)
        logger.error("judging broke", extra={"item_id": item.pk, "attempt": item.attempt, "failure": what})
        if isinstance(error, OSError | MemoryError) and item.attempt < MAX_ATTEMPTS:
            items.postpone(item=item, error=what, cost=judge.cost)
        else:
            _finish(item, judge, base.Score.unscored(base.Reason.ERROR, what), error=what)


def _ask(item: RunItem, tokens: int) -> None:
    if not items.reserve(item=item, tokens=tokens):
        raise Capped


def _measured(item: RunItem, rubric: Rubric, judge: Judge) -> base.Score:
    text = transcripts.load([item.transcript_id])[item.transcript_id]
    return base.measure(RubricMonitor(rubric, judge), text)


def _end(item: RunItem, rubric: Rubric, judge: Metered, score: base.Score) -> None:
    if score.reason is base.Reason.NO_BACKEND:
        items.put_back(item=item, note=f"No judge answered: {score.rationale}")
    elif score.state is base.State.UNSCORED and score.reason in TRANSIENT and item.attempt < MAX_ATTEMPTS:
        items.postpone(item=item, error=score.rationale, cost=judge.cost)
    else:
        _finish(item, judge, score, outputs=outputs_of(judge.replies, rubric.fields))


def _finish(item: RunItem, judge: Metered, score: base.Score, error: str = "", **values: Any) -> None:
    items.finish(
        Judged(
            item=item,
            score=score,
            replies=tuple(judge.replies),
            cost=_cost(judge.cost, score.cost),
            judge_digest=judge.digest if judge.replies else "",
            prompt_chars=judge.prompt_chars,
            bound=judge.bound,
            error=error,
            **values,
        )
    )


def _cost(taken: base.Cost, measured: base.Cost) -> base.Cost:
    """What the replies said, in the time that the whole took."""
    return base.Cost(
        seconds=measured.seconds or taken.seconds,
        calls=max(taken.calls, measured.calls),
        prompt_tokens=taken.prompt_tokens or measured.prompt_tokens,
        completion_tokens=taken.completion_tokens or measured.completion_tokens,
        cached_tokens=taken.cached_tokens,
        money=taken.money or measured.money,
    )


def outputs_of(replies: Sequence[str], fields: Sequence[Field]) -> dict[str, str | int]:
    """The rubric's own fields, from the most suspicious reply that keeps to the contract."""
    answers = [answer for reply in replies if (answer := _answer(reply, fields)) is not None]
    return dict(max(answers, key=lambda answer: answer.score).fields) if answers else {}


def _answer(reply: str, fields: Sequence[Field]) -> Answer | None:
    try:
        return parse(reply, fields)
    except JudgeUnparseable:
        return None
