"""The test harness itself: the app role, rollback, and a database of one's own."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from oversight.accounts.models import Project


@pytest.mark.django_db
def test_tests_run_as_the_app_role_which_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("time", [1, 2])
def test_what_one_test_writes_another_does_not_see(time: int, project: Project) -> None:
    assert list(Project.objects.all()) == [project]


def test_a_committed_database_is_shared_by_threads(committed_db: str) -> None:
    Project.objects.create(slug="x", name="X")
    seen: list[int] = []

    def look() -> None:
        seen.append(Project.objects.count())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]
