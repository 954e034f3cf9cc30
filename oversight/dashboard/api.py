"""Reading over HTTP what stands in several apps: a transcript's head with its scores, without any of its text."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Router, Schema

from oversight.accounts.keys import KeyAuth
from oversight.accounts.models import Scope
from oversight.audit.actors import Actor
from oversight.lib.errors import NotFound
from oversight.monitoring import selectors as monitoring
from oversight.review import services as review
from oversight.review.selectors.blindness import awaits_blind_reader
from oversight.transcripts.api import KeyRequest
from oversight.transcripts.models import Transcript
from oversight.transcripts.schemas import Problem

router = Router(tags=["transcripts"])


class Span(Schema):
    """Where it shows: code points `start` to `end` of part `part`.

    Its text, and what it decodes to, need the scope read:content.
    """

    part: int
    start: int
    end: int


class MonitorScore(Schema):
    """One monitor on this transcript. `value` is null unless the state is `scored` or `partial`.

    `measures` are further statistics of the monitor by name, such as p-values and capacities in bits.
    """

    monitor: str
    version: int
    axis: str
    state: str
    reason: str
    value: float | None
    threshold: float
    flagged: bool
    coverage: float
    judge: str
    measures: dict[str, float]
    evidence: list[Span]
    at: datetime


class PendingMonitor(Schema):
    """A monitor that has not ended on this transcript."""

    monitor: str
    state: str
    since: datetime


class Columns(Schema):
    """What the transcript's own row says."""

    id: UUID
    external_id: str
    format: str
    received_at: datetime
    visibility: str
    finish_reason: str
    n_steps: int
    n_chars: int
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None


class Head(Columns):
    """Everything about a transcript but its text.

    `scores_state` is `withheld until a verdict` while somebody is to read the transcript without a score: `scores` and
    `pending` are empty then, whatever monitors have said. Ask again later, or use a key with the scope read:blind.
    """

    model: str
    checkpoint: str
    run: str
    sha256: str
    scores_state: Literal["shown", "withheld until a verdict"]
    scores: list[MonitorScore]
    pending: list[PendingMonitor]


@router.get(
    "/{uuid:transcript_id}",
    auth=KeyAuth(Scope.READ_META),
    response={200: Head, (401, 403, 404): Problem},
    summary="A transcript's head, states and scores",
)
def head(request: KeyRequest, transcript_id: UUID) -> Head:
    """For keys with the scope read:meta: nothing of the transcript's text, and no rationale, which may quote it.

    Scores are withheld, and `scores_state` says so, while the transcript waits for a reader who is to see none. A key
    that has read:blind too gets them; that is recorded in the audit trail.
    """
    rows = Transcript.objects.select_related("model_run")
    row = rows.filter(pk=transcript_id, project_id=request.auth.project_id).first()
    if row is None:
        raise NotFound("There is no such transcript in the project of this key.")
    is_shown = _may_tell(request, row)
    return Head(
        **{name: getattr(row, name) for name in Columns.model_fields},
        model=row.model_run.model,
        checkpoint=row.model_run.checkpoint,
        run=row.model_run.name,
        sha256=bytes(row.payload_sha256).hex(),
        scores_state="shown" if is_shown else "withheld until a verdict",
        scores=[MonitorScore.model_validate(score) for score in monitoring.scores_of(row.pk)] if is_shown else [],
        pending=[PendingMonitor.model_validate(one) for one in monitoring.pending_of(row.pk)] if is_shown else [],
    )


def _may_tell(request: KeyRequest, transcript: Transcript) -> bool:
    if not awaits_blind_reader(transcript.pk):
        return True
    if Scope.READ_BLIND not in request.auth.scopes:
        return False
    review.release_scores(transcript=transcript, actor=Actor.api_key(request.auth))
    return True
