"""OTLP/HTTP at /v1/traces and /v1/logs: what an OpenTelemetry exporter sends, into the project of its API key."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from monitors.formats.errors import FormatError, TooLarge
from monitors.formats.parsed import Reading
from oversight.accounts.keys import let_in
from oversight.accounts.models import ApiKey, Scope
from oversight.audit.actors import Actor
from oversight.lib.database import has_gone
from oversight.lib.errors import Malformed, ServiceError, Unauthorized, Unavailable, Unsupported
from oversight.transcripts import otlp, rejections
from oversight.transcripts.bodies import Body
from oversight.transcripts.gate import Visit, admitted
from oversight.transcripts.intake import Outcome, take_in_reading
from oversight.transcripts.refusals import refusal
from oversight.transcripts.rejections import Rejection, Source

logger = logging.getLogger(__name__)
# A protobuf message can only be read whole.
MAX_EXPORT_BYTES = 64 * 1024 * 1024
SHOWN_REASONS = 3
DATABASE_RETRY_S = 5
_PROTOBUF = frozenset({"application/x-protobuf", "application/protobuf"})


@csrf_exempt  # the key in the header is what lets in; no cookie does
@require_POST
def traces(request: HttpRequest) -> HttpResponse:
    return _answered(request, of_logs=False)


@csrf_exempt
@require_POST
def logs(request: HttpRequest) -> HttpResponse:
    return _answered(request, of_logs=True)


def _answered(request: HttpRequest, *, of_logs: bool) -> HttpResponse:
    is_json = request.content_type == "application/json"
    try:
        return _export(request, of_logs=of_logs, is_json=is_json)
    except ServiceError as error:
        return otlp.refused(error, is_json=is_json)
    except (DatabaseError, InterfaceError) as error:
        if not has_gone(error):
            raise
        logger.error("database unavailable", exc_info=error, extra={"path": request.path})
        down = Unavailable("The database did not answer. Send it again.", retry_after=DATABASE_RETRY_S)
        return otlp.refused(down, is_json=is_json)


def _export(request: HttpRequest, *, of_logs: bool, is_json: bool) -> HttpResponse:
    key = let_in(request, _token(request), Scope.INGEST)
    with admitted(key) as visit:
        body = Body(request)
        try:
            if not (is_json or request.content_type in _PROTOBUF):
                raise Unsupported("Content-Type is application/x-protobuf or application/json.")
            data = _whole(body)
            reading = _reader(of_logs)(data, is_json)
        except FormatError as error:
            raise _kept(_refusal(error), body, key) from None
        except Unsupported as error:
            raise _kept(error, body, key) from None
        outcomes = _stored(reading, data, key, visit)
        visit.n_bytes = body.n_bytes
    n_rejected, message = _told(reading, outcomes, of_logs=of_logs)
    return otlp.exported(n_rejected, message, of_logs=of_logs, is_json=is_json)


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else request.headers.get("X-Api-Key", "").strip()
    if not token:
        raise Unauthorized("Send an API key: Authorization: Bearer ovk_..., or x-api-key: ovk_...")
    return token


def _whole(body: Body) -> bytes:
    pieces, size = [], 0
    for piece in body.plain():
        size += len(piece)
        if size > MAX_EXPORT_BYTES:
            raise TooLarge("An export may have 64 MiB when it is expanded. Send less at once.", place="body")
        pieces.append(piece)
    return b"".join(pieces)


def _reader(of_logs: bool) -> Callable[[bytes, bool], Reading]:
    from monitors.formats import otlp as formats

    read = formats.read_logs if of_logs else formats.read_traces
    return lambda data, is_json: read(data, is_json=is_json)


def _refusal(error: FormatError) -> ServiceError:
    """400 for all that is not too large: exporters must not send it again."""
    refused = refusal(error)
    return refused if refused.status == 413 else Malformed(str(refused), place=refused.place)


def _kept(error: ServiceError, body: Body, key: ApiKey) -> ServiceError:
    body.drain()
    rejected = [Rejection(body.head, body.n_bytes, error)]
    rejections.keep(project=key.project, rejections=rejected, source=Source("otlp"), actor=Actor.api_key(key))
    return error


def _stored(reading: Reading, data: bytes, key: ApiKey, visit: Visit) -> list[Outcome]:
    visit.records = len(reading.parsed) + len(reading.refused)
    return take_in_reading(reading, raw=data, project=key.project, door="otlp", actor=Actor.api_key(key))


def _told(reading: Reading, outcomes: list[Outcome], *, of_logs: bool) -> tuple[int, str]:
    """How many were rejected and why, or what was left out of an export that was taken."""
    reasons = list(dict.fromkeys(str(outcome.error) for outcome in outcomes if outcome.error))
    n_rejected = sum(outcome.error is not None for outcome in outcomes)
    noun = "log records" if of_logs else "spans"
    told = (
        [f"{n_rejected} {noun} are kept under Rejected input: {'; '.join(reasons[:SHOWN_REASONS])}"] if reasons else []
    )
    warned = dict.fromkeys(note for outcome in outcomes for note in outcome.notes)
    return n_rejected, ". ".join([*told, *reading.notes, *warned])
