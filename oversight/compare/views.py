"""Two transcripts side by side. Every form works without JavaScript; nothing is worked out in a request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from oversight.accounts.permissions import Request, allowed_projects, permitted
from oversight.audit.actors import Actor
from oversight.compare import page as pages
from oversight.compare import selectors, services
from oversight.compare.export import exported
from oversight.compare.models import Comparison
from oversight.compare.services import Pair
from oversight.dashboard.trace import head
from oversight.lib.errors import Invalid, NotFound
from oversight.review.selectors.blindness import hidden_scores
from oversight.transcripts.models import Transcript
from oversight.transcripts.services import open_transcript


@dataclass(frozen=True, slots=True)
class Asked:
    """The two that an address names."""

    a: Transcript
    b: Transcript

    @property
    def query(self) -> str:
        return urlencode({"a": str(self.a.pk), "b": str(self.b.pk)})


@require_GET
@permitted("transcript.view")
def compare(request: Request) -> HttpResponseBase:
    """The comparison, or the form that asks for two transcripts; a row's fold alone for scripts (X-Part: fold)."""
    chosen = request.GET.getlist("t")
    if chosen:
        return _chosen(request, chosen)
    if not (request.GET.get("a") and request.GET.get("b")):
        return render(request, "compare/choose.html", {"a": request.GET.get("a", ""), "b": request.GET.get("b", "")})
    try:
        asked = _asked(request)
    except (Invalid, NotFound) as error:
        typed = {"a": request.GET["a"], "b": request.GET["b"], "error": str(error)}
        return render(request, "compare/choose.html", typed, status=error.status)
    if request.GET["a"] != str(asked.a.pk) or request.GET["b"] != str(asked.b.pk):
        return redirect(f"{reverse('compare:page')}?{asked.query}")
    found = services.comparison_of(a=asked.a, b=asked.b)
    if found.computed_at is None:
        waiting = {"asked": asked, "comparison": found, "has_failed": services.has_failed(found)}
        return render(request, "compare/waiting.html", waiting)
    hidden = _opened(request, asked)
    if request.headers.get("X-Part") == "fold":
        return _fold(request, asked, found)
    return _page(request, asked, found, hidden)


def _page(request: Request, asked: Asked, found: Comparison, hidden: frozenset[UUID]) -> HttpResponseBase:
    view = request.GET.get("view", "side")
    page = pages.compare_page(
        found,
        asked.a,
        asked.b,
        user=request.user,
        hidden=hidden,
        view=view if view in pages.VIEWS else "side",
        number=_number(request.GET.get("w", "1")),
        opened=_number(request.GET.get("open", "")),
    )
    may_mark = bool(allowed_projects(request.memberships, "verdict.commit"))
    return render(
        request, "compare/page.html", {"asked": asked, "page": page, "views": pages.VIEWS, "may_mark": may_mark}
    )


def _chosen(request: Request, chosen: list[str]) -> HttpResponseBase:
    if len(chosen) == 2:
        return redirect(f"{reverse('compare:page')}?{urlencode({'a': chosen[0], 'b': chosen[1]})}")
    error = f"Choose two transcripts; {len(chosen)} {'was' if len(chosen) == 1 else 'were'} chosen."
    return render(request, "compare/choose.html", {"a": chosen[0][:512], "b": "", "error": error}, status=422)


def _fold(request: Request, asked: Asked, found: Comparison) -> HttpResponseBase:
    texts, _ = pages.texts_of(found, asked.a, asked.b)
    fold = pages.opened_fold(texts, _number(request.GET.get("open", "")))
    if fold is None:
        raise NotFound("Nothing is folded there.")
    return render(request, "compare/_fold.html", {"fold": fold, "asked": asked})


def _asked(request: Request) -> Asked:
    """Raises NotFound for what is not in the person's projects, Invalid for one and the same."""
    source = request.POST if request.method == "POST" else request.GET
    found = [selectors.found_by(source.get(name, "").strip()[:512], request.projects) for name in ("a", "b")]
    if found[0] is None or found[1] is None:
        missing = "A" if found[0] is None else "B"
        raise NotFound(f"There is no transcript with the id under {missing} in your projects.")
    if found[0].pk == found[1].pk:
        raise Invalid("Both ids name the same transcript.")
    return Asked(found[0], found[1])


def _opened(request: Request, asked: Asked) -> frozenset[UUID]:
    """Record that both are read, and say whose scores are not shown."""
    hidden = hidden_scores(request.user, [asked.a.pk, asked.b.pk])
    for one in (asked.a, asked.b):
        open_transcript(transcript=one, surface="compare", actor=Actor.of(request.user), scores=one.pk not in hidden)
    return hidden


def _number(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 8 else -1


@require_GET
@permitted("transcript.view")
def state(request: Request) -> HttpResponseBase:
    """Whether a worker is still at it; when it has ended the page fetches itself."""
    asked = _asked(request)
    found = services.comparison_of(a=asked.a, b=asked.b)
    context = {"asked": asked, "comparison": found, "has_failed": services.has_failed(found)}
    response: HttpResponse = render(request, "compare/_state.html", context)
    if found.computed_at is not None:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@permitted("transcript.view")
def again(request: Request) -> HttpResponseBase:
    """Have it worked out once more after every attempt was lost."""
    asked = _asked(request)
    services.ask_again(a=asked.a, b=asked.b)
    return redirect(f"{reverse('compare:page')}?{asked.query}")


@require_POST
@permitted("verdict.commit")
def mark(request: Request) -> HttpResponseBase:
    """Say whether a pair means the same. Answers with nothing for scripts, else goes back to the row."""
    asked = _asked(request)
    meaning, a_span, b_span, change = _mark_of(request.POST.get("mark", ""))
    pair = Pair(asked.a, asked.b, a_span, b_span)
    services.mark_meaning(pair=pair, meaning=meaning, reviewer=request.user, actor=Actor.of(request.user))
    if request.headers.get("X-Part") == "mark":
        return HttpResponse(status=204)
    view, number = request.POST.get("view", ""), _number(request.POST.get("w", ""))
    place = urlencode({"view": view if view in pages.VIEWS else "side", "w": max(1, number)})
    return redirect(f"{reverse('compare:page')}?{asked.query}&{place}#c{max(1, change)}")


def _mark_of(said: str) -> tuple[str, str, str, int]:
    """meaning|span of A|span of B|number of the change."""
    parts = said.split("|")
    if len(parts) != 4:
        raise Invalid("A mark is meaning|span|span|change.", place="mark")
    return parts[0], _span(parts[1]), _span(parts[2]), _number(parts[3])


def _span(said: str) -> str:
    part, _, place = said.partition(":")
    start, _, end = place.partition("-")
    if said and not all(one.isdecimal() and len(one) < 9 for one in (part, start, end)):
        raise Invalid("A span is part:start-end.", place="span")
    return said


@require_GET
@permitted("transcript.view")
def as_json(request: Request) -> HttpResponseBase:
    """All of it for programs: rows with offsets, words, scores and marks. Others' marks only where scores are shown."""
    asked = _asked(request)
    found = services.comparison_of(a=asked.a, b=asked.b)
    if found.computed_at is None:
        return JsonResponse({"state": "pending"}, status=202, headers={"Retry-After": "2"})
    hidden = _opened(request, asked)
    texts, _ = pages.texts_of(found, asked.a, asked.b)
    marks = selectors.marks_between(asked.a.pk, asked.b.pk, only=request.user if hidden else None)
    body = exported(found, pages.sides_of(asked.a, asked.b, hidden), texts, marks)
    return JsonResponse(body, headers={"Content-Disposition": 'attachment; filename="comparison.json"'})


@require_GET
@permitted("transcript.view")
def beside(request: Request, pk: UUID) -> HttpResponseBase:
    """What to compare a transcript with: others of its prompt or group, or any by its id."""
    transcript = head(pk, request.projects)
    context = {
        "transcript": transcript,
        "candidates": selectors.candidates(transcript),
        "nearest": selectors.NEAREST,
    }
    return render(request, "compare/with.html", context)
