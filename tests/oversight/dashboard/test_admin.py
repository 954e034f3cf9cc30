"""Members, API keys and health: what an admin does there, and what others cannot."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from oversight.accounts import keys
from oversight.accounts.models import ApiKey, Membership, Project, Scope, User
from oversight.audit import dispatch
from oversight.audit.models import LedgerEvent, Receipt, Subscription
from oversight.dashboard import health
from oversight.lib import clock
from tests.conftest import Clock
from tests.factories import make_user
from tests.oversight.alerts.arrange import flag

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db
PAGES = ("/admin/", "/admin/members/", "/admin/keys/")


@pytest.mark.parametrize("path", PAGES)
def test_an_admin_opens_every_page(path: str, carol: User, client_of: ClientOf) -> None:
    assert client_of(carol).get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/admin/", "alice", 403),
        ("/admin/", "dave", 200),
        ("/admin/", "erin", 200),
        ("/admin/members/", "dave", 403),
        ("/admin/members/", "erin", 403),
        ("/admin/keys/", "dave", 403),
        ("/admin/keys/", "erin", 403),
    ],
)
def test_roles_open_what_the_table_allows(
    path: str, who: str, status: int, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    assert client_of(request.getfixturevalue(who)).get(path).status_code == status


def test_an_admin_changes_and_takes_a_role(project: Project, carol: User, alice: User, client_of: ClientOf) -> None:
    client, member = client_of(carol), Membership.objects.get(user=alice)
    assert client.post(f"/admin/members/{member.pk}/role", {"role": "lead"}).status_code == 302
    assert Membership.objects.get(user=alice).role == "lead"
    client.post(f"/admin/members/{member.pk}/role", {"role": ""})
    assert not Membership.objects.filter(user=alice).exists()
    assert LedgerEvent.objects.filter(action="membership.changed", actor_id=str(carol.pk)).count() == 2


def test_a_role_that_does_not_exist_is_refused(project: Project, carol: User, alice: User, client_of: ClientOf) -> None:
    member = Membership.objects.get(user=alice)
    assert client_of(carol).post(f"/admin/members/{member.pk}/role", {"role": "superuser"}).status_code == 422
    assert Membership.objects.get(user=alice).role == "reviewer"


def test_the_last_admin_stays(project: Project, carol: User, client_of: ClientOf) -> None:
    member = Membership.objects.get(user=carol)
    assert client_of(carol).post(f"/admin/members/{member.pk}/role", {"role": "reviewer"}).status_code == 409


def test_members_of_another_project_are_not_there(
    project: Project, carol: User, bob: User, client_of: ClientOf
) -> None:
    client, member = client_of(carol), Membership.objects.get(user=bob)
    assert "bob@example.org" not in client.get("/admin/members/").content.decode()
    assert client.post(f"/admin/members/{member.pk}/role", {"role": "admin"}).status_code == 404


def test_somebody_with_an_account_becomes_a_member(project: Project, carol: User, client_of: ClientOf) -> None:
    frank = make_user("frank")
    form = {"project": project.pk, "email": "Frank@Example.org", "role": "auditor"}
    assert client_of(carol).post("/admin/members/", form).status_code == 302
    assert Membership.objects.get(user=frank).role == "auditor"


def test_somebody_new_gets_an_account_and_a_password_that_is_shown_once(
    project: Project, carol: User, client_of: ClientOf
) -> None:
    form = {"project": project.pk, "email": "gina@example.org", "name": "Gina", "role": "reviewer"}
    client = client_of(carol)
    page = client.post("/admin/members/", form).content.decode()
    shown = re.search(r'<pre class="code"[^>]*>(.+)</pre>', page)
    assert shown is not None
    assert User.objects.get(email="gina@example.org").check_password(shown[1])
    assert shown[1] not in client.get("/admin/members/").content.decode()


def test_a_new_member_without_a_name_is_asked_for_one(project: Project, carol: User, client_of: ClientOf) -> None:
    form = {"project": project.pk, "email": "gina@example.org", "role": "reviewer"}
    response = client_of(carol).post("/admin/members/", form)
    assert response.status_code == 422
    assert "give a name" in response.content.decode()
    assert not User.objects.filter(email="gina@example.org").exists()


def test_nobody_is_added_to_a_project_of_others(
    project: Project, other_project: Project, carol: User, client_of: ClientOf
) -> None:
    form = {"project": other_project.pk, "email": carol.email, "role": "admin"}
    assert client_of(carol).post("/admin/members/", form).status_code == 422
    assert not Membership.objects.filter(user=carol, project=other_project).exists()


def test_a_key_is_shown_once_and_opens_its_door_until_it_is_revoked(
    project: Project, carol: User, client_of: ClientOf
) -> None:
    client = client_of(carol)
    form = {"project": project.pk, "name": "cluster", "may": "ingest", "days": 30, "is_staff": "1", "scopes": "admin"}
    page = client.post("/admin/keys/", form).content.decode()
    token = re.findall(r"ovk_\w{8}_[\w-]{20,}", page)[0]
    assert keys.verify(token, Scope.INGEST).name == "cluster"
    assert token not in client.get("/admin/keys/").content.decode()
    key = ApiKey.objects.get()
    assert key.scopes == ["ingest"]
    assert client.post(f"/admin/keys/{key.pk}/revoke").status_code == 302
    with pytest.raises(keys.KeyRefused):
        keys.verify(token, Scope.INGEST)
    assert client.post(f"/admin/keys/{key.pk}/revoke").status_code == 409


def test_keys_of_another_project_cannot_be_revoked(
    project: Project, other_project: Project, carol: User, client_of: ClientOf
) -> None:
    ivan = make_user("ivan", project=other_project, role="admin")
    form = {"project": other_project.pk, "name": "theirs", "may": "meta", "days": 30}
    client_of(ivan).post("/admin/keys/", form)
    assert client_of(carol).post(f"/admin/keys/{ApiKey.objects.get().pk}/revoke").status_code == 404
    assert b"theirs" not in client_of(carol).get("/admin/keys/").content


def test_healthz_says_ok_to_a_stranger_and_nothing_else(db: None) -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_healthz_is_not_ok_without_valkey(settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    response = Client().get("/healthz")
    assert (response.status_code, response.content) == (503, b"not ok")


def _check(name: str, project: Project) -> health.Check:
    return next(check for check in health.health(frozenset({project.pk})).checks if check.name == name)


def test_sweeps_that_stopped_are_seen(project: Project, clock: Clock) -> None:
    assert _check("Sweeps", project).tone == "warn"
    for name, handler in dispatch.HANDLERS.items():
        if handler.durable:
            Subscription.objects.create(handler=name, swept_at=clock.now)
    assert _check("Sweeps", project).tone == "ok"
    clock.advance(seconds=31)
    assert _check("Sweeps", project).tone == "danger"


def test_an_event_that_no_handler_could_take_stands_on_the_page(
    project: Project, carol: User, client_of: ClientOf
) -> None:
    event = flag(project)
    Receipt.objects.create(
        event=event,
        handler="alerts.handlers.queue_deliveries",
        attempts=3,
        error="KeyError at fan_out.py:40 in alert_of",
        next_at=clock_later(),
    )
    page = client_of(carol).get("/admin/").content.decode()
    assert "KeyError at fan_out.py:40" in page
    assert f"/audit/{event.pk}/" in page


def clock_later() -> datetime:
    return clock.now() + timedelta(minutes=5)
