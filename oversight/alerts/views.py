"""Endpoints, rules and the delivery log. Secrets are answered to the request that made them, and to no other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from oversight.accounts.permissions import Request, permitted
from oversight.alerts import selectors, services
from oversight.alerts.forms import DeliveryFilter, EndpointForm, NewEndpointForm, RuleForm
from oversight.alerts.models import Delivery, Endpoint, EndpointState, Rule
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid, NotFound

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permitted("alert.view")
def overview(request: Request) -> HttpResponseBase:
    context = {
        "endpoints": selectors.endpoint_rows(request.projects),
        "rules": selectors.rule_rows(request.projects),
        "n_dead": selectors.n_dead(request.projects),
    }
    return render(request, "alerts/overview.html", context)


@require_form
@permitted("alert.configure")
def new_endpoint(request: Request) -> HttpResponseBase:
    form = NewEndpointForm(request.POST or None, projects=request.projects)
    if form.is_valid():
        try:
            made = services.create_endpoint(**form.cleaned_data, created_by=request.user, actor=Actor.of(request.user))
        except Invalid as error:
            form.add_error("url", str(error))
        else:
            return _show_secret(request, made)
    return _form(request, form, "New endpoint", verb="Create endpoint")


@require_form
@permitted("alert.configure")
def edit_endpoint(request: Request, pk: int) -> HttpResponseBase:
    endpoint = _endpoint(request, pk)
    initial = {"name": endpoint.name, "url": endpoint.url, "kind": endpoint.kind}
    form = EndpointForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            made = services.update_endpoint(endpoint=endpoint, **form.cleaned_data, actor=Actor.of(request.user))
        except Invalid as error:
            form.add_error("url", str(error))
        else:
            return _show_secret(request, made) if made.secret else redirect("alerts:list")
    note = "A new URL gets a new secret, because whoever receives there has not been shown the old one."
    return _form(request, form, endpoint.name, note=note, endpoint=endpoint)


@require_POST
@permitted("alert.configure")
def new_secret(request: Request, pk: int) -> HttpResponseBase:
    made = services.renew_secret(endpoint=_endpoint(request, pk), actor=Actor.of(request.user))
    return _show_secret(request, made)


@require_POST
@permitted("alert.configure")
def set_state(request: Request, pk: int) -> HttpResponseBase:
    """Pause or resume."""
    state = request.POST.get("state", "")
    if state not in (EndpointState.ACTIVE, EndpointState.PAUSED):
        raise Invalid("An endpoint can be paused or resumed.")
    services.set_endpoint_state(endpoint=_endpoint(request, pk), state=state, actor=Actor.of(request.user))
    return redirect("alerts:list")


@require_POST
@permitted("alert.configure")
def send_test(request: Request, pk: int) -> HttpResponseBase:
    """Sends while the browser waits, at most 15 seconds; the answer stands on the delivery's page."""
    delivery, outcome = services.send_test(endpoint=_endpoint(request, pk), actor=Actor.of(request.user))
    if outcome.delivered:
        messages.success(request, f"The receiver accepted the test message: HTTP {outcome.status}.")
    else:
        messages.error(request, f"The test message was not accepted. {outcome.says}")
    return redirect("alerts:delivery", pk=delivery.pk)


@require_form
@permitted("alert.configure")
def new_rule(request: Request) -> HttpResponseBase:
    form = _rule_form(request)
    if form.is_valid():
        services.save_rule(**form.cleaned_data, actor=Actor.of(request.user))
        return redirect("alerts:list")
    return _form(request, form, "New rule")


@require_form
@permitted("alert.configure")
def edit_rule(request: Request, pk: int) -> HttpResponseBase:
    rule = get_object_or_404(Rule, pk=pk, project_id__in=request.projects)
    form = _rule_form(request, rule)
    if form.is_valid():
        services.save_rule(**form.cleaned_data, rule=rule, actor=Actor.of(request.user))
        return redirect("alerts:list")
    return _form(request, form, "Rule", rule=rule)


@require_POST
@permitted("alert.configure")
def delete_rule(request: Request, pk: int) -> HttpResponseBase:
    rule = get_object_or_404(Rule, pk=pk, project_id__in=request.projects)
    services.delete_rule(rule=rule, actor=Actor.of(request.user))
    return redirect("alerts:list")


@require_GET
@permitted("alert.view")
def deliveries(request: Request) -> HttpResponseBase:
    """The log, newest first."""
    form = DeliveryFilter(request.GET)
    if not form.is_valid() or set(request.GET) - set(form.fields):
        raise Invalid("The filter in this address cannot be read. Start again from the delivery log.")
    context = {
        "page": selectors.delivery_page(request.projects, **form.cleaned_data),
        "form": form,
        "endpoints": selectors.endpoint_rows(request.projects),
    }
    return render(request, "alerts/deliveries.html", context)


@require_GET
@permitted("alert.view")
def delivery(request: Request, pk: int) -> HttpResponseBase:
    """One delivery with its attempts."""
    row = selectors.delivery_row(request.projects, pk)
    if row is None:
        raise NotFound("There is no such delivery.")
    return render(request, "alerts/delivery.html", {"row": row, "is_hidden": selectors.hides_body(row, request.user)})


@require_POST
@permitted("alert.configure")
def send_again(request: Request, pk: int) -> HttpResponseBase:
    found = get_object_or_404(Delivery.objects.in_projects(request.projects), pk=pk)
    services.redeliver(delivery=found, actor=Actor.of(request.user))
    messages.info(request, "It is being sent again, under the same message id.")
    return redirect("alerts:delivery", pk=pk)


def _endpoint(request: Request, pk: int) -> Endpoint:
    return get_object_or_404(Endpoint.objects.select_related("project"), pk=pk, project_id__in=request.projects)


def _rule_form(request: Request, rule: Rule | None = None) -> RuleForm:
    names = ("endpoint", "event_types", "monitors", "min_score", "enabled")
    known = selectors.monitors(request.projects)
    return RuleForm(
        request.POST or None,
        projects=request.projects if rule is None else frozenset({rule.project_id}),
        monitors=sorted({*known, *(rule.monitors if rule else ())}),
        initial={name: getattr(rule, name) for name in names} if rule else {},
    )


def _form(request: Request, form: forms.Form, title: str, **context: Any) -> HttpResponseBase:
    status = 422 if form.is_bound else 200
    return render(request, "alerts/form.html", {"form": form, "title": title, **context}, status=status)


def _show_secret(request: Request, made: services.WithSecret) -> HttpResponseBase:
    return render(request, "alerts/secret.html", {"made": made})
