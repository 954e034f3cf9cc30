"""The verdict pane as an answer: alone for the module, as a page of its own for a browser without JavaScript."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from oversight.accounts.permissions import Request
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors
from oversight.review.models import ReviewItem
from oversight.review.selectors.drafts import Merge, merge_of
from oversight.review.services.drafts import StaleDraft, save_draft
from oversight.review.verdict_forms import entered, number
from oversight.review.views.request import wants_part
from oversight.transcripts.models import Transcript
from oversight.transcripts.services import open_transcript


def pane(
    request: Request, transcript_id: UUID, *, error: str = "", merge: Merge | None = None, status: int = 200
) -> HttpResponse:
    """The pane quotes the transcript where spans are marked: that is recorded before it is sent."""
    desk = selectors.desk(request.user, transcript_id)
    if desk.shows_text or merge:
        transcript = Transcript.objects.get(pk=transcript_id)
        open_transcript(transcript=transcript, surface="verdict pane", actor=Actor.of(request.user), scores=False)
    context = {"desk": desk, "desk_error": error, "merge": merge}
    template = "review/_desk.html" if wants_part(request) else "review/desk.html"
    return render(request, template, context, status=status)


def stale(request: Request, item: ReviewItem, error: StaleDraft) -> HttpResponse:
    """Both drafts side by side."""
    return pane(
        request,
        item.transcript_id,
        error=str(error),
        merge=merge_of(error.yours, error.theirs),
        status=error.status,
    )


def refused(request: Request, item: ReviewItem, error: Conflict | Invalid) -> HttpResponse:
    """The pane with the reason. What was entered becomes the draft, unless another tab has gone on with that."""
    if isinstance(error, StaleDraft):
        return stale(request, item, error)
    try:
        save_draft(
            item=item,
            reviewer=request.user,
            content=entered(request.POST),
            revision=number(request.POST, "revision"),
            actor=Actor.of(request.user),
        )
    except StaleDraft as conflict:
        return stale(request, item, conflict)
    except Invalid:
        pass  # no verdict could hold it, and `error` says why
    return pane(request, item.transcript_id, error=str(error), status=error.status)
