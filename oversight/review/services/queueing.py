"""How transcripts come into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.review.events import ItemQueued, ItemRaised
from oversight.review.models import Queue, ReviewItem
from oversight.review.services.about import about
from oversight.review.services.adjudication import required_readers
from oversight.transcripts.events import TranscriptsListed
from oversight.transcripts.models import Transcript

DEFAULT_QUEUE = "Flagged"


@transaction.atomic
def queue_flagged(*, transcript_id: UUID, score: float, actor: Actor) -> ReviewItem:
    """Put a flagged transcript in its project's queue, or raise it there.

    A decided item stays decided: a higher flag is recorded (ItemRaised) and shown, and people choose to look again.
    """
    transcript = Transcript.objects.only("pk", "project_id").get(pk=transcript_id)
    queue, _ = Queue.objects.get_or_create(project_id=transcript.project_id, name=DEFAULT_QUEUE)
    item, created = ReviewItem.objects.get_or_create(
        queue=queue,
        transcript=transcript,
        defaults={
            "project_id": transcript.project_id,
            "priority": score,
            "place": score,
            "required": required_readers(queue, transcript.pk),
            "created_at": clock.now(),
        },
    )
    if created:
        audit.record(ItemQueued(**about(item), queue_id=queue.pk, priority=repr(score)), actor)
    elif ReviewItem.objects.filter(pk=item.pk, priority__lt=score).update(priority=score, place=score) == 1:
        audit.record(ItemRaised(**about(item), before=repr(item.priority), after=repr(score)), actor)
        item.priority = score
    return item


def list_snippets(*, items: Sequence[ReviewItem], project_id: int, actor: Actor) -> None:
    """Record that snippets of these items' transcripts are about to be shown; no record, no page."""
    if items:
        ids = [str(item.transcript_id) for item in items]
        audit.record_alone(
            TranscriptsListed(object_id="review:queue", project_id=project_id, transcript_ids=ids), actor
        )
