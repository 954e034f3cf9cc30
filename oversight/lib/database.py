"""Whether an error of the database says that it went away, or that a statement was wrong."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout


def has_gone(error: DatabaseError | InterfaceError) -> bool:
    """It did not answer, or it hung up: it also does on a process that was kept from its transaction for too long."""
    return isinstance(error, OperationalError | InterfaceError) or isinstance(
        error.__cause__, IdleInTransactionSessionTimeout
    )
