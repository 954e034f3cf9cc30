"""Claims and verdicts. Every form works without JavaScript; a module asks for the part by a header."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, permitted
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors, services
from oversight.review.content import content_of
from oversight.review.models import Assignment, Queue, ReviewItem, Verdict
from oversight.review.services import drafts, effort, verdicts
from oversight.review.verdict_forms import entered, number, share
from oversight.review.views.pane import pane, refused
from oversight.review.views.request import assignment_of, project_of, wants_part
from oversight.transcripts.models import Transcript


@require_GET
@permitted("item.claim")
def desk(request: Request, transcript_id: UUID) -> HttpResponseBase:
    """The verdict pane, when something about its item has changed."""
    transcript = get_object_or_404(Transcript, pk=transcript_id, project_id__in=request.projects)
    return pane(request, transcript.pk)


@require_POST
@permitted("item.claim")
def claim(request: Request, pk: int) -> HttpResponseBase:
    """Take the lease and open the trace; with a label, enter it in the draft."""
    item = get_object_or_404(ReviewItem, pk=pk, project_id__in=request.projects)
    try:
        services.claim(item=item, reviewer=request.user, actor=Actor.of(request.user))
        if label := request.POST.get("label"):
            drafts.enter_label(item=item, reviewer=request.user, label=label, actor=Actor.of(request.user))
    except (Conflict, Invalid) as error:
        return pane(request, item.transcript_id, error=str(error), status=error.status)
    return pane(request, item.transcript_id) if wants_part(request) else redirect(_trace(item))


@require_POST
@permitted("item.claim")
def claim_next(request: Request) -> HttpResponseBase:
    """Open the most urgent free item."""
    return redirect(_next(request, project_of(request)))


@require_POST
@permitted("item.claim")
def renew(request: Request, token: UUID) -> HttpResponseBase:
    """The heartbeat of a reader, or the button that extends the lease."""
    assignment = assignment_of(request, token)
    _note_effort(request, assignment)
    try:
        services.renew(assignment=assignment, actor=Actor.of(request.user))
    except Conflict as error:
        return pane(request, assignment.item.transcript_id, error=str(error), status=409)
    if not wants_part(request):
        return redirect(_trace(assignment.item))
    return render(request, "review/_lease.html", {"desk": selectors.lease_of(assignment)})


@require_POST
@permitted("item.claim")
def release(request: Request, token: UUID) -> HttpResponseBase:
    """Give the item back and return to the queue."""
    assignment = assignment_of(request, token)
    try:
        services.release(assignment=assignment, actor=Actor.of(request.user))
    except Conflict as error:
        return pane(request, assignment.item.transcript_id, error=str(error), status=409)
    return redirect("review:queue")


@require_POST
@permitted("verdict.commit")
def verdict(request: Request, token: UUID) -> HttpResponseBase:
    """Decide, and open the next item. What is refused is kept as the draft."""
    assignment = assignment_of(request, token)
    _note_effort(request, assignment)
    try:
        services.commit_verdict(
            assignment=assignment,
            content=content_of(entered(request.POST), number(request.POST, "guidelines")),
            revision=number(request.POST, "revision"),
            actor=Actor.of(request.user),
        )
    except (Conflict, Invalid) as error:
        return refused(request, assignment.item, error)
    stay = request.POST.get("then") == "stay"
    url = _trace(assignment.item) if stay else _next(request, assignment.item.project)
    return JsonResponse({"next": url}) if wants_part(request) else redirect(url)


@require_POST
@permitted("verdict.commit")
def undo(request: Request, pk: int) -> HttpResponseBase:
    """Take a verdict back and open its item again."""
    mine = Verdict.objects.filter(assignment__reviewer=request.user, item__project_id__in=request.projects)
    undone = get_object_or_404(mine.select_related("item", "assignment__reviewer"), pk=pk)
    try:
        services.undo_verdict(verdict=undone, actor=Actor.of(request.user))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect(_trace(undone.item))


@require_POST
@permitted("verdict.reopen")
def reopen(request: Request, pk: int) -> HttpResponseBase:
    """Open a decided item again, for a reason that stays in its history."""
    found = Verdict.objects.filter(item__project_id__in=request.projects).select_related("item")
    opened = get_object_or_404(found, pk=pk)
    try:
        verdicts.reopen_verdict(verdict=opened, why=request.POST.get("why", ""), actor=Actor.of(request.user))
    except (Conflict, Invalid) as error:
        return pane(request, opened.item.transcript_id, error=str(error), status=error.status)
    return pane(request, opened.item.transcript_id) if wants_part(request) else redirect(_trace(opened.item))


def _note_effort(request: Request, assignment: Assignment) -> None:
    effort.note_effort(
        assignment=assignment, active_ms=number(request.POST, "active_ms"), read_share=share(request.POST, "read_share")
    )


def _trace(item: ReviewItem) -> str:
    return reverse("dashboard:trace", args=[item.transcript_id])


def _next(request: Request, project: Project) -> str:
    """Lease the next item and give its address; the queue's when there is none, with the reason."""
    found = Queue.objects.filter(project=project).order_by("pk").first()
    leased = found and services.claim_next(queue=found, reviewer=request.user, actor=Actor.of(request.user))
    if leased:
        return _trace(leased.item)
    counts = selectors.queue_counts(project_id=project.pk, user=request.user)
    messages.info(request, f"Nothing is free to review: {counts.why_none_is_free()}.")
    return f"{reverse('review:queue')}?project={project.slug}"
