"""The one table of who may do what, and its gate for views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from oversight.accounts.models import Membership, Project, Role, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import AccessDenied
from oversight.lib.errors import Denied

A, L, R, U = Role.ADMIN, Role.LEAD, Role.REVIEWER, Role.AUDITOR

TABLE: dict[str, frozenset[str]] = {
    "queue.view": frozenset({A, L, R}),
    "item.claim": frozenset({A, L, R}),
    "verdict.commit": frozenset({A, L, R}),
    "transcript.list": frozenset({A, L, R}),
    "transcript.view": frozenset({A, L, R}),
    "transcript.upload": frozenset({A, L}),
    "rejected.view": frozenset({A, L, R}),
    "rejected.replay": frozenset({A, L}),
    "monitor.view": frozenset({A, L, R, U}),
    "monitor.configure": frozenset({A, L}),
    "monitor.try": frozenset({A, L, R}),
    "overview.view": frozenset({A, L, R, U}),
    "audit.view": frozenset({A, U}),
    "audit.export": frozenset({A, U}),
    "alert.view": frozenset({A, L}),
    "alert.configure": frozenset({A}),
    "apikey.manage": frozenset({A}),
    "member.manage": frozenset({A}),
    "admin.view": frozenset({A, L, U}),
}


class Request(HttpRequest):
    """A request of a signed-in user, with the projects in which the view's action is allowed."""

    user: User
    projects: frozenset[int]


P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponseBase]


def allowed_projects(user: User, permission: str) -> frozenset[int]:
    """Ids of the projects in which the user's role allows the action. One query."""
    if not user.is_active:
        return frozenset()
    roles = TABLE[permission]
    return frozenset(Membership.objects.filter(user=user, role__in=roles).values_list("project_id", flat=True))


def permissions_of(user: User) -> frozenset[str]:
    """Every action that the user may do in at least one project: what the navigation shows."""
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    return frozenset(permission for permission, of in TABLE.items() if of & roles)


def permitted(permission: str) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Require sign-in and the action in at least one project; sets `request.projects`. A refusal is an event."""
    if permission not in TABLE:
        raise KeyError(f"{permission!r} is not in the table of permissions")

    def gate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def inner(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request.projects = allowed_projects(request.user, permission)
            if not request.projects:
                audit.record_alone(
                    AccessDenied(
                        object_id=request.path, outcome="denied", permission=permission, method=request.method or ""
                    ),
                    Actor.of(request.user),
                )
                raise Denied("Your role does not allow this. An admin of the project can change it.")
            return view(request, *args, **kwargs)

        inner.permission = permission  # type: ignore[attr-defined]  # read by the authorisation matrix test
        return inner

    return gate


def project_for(request: Request, slug: str | None = None) -> Project:
    """The project that a page works in: the named one, or the first of those allowed."""
    projects = Project.objects.filter(pk__in=request.projects).order_by("name")
    return projects.get(slug=slug) if slug else projects[0]
