"""Labels as files. That they are taken is recorded before the first byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted, project_for
from oversight.agreement import export as exports
from oversight.agreement import label_studio
from oversight.agreement.pairs import versions_of
from oversight.audit.actors import Actor
from oversight.lib.csv_export import streamed
from oversight.review.forms import filter_of
from oversight.review.models import VerdictLabel


@require_GET
@permitted("label.export")
def export(request: Request) -> HttpResponseBase:
    """Settled labels by the filter in the address; `as`: jsonl or label-studio, `text=no`: offsets and digests only."""
    project = project_for(request, request.GET.get("project"))
    for_studio = request.GET.get("as") == "label-studio"
    # A task without its text is none.
    with_text = for_studio or request.GET.get("text") != "no"
    ids = exports.take(
        project_id=project.pk,
        user=request.user,
        where=_where(request),
        kind="label-studio" if for_studio else "jsonl",
        with_text=with_text,
        actor=Actor.of(request.user),
    )
    found = exports.records(ids, with_text=with_text)
    if for_studio:
        chunks, name, kind = label_studio.array(found), "labels-label-studio.json", "application/json"
    else:
        chunks, name, kind = json_lines(found), "labels.jsonl", "application/x-ndjson"
    return streamed(request, chunks, name=name, content_type=kind)


@require_GET
@permitted("label.export")
def config(request: Request) -> HttpResponseBase:
    """The labelling configuration that goes with the Label Studio file."""
    project = project_for(request, request.GET.get("project"))
    headers = {"Content-Disposition": 'attachment; filename="label-studio.xml"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(
        label_studio.config(versions_of(project.pk)), content_type="application/xml; charset=utf-8", headers=headers
    )


def json_lines(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON object a line; ASCII, so that nothing in it hides."""
    for record in records:
        yield json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _where(request: Request) -> exports.Filter:
    queue = replace(filter_of(request.GET, may_see_streams=True), state="decided", older="", newer="")
    version, label = request.GET.get("version", ""), request.GET.get("label", "")
    return exports.Filter(
        queue=queue,
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
        label=label if label in VerdictLabel.values else "",
    )
