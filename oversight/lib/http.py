"""Errors as problem+json (RFC 9457) or as a page, and headers that every answer carries."""

from __future__ import annotations

import re
from collections.abc import Callable

import zstandard
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from oversight.lib.errors import ServiceError

Handler = Callable[[HttpRequest], HttpResponseBase]
PROBLEM = "application/problem+json"
_PROGRAMS = ("/api/", "/v1/")
# A smaller page is there before it would be packed. At this level a text is packed at 70 MB a second, to a quarter.
_PACKED_FROM_BYTES = 64 * 1024
_LEVEL = 5
_NEVER = re.compile(r"q=0(\.0*)?", re.ASCII)


def problem(error: ServiceError, **extra: object) -> JsonResponse:
    """RFC 9457: what went wrong, in a form for programs."""
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": str(error), **extra}
    if error.place:
        body["place"] = error.place
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after is not None:
        body["retry_after"] = error.retry_after
        headers["Retry-After"] = str(error.retry_after)
    return JsonResponse(body, status=error.status, content_type=PROBLEM, headers=headers)


class ErrorPagesMiddleware:
    """A service error that a view lets through becomes a page with its sentence.

    Under /api/ every error is problem+json, also those that Django itself answers: unknown paths, wrong methods.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        of_django = response.status_code >= 400 and response.get("Content-Type", "").startswith("text/html")
        if of_django and request.path.startswith(_PROGRAMS):
            return _as_problem(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ServiceError):
            return None
        if request.path.startswith(_PROGRAMS):
            return problem(exception)
        return render(request, "error.html", {"error": exception}, status=exception.status)


def _as_problem(response: HttpResponseBase) -> JsonResponse:
    body = {"type": "about:blank", "title": response.reason_phrase, "status": response.status_code}
    kept = {name: value for name, value in response.items() if name not in ("Content-Type", "Content-Length")}
    return JsonResponse(body, status=response.status_code, content_type=PROBLEM, headers=kept)


class NoStoreMiddleware:
    """Nothing private stays in a cache: pages of a signed-in user, and every API answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class PackedMiddleware:
    """Large pages go packed to whom reads zstd, as Chromium and Firefox do; to all others as they are.

    What a page says beside a secret can give the secret away by the length of both packed (BREACH). The only secret in
    our pages is the token of their forms, and Django masks it anew for every page.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponse) or len(response.content) < _PACKED_FROM_BYTES:
            return response
        if response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if _reads_zstd(request.headers.get("Accept-Encoding", "")):
            response.content = zstandard.ZstdCompressor(level=_LEVEL).compress(response.content)
            response.headers["Content-Encoding"] = "zstd"
            response.headers["Content-Length"] = str(len(response.content))
        return response


def _reads_zstd(accepted: str) -> bool:
    named = (one.partition(";") for one in accepted.split(","))
    return any(name.strip() == "zstd" and not _NEVER.fullmatch(q.strip()) for name, _, q in named)
