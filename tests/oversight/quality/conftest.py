"""Tests compute inside their transaction, which a worker never does: a busy machine must not lose it for idling."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _patient(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
