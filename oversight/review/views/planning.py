"""Assigning and snoozing items, one or many, with a way back; and the views that people keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import make_aware
from django.views.decorators.http import require_POST

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, permitted
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Invalid
from oversight.review import selectors, services, snoozes
from oversight.review.forms import PlanForm
from oversight.review.models import SavedView
from oversight.review.services import MOST_ITEMS, Planned
from oversight.review.views.queue import UNDO, where_of
from oversight.review.views.request import project_of


@require_POST
@permitted("item.plan")
def plan(request: Request) -> HttpResponseBase:
    """Assign or snooze the chosen rows, or all that the filter lets through once their number is confirmed."""
    project, form = project_of(request), PlanForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    ids = _matching(request, project) if given.get("all") else _chosen(request)
    if given.get("all") and given.get("n") != len(ids):
        return render(request, "review/confirm.html", _confirmation(request, project, len(ids)))
    try:
        done, sentence = _carry_out(request, project, given, ids)
    except Invalid as error:
        messages.error(request, str(error))
        return _back(request, project)
    _offer_undo(request, done, sentence, kind="assign" if given.get("assign") else "snooze")
    return _back(request, project)


@require_POST
@permitted("item.plan")
def restore(request: Request) -> HttpResponseBase:
    """Take the last assigning or snoozing back."""
    project = project_of(request)
    pairs = [word.partition("=") for word in request.POST.get("before", "").split(",") if "=" in word]
    before = {int(id_): value for id_, _, value in pairs[:MOST_ITEMS] if id_.isdecimal() and len(id_) < 19}
    actor = Actor.of(request.user)
    if request.POST.get("kind") == "assign":
        able = {str(one.pk): one.pk for one in selectors.readers(project.pk)}
        given: dict[int, int | None] = {id_: able.get(value) for id_, value in before.items()}
        n = services.restore_assignees(project_id=project.pk, before=given, actor=actor)
    else:
        times = {id_: _time(value) for id_, value in before.items()}
        n = services.restore_snoozes(project_id=project.pk, before=times, actor=actor)
    messages.success(request, f"Taken back for {_items(n)}.")
    return _back(request, project)


@require_POST
@permitted("queue.view")
def keep_view(request: Request) -> HttpResponseBase:
    """Keep the filters of the page under a name."""
    project = project_of(request)
    name, query = request.POST.get("name", ""), where_of(request, project).query
    try:
        services.save_view(
            project_id=project.pk, user=request.user, name=name, query=query, actor=Actor.of(request.user)
        )
    except Invalid as error:
        messages.error(request, str(error))
    return _back(request, project)


@require_POST
@permitted("queue.view")
def forget_view(request: Request, pk: int) -> HttpResponseBase:
    """Delete one of one's own views."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user, project_id__in=request.projects)
    services.delete_view(view=view, actor=Actor.of(request.user))
    return _back(request, view.project)


def _chosen(request: Request) -> list[int]:
    return [int(word) for word in request.POST.getlist("item")[:MOST_ITEMS] if word.isdecimal() and len(word) < 19]


def _matching(request: Request, project: Project) -> list[int]:
    """One more than may be changed at once, when there are more."""
    items = selectors.queue_items(project_id=project.pk, user=request.user, where=where_of(request, project))
    return list(items.order_by("pk").values_list("pk", flat=True)[: MOST_ITEMS + 1])


def _confirmation(request: Request, project: Project, n: int) -> dict[str, Any]:
    kept = {name: request.POST.get(name, "") for name in ("snooze", "until", "assign")}
    people = {str(one.pk): one.name for one in selectors.readers(project.pk)}
    return {
        "project": project,
        "n": n,
        "most": MOST_ITEMS,
        "kept": kept,
        "what": f"Assign to {people.get(kept['assign'], 'nobody')}" if kept["assign"] else "Snooze",
        "where": where_of(request, project),
        "page_query": request.GET.urlencode(),
    }


def _carry_out(request: Request, project: Project, given: dict[str, Any], ids: list[int]) -> tuple[Planned, str]:
    """Raises Invalid."""
    if not ids:
        raise Invalid("Choose items first: with the boxes, or x on a row.")
    actor = Actor.of(request.user)
    if given.get("assign"):
        person = {str(one.pk): one for one in selectors.readers(project.pk)}.get(given["assign"])
        if person is None and given["assign"] != "none":
            raise Invalid("This person cannot claim items of the project.")
        done = services.assign(project_id=project.pk, ids=ids, assignee=person, actor=actor)
        return done, f"{_items(len(done.before))} assigned to {person.name if person else 'nobody'}"
    until = given.get("until") if given.get("snooze") == "at" else snoozes.until(given.get("snooze", ""), clock.now())
    if until is None:
        raise Invalid("Choose a time until which to snooze.")
    done = services.snooze(project_id=project.pk, ids=ids, until=until, actor=actor)
    return done, f"{_items(len(done.before))} snoozed until {until:%Y-%m-%d %H:%M} UTC"


def _offer_undo(request: Request, done: Planned, sentence: str, *, kind: str) -> None:
    if done.n_skipped:
        why = "decided meanwhile" if kind == "assign" else "being read or decided"
        sentence += f"; {_items(done.n_skipped)} left as they were, {why}"
    before = ",".join(f"{id_}={_kept(value)}" for id_, value in done.before.items())
    request.session[UNDO] = {"sentence": f"{sentence}.", "kind": kind, "before": before}


def _kept(value: datetime | int | None) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")


def _time(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else make_aware(at)


def _items(n: int) -> str:
    return f"{n:,} item" if n == 1 else f"{n:,} items"


def _back(request: Request, project: Project) -> HttpResponseRedirect:
    """To the list as it was filtered."""
    query = request.GET.copy()
    query["project"] = project.slug
    return redirect(f"{reverse('review:queue')}?{query.urlencode()}")
