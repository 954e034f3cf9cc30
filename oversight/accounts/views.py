"""Sign in, sign out, and the user's own settings."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from oversight.accounts import services, signing_in
from oversight.accounts.forms import LoginForm, PreferencesForm, ThemeForm
from oversight.accounts.models import Theme
from oversight.accounts.permissions import Request
from oversight.audit.actors import Actor
from oversight.lib.errors import Throttled, Unavailable


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    target = _target(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = LoginForm(request.POST or None)
    status = 200
    if form.is_valid():
        status = _attempt(request, form)
        if status == 302:
            return redirect(target)
    elif form.is_bound:
        status = 422
    return render(request, "accounts/login.html", {"form": form, "next": target}, status=status)


def _attempt(request: HttpRequest, form: LoginForm) -> int:
    try:
        if signing_in.sign_in(request, **form.cleaned_data):
            return 302
    except (Throttled, Unavailable) as error:
        form.add_error(None, str(error))
        return error.status
    form.add_error(None, "E-mail and password do not go together.")
    return 422


def _target(request: HttpRequest) -> str:
    """Where the user was going, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=settings.HTTPS)
    return wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    signing_in.sign_out(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@login_required
@require_POST
def theme(request: Request) -> HttpResponse:
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    services.choose_theme(user=request.user, theme=Theme(form.cleaned_data["theme"]), actor=Actor.of(request.user))
    if request.headers.get("HX-Request") or request.headers.get("Sec-Fetch-Mode") == "cors":
        return HttpResponse(status=204)
    return redirect(_target(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Request) -> HttpResponse:
    """One's own settings: how pages look, how texts are set, which keys work."""
    now = {name: getattr(request.user, name) for name in services.PREFERENCES}
    form = PreferencesForm(request.POST or None, initial=now)
    if form.is_valid():
        services.choose_preferences(user=request.user, chosen=form.cleaned_data, actor=Actor.of(request.user))
        messages.success(request, "Saved. They hold wherever you sign in.")
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def single_keys(request: Request) -> HttpResponse:
    """The switch in the sheet of keys."""
    is_on = request.POST.get("single_keys") == "on"
    services.choose_preferences(user=request.user, chosen={"single_keys": is_on}, actor=Actor.of(request.user))
    return HttpResponse(status=204)
