"""The trace page with its parts, the overview, and the strip of what is going on."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, memberships_of, permitted
from oversight.audit.actors import Actor
from oversight.dashboard import audit, behind, charts, findings, installing, origin, surprisal
from oversight.dashboard import palette as palettes
from oversight.dashboard.attention import attention
from oversight.dashboard.overview import PERIODS, overview
from oversight.dashboard.run_views import tried
from oversight.dashboard.score_rows import filter_of, scores_page
from oversight.dashboard.trace import beside_of, head, trace_page
from oversight.lib.errors import Denied
from oversight.review import selectors as review
from oversight.review.selectors.blindness import hides_scores
from oversight.transcripts.selectors import raw_bytes
from oversight.transcripts.services import open_transcript


@require_GET
@permitted("transcript.view")
def trace(request: Request, pk: UUID) -> HttpResponseBase:
    """The text with its evidence. That it is read is committed before any of it is loaded."""
    transcript = head(pk, request.projects)
    is_raw, is_surprisal, asked = "raw" in request.GET, "surprisal" in request.GET, request.GET.get("w", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
    blind, surface = hides_scores(request.user, transcript.pk), "code points" if is_raw else "page"
    beside = None if blind else tried(request, transcript.pk) or beside_of(request.GET, transcript.pk, request.projects)
    open_transcript(transcript=transcript, surface=surface, actor=Actor.of(request.user), scores=not blind)
    page = trace_page(
        transcript, number=number, is_raw=is_raw, is_surprisal=is_surprisal, beside=beside, is_blind=blind
    )
    context = {"page": page, "desk": review.desk(request.user, transcript.pk), "legend": surprisal.legend()}
    return render(request, "dashboard/trace.html", context)


@require_GET
@permitted("transcript.view")
def trace_pending(request: Request, pk: UUID) -> HttpResponseBase:
    """Which monitors are still at work. Says so when one has ended, so that the page fetches itself."""
    transcript = head(pk, request.projects)
    progress = findings.progress(transcript.pk, is_blind=hides_scores(request.user, transcript.pk))
    response: HttpResponse = render(
        request, "dashboard/_pending.html", {"progress": progress, "transcript": transcript}
    )
    if progress.digest != request.GET.get("have"):
        response.headers["HX-Trigger"] = "trace:changed"
    return response


@require_GET
@permitted("transcript.view")
def trace_history(request: Request, pk: UUID) -> HttpResponseBase:
    """What happened to it, from the ledger."""
    transcript = head(pk, request.projects)
    context = {"transcript": transcript, "rows": audit.history_of_transcript(transcript, request.user)}
    return render(request, "dashboard/trace_history.html", context)


@require_GET
@permitted("transcript.view")
def trace_origin(request: Request, pk: UUID) -> HttpResponseBase:
    """Labels, metadata and recorded verdicts: content of the record, so the reading is recorded."""
    transcript = head(pk, request.projects)
    blind = hides_scores(request.user, transcript.pk)
    open_transcript(transcript=transcript, surface="origin", actor=Actor.of(request.user), scores=not blind)
    return render(request, "dashboard/trace_origin.html", {"origin": origin.origin_of(transcript, is_blind=blind)})


@require_GET
@permitted("transcript.view")
def trace_raw(request: Request, pk: UUID) -> HttpResponseBase:
    """The payload exactly as it came, as a file; the reading is recorded. It may hold verdicts of judges."""
    transcript = head(pk, request.projects)
    if hides_scores(request.user, transcript.pk):
        raise Denied("You read this transcript without scores, and its file may hold some. Save it after your verdict.")
    open_transcript(transcript=transcript, surface="raw", actor=Actor.of(request.user))
    headers = {"Content-Disposition": f'attachment; filename="{transcript.pk}.json"'}
    return HttpResponse(raw_bytes(transcript), content_type="application/octet-stream", headers=headers)


@require_GET
@permitted("overview.view")
def overview_page(request: Request) -> HttpResponseBase:
    """Numbers with their denominators, each a link to the rows behind it, and two charts."""
    found = overview(request.projects, _period(request))
    context = {
        "overview": found,
        "attention": attention(request.projects, found.monitors, found.period),
        "periods": PERIODS,
        "period_name": PERIODS[found.period][0],
        "charts": charts.charts_of(found),
        "scores_url": f"{reverse('dashboard:scores')}?period={found.period}",
        "rows_url": f"{reverse('dashboard:rows')}?period={found.period}",
        "items_url": f"{reverse('dashboard:items')}?period={found.period}",
    }
    return render(request, "dashboard/overview.html", context)


@require_GET
@permitted("overview.view")
def rows(request: Request) -> HttpResponseBase:
    """The transcripts behind a number: heads, never text."""
    where = behind.behind_of(request.GET, _period(request), behind.TRANSCRIPTS)
    page = behind.transcripts_behind(request.projects, where, request.user)
    return render(request, "dashboard/rows.html", {"page": page})


@require_GET
@permitted("overview.view")
def items(request: Request) -> HttpResponseBase:
    """The items of the queue behind a number."""
    where = behind.behind_of(request.GET, _period(request), behind.ITEMS)
    return render(request, "dashboard/items.html", {"page": behind.items_behind(request.projects, where)})


@require_GET
@permitted("overview.view")
def scores(request: Request) -> HttpResponseBase:
    """The measurements behind a number: heads and states, never text."""
    where = filter_of(request.GET, _period(request))
    return render(request, "dashboard/scores.html", {"page": scores_page(request.projects, where, request.user)})


def _period(request: Request) -> str:
    asked = request.GET.get("period", "all")
    return asked if asked in PERIODS else "all"


@require_GET
@permitted("overview.view")
def progress(request: Request) -> HttpResponseBase:
    """The strip under the top bar."""
    return render(request, "dashboard/_progress.html", {"bars": installing.bars(request.projects)})


@login_required
@require_GET
def palette(request: Request) -> HttpResponseBase:
    """Where Ctrl+K may lead; a page of links without scripts. `q` names a page, an item, a transcript or a person."""
    asked = request.GET.get("q", "").strip()[:512]
    found = palettes.found(memberships_of(request.user), asked)
    if request.headers.get("X-Part") == "palette":
        return JsonResponse({"entries": [asdict(entry) for entry in found]})
    return render(request, "dashboard/palette.html", {"entries": found, "asked": asked})
