"""Members, API keys and health. What is shown once is answered to the request that made it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from oversight.accounts import services
from oversight.accounts.models import ApiKey, Membership, Project, Role, User
from oversight.accounts.permissions import Request, permitted
from oversight.audit.actors import Actor
from oversight.dashboard import admin
from oversight.dashboard.admin_forms import SCOPE_SETS, KeyForm, MemberForm, RoleForm
from oversight.dashboard.health import health, is_well
from oversight.lib import crypto
from oversight.lib.errors import Invalid, ServiceError

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """For load balancers: whether it works, and nothing else."""
    well = is_well()
    return HttpResponse("ok" if well else "not ok", content_type="text/plain", status=200 if well else 503)


@require_GET
@permitted("admin.view")
def overview(request: Request) -> HttpResponseBase:
    return render(request, "admin/health.html", {"health": health(request.projects)})


@require_form
@permitted("member.manage")
def members(request: Request) -> HttpResponseBase:
    form = MemberForm(request.POST or None, projects=request.projects)
    if form.is_valid():
        try:
            password = _add_member(request, **form.cleaned_data)
        except ServiceError as error:
            form.add_error(error.place or "email", str(error))
        else:
            if password:
                shown = {"name": form.cleaned_data["email"], "secret": password, "back": "dashboard:members"}
                return render(request, "admin/password.html", shown)
            messages.success(request, f"{form.cleaned_data['email']} is a member now.")
            return redirect("dashboard:members")
    context = {"rows": admin.member_rows(request.projects), "form": form, "roles": Role.choices}
    return render(request, "admin/members.html", context, status=422 if form.errors else 200)


def _add_member(request: Request, *, project: Project, email: str, name: str, role: Role) -> str | None:
    """The password of an account that had to be made, else None."""
    actor, user, password = Actor.of(request.user), User.objects.filter(email__iexact=email).first(), None
    if user is None:
        if not name:
            raise Invalid("Nobody has this e-mail here yet: give a name, and an account is made.", place="name")
        password = crypto.token(18)
        user = services.create_user(email=email, name=name, password=password, actor=actor)
    services.set_membership(user=user, project=project, role=role, actor=actor)
    return password


@require_POST
@permitted("member.manage")
def set_role(request: Request, pk: int) -> HttpResponseBase:
    """Change a role, or take it."""
    member = get_object_or_404(
        Membership.objects.select_related("user", "project"), pk=pk, project_id__in=request.projects
    )
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid("There is no such role.")
    role = form.cleaned_data["role"]
    services.set_membership(user=member.user, project=member.project, role=role, actor=Actor.of(request.user))
    now = f"has the role {role.label} now" if role else "is not a member any more"
    messages.success(request, f"{member.user.email} {now}.")
    return redirect("dashboard:members")


@require_form
@permitted("apikey.manage")
def keys(request: Request) -> HttpResponseBase:
    form = KeyForm(request.POST or None, projects=request.projects)
    if form.is_valid():
        made = services.create_api_key(
            project=form.cleaned_data["project"],
            name=form.cleaned_data["name"],
            scopes=SCOPE_SETS[form.cleaned_data["may"]],
            days=form.cleaned_data["days"],
            created_by=request.user,
            actor=Actor.of(request.user),
        )
        return render(request, "admin/key.html", {"made": made})
    context = {"rows": admin.key_rows(request.projects), "form": form}
    return render(request, "admin/keys.html", context, status=422 if form.errors else 200)


@require_POST
@permitted("apikey.manage")
def revoke_key(request: Request, pk: int) -> HttpResponseBase:
    key = get_object_or_404(ApiKey, pk=pk, project_id__in=request.projects)
    services.revoke_api_key(key=key, actor=Actor.of(request.user))
    messages.success(request, f"The key {key.name} is revoked.")
    return redirect("dashboard:keys")
