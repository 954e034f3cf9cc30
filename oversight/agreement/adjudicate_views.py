"""Adjudication: the list of disputes, and one of them. Every form works without JavaScript."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, permitted, project_for, projects_of
from oversight.agreement.case import case_of
from oversight.agreement.disputes import claimable, disputes
from oversight.agreement.forms import DecisionForm
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.review import services
from oversight.review.models import Assignment, ItemState, ReviewItem, Role, Verdict, VerdictLabel
from oversight.review.services.adjudication import is_party
from oversight.transcripts.services import open_transcript


@require_GET
@permitted("dispute.adjudicate")
def adjudicate(request: Request) -> HttpResponseBase:
    """The disputes that this person may settle."""
    project = project_for(request, request.GET.get("project"))
    found = disputes(project.pk, request.user)
    template = "agreement/_disputes.html" if "X-Part" in request.headers else "agreement/disputes.html"
    return render(request, template, {"found": found, "project": project, "projects": projects_of(request)})


@require_POST
@permitted("dispute.adjudicate")
def claim_next(request: Request) -> HttpResponseBase:
    """Claim the first dispute that nobody settles."""
    project = project_for(request, request.POST.get("project"))
    for item in claimable(project.pk, request.user)[:20]:
        try:
            services.claim_dispute(item=item, adjudicator=request.user, actor=Actor.of(request.user))
        except Conflict:
            continue
        return redirect("agreement:case", item.pk)
    messages.info(request, "No dispute is left that you could settle.")
    return redirect("agreement:adjudicate")


@require_POST
@permitted("dispute.adjudicate")
def claim(request: Request, pk: int) -> HttpResponseBase:
    """Take the adjudicator's slot of a dispute."""
    item = _item(request, pk)
    try:
        services.claim_dispute(item=item, adjudicator=request.user, actor=Actor.of(request.user))
    except Conflict as error:
        messages.warning(request, str(error))
        return redirect("agreement:adjudicate")
    return redirect("agreement:case", item.pk)


@require_GET
@permitted("dispute.adjudicate")
def case(request: Request, pk: int) -> HttpResponseBase:
    """The text with both lanes. That it is read, and that no score is, is committed before."""
    item = _item(request, pk)
    if refusal := _refusal(request, item):
        messages.warning(request, refusal)
        return redirect("agreement:adjudicate")
    return _case(request, item, merged="agreed" in request.GET.getlist("spans"))


@require_POST
@permitted("dispute.adjudicate")
def decide(request: Request, token: UUID) -> HttpResponseBase:
    """Settle the dispute by a third record; the two originals stay as they are."""
    assignment = _assignment(request, token)
    found, form = case_of(assignment.item, request.user), DecisionForm(request.POST)
    if not form.is_valid():
        return _case(request, assignment.item, error=_first(form), form=form, status=422)
    try:
        content = form.content(found, request.POST.getlist("spans"))
        services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(request.user))
    except (Conflict, Invalid) as error:
        return _case(request, _item(request, assignment.item_id), error=str(error), form=form, status=error.status)
    return redirect("agreement:case", assignment.item_id)


@require_POST
@permitted("dispute.adjudicate")
def release(request: Request, token: UUID) -> HttpResponseBase:
    """Leave the dispute to somebody else."""
    try:
        services.release(assignment=_assignment(request, token), actor=Actor.of(request.user))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("agreement:adjudicate")


@require_POST
@permitted("dispute.adjudicate")
def undo(request: Request, pk: int) -> HttpResponseBase:
    """Take one's own adjudication back while its window is open."""
    mine = Verdict.objects.filter(assignment__reviewer=request.user, assignment__role=Role.ADJUDICATOR)
    mine = mine.filter(item__project_id__in=request.projects).select_related("item", "assignment__reviewer")
    verdict = get_object_or_404(mine, pk=pk)
    try:
        services.undo_verdict(verdict=verdict, actor=Actor.of(request.user))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("agreement:case", verdict.item_id)


@require_POST
@permitted("item.double")
def ask_second(request: Request, pk: int) -> HttpResponseBase:
    """Have a second person read an open item."""
    item = get_object_or_404(ReviewItem, pk=pk, project_id__in=request.projects)
    try:
        services.ask_second(item=item, actor=Actor.of(request.user))
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, "Two people read this item, each without knowing of the other.")
    return redirect("dashboard:trace", item.transcript_id)


def _item(request: Request, pk: int) -> ReviewItem:
    items = ReviewItem.objects.filter(project_id__in=request.projects, required=2)
    return get_object_or_404(items.select_related("transcript__model_run", "project", "queue"), pk=pk)


def _assignment(request: Request, token: UUID) -> Assignment:
    mine = Assignment.objects.filter(reviewer=request.user, role=Role.ADJUDICATOR)
    mine = mine.filter(item__project_id__in=request.projects)
    return get_object_or_404(mine.select_related("item__transcript__model_run", "reviewer"), lease_token=token)


def _refusal(request: Request, item: ReviewItem) -> str:
    """Why this person may not see the judgements side by side; empty when they may."""
    if item.state == ItemState.OPEN:
        return "This item still waits for its readers."
    if item.state == ItemState.DISPUTED and is_party(item, request.user):
        return "You have read this item, so somebody else settles it. You see both judgements after that."
    return ""


def _first(form: DecisionForm) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), "")


def _case(
    request: Request,
    item: ReviewItem,
    *,
    error: str = "",
    form: DecisionForm | None = None,
    merged: bool = False,
    status: int = 200,
) -> HttpResponse:
    open_transcript(transcript=item.transcript, surface="adjudication", actor=Actor.of(request.user), scores=False)
    found = case_of(item, request.user)
    said: dict[str, Any] = form.data.dict() if form else {}  # type: ignore[attr-defined]  # bound to a QueryDict
    checked = request.POST.getlist("spans") if form else [one.key for one in found.agreed if merged]
    context = {"case": found, "error": error, "said": said, "checked": checked, "labels": VerdictLabel.choices}
    return render(request, "agreement/case.html", context, status=status)
