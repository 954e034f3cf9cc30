"""How much a commit waits for the disk."""

from __future__ import annotations

from django.db import connection


def need_not_wait() -> None:
    """This transaction's commit returns before it is on disk: for what a crash may undo without harm."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
