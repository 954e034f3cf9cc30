"""Advisory locks of PostgreSQL by name: one of several processes does a thing, the others pass it by."""

from __future__ import annotations

import hashlib

from django.db import connection


def try_for_transaction(name: str) -> bool:
    """Take the lock until the surrounding transaction ends; False when somebody else has it."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        return bool((cursor.fetchone() or (False,))[0])
