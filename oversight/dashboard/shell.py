"""What every page's frame shows: the places by permission, the theme, and where one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from oversight.accounts.permissions import permissions_of

# Which of the five places a path belongs to; Admin holds the audit trail and the alerts as tabs.
PLACES = (
    ("/review/", "review"),
    ("/traces/", "traces"),
    ("/monitors/", "monitors"),
    ("/overview/", "overview"),
    ("/admin/", "admin"),
    ("/audit/", "admin"),
    ("/alerts/", "admin"),
)


def place_of(path: str) -> str:
    """The place whose paths begin like this one; empty when none does."""
    return next((place for prefix, place in PLACES if path.startswith(prefix)), "")


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template context of every page of a signed-in user. One query."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"may": permissions_of(request.user), "theme": request.user.theme, "place": place_of(request.path)}
