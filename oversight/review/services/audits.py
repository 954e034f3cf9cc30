"""The audit sample: transcripts drawn as they arrive, whatever their scores will be, and read blind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.review import draws
from oversight.review.events import ItemDrawn, ItemQueued
from oversight.review.models import Queue, ReviewItem, Stream
from oversight.review.services.about import about
from oversight.review.services.adjudication import required_readers
from oversight.review.services.places import blind_place
from oversight.review.services.queues import queue_of
from oversight.transcripts.models import Transcript

# No transcript is beyond the draw, and the sample does not run out when more than usual is flagged.
LEAST_PROB, MARGIN = 0.005, 1.2
NEWEST, COUNT_EVERY = 20_000, timedelta(hours=1)
# What is taken for the flagged share before anything was flagged: one in twenty, with the weight of twenty transcripts.
PRIOR_FLAGGED, PRIOR_SEEN = 1, 20


@transaction.atomic
def draw_audits(*, project_id: int, transcript_ids: Sequence[UUID], actor: Actor) -> list[ReviewItem]:
    """Draw each new transcript into the audit sample or not; safe to repeat. Returns the items drawn."""
    queue = queue_of(project_id)
    if not queue.audit_share or not transcript_ids:
        return []
    _count_flagged(queue, transcript_ids)
    probability = inclusion_prob(queue)
    return [_draw(queue, id_, probability, actor) for id_ in transcript_ids if _is_drawn(queue, id_, probability)]


def inclusion_prob(queue: Queue) -> float:
    """The probability with which a transcript that arrives now is drawn: it follows the past, never its own score."""
    if queue.audit_share >= 1:
        return 1.0
    flagged = PRIOR_FLAGGED / PRIOR_SEEN if queue.flagged_share is None else queue.flagged_share
    wanted = MARGIN * flagged * queue.audit_share / (1 - queue.audit_share)
    return min(1.0, max(LEAST_PROB, wanted))


def _is_drawn(queue: Queue, transcript_id: UUID, probability: float) -> bool:
    return draws.is_drawn(probability, "audit", queue.policy_version, transcript_id)


def _draw(queue: Queue, transcript_id: UUID, probability: float, actor: Actor) -> ReviewItem:
    now = clock.now()
    drawn = {
        "stream": Stream.AUDIT,
        "inclusion_prob": probability,
        "policy_version": queue.policy_version,
        "place": blind_place(queue, transcript_id),
    }
    item, created = ReviewItem.objects.get_or_create(
        queue=queue,
        transcript_id=transcript_id,
        defaults={
            **drawn,
            "project_id": queue.project_id,
            "required": required_readers(queue, transcript_id),
            "created_at": now,
            "due_at": now + timedelta(minutes=queue.due_after_min),
        },
    )
    if created:
        audit.record(ItemQueued(**about(item), queue_id=queue.pk, priority="0.0"), actor)
    # A flag that overtook the draw changes nothing about who is drawn.
    elif ReviewItem.objects.filter(pk=item.pk).exclude(stream=Stream.AUDIT).update(**drawn) != 1:
        return item
    audit.record(ItemDrawn(**about(item), inclusion_prob=repr(probability), version=queue.policy_version), actor)
    return item


def _count_flagged(queue: Queue, arrived: Sequence[UUID]) -> None:
    """Count anew, now and then, which share of the transcripts that came before these was flagged."""
    now = clock.now()
    if queue.counted_at and now - queue.counted_at < COUNT_EVERY:
        return
    first = Transcript.objects.filter(pk__in=arrived).order_by("received_at").values_list("received_at", flat=True)[0]
    queue.flagged_share, queue.counted_at = _flagged_share(queue, first), now
    queue.save(update_fields=["flagged_share", "counted_at"])


def _flagged_share(queue: Queue, before: datetime) -> float:
    past = Transcript.objects.filter(project_id=queue.project_id, received_at__lt=before)
    newest = past.order_by("-received_at", "-pk").values("pk")[:NEWEST]
    flagged = ReviewItem.objects.filter(queue=queue, priority__gt=0, transcript__in=newest).count()
    return (flagged + PRIOR_FLAGGED) / (newest.count() + PRIOR_SEEN)
