"""The list of transcripts."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted
from oversight.dashboard.traces import traces_page


@require_GET
@permitted("transcript.list")
def traces(request: Request) -> HttpResponseBase:
    page = traces_page(request)
    context = {"page": page, "url": settings.PUBLIC_URL}
    return render(request, "transcripts/list.html", context, status=400 if page.form.errors else 200)
