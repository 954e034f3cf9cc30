"""The queue and the verdict pane over HTTP: who may, what they see, and what stays when a post is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.review import services
from oversight.review.models import Assignment, ReviewItem, Verdict
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
PART = {"X-Part": "desk"}


@pytest.fixture
def item(project: Project) -> ReviewItem:
    return factories.make_item(project)  # type: ignore[no-any-return]  # arranged through services


@pytest.fixture
def second(project: Project) -> User:
    return factories.make_user("ana", project=project)


def claimed(item: ReviewItem, reviewer: User) -> Assignment:
    return services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))


def verdict_url(assignment: Assignment) -> str:
    return f"/review/assignments/{assignment.lease_token}/verdict"


def test_the_queue_shows_an_item_with_its_evidence(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get("/review/").content.decode()
    assert f"#{item.pk}" in page
    assert "<mark>" in page
    assert "byte_channels" in page


def test_showing_snippets_is_recorded_with_their_ids(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client_of(alice).get("/review/")
    [event] = LedgerEvent.objects.filter(action="transcripts.listed", actor_id=str(alice.pk))
    assert event.subjects == [f"transcript:{item.transcript_id}"]


def test_an_empty_queue_records_no_read(project: Project, alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get("/review/").content.decode()
    assert "No transcript has been flagged yet" in page
    assert not LedgerEvent.objects.filter(action="transcripts.listed").exists()


def test_the_number_of_queries_does_not_grow_with_the_queue(
    project: Project, alice: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        factories.make_item(project)
    client = client_of(alice)
    with django_assert_max_num_queries(20):
        client.get("/review/")


@pytest.mark.parametrize("url", ["/review/", "/review/changes?ids=1"])
def test_an_auditor_is_refused_and_the_refusal_recorded(
    url: str, item: ReviewItem, erin: User, client_of: ClientOf
) -> None:
    assert client_of(erin).get(url).status_code == 403
    assert LedgerEvent.objects.filter(action="access.denied", actor_id=str(erin.pk), outcome="denied").count() == 1


def test_a_stranger_is_sent_to_the_login(item: ReviewItem) -> None:
    answer = Client().get("/review/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


def test_a_reviewer_of_another_project_sees_nothing(item: ReviewItem, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob)
    assert f"#{item.pk}" not in client.get("/review/").content.decode()
    assert client.get(f"/review/?project={item.project.slug}").status_code == 404
    assert "data-item=" not in client.get(f"/review/changes?ids={item.pk}").content.decode()
    assert client.get(f"/review/desk/{item.transcript_id}", headers=PART).status_code == 404
    assert client.post(f"/review/items/{item.pk}/claim").status_code == 404


def test_another_reviewers_lease_is_not_found(item: ReviewItem, alice: User, second: User, client_of: ClientOf) -> None:
    assignment = claimed(item, alice)
    for verb in ("renew", "release", "verdict"):
        url = f"/review/assignments/{assignment.lease_token}/{verb}"
        assert client_of(second).post(url, {"label": "benign"}).status_code == 404
    assert client_of(second).post(f"/review/assignments/{uuid4()}/renew").status_code == 404


def test_the_filter_by_monitor_says_why_nothing_is_shown(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "Nothing matches" in client.get("/review/?monitor=lm_surprisal").content.decode()
    assert f"#{item.pk}" in client.get("/review/?monitor=byte_channels").content.decode()


def test_mine_and_decided_show_their_items(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client, row = client_of(alice), f'id="item-{item.pk}"'
    assert row not in client.get("/review/?state=mine").content.decode()
    assignment = claimed(item, alice)
    assert row in client.get("/review/?state=mine").content.decode()
    client.post(verdict_url(assignment), {"label": "suspicious", "severity": "3"})
    assert row not in client.get("/review/").content.decode()
    assert "Suspicious 3/4" in client.get("/review/?state=decided").content.decode()


def test_what_changes_comes_without_content(project: Project, alice: User, client_of: ClientOf) -> None:
    item = factories.make_item(project, reasoning="xylophone", answer="xylophone")
    claimed(item, alice)
    part = client_of(alice).get(f"/review/changes?ids={item.pk},99999,x").content.decode()
    assert 'data-standing="mine"' in part
    assert "xylo" not in part
    assert not LedgerEvent.objects.filter(action="transcripts.listed").exists()


def test_claiming_opens_the_trace(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).post(f"/review/items/{item.pk}/claim")
    assert answer.headers["Location"] == f"/traces/{item.transcript_id}/"
    assert Assignment.objects.live().get().reviewer == alice


def test_claiming_what_another_reads_says_who_reads_it(
    item: ReviewItem, alice: User, second: User, client_of: ClientOf
) -> None:
    claimed(item, second)
    answer = client_of(alice).post(f"/review/items/{item.pk}/claim", headers=PART)
    assert answer.status_code == 409
    assert "Ana is reading" in answer.content.decode()


def test_review_next_says_so_when_nothing_is_free(project: Project, alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).post("/review/next", follow=True)
    assert "Nothing is free to review: every flagged transcript has a verdict" in answer.content.decode()


def test_a_verdict_opens_the_next_item(project: Project, alice: User, client_of: ClientOf) -> None:
    first, then = factories.make_item(project), factories.make_item(project)
    answer = client_of(alice).post(verdict_url(claimed(first, alice)), {"label": "benign"})
    assert answer.headers["Location"] == f"/traces/{then.transcript_id}/"
    assert Assignment.objects.live().get().item == then


def test_a_verdict_sent_by_the_module_answers_with_the_next_address(
    item: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    answer = client_of(alice).post(verdict_url(claimed(item, alice)), {"label": "benign", "then": "stay"}, headers=PART)
    assert answer.json() == {"next": f"/traces/{item.transcript_id}/"}


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({}, "Choose a verdict"),
        ({"label": "confirmed", "note": ""}, "needs a note"),
        ({"label": "benign", "severity": "2", "note": "why"}, "Severity belongs"),
    ],
)
def test_a_refused_verdict_keeps_what_was_typed(
    posted: dict[str, str], sentence: str, item: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    answer = client_of(alice).post(verdict_url(claimed(item, alice)), posted, headers=PART)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert posted.get("note", "") in answer.content.decode()
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("headers", [PART, {}])
def test_a_lost_lease_keeps_the_note_and_offers_to_reclaim(
    headers: dict[str, str], item: ReviewItem, alice: User, client_of: ClientOf, clock: Clock
) -> None:
    assignment = claimed(item, alice)
    clock.advance(minutes=11)
    answer = client_of(alice).post(
        verdict_url(assignment), {"label": "benign", "note": "half a thought"}, headers=headers
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "half a thought" in page
    assert "Reclaim" in page
    again = client_of(alice).post(f"/review/items/{item.pk}/claim", follow=True)
    assert "half a thought" in again.content.decode()


def test_undo_brings_the_item_back(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    client.post(verdict_url(claimed(item, alice)), {"label": "benign"})
    assert "Undo" in client.get(f"/review/desk/{item.transcript_id}", headers=PART).content.decode()
    client.post(f"/review/verdicts/{Verdict.objects.get().pk}/undo")
    assert Assignment.objects.live().get().item == item


def test_only_the_reviewer_may_undo(item: ReviewItem, alice: User, second: User, client_of: ClientOf) -> None:
    client_of(alice).post(verdict_url(claimed(item, alice)), {"label": "benign"})
    assert client_of(second).post(f"/review/verdicts/{Verdict.objects.get().pk}/undo").status_code == 404


def test_the_heartbeat_prolongs_the_lease(item: ReviewItem, alice: User, client_of: ClientOf, clock: Clock) -> None:
    assignment = claimed(item, alice)
    clock.advance(minutes=9)
    url = f"/review/assignments/{assignment.lease_token}/renew"
    assert 'data-left-s="600"' in client_of(alice).post(url, headers=PART).content.decode()
    clock.advance(minutes=11)
    assert client_of(alice).post(url, headers=PART).status_code == 409


def test_every_form_of_the_pane_carries_a_csrf_token(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    claimed(item, alice)
    page = client_of(alice).get(f"/review/desk/{item.transcript_id}", headers=PART).content.decode()
    assert page.count("<form") == page.count("csrfmiddlewaretoken")


def test_hidden_characters_of_a_snippet_are_named(project: Project, alice: User, client_of: ClientOf) -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "meet")
    item = factories.make_item(project, reasoning=f"{hidden} plain")
    page = client_of(alice).get("/review/").content.decode()
    assert f"#{item.pk}" in page
    assert "4 tag characters" in page
    assert hidden not in page


def test_markup_in_a_transcript_stays_text(project: Project, alice: User, client_of: ClientOf) -> None:
    factories.make_item(project, reasoning="<b>x</b><script>alert(1)</script>")
    page = client_of(alice).get("/review/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;" in page


def test_the_ledger_of_a_review_has_every_step_once(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    client.post(f"/review/items/{item.pk}/claim")
    url = verdict_url(Assignment.objects.get())
    for _ in range(2):
        client.post(url, {"label": "suspicious", "then": "stay"})
    events = LedgerEvent.objects.filter(object_type="review_item", object_id=str(item.pk)).order_by("pk")
    assert list(events.values_list("action", flat=True)) == ["item.queued", "item.claimed", "verdict.committed"]
    assert LedgerDetail.objects.filter(event__in=events).count() == 3
