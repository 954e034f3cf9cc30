"""The feed over HTTP, for browsers whose socket does not come through."""

from __future__ import annotations

from django.http import HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted
from oversight.live import selectors
from oversight.live.rights import access_of


@require_GET
@permitted("monitor.view")
def feed(request: Request) -> HttpResponseBase:
    """The frames that a socket would send for this cursor."""
    asked = request.GET.get("after", "")
    cursor, is_stale = selectors.start(asked)
    if is_stale or not asked:
        reset = [{"type": "reset"}] if is_stale else []
        return JsonResponse({"frames": [*reset, {"type": "head", "cursor": str(cursor)}]})
    access = access_of(request.user)
    reading = selectors.read(cursor, [access])
    frame = {"type": "events", "cursor": str(reading.cursor), "events": reading.events(access, cursor)}
    return JsonResponse({"frames": [frame]})
