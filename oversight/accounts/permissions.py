"""The one table of who may do what, and its gate for views."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from oversight.accounts.models import Membership, Project, Role, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.events import AccessDenied
from oversight.lib.errors import Denied, NotFound

A, L, R, U = Role.ADMIN, Role.LEAD, Role.REVIEWER, Role.AUDITOR

TABLE: dict[str, frozenset[str]] = {
    "queue.view": frozenset({A, L, R}),
    "item.claim": frozenset({A, L, R}),
    "item.plan": frozenset({A, L, R}),
    "queue.configure": frozenset({A, L}),
    "verdict.commit": frozenset({A, L, R}),
    "verdict.reopen": frozenset({A, L, R}),
    "label_set.view": frozenset({A, L, R}),
    "label_set.edit": frozenset({A, L}),
    "dispute.adjudicate": frozenset({A, L, R}),
    "agreement.view": frozenset({A, L, R}),
    "item.double": frozenset({A, L}),
    "label.export": frozenset({A, L}),
    "transcript.list": frozenset({A, L, R}),
    "transcript.view": frozenset({A, L, R}),
    "transcript.upload": frozenset({A, L}),
    "rejected.view": frozenset({A, L, R}),
    "rejected.replay": frozenset({A, L}),
    "monitor.view": frozenset({A, L, R, U}),
    "monitor.configure": frozenset({A, L}),
    "monitor.try": frozenset({A, L, R}),
    "rubric.view": frozenset({A, L, R}),
    "rubric.write": frozenset({A, L}),
    "rubric.try": frozenset({A, L, R}),
    "rubric.run": frozenset({A, L}),
    "rubric.label": frozenset({A, L, R}),
    "rubric.export": frozenset({A, L}),
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
    memberships: tuple[Membership, ...]
    projects: frozenset[int]


P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponseBase]


def memberships_of(user: User) -> tuple[Membership, ...]:
    """The user's roles, by the names of their projects. One query."""
    if not user.is_active:
        return ()
    return tuple(Membership.objects.filter(user=user).select_related("project").order_by("project__name"))


def allowed_projects(memberships: Iterable[Membership], permission: str) -> frozenset[int]:
    """Ids of the projects in which one of these roles allows the action."""
    return frozenset(one.project_id for one in memberships if one.role in TABLE[permission])


def permissions_of(memberships: Iterable[Membership]) -> frozenset[str]:
    """Every action that these roles allow in at least one project: what the navigation shows."""
    roles = {one.role for one in memberships}
    return frozenset(permission for permission, of in TABLE.items() if of & roles)


def permitted(permission: str) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Require sign-in and the action in at least one project; sets `request.projects`. A refusal is an event."""
    if permission not in TABLE:
        raise KeyError(f"{permission!r} is not in the table of permissions")

    def gate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def inner(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request.memberships = memberships_of(request.user)
            request.projects = allowed_projects(request.memberships, permission)
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


def projects_of(request: Request) -> tuple[Project, ...]:
    """The projects in which the view's action is allowed, by name."""
    return tuple(one.project for one in request.memberships if one.project_id in request.projects)


def project_for(request: Request, slug: str | None = None) -> Project:
    """The project that a page works in: the named one, or the first of those allowed. Raises NotFound."""
    for project in projects_of(request):
        if slug in (None, "", project.slug):
            return project
    raise NotFound("There is no such project, or you are not a member of it.")
