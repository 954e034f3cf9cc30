"""The queue page, and the parts of it that change."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted, projects_of
from oversight.audit.actors import Actor
from oversight.review import selectors, services
from oversight.review.forms import filter_of
from oversight.review.views.request import project_of, wants_part

CHANGES = 100


@require_GET
@permitted("queue.view")
def queue(request: Request) -> HttpResponseBase:
    """The list of items, most urgent first."""
    project, where = project_of(request), filter_of(request.GET)
    listing = selectors.queue_listing(project_id=project.pk, user=request.user, where=where)
    services.list_snippets(items=listing.page.rows, project_id=project.pk, actor=Actor.of(request.user))
    page = selectors.queue_page(listing, project_id=project.pk, user=request.user, where=where)
    template = "review/_rows.html" if wants_part(request) else "review/queue.html"
    return render(request, template, {"page": page, "project": project, "projects": projects_of(request)})


@require_GET
@permitted("queue.view")
def changes(request: Request) -> HttpResponseBase:
    """The changing cells of some items: claim, score, and whether the page's filter lets them through. No content."""
    project, where = project_of(request), filter_of(request.GET)
    ids = [int(word) for word in request.GET.get("ids", "").split(",")[:CHANGES] if word.isdecimal() and len(word) < 19]
    cells = selectors.queue_cells(ids, project_id=project.pk, user=request.user, where=where)
    counts = selectors.queue_counts(project_id=project.pk, user=request.user)
    return render(request, "review/_changes.html", {"cells": cells, "counts": counts})
