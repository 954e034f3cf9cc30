"""How much readers agree, and the items behind each figure."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, allowed_projects, permitted, project_for, projects_of
from oversight.agreement import export
from oversight.agreement.page import agreement_page, pairs_page


@require_GET
@permitted("agreement.view")
def agreement(request: Request) -> HttpResponseBase:
    """Figures of one version of a label set. Who agrees with whom is for those who may take labels out."""
    project = project_for(request, request.GET.get("project"))
    context = {
        "page": agreement_page(project.pk, request.GET.get("version", "")),
        "project": project,
        "projects": projects_of(request),
        "may_name": project.pk in allowed_projects(request.memberships, "label.export"),
        "n_labels": export.labels(project.pk, request.user, export.Filter()).count(),
    }
    return render(request, "agreement/page.html", context)


@require_GET
@permitted("agreement.view")
def items(request: Request) -> HttpResponseBase:
    """The items that two people read, by what one figure counts."""
    project = project_for(request, request.GET.get("project"))
    asked = request.GET.dict()
    if project.pk not in allowed_projects(request.memberships, "label.export"):
        asked.pop("people", None)
    page = pairs_page(project.pk, request.user, asked)
    return render(request, "agreement/items.html", {"page": page, "project": project})
