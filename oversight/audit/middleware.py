"""Put the request's id, address and session into the audit context."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from oversight.audit import context

Handler = Callable[[HttpRequest], HttpResponseBase]


def client_ip(request: HttpRequest) -> str | None:
    """The peer's address, or the one that the outermost trusted proxy saw. Headers of strangers do not count."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    hops = settings.TRUSTED_PROXIES
    if hops and len(forwarded) >= hops:
        return str(forwarded[-hops])
    peer: str = request.META.get("REMOTE_ADDR", "")
    return peer or None


class RequestContextMiddleware:
    """First: gives the request its id, and the answer a header with it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        here = context.RequestContext(uuid.uuid4(), client_ip(request))
        context.enter(here)
        response = self.get_response(request)
        response.headers["X-Request-Id"] = str(here.request_id)
        return response


class SessionContextMiddleware:
    """After sessions: adds the session's digest."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        if key:
            context.enter(replace(context.current(), session_hash=hashlib.sha256(key.encode()).digest()))
        return self.get_response(request)
