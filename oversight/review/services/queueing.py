"""How transcripts come into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.review.events import ItemQueued, ItemRaised, ScoresReleased
from oversight.review.models import ReviewItem, Stream
from oversight.review.selectors.blindness import awaits_blind_reader
from oversight.review.services.about import about
from oversight.review.services.adjudication import required_readers
from oversight.review.services.places import place_for
from oversight.review.services.queues import queue_of
from oversight.transcripts.events import TranscriptsListed
from oversight.transcripts.models import Transcript


@transaction.atomic
def queue_flagged(*, transcript_id: UUID, score: float, actor: Actor) -> ReviewItem:
    """Put a flagged transcript in its project's queue, or raise it there.

    A decided item stays decided: a higher flag is recorded (ItemRaised) and shown, and people choose to look again.
    """
    transcript = Transcript.objects.only("pk", "project_id").get(pk=transcript_id)
    queue, now = queue_of(transcript.project_id), clock.now()
    required = required_readers(queue, transcript.pk)
    item, created = ReviewItem.objects.get_or_create(
        queue=queue,
        transcript=transcript,
        defaults={
            "project_id": transcript.project_id,
            "priority": score,
            "place": place_for(queue, transcript.pk, score=score, required=required),
            "policy_version": queue.policy_version,
            "required": required,
            "created_at": now,
            "due_at": now + timedelta(minutes=queue.due_after_min),
        },
    )
    if created:
        audit.record(ItemQueued(**about(item), queue_id=queue.pk, priority=repr(score)), actor)
    else:
        _raise(item, score, actor)
    return item


def _raise(item: ReviewItem, score: float, actor: Actor) -> None:
    """To a higher score. An item that is read blind keeps its place: it would tell that it was flagged."""
    if ReviewItem.objects.filter(pk=item.pk, priority__lt=score).update(priority=score) != 1:
        return
    ReviewItem.objects.filter(pk=item.pk, stream=Stream.TRIAGE, required=1).update(place=score)
    audit.record(ItemRaised(**about(item), before=repr(item.priority), after=repr(score)), actor)
    item.refresh_from_db(fields=["priority", "place"])


def is_read_blind(*, project_id: int, transcript_id: UUID) -> bool:
    """Whether somebody is to read this transcript without a score, also where its item is still to be made."""
    if ReviewItem.objects.filter(transcript=transcript_id).exists():
        return awaits_blind_reader(transcript_id)
    return required_readers(queue_of(project_id), transcript_id) > 1


def release_scores(*, transcript: Transcript, actor: Actor) -> None:
    """Record that scores which a blind reader must not see are about to be sent; no record, no scores."""
    audit.record_alone(ScoresReleased(object_id=str(transcript.pk), project_id=transcript.project_id), actor)


def list_snippets(*, items: Sequence[ReviewItem], project_id: int, actor: Actor) -> None:
    """Record that snippets of these items' transcripts are about to be shown; no record, no page."""
    if items:
        ids = [str(item.transcript_id) for item in items]
        audit.record_alone(
            TranscriptsListed(object_id="review:queue", project_id=project_id, transcript_ids=ids), actor
        )
