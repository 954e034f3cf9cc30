"""Rejected input: the list, one of them with its bytes, and what people do about it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.models import Project
from oversight.accounts.permissions import Request, permitted, project_for, projects_of
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.transcripts import rejections, replays
from oversight.transcripts.forms import RejectedFilter
from oversight.transcripts.models import RejectedInput
from oversight.transcripts.rejected_pages import bytes_shown, filtered, rejected_page


@require_GET
@permitted("rejected.view")
def rejected_list(request: Request) -> HttpResponseBase:
    """Never the bytes."""
    form = _filter(request.GET.dict())
    project = _project(request, form)
    page = rejected_page(
        project, form.cleaned_data, older=request.GET.get("older", ""), newer=request.GET.get("newer", "")
    )
    context = {"page": page, "form": form, "project": project, "projects": projects_of(request)}
    return render(request, "transcripts/rejected.html", context)


@require_GET
@permitted("rejected.view")
def rejected(request: Request, pk: str) -> HttpResponseBase:
    """One of them with the beginning of its bytes; the read is recorded before it is answered."""
    found = _rejected(request, pk)
    raw = rejections.open_rejected(rejected=found, surface="page", actor=Actor.of(request.user))
    return render(request, "transcripts/rejected_detail.html", {"row": found, "shown": bytes_shown(raw)})


@require_GET
@permitted("rejected.view")
def raw(request: Request, pk: str) -> HttpResponseBase:
    """The bytes as a file."""
    found = _rejected(request, pk)
    body = rejections.open_rejected(rejected=found, surface="download", actor=Actor.of(request.user))
    headers = {"Content-Disposition": f'attachment; filename="{found.pk}.bin"'}
    return HttpResponse(body, content_type="application/octet-stream", headers=headers)


@require_POST
@permitted("rejected.replay")
def replay(request: Request, pk: str) -> HttpResponseBase:
    done = replays.replay(rejected=_rejected(request, pk), actor=Actor.of(request.user))
    if done.transcript_id:
        messages.success(request, "It was read and is stored as a transcript now.")
    else:
        messages.error(request, f"It was refused again: {done.reason}")
    return redirect("intake:rejected-detail", pk=pk)


@require_POST
@permitted("rejected.replay")
def replay_all(request: Request) -> HttpResponseBase:
    """Every open one that the filter shows."""
    form = _filter(request.POST.dict())
    project = _project(request, form)
    told = {key: str(value) for key, value in form.cleaned_data.items() if value}
    n_inputs = replays.ask_replay(
        project=project, rows=filtered(project, form.cleaned_data), filters=told, actor=Actor.of(request.user)
    )
    messages.info(
        request, f"{n_inputs:,} inputs are being read again." if n_inputs else "None of them can be replayed."
    )
    return redirect(f"{request.path.removesuffix('replay')}?{urlencode({'project': project.slug, 'state': 'any'})}")


@require_POST
@permitted("rejected.replay")
def dismiss(request: Request, pk: str) -> HttpResponseBase:
    rejections.dismiss(rejected=_rejected(request, pk), actor=Actor.of(request.user))
    messages.info(request, "Dismissed. It can be taken out again on its page.")
    return redirect("intake:rejected-detail", pk=pk)


@require_POST
@permitted("rejected.replay")
def restore(request: Request, pk: str) -> HttpResponseBase:
    rejections.restore(rejected=_rejected(request, pk), actor=Actor.of(request.user))
    return redirect("intake:rejected-detail", pk=pk)


def _rejected(request: Request, pk: str) -> RejectedInput:
    found = RejectedInput.objects.filter(project_id__in=request.projects)
    return get_object_or_404(found.select_related("project", "upload", "transcript"), pk=pk)


def _filter(asked: dict[str, str]) -> RejectedFilter:
    form = RejectedFilter(asked)
    if not form.is_valid():
        raise Invalid("The filter in this address cannot be read. Start again from Rejected input.")
    return form


def _project(request: Request, form: RejectedFilter) -> Project:
    return project_for(request, form.cleaned_data.get("project"))
