"""The rules of a project's queue, for those who set them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from oversight.accounts.permissions import Request, permitted, projects_of
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.review import selectors, services
from oversight.review.forms import RulesForm
from oversight.review.models import LabelSet, Queue
from oversight.review.views.request import project_of


@require_http_methods(["GET", "POST"])
@permitted("queue.configure")
def rules(request: Request) -> HttpResponseBase:
    """Show the rules, or change them with a reason."""
    project = project_of(request)
    queue = services.queue_of(project.pk)
    form = RulesForm(request.POST) if request.method == "POST" else RulesForm(_initial(queue))
    error = _change(request, queue, form) if request.method == "POST" else ""
    if request.method == "POST" and not error:
        return redirect(f"{reverse('review:rules')}?project={project.slug}")
    context = {
        "project": project,
        "projects": projects_of(request),
        "queue": queue,
        "form": form,
        "error": error,
        "label_sets": LabelSet.objects.filter(project=project).order_by("name"),
        "served": selectors.served(queue),
        "probability": services.inclusion_prob(queue) if queue.audit_share else None,
    }
    return render(request, "review/rules.html", context, status=422 if error else 200)


def _change(request: Request, queue: Queue, form: RulesForm) -> str:
    """Why not; empty when it was done."""
    if not form.is_valid():
        return form.first_error()
    actor, before = Actor.of(request.user), queue.policy_version
    try:
        changed = services.change_rules(
            queue=queue, rules=form.rules(), reason=form.cleaned_data["reason"], actor=actor
        )
    except Invalid as error:
        return str(error)
    if changed.policy_version == before:
        messages.info(request, "Nothing changed: these are the rules already.")
    else:
        messages.success(request, f"The new rules are version {changed.policy_version}.")
    return ""


def _initial(queue: Queue) -> dict[str, Any]:
    return {
        "audit": f"{queue.audit_share * 100:g}",
        "second": f"{queue.second_share * 100:g}",
        "agreeing": f"{queue.agreeing_share * 100:g}",
        "due_hours": f"{queue.due_after_min / 60:g}",
        "label_set": queue.label_set_id,
        "reason": "",
    }
