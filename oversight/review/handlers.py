"""Review hears of flags."""

from __future__ import annotations

from uuid import UUID

from oversight.audit.actors import Actor
from oversight.audit.dispatch import subscribe
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.review import services


@subscribe("transcript.flagged")
def queue_flagged(event: LedgerEvent) -> None:
    """A flag puts its transcript in the queue."""
    detail = LedgerDetail.objects.values_list("detail", flat=True).get(event_id=event.pk) or {}
    services.queue_flagged(
        transcript_id=UUID(event.object_id), score=float(detail["score"]), actor=Actor.worker("review")
    )


@subscribe("transcripts.ingested")
def draw_audits(event: LedgerEvent) -> None:
    """New transcripts are drawn for the audit sample before monitors have said anything of them."""
    detail = LedgerDetail.objects.values_list("detail", flat=True).get(event_id=event.pk) or {}
    if event.project_id is not None:
        services.draw_audits(
            project_id=event.project_id,
            transcript_ids=[UUID(id_) for id_ in detail["transcript_ids"]],
            actor=Actor.worker("review"),
        )
