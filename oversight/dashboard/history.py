"""What happened to one transcript, from the ledger, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from oversight.accounts.models import User
from oversight.audit.models import LedgerEvent
from oversight.dashboard import words
from oversight.transcripts.models import Transcript

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event: who did what, and when."""

    at: datetime
    who: str
    action: str
    sentence: str
    outcome: str


def history_of(transcript: Transcript) -> tuple[HistoryRow, ...]:
    """Newest first. Two queries."""
    about = Q(object_type="transcript", object_id=str(transcript.pk))
    about |= Q(subjects__contains=[f"transcript:{transcript.pk}"])
    about |= Q(object_type="ingest_batch", object_id=str(transcript.batch_id))
    events = list(LedgerEvent.objects.filter(about).select_related("detail_row").order_by("-id")[:MOST_ROWS])
    ids = {int(event.actor_id) for event in events if event.actor_kind == "user" and event.actor_id.isdecimal()}
    names = {str(pk): name for pk, name in User.objects.filter(pk__in=ids).values_list("pk", "name")}
    return tuple(_row(event, names) for event in events)


def _row(event: LedgerEvent, names: dict[str, str]) -> HistoryRow:
    detail = event.detail_row.detail if hasattr(event, "detail_row") else None
    return HistoryRow(event.at, _who(event, names), event.action, _sentence(event.action, detail or {}), event.outcome)


def _who(event: LedgerEvent, names: dict[str, str]) -> str:
    if event.actor_kind == "user":
        return names.get(event.actor_id, f"user {event.actor_id}")
    if event.actor_kind == "apikey":
        return f"API key {event.actor_id}"
    return event.actor_id or event.actor_kind


def _sentence(action: str, detail: dict[str, Any]) -> str:
    monitor = words.monitor_title(str(detail["monitor"])) if detail.get("monitor") else ""
    if action == "transcript.scored":
        if detail.get("score"):
            return f"{monitor} scored it {detail['score']}"
        return f"{monitor} could not measure it: {words.reason_in_words(str(detail.get('reason', '')))}"
    known = {
        "transcripts.ingested": f"Came in by {detail.get('door', '')}",
        "transcript.viewed": f"Was opened ({detail.get('surface', '')})",
        "transcripts.listed": "A snippet of it was shown in a list",
        "transcript.flagged": f"{monitor} flagged it: {detail.get('score')} reaches {detail.get('threshold')}",
        "item.queued": "Came into the review queue",
        "item.raised": f"Rose in the queue from {detail.get('before')} to {detail.get('after')}",
        "item.claimed": "Was claimed for review",
        "item.released": "The claim ran out" if detail.get("expired") else "Was given back",
        "verdict.committed": f"Verdict: {detail.get('label', '')}",
        "verdict.undone": "The verdict was undone",
        "verdict.settled": f"The verdict settled: {detail.get('label', '')}",
        "webhook.delivered": f"A webhook was delivered ({detail.get('event_type', '')})",
        "webhook.died": f"A webhook failed for good ({detail.get('event_type', '')})",
    }
    return known.get(action, action.replace(".", " ").replace("_", " "))
