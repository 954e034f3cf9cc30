"""The surprise of a transcript's tokens as numbers, for a page that holds the text and draws them over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted
from oversight.dashboard import surprisal
from oversight.dashboard.trace import head
from oversight.lib.errors import NotFound
from oversight.monitoring import selectors as monitoring
from oversight.review.selectors.blindness import hides_scores


@require_GET
@permitted("transcript.view")
def trace_heat(request: Request, pk: UUID) -> HttpResponseBase:
    """Places and bits, no text; the page that has the text recorded its reading."""
    transcript = head(pk, request.projects)
    if hides_scores(request.user, transcript.pk):
        raise NotFound("You read this transcript without scores.")
    return JsonResponse(heat_of(transcript.pk))


def heat_of(transcript_id: UUID) -> dict[str, Any]:
    """Tokens worth drawing by part, as flat lists: gap to the token before, length, tenths of bits. One query."""
    profile = monitoring.surprisal_of(transcript_id)
    parts = {} if profile is None else {str(part.part): flat(surprisal.surprising(part)) for part in profile.parts}
    return {"levels": surprisal.LEVELS, "kept": profile is not None, "parts": parts}


def flat(tokens: Iterable[tuple[int, int, float]]) -> list[int]:
    """Differences instead of places: a third of the size on the wire."""
    found, at = list[int](), 0
    for start, end, bits in tokens:
        found += (start - at, end - start, round(bits * 10))
        at = end
    return found
