"""Where a request comes from: carried beside the call, so that services need not pass it on."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One per HTTP request, socket or task. `session_hash` is SHA-256 of the session key."""

    request_id: uuid.UUID
    ip: str | None = None
    session_hash: bytes | None = None


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext:
    """The request at hand; outside of one a fresh id that nothing else shares."""
    return _current.get() or RequestContext(uuid.uuid4())


def enter(context: RequestContext) -> None:
    """Set the context for the rest of this task or thread."""
    _current.set(context)
