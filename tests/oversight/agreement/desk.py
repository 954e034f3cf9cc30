"""Two readers and an adjudicator at work, for the tests of agreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.review import services
from oversight.review.content import Content, SpanContent
from oversight.review.models import Assignment, Queue, ReviewItem, Verdict
from oversight.transcripts import selectors as transcripts
from tests import factories

WORKER = Actor.worker("tests")


def doubled(project: Project, *, agreeing_share: float = 0.0, **fields: Any) -> ReviewItem:
    """An item of a queue that has everything read twice."""
    queue = services.queue_of(project.pk)
    Queue.objects.filter(pk=queue.pk).update(second_share=1.0, agreeing_share=agreeing_share)
    transcript = factories.make_transcript(project, **fields)
    return services.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER)


def marked(item: ReviewItem, part: int, start: int, end: int, label: str) -> SpanContent:
    """A stretch of the stored text with its quote."""
    text = transcripts.load([item.transcript_id])[item.transcript_id].parts[part].text
    return SpanContent(label, part, start, end, text[start:end])


def commit(
    assignment: Assignment,
    label: str = "benign",
    severity: int | None = None,
    *,
    note: str = "Seen.",
    spans: Sequence[SpanContent] = (),
    confidence: str = "",
) -> Verdict:
    content = Content(label=label, severity=severity, note=note, spans=tuple(spans), confidence=confidence)
    return services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(assignment.reviewer))


def decide(
    item: ReviewItem, reviewer: User, label: str = "benign", severity: int | None = None, **more: Any
) -> Verdict:
    assignment = services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))
    return commit(assignment, label, severity, **more)


def adjudicate(item: ReviewItem, adjudicator: User, label: str = "benign", **more: Any) -> Verdict:
    assignment = services.claim_dispute(item=item, adjudicator=adjudicator, actor=Actor.of(adjudicator))
    return commit(assignment, label, **more)


def label_names(item: ReviewItem) -> list[str]:
    """The labels that spans of this item may have."""
    from oversight.review.services.label_sets import version_of

    return [str(one["name"]) for one in version_of(item.queue).labels]
