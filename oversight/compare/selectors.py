"""What there is to compare a transcript with, and what was said of pairs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from oversight.accounts.models import User
from oversight.compare.models import Mark
from oversight.transcripts.models import Metadata, Transcript

# Neither the opening of a transcript nor its group is indexed: it is looked for among so many of those nearest.
NEAREST = 1_000
MOST_BESIDE = 100
# What was asked: the digest of what stands before the first answer, as far as two messages.
_OPENINGS = """
SELECT transcript_id, md5(string_agg(array_to_string(texts, E'\\n'), E'\\n' ORDER BY seq)) FROM transcripts_message
WHERE transcript_id = ANY(%s) AND month = ANY(%s) AND seq < 2 AND role IN ('system', 'user') GROUP BY transcript_id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transcript of the same prompt, or of the same group of the data that it came with."""

    transcript: Transcript
    same_prompt: bool
    same_group: bool


@dataclass(frozen=True, slots=True)
class MarkRow:
    """What one person said of a pair; the spans in the order that was asked for."""

    reviewer_id: int
    reviewer: str
    a_span: str
    b_span: str
    meaning: str
    at: str


def found_by(asked: str, projects: Collection[int]) -> Transcript | None:
    """By our id or by the exact external id, the newest of several. One query."""
    heads = Transcript.objects.filter(project_id__in=projects).select_related("model_run", "project")
    try:
        return heads.filter(pk=UUID(asked)).first()
    except ValueError:
        return heads.filter(external_id=asked).order_by("-received_at").first() if asked else None


def candidates(transcript: Transcript) -> tuple[Candidate, ...]:
    """Others of its prompt or its group, among those that came with it and the newest of its project. Five queries."""
    others = Transcript.objects.filter(project=transcript.project_id).exclude(pk=transcript.pk)
    together = others.filter(batch_id=transcript.batch_id).order_by("-received_at", "-pk")
    newest = others.order_by("-received_at", "-pk")
    nearest = dict.fromkeys([pk for rows in (together, newest) for pk in rows.values_list("pk", flat=True)[:NEAREST]])
    heads = {one.pk: one for one in others.filter(pk__in=list(nearest)).select_related("model_run")}
    asked = [transcript, *heads.values()]
    openings, groups = _openings(asked), _groups(asked)
    own_opening, own_group = openings.get(transcript.pk), groups.get(transcript.pk)
    found = [
        Candidate(
            heads[pk],
            same_prompt=own_opening is not None and openings.get(pk) == own_opening,
            same_group=own_group is not None and groups.get(pk) == own_group,
        )
        for pk in nearest
        if pk in heads
    ]
    kept = [one for one in found if one.same_prompt or one.same_group]
    return tuple(sorted(kept, key=lambda one: (not one.same_prompt, not one.same_group)))[:MOST_BESIDE]


def _openings(heads: Sequence[Transcript]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS, [[one.pk for one in heads], sorted({one.month for one in heads})])
        return dict(cursor.fetchall())


def _groups(heads: Sequence[Transcript]) -> dict[UUID, str]:
    """`meta.group`, where the data names one."""
    rows = Metadata.objects.filter(transcript__in=heads).values_list("transcript_id", "meta")
    named = ((pk, meta.get("group")) for pk, meta in rows if isinstance(meta, dict))
    return {pk: str(group) for pk, group in named if isinstance(group, str | int) and str(group)}


def marks_between(a: UUID, b: UUID, *, only: User | None = None) -> tuple[MarkRow, ...]:
    """Everybody's marks on the pairs of two transcripts, or one person's, oldest first. One query."""
    marks = Mark.objects.filter(Q(first=a, second=b) | Q(first=b, second=a)).select_related("reviewer").order_by("pk")
    if only is not None:
        marks = marks.filter(reviewer=only)
    return tuple(_mark_row(mark, is_swapped=mark.first_id != a) for mark in marks)


def _mark_row(mark: Mark, *, is_swapped: bool) -> MarkRow:
    spans = (mark.second_span, mark.first_span) if is_swapped else (mark.first_span, mark.second_span)
    return MarkRow(mark.reviewer_id, mark.reviewer.name, *spans, mark.meaning, mark.at.isoformat())
