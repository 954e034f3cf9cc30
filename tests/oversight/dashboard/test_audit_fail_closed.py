"""When a reading cannot be recorded, nothing is read."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connections
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from tests.oversight.alerts.arrange import flag

ClientOf = Callable[[User], Client]


def test_nothing_is_shown_when_the_reading_cannot_be_recorded(
    committed_db: str, project: Project, erin: User, client_of: ClientOf
) -> None:
    client, event = client_of(erin), flag(project, monitor="a_telling_name")
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'REVOKE INSERT ON audit_event FROM "{settings.DATABASES["default"]["USER"]}"')
    for path in ("/audit/", "/audit/csv", f"/audit/{event.pk}/"):
        response = client.get(path)
        assert response.status_code == 503
        assert "telling" not in response.content.decode()
    assert not LedgerEvent.objects.filter(action="ledger.read").exists()
