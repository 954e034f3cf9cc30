"""What every page's frame shows: the places by permission, the theme, and where one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from oversight.accounts.permissions import memberships_of, permissions_of

# Which of the five places a path belongs to; Admin holds the audit trail and the alerts as tabs.
PLACES = (
    ("/review/", "review"),
    ("/traces/", "traces"),
    ("/compare/", "traces"),
    ("/monitors/", "monitors"),
    ("/rubrics/", "monitors"),
    ("/overview/", "overview"),
    ("/admin/", "admin"),
    ("/audit/", "admin"),
    ("/alerts/", "admin"),
)


def place_of(path: str) -> str:
    """The place whose paths begin like this one; empty when none does."""
    return next((place for prefix, place in PLACES if path.startswith(prefix)), "")


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template context of every page of a signed-in user. A query where no view did."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    memberships = getattr(request, "memberships", None)
    may = permissions_of(memberships_of(request.user) if memberships is None else memberships)
    return {"may": may, "theme": request.user.theme, "prefers": request.user, "place": place_of(request.path)}
