"""A database that hung up is told from a statement that was wrong."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from oversight.lib.database import has_gone
from tests.browser.house import eventually


def test_a_process_that_was_kept_from_its_transaction_too_long_finds_the_database_gone(committed_db: str) -> None:
    watcher = connections.create_connection("default")
    try:
        with pytest.raises(DatabaseError) as ended:
            _wait_in_transaction(watcher)
    finally:
        watcher.close()
    assert has_gone(ended.value)


def _wait_in_transaction(watcher: BaseDatabaseWrapper) -> None:
    """Until the database hangs up; then ask it something."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        pid = connection.connection.info.backend_pid
        eventually(lambda: not _lives(watcher, pid), what="the end of the session")
        cursor.execute("SELECT 1")


def _lives(watcher: BaseDatabaseWrapper, pid: int) -> bool:
    with watcher.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchone())


def test_a_wrong_statement_says_nothing_of_the_database(committed_db: str) -> None:
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute("SELECT nothing_of_the_kind")
    assert not has_gone(refused.value)
