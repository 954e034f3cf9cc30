"""The HTTP API: one router per app, problem+json errors, OpenAPI at /api/v1/docs for people who are signed in."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from oversight.dashboard.api import router as dashboard_router
from oversight.lib.database import has_gone
from oversight.lib.errors import Invalid, Malformed, NotFound, ServiceError, Unauthorized, Unavailable
from oversight.lib.http import problem
from oversight.transcripts.api import router as transcripts_router
from oversight.transcripts.doors_api import router as doors_router
from oversight.transcripts.rejected_api import router as rejected_router

logger = logging.getLogger(__name__)
api = NinjaAPI(
    title="Oversight",
    version="1",
    urls_namespace="api",
    description="Send reasoning transcripts, read back states and scores. Keys: `Authorization: Bearer ovk_...`",
    docs_decorator=login_required,
)
api.add_router("/transcripts", transcripts_router)
api.add_router("/transcripts", dashboard_router)
api.add_router("", doors_router)
api.add_router("/rejected", rejected_router)


@api.exception_handler(ServiceError)
def _refused(_: HttpRequest, error: ServiceError) -> HttpResponse:
    return problem(error)


@api.exception_handler(AuthenticationError)
def _no_key(_: HttpRequest, __: AuthenticationError) -> HttpResponse:
    return problem(Unauthorized("Send an API key: Authorization: Bearer ovk_..."))


@api.exception_handler(ValidationError)
def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    return problem(Invalid(str(first.get("msg", "invalid")), place=".".join(map(str, first.get("loc", ())))))


@api.exception_handler(Http404)
def _not_found(_: HttpRequest, __: Http404) -> HttpResponse:
    return problem(NotFound("There is no such thing here."))


@api.exception_handler(HttpError)
def _http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    refused = Malformed(str(error))
    refused.status = error.status_code
    return problem(refused)


@api.exception_handler(DatabaseError)
@api.exception_handler(InterfaceError)
def _database(request: HttpRequest, error: DatabaseError | InterfaceError) -> HttpResponse:
    if not has_gone(error):
        return _bug(request, error)
    logger.error("database unavailable", exc_info=error, extra={"path": request.path})
    down = "The database did not answer. Nothing of this is lost if you send it again."
    return problem(Unavailable(down, retry_after=5))


@api.exception_handler(Exception)
def _bug(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("unhandled error in the API", exc_info=error, extra={"path": request.path})
    return problem(ServiceError("Something went wrong on our side; the log has it under this request's id."))
