"""The root: whoever comes there is sent to the first place that their role opens."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from oversight.accounts.permissions import Request, memberships_of, permissions_of

PLACES = (
    ("queue.view", "review:queue"),
    ("overview.view", "dashboard:overview"),
    ("admin.view", "dashboard:admin"),
)


@require_safe
@login_required
def home(request: Request) -> HttpResponse:
    may = permissions_of(memberships_of(request.user))
    return redirect(next((place for permission, place in PLACES if permission in may), "review:queue"))
