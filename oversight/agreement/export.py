"""Settled labels as records: what was decided, by which draw it came, everything that readers said, and the text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from monitors.transcript import Transcript as Content
from oversight.accounts.models import User
from oversight.agreement.events import LabelsExported
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.review.models import ReviewItem, Span, Verdict, VerdictState
from oversight.review.selectors import Filter as QueueFilter
from oversight.review.selectors import queue_items
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.exact_text import to_stored

SCHEMA = 1
BATCH = 50
# What an undo took back never counted, and what can still be undone does not count yet.
TOLD = (VerdictState.SETTLED, VerdictState.REOPENED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which settled items: the queue page's filter, and the label set's version and the label of what holds."""

    queue: QueueFilter = field(default_factory=lambda: QueueFilter(state="decided"))
    version: int | None = None
    label: str = ""

    def said(self) -> dict[str, Any]:
        """For the ledger: settings only."""
        own = {"version": self.version, "label": self.label}
        return {"queue": self.queue.query, **{name: value for name, value in own.items() if value}}


def labels(project_id: int, user: User, where: Filter) -> QuerySet[ReviewItem]:
    """Decided items of which nobody can undo anything any more, in the order of their numbers."""
    pending = Verdict.objects.filter(item=OuterRef("pk"), state=VerdictState.PENDING)
    holding = Verdict.objects.standing().filter(item=OuterRef("pk"))
    if where.version:
        holding = holding.filter(label_set_version=where.version)
    if where.label:
        holding = holding.filter(label=where.label)
    items = queue_items(project_id=project_id, user=user, where=where.queue)
    return items.filter(Exists(holding), ~Exists(pending)).order_by("pk")


def take(*, project_id: int, user: User, where: Filter, kind: str, with_text: bool, actor: Actor) -> list[int]:
    """Record that these items' labels are about to leave, and name them; no record, no file."""
    ids = list(labels(project_id, user, where).values_list("pk", flat=True))
    event = LabelsExported(
        object_id=str(project_id),
        project_id=project_id,
        n_rows=len(ids),
        format=kind,
        with_text=with_text,
        filters=where.said(),
    )
    audit.record_alone(event, actor)
    return ids


def records(ids: Sequence[int], *, with_text: bool = True) -> Iterator[dict[str, Any]]:
    """One record an item, in pages, so that a long export is never held whole. Five queries a page."""
    for start in range(0, len(ids), BATCH):
        page = ids[start : start + BATCH]
        items = ReviewItem.objects.filter(pk__in=page).select_related("project", "queue", "transcript__model_run")
        given: dict[int, list[Verdict]] = {}
        verdicts = Verdict.objects.filter(item__in=page, state__in=TOLD)
        verdicts = verdicts.select_related("assignment", "label_set_version__label_set").prefetch_related("spans")
        for verdict in verdicts.order_by("pk"):
            given.setdefault(verdict.item_id, []).append(verdict)
        found = items.in_bulk()
        contents = transcripts.load([item.transcript_id for item in found.values()])
        for pk in page:
            if item := found.get(pk):
                yield _record(item, given.get(pk, []), contents, with_text=with_text)


def _record(
    item: ReviewItem, verdicts: Sequence[Verdict], contents: dict[UUID, Content], *, with_text: bool
) -> dict[str, Any]:
    texts = stored_texts(contents[item.transcript_id])
    holder = next((one for one in verdicts if one.holds and one.state == VerdictState.SETTLED), None)
    return {
        "schema_version": SCHEMA,
        "item_id": item.pk,
        "transcript_id": str(item.transcript_id),
        "external_id": item.transcript.external_id,
        "project": item.project.slug,
        "queue": item.queue.name,
        "model": item.transcript.model_run.model,
        "stream": item.stream,
        "inclusion_prob": item.inclusion_prob,
        "policy_version": item.policy_version,
        "readers_required": item.required,
        "decided_at": item.decided_at.isoformat() if item.decided_at else None,
        "verdict": _verdict(holder, with_text=with_text) if holder else None,
        "verdicts": [_verdict(one, with_text=with_text) for one in verdicts],
        "text_sha256": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
        **({"parts": _parts(contents[item.transcript_id], texts)} if with_text else {}),
    }


def stored_texts(content: Content) -> list[str]:
    """The text of each part as offsets count it: code points, nothing normalised."""
    return [to_stored(part.text)[0] for part in content.parts]


def _parts(content: Content, texts: Sequence[str]) -> list[dict[str, Any]]:
    channels = content.channels()
    roles = [message.role for message in content.messages for _ in message.parts]
    return [
        {
            "part": index,
            "role": roles[index].value,
            "type": part.type.value,
            "channel": channels[index].value,
            "text": texts[index],
        }
        for index, part in enumerate(content.parts)
    ]


def _verdict(verdict: Verdict, *, with_text: bool) -> dict[str, Any]:
    version, assignment = verdict.label_set_version, verdict.assignment
    return {
        "verdict_id": verdict.pk,
        "reader": assignment.reviewer_id,
        "role": assignment.role,
        "slot": assignment.slot,
        "label": verdict.label,
        "severity": verdict.severity,
        "category": verdict.category,
        "confidence": verdict.confidence,
        "note": verdict.note if with_text else "",
        "holds": verdict.holds and verdict.state == VerdictState.SETTLED,
        "state": verdict.state,
        "blinded": verdict.blinded,
        "stream": verdict.stream,
        "label_set": version.label_set.name if version else None,
        "label_set_version": version.number if version else None,
        "committed_at": verdict.committed_at.isoformat(),
        "active_ms": assignment.active_ms,
        "read_share": assignment.read_share,
        "spans": [_span(one, with_text=with_text) for one in sorted(verdict.spans.all(), key=_place)],
    }


def _place(span: Span) -> tuple[int, int, int, int]:
    return span.part, span.start, span.end, span.pk


def _span(span: Span, *, with_text: bool) -> dict[str, Any]:
    quoted = {"quote": span.quote, "note": span.note} if with_text else {}
    return {"label": span.label, "part": span.part, "start": span.start, "end": span.end, **quoted}
