"""The alert pages over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings
from standardwebhooks import Webhook

from oversight.accounts.models import Project, User
from oversight.alerts import services
from oversight.alerts.models import Delivery, Endpoint, Rule
from oversight.audit.models import LedgerEvent
from tests.factories import SYSTEM
from tests.oversight.alerts.arrange import Standing, make_endpoint, queued
from tests.receiver import Receiver, answer

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def _secret_on(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert found is not None
    return found[0]


def _form(project: Project, url: str, **fields: object) -> dict[str, object]:
    return {"project": project.pk, "name": "Ops", "url": url, "kind": "standard", **fields}


def test_a_new_endpoint_shows_its_secret_once(
    project: Project, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    client = client_of(carol)
    page = client.post("/alerts/endpoints/new", _form(project, receiver.url)).content.decode()
    secret = _secret_on(page)
    for path in ("/alerts/", f"/alerts/endpoints/{Endpoint.objects.get().pk}/"):
        assert secret not in client.get(path).content.decode()
    client.post(f"/alerts/endpoints/{Endpoint.objects.get().pk}/test")
    request = receiver.received[0]
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "endpoint.test"


def test_a_new_endpoint_comes_with_a_rule_for_what_was_ticked(
    project: Project, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    client_of(carol).post("/alerts/endpoints/new", _form(project, receiver.url, event_types=["verdict.settled"]))
    assert Rule.objects.get().event_types == ["verdict.settled"]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://127.1/", "gopher://x", "", "x"],
)
def test_a_refused_url_says_why_and_saves_nothing(
    url: str, project: Project, carol: User, settings: Settings, client_of: ClientOf
) -> None:
    settings.OUTBOUND_ALLOW = ()
    response = client_of(carol).post("/alerts/endpoints/new", _form(project, url))
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()
    assert not Endpoint.objects.exists()
    assert LedgerEvent.objects.filter(action="endpoint.refused", outcome="denied").exists() == bool(url)


def test_the_refusal_of_a_place_names_the_operators_setting(
    project: Project, carol: User, settings: Settings, client_of: ClientOf
) -> None:
    settings.OUTBOUND_ALLOW = ()
    page = client_of(carol).post("/alerts/endpoints/new", _form(project, "https://localhost/x")).content.decode()
    assert "localhost is not a public name; the operator can allow it with OUTBOUND_ALLOW=localhost:443." in page


def test_an_endpoint_is_not_made_in_a_project_of_others(
    project: Project, other_project: Project, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    response = client_of(carol).post("/alerts/endpoints/new", _form(other_project, receiver.url))
    assert response.status_code == 422
    assert not Endpoint.objects.exists()


def test_a_new_url_gets_a_new_secret_and_the_same_url_keeps_it(
    standing: Standing, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    client, path = client_of(carol), f"/alerts/endpoints/{standing.endpoint.pk}/"
    assert client.post(path, {"name": "New name", "url": receiver.url, "kind": "slack"}).status_code == 302
    page = client.post(path, {"name": "N", "url": receiver.url + "/other", "kind": "slack"}).content.decode()
    assert _secret_on(page) != standing.secret
    changed = LedgerEvent.objects.filter(action="endpoint.changed", actor_id=str(carol.pk))
    assert changed.count() == 2
    assert not any("/hook" in str(event.detail_row.detail) for event in changed)


def test_an_old_secret_is_invalid_once_a_new_one_is_made(
    standing: Standing, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    client, path = client_of(carol), f"/alerts/endpoints/{standing.endpoint.pk}/"
    fresh = _secret_on(client.post(path + "secret").content.decode())
    client.post(path + "test")
    request = receiver.received[0]
    assert fresh != standing.secret
    assert Webhook(fresh).verify(request.body, request.headers)


def test_the_test_button_shows_status_and_escaped_first_bytes(
    standing: Standing, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    receiver.script = [answer(418, b"<script>alert(1)</script>\x1b[31m" + b"x" * 5000)]
    response = client_of(carol).post(f"/alerts/endpoints/{standing.endpoint.pk}/test", follow=True)
    page = response.content.decode()
    assert "HTTP 418" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "x" * 300 not in page
    assert Delivery.objects.get().state == "dead"


def test_the_test_button_shows_the_class_of_an_error(
    standing: Standing, carol: User, settings: Settings, client_of: ClientOf
) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.1:1",)
    Endpoint.objects.update(url="http://127.0.0.1:1/")
    page = client_of(carol).post(f"/alerts/endpoints/{standing.endpoint.pk}/test", follow=True).content.decode()
    assert "connect: No connection to 127.0.0.1:1." in page


def test_a_failed_test_is_not_tried_again(standing: Standing, receiver: Receiver) -> None:
    receiver.script = [answer(500)]
    delivery, _ = services.send_test(endpoint=standing.endpoint, actor=SYSTEM)
    assert Delivery.objects.get(pk=delivery.pk).state == "dead"
    assert LedgerEvent.objects.filter(action="webhook.requested").count() == 1


def test_an_endpoint_is_paused_and_resumed(standing: Standing, carol: User, client_of: ClientOf) -> None:
    client, path = client_of(carol), f"/alerts/endpoints/{standing.endpoint.pk}/state"
    assert client.post(path, {"state": "paused"}).status_code == 302
    assert Endpoint.objects.get().state == "paused"
    assert client.post(path, {"state": "paused"}).status_code == 409
    assert client.post(path, {"state": "disabled"}).status_code == 422
    client.post(path, {"state": "active"})
    assert Endpoint.objects.get().state == "active"


def test_a_rule_is_made_changed_and_deleted(standing: Standing, carol: User, client_of: ClientOf) -> None:
    client = client_of(carol)
    form = {
        "endpoint": standing.endpoint.pk,
        "event_types": ["transcript.flagged"],
        "min_score": "0.5",
        "enabled": "on",
    }
    assert client.post("/alerts/rules/new", form).status_code == 302
    rule = Rule.objects.get()
    assert (rule.min_score, rule.monitors, rule.enabled) == (0.5, [], True)
    client.post(f"/alerts/rules/{rule.pk}/", {**form, "min_score": "0.7", "enabled": ""})
    rule.refresh_from_db()
    assert (rule.min_score, rule.enabled) == (0.7, False)
    client.post(f"/alerts/rules/{rule.pk}/delete")
    assert not Rule.objects.exists()
    assert LedgerEvent.objects.filter(action="rule.changed").count() == 3


@pytest.mark.parametrize(
    "change", [{"event_types": []}, {"event_types": ["x"]}, {"min_score": "2"}, {"monitors": ["nope"]}, {"endpoint": 0}]
)
def test_a_rule_that_cannot_be_is_refused(
    change: dict[str, object], standing: Standing, carol: User, client_of: ClientOf
) -> None:
    form = {"endpoint": standing.endpoint.pk, "event_types": ["verdict.settled"], "min_score": "0"}
    assert client_of(carol).post("/alerts/rules/new", {**form, **change}).status_code == 422
    assert not Rule.objects.exists()


def test_the_log_shows_a_delivery_and_sends_it_again(
    standing: Standing, project: Project, carol: User, receiver: Receiver, client_of: ClientOf
) -> None:
    delivery, client = queued(project, standing), client_of(carol)
    assert str(delivery.transcript_id)[24:] in client.get("/alerts/deliveries/").content.decode()
    Delivery.objects.update(state="dead", attempt=10)
    assert client.post(f"/alerts/deliveries/{delivery.pk}/again").status_code == 302
    assert Delivery.objects.get().state == "pending"
    assert LedgerEvent.objects.filter(action="webhook.requested", actor_id=str(carol.pk)).count() == 1


@pytest.mark.parametrize("query", ["?state=nope", "?endpoint=x", "?before=-1", "?order_by=url", "?state=dead&x=1"])
def test_a_log_filter_that_is_none_is_refused(query: str, carol: User, client_of: ClientOf) -> None:
    assert client_of(carol).get(f"/alerts/deliveries/{query}").status_code == 422


def test_a_lead_looks_and_changes_nothing(standing: Standing, dave: User, client_of: ClientOf) -> None:
    client, pk = client_of(dave), standing.endpoint.pk
    assert client.get("/alerts/").status_code == 200
    for path in (f"/alerts/endpoints/{pk}/test", f"/alerts/endpoints/{pk}/state", f"/alerts/endpoints/{pk}/secret"):
        assert client.post(path).status_code == 403
    assert client.get(f"/alerts/endpoints/{pk}/").status_code == 403


def test_what_belongs_to_another_project_is_not_there(
    standing: Standing, project: Project, other_project: Project, receiver: Receiver, client_of: ClientOf
) -> None:
    from tests.factories import make_user

    delivery = queued(project, standing)
    client, pk = client_of(make_user("ivan", project=other_project, role="admin")), standing.endpoint.pk
    make_endpoint(other_project, receiver)
    for path in (
        f"/alerts/endpoints/{pk}/",
        f"/alerts/deliveries/{delivery.pk}/",
        f"/alerts/rules/{Rule.objects.get().pk}/",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"/alerts/deliveries/{delivery.pk}/again").status_code == 404
    assert (
        standing.endpoint.name
        not in client.get(f"/alerts/deliveries/?endpoint={pk}").content.decode().split("</header>")[-1]
    )
    form = {"endpoint": pk, "event_types": ["verdict.settled"], "min_score": "0"}
    assert client.post("/alerts/rules/new", form).status_code == 422
