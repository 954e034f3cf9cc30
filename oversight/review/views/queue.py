"""The queue page, and the parts of it that change."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, allowed_projects, permitted, projects_of
from oversight.audit.actors import Actor
from oversight.review import selectors, services, snoozes
from oversight.review.forms import filter_of
from oversight.review.selectors import Filter
from oversight.review.views.request import project_of, wants_part

CHANGES = 100
UNDO = "review.undo"


@require_GET
@permitted("queue.view")
def queue(request: Request) -> HttpResponseBase:
    """The list of items, most urgent first."""
    project = project_of(request)
    where = where_of(request, project)
    listing = selectors.queue_listing(project_id=project.pk, user=request.user, where=where)
    services.list_snippets(items=listing.shown, project_id=project.pk, actor=Actor.of(request.user))
    page = selectors.queue_page(listing, project_id=project.pk, user=request.user, where=where)
    shown = {"page": page, "project": project, "is_lead": is_lead(request, project)}
    if wants_part(request):
        return render(request, "review/_rows.html", shown)
    choices = selectors.queue_choices(project_id=project.pk, user=request.user)
    more = {"choices": choices, "projects": projects_of(request), "snoozes": snoozes.CHOICES}
    undo = {"undo": request.session.pop(UNDO, None), "undoable": selectors.undoable_of(request.user)}
    return render(request, "review/queue.html", {**shown, **more, **undo})


@require_GET
@permitted("queue.view")
def changes(request: Request) -> HttpResponseBase:
    """The changing cells of some items, whether the page's filter lets them through, and the counts. No content."""
    project = project_of(request)
    where = where_of(request, project)
    ids = [int(word) for word in request.GET.get("ids", "").split(",")[:CHANGES] if word.isdecimal() and len(word) < 19]
    cells = selectors.queue_cells(ids, project_id=project.pk, user=request.user, where=where)
    # All pages ask at once when something happens: what each row needs is cheap, the numbers can come a little later.
    wants_counts = "counts" in request.GET
    counts = selectors.queue_counts(project_id=project.pk, user=request.user) if wants_counts else None
    return render(request, "review/_changes.html", {"cells": cells, "counts": counts})


def is_lead(request: Request, project: Project) -> bool:
    """Whether this person sets the rules of the project's queue."""
    return project.pk in allowed_projects(request.memberships, "queue.configure")


def where_of(request: Request, project: Project) -> Filter:
    """The filter that the URL names: which stream an item is of is for leads to know."""
    return filter_of(request.GET, may_see_streams=is_lead(request, project))
