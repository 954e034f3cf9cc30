"""The audit page: what stands on it, who sees which events, and that reading it is an event."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from oversight.accounts.models import Project, Role, User
from oversight.accounts.services import set_membership
from oversight.alerts.events import EndpointChanged
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.dashboard.audit import history_of_transcript
from oversight.lib import clock
from oversight.transcripts.events import TranscriptViewed
from tests.factories import SYSTEM, make_transcript, native

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def change(project: Project, *, before: str = "active", after: str = "paused", actor: Actor = SYSTEM) -> LedgerEvent:
    event = EndpointChanged(
        object_id="7",
        project_id=project.pk,
        before={"state": before, "name": "Ops"},
        after={"state": after, "name": "Ops"},
    )
    return audit.record(event, actor)


def rows(client: Client, query: str = "") -> str:
    response = client.get(f"/audit/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_an_auditor_reads_events_as_sentences_with_names(
    project: Project, carol: User, erin: User, alice: User, client_of: ClientOf
) -> None:
    set_membership(user=alice, project=project, role=Role.LEAD, actor=Actor.of(carol))
    page = rows(client_of(erin))
    assert f"changed the role of Alice (user {alice.pk}) from reviewer to lead" in page
    assert f"Carol (user {carol.pk})" in page


def test_reading_the_page_is_an_event_with_its_filter(project: Project, erin: User, client_of: ClientOf) -> None:
    change(project)
    rows(client_of(erin), "?action=endpoint.changed")
    read = LedgerEvent.objects.get(action="ledger.read")
    assert (read.actor_kind, read.actor_id) == ("user", str(erin.pk))
    assert read.detail_row.detail == {"filters": {"action": "endpoint.changed"}, "n_rows": 1, "as_csv": False}


@pytest.mark.parametrize("path", ["/audit/", "/audit/csv", "/audit/1/"])
def test_a_reviewer_may_not_read_it_and_the_refusal_is_recorded(
    path: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    assert client_of(alice).get(path).status_code == 403
    assert LedgerEvent.objects.get(action="access.denied").object_id == path


def test_events_of_another_project_are_not_shown(
    project: Project, other_project: Project, erin: User, client_of: ClientOf
) -> None:
    foreign = change(other_project, after="disabled")
    client = client_of(erin)
    assert "disabled" not in rows(client, "?action=endpoint.changed")
    assert client.get(f"/audit/{foreign.pk}/").status_code == 404
    assert b"disabled" not in b"".join(client.get("/audit/csv?action=endpoint.changed"))


def test_events_of_no_project_are_shown_when_a_member_did_them(
    project: Project, alice: User, bob: User, erin: User, client_of: ClientOf
) -> None:
    for user in (alice, bob):
        client_of(user).get("/audit/")
    found = rows(client_of(erin), "?action=access.denied")
    assert f"Alice (user {alice.pk})" in found
    assert "Bob" not in found


@pytest.mark.parametrize(
    ("query", "n_found"),
    [
        ("?actor=carol@example.org", 1),
        ("?actor=Carol", 1),
        ("?actor=system:tests", 2),
        ("?actor=worker:", 0),
        ("?object=endpoint:7", 3),
        ("?object=endpoint:8", 0),
        ("?action=endpoint.changed&actor=carol@example.org", 1),
        ("?from=2001-01-01T00:00&action=endpoint.changed", 3),
        ("?to=2001-01-01T00:00&action=endpoint.changed", 0),
    ],
)
def test_filters_stand_in_the_url(
    query: str, n_found: int, project: Project, carol: User, erin: User, client_of: ClientOf
) -> None:
    change(project)
    change(project)
    change(project, actor=Actor.of(carol))
    assert rows(client_of(erin), query).count("(endpoint 7): state: active") == n_found


@pytest.mark.parametrize(
    "query",
    [
        "?filter[user__password__startswith]=p",
        "?order_by=user__password",
        "?_connector=OR 1=1--",
        "?action=endpoint.changed%27--",
        "?before=x",
        "?before=999999999999999999999999",
        "?from=yesterday",
        "?object=transcript",
        "?actor=nobody@example.org",
        "?object=a:%00",
    ],
)
def test_a_filter_that_is_none_is_refused(query: str, project: Project, erin: User, client_of: ClientOf) -> None:
    client = client_of(erin)
    assert client.get(f"/audit/{query}").status_code == 422
    assert client.get(f"/audit/csv{query}").status_code == 422


def test_pages_go_on_from_the_last_id(project: Project, erin: User, client_of: ClientOf) -> None:
    events = [change(project, after=f"state{n:03}") for n in range(60)]
    client, where = client_of(erin), "?action=endpoint.changed"
    first = rows(client, where)
    assert f"before={events[10].pk}" in first
    assert "state059" in first
    assert "state009" not in first
    second = rows(client, f"{where}&before={events[10].pk}")
    assert "state009" in second
    assert "state010" not in second
    assert "Older events" not in second


def test_a_page_of_fifty_rows_takes_thirteen_queries(
    project: Project,
    carol: User,
    erin: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(erin)
    client.get("/audit/")
    for n in range(50):
        change(project, after=f"s{n}", actor=Actor.of(carol))
    with django_assert_num_queries(13):
        rows(client)


def test_the_detail_shows_before_and_after_and_the_commitment(
    project: Project, erin: User, client_of: ClientOf
) -> None:
    event = change(project, before="active", after="paused")
    page = client_of(erin).get(f"/audit/{event.pk}/").content.decode()
    assert "<del>active</del>" in page
    assert "<ins>paused</ins>" in page
    assert "matches its commitment" in page
    assert bytes(event.detail_commit).hex() in page
    assert "<del>Ops</del>" not in page


def test_hostile_text_in_an_event_is_text(project: Project, erin: User, client_of: ClientOf) -> None:
    event = change(project, after='"><script>alert(1)</script>')
    client = client_of(erin)
    for path in ("/audit/", f"/audit/{event.pk}/"):
        assert "<script>alert" not in client.get(path).content.decode()


def test_the_history_of_a_transcript_begins_with_its_batch(project: Project, erin: User, client_of: ClientOf) -> None:
    transcript, other = make_transcript(project), make_transcript(project)
    audit.record_alone(_viewed(transcript.pk, project), SYSTEM)
    found = [row.action for row in history_of_transcript(transcript)]
    assert found == ["transcript.viewed", "transcripts.ingested"]
    page = rows(client_of(erin), f"?object={quote(f'transcript:{transcript.pk}')}")
    assert page.count("stored 1 transcript") == 1
    assert "opened the transcript" in page
    assert len(history_of_transcript(other)) == 1


def _viewed(pk: object, project: Project) -> TranscriptViewed:
    return TranscriptViewed(object_id=str(pk), project_id=project.pk, surface="page")


def test_an_auditor_finds_no_transcript_text_in_the_trail(project: Project, erin: User, client_of: ClientOf) -> None:
    secret = "the-words-of-the-model"
    make_transcript(project, native(reasoning=secret, prompt=secret, answer=secret))
    client = client_of(erin)
    pages = [rows(client), b"".join(client.get("/audit/csv")).decode()]
    pages += [client.get(f"/audit/{pk}/").content.decode() for pk in LedgerEvent.objects.values_list("pk", flat=True)]
    assert not [page for page in pages if secret in page]


def test_the_csv_is_an_attachment_with_a_row_for_each_event(project: Project, erin: User, client_of: ClientOf) -> None:
    events = [change(project), change(project, after="disabled")]
    response = client_of(erin).get("/audit/csv?action=endpoint.changed")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    assert response["X-Content-Type-Options"] == "nosniff"
    text = b"".join(response).decode()
    assert "\r\n" in text
    table = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["id"]) for row in table] == [events[1].pk, events[0].pk]
    assert json.loads(table[0]["detail"])["after"]["state"] == "disabled"
    read = LedgerEvent.objects.get(action="ledger.read")
    assert (read.detail_row.detail or {})["as_csv"] is True


def test_time_filters_are_inclusive_utc(project: Project, erin: User, client_of: ClientOf) -> None:
    event = change(project)
    at = event.at + timedelta(minutes=1)
    assert "(endpoint 7): state" in rows(client_of(erin), f"?to={at:%Y-%m-%dT%H:%M}&action=endpoint.changed")
    late = clock.now() + timedelta(hours=1)
    assert "(endpoint 7): state" not in rows(client_of(erin), f"?from={late:%Y-%m-%dT%H:%M}&action=endpoint.changed")
