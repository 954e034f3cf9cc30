"""Where lists show an item. The place of one that is read blind must tell nothing of its score."""

from __future__ import annotations

from uuid import UUID

from oversight.review import draws
from oversight.review.models import Queue, ReviewItem, Stream

NEWEST = 200


def place_for(queue: Queue, transcript_id: UUID, *, score: float, required: int) -> float:
    """By its score when its readers see the score, else somewhere among the others."""
    return score if required == 1 else blind_place(queue, transcript_id)


def blind_place(queue: Queue, transcript_id: UUID) -> float:
    """The place of one of the newest flagged items, drawn without regard to any score of this one. One query."""
    shown = ReviewItem.objects.filter(project_id=queue.project_id, stream=Stream.TRIAGE, required=1)
    places = list(shown.order_by("-created_at", "-pk").values_list("place", flat=True)[:NEWEST])
    at = draws.uniform("place", queue.policy_version, transcript_id)
    return places[int(at * len(places))] if places else (1 + at) / 2
