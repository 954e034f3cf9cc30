"""What is entered and not committed: kept on the way, and joined where two tabs went on apart."""

from __future__ import annotations

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from oversight.accounts.permissions import Request, permitted
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.review.models import Draft, ReviewItem
from oversight.review.services.drafts import NOTHING, StaleDraft, choose, save_draft
from oversight.review.verdict_forms import UNREADABLE, entered, number, object_of
from oversight.review.views.pane import pane, stale
from oversight.review.views.request import wants_part


@require_POST
@permitted("verdict.commit")
def save(request: Request, pk: int) -> HttpResponseBase:
    """The module's autosave, or the button. A stale revision is answered with both drafts."""
    item = get_object_or_404(ReviewItem, pk=pk, project_id__in=request.projects)
    try:
        draft = save_draft(
            item=item,
            reviewer=request.user,
            content=entered(request.POST),
            revision=number(request.POST, "revision"),
            actor=Actor.of(request.user),
        )
    except StaleDraft as error:
        return stale(request, item, error)
    except Invalid as error:
        return pane(request, item.transcript_id, error=str(error), status=error.status)
    if wants_part(request):
        return JsonResponse({"revision": draft.revision, "saved_at": draft.saved_at.isoformat()})
    return redirect("dashboard:trace", item.transcript_id)


@require_POST
@permitted("verdict.commit")
def merge(request: Request, pk: int) -> HttpResponseBase:
    """One draft of two, field by field as chosen."""
    item = get_object_or_404(ReviewItem, pk=pk, project_id__in=request.projects)
    kept = Draft.objects.filter(item=item, reviewer=request.user).first()
    choices = {name.removeprefix("choose-"): str(value) for name, value in request.POST.items()}
    try:
        yours = object_of(request.POST.get("yours", "{}"))
        merged = choose(yours=yours, theirs=kept.content if kept else NOTHING, choices=choices)
        save_draft(
            item=item,
            reviewer=request.user,
            content=merged,
            revision=number(request.POST, "revision"),
            actor=Actor.of(request.user),
        )
    except StaleDraft as error:
        return stale(request, item, error)
    except Invalid:
        return pane(request, item.transcript_id, error=UNREADABLE, status=422)
    return pane(request, item.transcript_id) if wants_part(request) else redirect("dashboard:trace", item.transcript_id)


@require_POST
@permitted("verdict.commit")
def discard(request: Request, pk: int) -> HttpResponseBase:
    """Empty the draft, on purpose."""
    item = get_object_or_404(ReviewItem, pk=pk, project_id__in=request.projects)
    save_draft(item=item, reviewer=request.user, content=NOTHING, revision=None, actor=Actor.of(request.user))
    return pane(request, item.transcript_id) if wants_part(request) else redirect("dashboard:trace", item.transcript_id)
