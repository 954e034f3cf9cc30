"""What the views of review read from a request."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, project_for
from oversight.review.models import Assignment


def project_of(request: Request) -> Project:
    return project_for(request, request.POST.get("project") or request.GET.get("project"))


def assignment_of(request: Request, token: UUID) -> Assignment:
    mine = Assignment.objects.filter(reviewer=request.user, item__project_id__in=request.projects)
    return get_object_or_404(mine.select_related("item__project", "reviewer"), lease_token=token)


def wants_part(request: Request) -> bool:
    return "X-Part" in request.headers
