"""What every page's frame shows: navigation by role, theme, and the live connection."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from oversight.accounts.permissions import permissions_of


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template context of every page of a signed-in user. One query."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"may": permissions_of(request.user), "theme": request.user.theme}
