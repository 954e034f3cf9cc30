"""Monitoring hears of ingested transcripts."""

from __future__ import annotations

from uuid import UUID

from oversight.audit.actors import Actor
from oversight.audit.dispatch import subscribe
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.monitoring import services


@subscribe("transcripts.ingested")
def schedule_ingested(event: LedgerEvent) -> None:
    """Every new transcript gets its monitor runs."""
    detail = LedgerDetail.objects.values_list("detail", flat=True).get(event_id=event.pk) or {}
    ids = [UUID(id_) for id_ in detail["transcript_ids"]]
    services.schedule(transcript_ids=ids, actor=Actor.worker("monitoring"))
