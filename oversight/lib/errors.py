"""The four errors that services raise; mapped once to problem+json and to HTML in `oversight.lib.http`."""

from __future__ import annotations


class ServiceError(Exception):
    """A refusal with a sentence for people and an HTTP status."""

    status = 500
    title = "Error"


class NotFound(ServiceError):
    """It does not exist, or not for this actor."""

    status = 404
    title = "Not found"


class Conflict(ServiceError):
    """The state has moved on: leased by another, other content under the same id."""

    status = 409
    title = "Conflict"


class Invalid(ServiceError):
    """The input cannot be accepted."""

    status = 422
    title = "Invalid"


class Denied(ServiceError):
    """The actor's role does not allow it."""

    status = 403
    title = "Not allowed"
